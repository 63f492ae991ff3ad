"""What it takes to publish a tariff in spite of warnings."""

from typing import Any

import pytest

from parking.tariffs.lint import Finding, acceptance
from parking.tariffs.lint.acceptance import Accepted, NotPublishable
from tests.conftest import NOW


def finding(kind: Any, severity: Any = "warning") -> Finding:
    return Finding(kind, severity, "$.bands[0]", "可以分次停放", "May be split")


FARMABLE, FORGETS, UNCLEAR = finding("farmable"), finding("cap_forgets"), finding("unclear", "error")


def test_each_kind_of_warning_is_accepted_with_a_reason() -> None:
    kept = acceptance.accept(
        [FARMABLE, FORGETS, FARMABLE],
        {"farmable": "known", "cap_forgets": "meant", "day_too_dear": "no"},
        by="li",
        now=NOW,
    )
    assert kept == [Accepted("farmable", "known", "li", NOW), Accepted("cap_forgets", "meant", "li", NOW)]
    assert acceptance.accept([], {}, by="li", now=NOW) == []


def test_what_is_not_accepted_is_reported() -> None:
    with pytest.raises(NotPublishable, match="cap_forgets") as refused:
        acceptance.accept([FARMABLE, FORGETS], {"farmable": "known"}, by="li", now=NOW)
    assert (refused.value.facts["field"], refused.value.facts["findings"]) == ("accept", [FORGETS])
    with pytest.raises(NotPublishable, match="1 errors") as refused:
        acceptance.accept([UNCLEAR, FARMABLE], {"unclear": "please", "farmable": "known"}, by="li", now=NOW)
    assert refused.value.facts["findings"] == [UNCLEAR]


@pytest.mark.parametrize("reasons", [{"farmable": " "}, {"farmable": "known", "farmabel": "known"}])
def test_a_reason_says_something_of_a_kind_there_is(reasons: dict[str, str]) -> None:
    with pytest.raises(NotPublishable) as refused:
        acceptance.accept([FARMABLE], reasons, by="li", now=NOW)
    assert refused.value.facts["field"] == "accept"
