"""Operators: what may be corrected of one, and when it may end."""

from datetime import date

import pytest

from parking import operators
from parking.operators import OperatorChange, OperatorListed
from payments.errors import OneLotError

TODAY = date(2026, 11, 16)
OPERATOR = OperatorListed(1001, "jn", "济南", "Jinan", "Asia/Shanghai", None, 300, 2)


@pytest.mark.parametrize(
    ("said", "after"),
    [
        (OperatorChange(), {}),
        (OperatorChange(name_zh="济南", time_zone="Asia/Shanghai"), {}),
        (OperatorChange(name_zh="济南静态", name_en="Jinan"), {"name_zh": "济南静态"}),
        (OperatorChange(time_zone="Asia/Urumqi"), {"time_zone": "Asia/Urumqi"}),
    ],
)
def test_what_is_said_otherwise_is_changed(said: OperatorChange, after: dict[str, object]) -> None:
    assert operators.changed(OPERATOR, said, is_settled=False) == after


def test_days_that_are_settled_keep_their_clock() -> None:
    said = OperatorChange(name_en="Other", time_zone="Asia/Shanghai")
    assert operators.changed(OPERATOR, said, is_settled=True) == {"name_en": "Other"}
    with pytest.raises(operators.OperatorIsSettled):
        operators.changed(OPERATOR, OperatorChange(time_zone="Asia/Urumqi"), is_settled=True)


@pytest.mark.parametrize(
    ("closed_from", "open_lots", "refused"),
    [
        (TODAY, [], None),
        (date(2027, 1, 1), [], None),
        (date(2026, 11, 15), [], operators.EndsAtNoDay),
        (date(2062, 1, 1), [], operators.EndsAtNoDay),
        (TODAY, ["a"], operators.OperatorRunsLots),
    ],
)
def test_an_operator_ends_when_its_lots_are_closed(
    closed_from: date, open_lots: list[str], refused: type[OneLotError] | None
) -> None:
    if refused is None:
        operators.check_end(closed_from, open_lots, today=TODAY)
        return
    with pytest.raises(refused) as said:
        operators.check_end(closed_from, open_lots, today=TODAY)
    assert said.value.facts["field"] == "closed_from"


def test_an_operator_that_ends_takes_no_lots() -> None:
    operators.check_takes_lots(None, "jn")
    with pytest.raises(operators.OperatorEnds):
        operators.check_takes_lots(TODAY, "jn")
