"""Until when a stay is billed whose vehicle was quoted more than once: at an exit, or inside to be paid there. A quote
holds while one may leave.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from parking import fees, prices
from parking.entitlements import Rights
from parking.exits import Exits
from parking.fees import Bill, Payer
from parking.prices import TariffInForce
from parking.stays import Stay
from parking.tariffs import Past


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
    that was asked for inside holds only if it was paid.
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
    read = stay.exits or (stay.left_at,)
    inside = [at for at in asked if stay.first_at <= at < read[0]]
    since, *others = *inside, *read
    quote, within = until(since), exits.leave_within(stay.lot_id)
    for at in others:
        is_free = since >= read[0] and (quote.bill.fee_fen == 0 or quote.bill.account_id is not None)
        opened = [since] if is_free else exits.paid.get(stay.id, ())
        if not any(since <= each <= at <= each + within for each in opened):
            since, quote = at, until(at)
    return quote
