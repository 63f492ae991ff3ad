"""Until when a stay is billed whose vehicle was quoted more than once: at an exit, or inside to be paid there. A quote
holds while one may leave.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct, structs

from parking import fees, prices
from parking.entitlements import Rights
from parking.exits import Exits
from parking.fees import Bill, Payer
from parking.prices import TariffInForce
from parking.stays import Stay
from parking.tariffs import Past

# Who pays a quote so late was not waiting for the barrier: when the vehicle comes to the exit, what is beyond is asked.
PAID_WITHIN = timedelta(minutes=30)


class Quoted(Struct, frozen=True):
    """A stay as it is billed, which may end before its vehicle was read for the last time, and its bill."""

    stay: Stay
    in_force: Sequence[TariffInForce]
    bill: Bill


def quoted(
    stay: Stay,
    tariffs: Sequence[TariffInForce],
    pasts: Sequence[Past],
    payers: Sequence[Payer],
    rights: Rights,
    exits: Exits,
) -> Quoted:
    """What a stay costs until it was read at the exit for the last time, but for what was read there while its vehicle
    had only to leave: a quote over nothing, or to an account, holds so long, and one that was paid from then on. One
    that was asked for inside, before it came to the exit or after it drove back in, holds only if it was paid.
    """

    def until(at: datetime) -> Quoted:
        assert stay.entered_at is not None
        ends = stay if at == stay.left_at else structs.replace(stay, left_at=at)
        in_force = prices.of_stay(tariffs, stay.entered_at, at)
        return Quoted(ends, in_force, fees.bill(ends, in_force, pasts, payers, rights))

    assert stay.left_at is not None
    asked = exits.asked.get(stay.id, ())
    if len(stay.exits) < 2 and not asked:
        return until(stay.exits[0] if stay.exits else stay.left_at)
    read, paid = stay.exits or (stay.left_at,), exits.paid.get(stay.id, ())
    if not exits.confirmed(stay.lot_id, stay.left_at):
        # It had left by then.
        asked = [at for at in asked if at < stay.left_at]
    since, *others = _quoted_at(stay, read, asked, paid)
    quote, within = until(since), exits.leave_within(stay.lot_id)
    for at in others:
        is_free = since in read and (quote.bill.fee_fen == 0 or quote.bill.account_id is not None)
        # Who pays at the instant of asking pays what was asked.
        in_time = [each for each in paid if each <= since + PAID_WITHIN and (each < at or at in read)]
        opened = [since] if is_free else in_time
        if not any(since <= each <= at <= each + within for each in opened):
            since, quote = at, until(at)
    return quote


def _quoted_at(
    stay: Stay, read: Sequence[datetime], asked: Sequence[datetime], paid: Sequence[datetime]
) -> list[datetime]:
    """When a vehicle was quoted: each time it was read at an exit, and when somebody asked and paid before the next."""
    instants = sorted({*read, *(at for at in asked if at >= stay.first_at)})
    following = [*instants[1:], None]
    return [
        at
        for at, end in zip(instants, following, strict=True)
        if at in read or any(at <= each and (end is None or each < end) for each in paid)
    ]
