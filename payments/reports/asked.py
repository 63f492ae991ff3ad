"""What a reader asks of a report, and what things in it are called."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

import msgspec

from payments import ledger
from payments.reports.table import Heading, Words
from payments.settlement import LotName


class Step(StrEnum):
    """By which stretches of days a report has its rows; `whole`: all days in one."""

    WHOLE = "whole"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class OperatorName(msgspec.Struct, frozen=True):
    """What an operator is called, and the clock by which its days are."""

    code: str
    name: Words
    time_zone: str = ledger.CITY_TIME_ZONE


class Asked(msgspec.Struct, frozen=True):
    """Business days (both included), and what of them; None is any. `operator_id` also limits who may only see one.

    `due`: only that of which something is owed. `tax_bps`: the rate of a tax, in ten-thousandths.
    """

    first: date
    last: date
    operator_id: int | None = None
    lot_id: int | None = None
    step: Step = Step.WHOLE
    kind: ledger.Kind | None = None
    channel: str | None = None
    due: bool = False
    tax_bps: int = 0


class Names(msgspec.Struct, frozen=True):
    """What operators and lots are called, by their numbers."""

    operators: Mapping[int, OperatorName]
    lots: Mapping[int, LotName]

    def operator(self, operator_id: int | None) -> tuple[str | None, Words | None]:
        """Code and name of an operator, as far as they are known."""
        found = None if operator_id is None else self.operators.get(operator_id)
        return (None, None) if found is None else (found.code, found.name)

    def lot(self, lot_id: int | None) -> tuple[str | None, Words | None]:
        """Code and name of a lot; of what concerns none, neither."""
        found = self.lots.get(lot_id or 0)
        return (None, None) if found is None else (found.code, (found.name_zh, found.name_en))


def heading(asked: Asked, names: Names, *, by: str, now: datetime) -> Heading:
    """What stands above a report."""
    of = None if asked.operator_id is None else names.operators.get(asked.operator_id)
    zone = ledger.CITY_TIME_ZONE if of is None else of.time_zone
    return Heading(asked.first, asked.last, now, by, None if of is None else of.name, zone)
