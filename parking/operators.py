"""Who runs lots (经营单位), as staff look them up, correct them and let them end."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from parking.lots import Code, Name
from payments.errors import OneLotError
from payments.money import BPS_WHOLE
from payments.settlement import Rate

Bps = Annotated[int, Meta(ge=0, le=BPS_WHOLE)]
LOTS_NAMED_MAX = 10
# A year that was mistyped is further away than anybody plans.
AHEAD_MAX = timedelta(days=3 * 366)


class OperatorNotFound(OneLotError):
    """No operator has the code that was asked for."""


class OperatorIsSettled(OneLotError):
    """The days of an operator end by another clock, and some of them are settled."""


class OperatorRunsLots(OneLotError):
    """An operator is to end while lots of it are open. Facts: some of their codes."""


class OperatorEnds(OneLotError):
    """An operator that ends takes no lots any more."""


class EndsAtNoDay(OneLotError):
    """An operator ends today or later, and not further ahead than anybody plans."""


class NewOperator(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator to register. `platform_fee_bps`: the platform's share from the beginning on, in ten-thousandths;
    `time_zone`: by whose clock its business days end.
    """

    code: Code
    name_zh: Name
    name_en: Name
    platform_fee_bps: Bps
    time_zone: str = "Asia/Shanghai"


class OperatorChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator is rightly called, and by whose clock its days end; what is left out stays as it is."""

    name_zh: Name | UnsetType = UNSET
    name_en: Name | UnsetType = UNSET
    time_zone: str | UnsetType = UNSET


class OperatorListed(Struct, frozen=True):
    """An operator. `platform_fee_bps`: the platform's share of today; `closed_from`: the first day on which it runs no
    lots any more; `lots`: how many are registered for it.
    """

    id: int
    code: str
    name_zh: str
    name_en: str
    time_zone: str
    closed_from: date | None
    platform_fee_bps: int
    lots: int


class OperatorShown(OperatorListed, frozen=True, kw_only=True):
    """An operator in full. `rates`: the platform's shares, each of stays that end on its day or later."""

    rates: Sequence[Rate]


class OperatorPage(Struct, frozen=True):
    """Operators by their codes; `next` is null on the last page."""

    operators: Sequence[OperatorListed]
    next: str | None


def page(found: Sequence[OperatorListed], limit: int) -> OperatorPage:
    """A page of at most `limit` operators."""
    return OperatorPage(found, found[-1].code if len(found) == limit else None)


def in_full(operator: OperatorListed, rates: Sequence[Rate]) -> OperatorShown:
    """An operator with its shares."""
    return OperatorShown(**structs.asdict(operator), rates=rates)


def changed(operator: OperatorListed, said: OperatorChange, *, is_settled: bool) -> dict[str, object]:
    """What becomes of what is said otherwise than it stands, by field.

    Raises:
        OperatorIsSettled: it is the time zone, and days of the operator are settled by the one it has.
    """
    wanted = {name: value for name, value in structs.asdict(said).items() if value is not UNSET}
    after = {name: value for name, value in wanted.items() if getattr(operator, name) != value}
    if "time_zone" in after and is_settled:
        raise OperatorIsSettled("Days of this operator are settled by its time zone.", field="time_zone")
    return after


def check_end(closed_from: date, open_lots: Sequence[str], *, today: date) -> None:
    """Refuses an end that cannot be. `open_lots`: the codes of lots that are open on that day or later.

    Raises:
        EndsAtNoDay, OperatorRunsLots: see there.
    """
    if not today <= closed_from <= today + AHEAD_MAX:
        raise EndsAtNoDay(f"The first day can be {today} to {today + AHEAD_MAX}.", field="closed_from")
    if open_lots:
        named = list(open_lots[:LOTS_NAMED_MAX])
        raise OperatorRunsLots(
            f"Close its lots first, until that day: {', '.join(named)}.", field="closed_from", lots=named
        )


def check_takes_lots(closed_from: date | None, code: str) -> None:
    """Refuses lots to an operator that ends.

    Raises:
        OperatorEnds: see there.
    """
    if closed_from is not None:
        raise OperatorEnds(f"The operator {code!r} ends on {closed_from}.", operator=code, closed_from=str(closed_from))
