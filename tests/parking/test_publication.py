"""What it takes to publish a price text and to let it hold."""

from typing import Any

import pytest

from parking import publication
from parking.publication import Accepted, HoldsAlready, NotPublishable, OtherTimeZone
from parking.tariffs.lint import Finding
from tests.conftest import NOW

BEFORE = NOW.replace(year=2025)


def finding(kind: Any, severity: Any = "warning") -> Finding:
    return Finding(kind, severity, "$.bands[0]", "可以分次停放", "May be split")


FARMABLE, FORGETS, UNCLEAR = finding("farmable"), finding("cap_forgets"), finding("unclear", "error")


def test_each_kind_of_warning_is_accepted_with_a_reason() -> None:
    kept = publication.accept(
        [FARMABLE, FORGETS, FARMABLE],
        {"farmable": "known", "cap_forgets": "meant", "day_too_dear": "no"},
        by="li",
        now=NOW,
    )
    assert kept == [Accepted("farmable", "known", "li", NOW), Accepted("cap_forgets", "meant", "li", NOW)]
    assert publication.accept([], {}, by="li", now=NOW) == []


def test_what_is_not_accepted_is_told() -> None:
    with pytest.raises(NotPublishable, match="cap_forgets") as refused:
        publication.accept([FARMABLE, FORGETS], {"farmable": "known"}, by="li", now=NOW)
    assert (refused.value.facts["field"], refused.value.facts["findings"]) == ("accept", [FORGETS])
    with pytest.raises(NotPublishable, match="1 errors") as refused:
        publication.accept([UNCLEAR, FARMABLE], {"unclear": "please", "farmable": "known"}, by="li", now=NOW)
    assert refused.value.facts["findings"] == [UNCLEAR]


def test_what_held_is_not_changed_afterwards() -> None:
    publication.check_since(BEFORE, now=NOW, is_priced=False, place="here")
    publication.check_since(NOW, now=NOW, is_priced=True, place="here")
    with pytest.raises(HoldsAlready, match=r"here .* at the earliest"):
        publication.check_since(BEFORE, now=NOW, is_priced=True, place="here")


def test_a_price_is_of_the_zone_of_its_lots() -> None:
    publication.check_time_zones("Asia/Shanghai", ["Asia/Shanghai"], place="here")
    with pytest.raises(OtherTimeZone) as refused:
        publication.check_time_zones("Asia/Shanghai", ["Asia/Shanghai", "Europe/Berlin"], place="here")
    assert (refused.value.facts["tariff_zone"], refused.value.facts["lot_zone"]) == ("Asia/Shanghai", "Europe/Berlin")


@pytest.mark.parametrize("reasons", [{"farmable": " "}, {"farmable": "known", "farmabel": "known"}])
def test_a_reason_says_something_of_a_kind_there_is(reasons: dict[str, str]) -> None:
    with pytest.raises(NotPublishable) as refused:
        publication.accept([FARMABLE], reasons, by="li", now=NOW)
    assert refused.value.facts["field"] == "accept"
