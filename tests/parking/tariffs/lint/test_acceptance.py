"""What it takes to publish a tariff in spite of warnings."""

from typing import Any

import pytest

from parking.tariffs.lint import Finding, acceptance
from parking.tariffs.lint.acceptance import Accepted, NotPublishable
from tests.conftest import NOW


def finding(kind: Any, severity: Any = "warning", path: str = "$.bands[0]") -> Finding:
    return Finding(kind, severity, path, "可以分次停放", "May be split")


FARMABLE, FORGETS, UNCLEAR = finding("farmable"), finding("cap_forgets"), finding("unclear", "error")
ELSEWHERE = finding("farmable", path="$.free")


def test_a_warning_that_is_the_only_one_of_its_kind_is_accepted_by_its_kind() -> None:
    kept = acceptance.accept(
        [FARMABLE, FORGETS, FARMABLE, finding("no_promises", "information")],
        {"farmable": "known", "cap_forgets@$.bands[0]": "meant", "day_too_dear": "no"},
        by="li",
        now=NOW,
    )
    assert kept == [
        Accepted("farmable", "known", "li", NOW, "$.bands[0]"),
        Accepted("cap_forgets", "meant", "li", NOW, "$.bands[0]"),
    ]
    assert acceptance.accept([], {}, by="li", now=NOW) == []


def test_accepting_one_finding_accepts_no_other_of_its_kind() -> None:
    with pytest.raises(NotPublishable, match=r"farmable@\$\.free") as refused:
        acceptance.accept([FARMABLE, ELSEWHERE], {"farmable@$.bands[0]": "known"}, by="li", now=NOW)
    assert refused.value.facts["findings"] == [ELSEWHERE]
    with pytest.raises(NotPublishable, match="There are 2 findings farmable") as refused:
        acceptance.accept([FARMABLE, ELSEWHERE], {"farmable": "known"}, by="li", now=NOW)
    assert refused.value.facts["findings"] == [FARMABLE, ELSEWHERE]
    reasons = {acceptance.name_of("farmable", "bands[0]"): "known", acceptance.name_of("farmable", "$.free"): "meant"}
    kept = acceptance.accept([FARMABLE, ELSEWHERE], reasons, by="li", now=NOW)
    assert [(each.path, each.reason) for each in kept] == [("$.bands[0]", "known"), ("$.free", "meant")]


def test_what_is_not_accepted_is_reported() -> None:
    with pytest.raises(NotPublishable, match="cap_forgets") as refused:
        acceptance.accept([FARMABLE, FORGETS], {"farmable": "known"}, by="li", now=NOW)
    assert (refused.value.facts["field"], refused.value.facts["findings"]) == ("accept", [FORGETS])
    with pytest.raises(NotPublishable, match="1 errors") as refused:
        acceptance.accept([UNCLEAR, FARMABLE], {"unclear": "please", "farmable": "known"}, by="li", now=NOW)
    assert refused.value.facts["findings"] == [UNCLEAR]


@pytest.mark.parametrize("reasons", [{"farmable@$.free": " "}, {"farmable": "known", "farmabel@$.free": "known"}])
def test_a_reason_says_something_of_a_kind_there_is(reasons: dict[str, str]) -> None:
    with pytest.raises(NotPublishable) as refused:
        acceptance.accept([FARMABLE], reasons, by="li", now=NOW)
    assert refused.value.facts["field"] == "accept"
