"""Staying on in a charging bay (占位费): what is shown before it begins to cost.

It follows from what the lot said last of the charging sessions, which is kept with its time, and from the price.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking import charging
from parking.answers import Display
from parking.charging import ChargingSession
from parking.grants import instant_of
from parking.prices import TariffInForce
from parking.stays import Stay
from parking.texts import overstays as texts


class OverstayNotice(Struct, frozen=True):
    """From when on (`begins_at`) staying costs `unit_fen` for each begun `unit_min`, beside parking, `cap_fen` at most.
    None: the vehicle is being charged, and has `grace_min` after that has ended.
    """

    begins_at: datetime | None
    grace_min: int
    unit_min: int
    unit_fen: int
    cap_fen: int | None
    display: Display


def notice(
    stay: Stay, sessions: Iterable[ChargingSession], in_force: Sequence[TariffInForce], zone: ZoneInfo
) -> OverstayNotice | None:
    """What is shown of an open stay, as it would be closed now, that was charged; `in_force`: what prices it (see
    `prices.of_stay`). None: staying on costs nothing more.
    """
    if not in_force or in_force[-1].text is None or in_force[-1].ready is None:
        return None
    text, rule = in_force[-1].text, in_force[-1].text.overstay
    own = list(sessions)
    charged = charging.charged(stay, own)
    if rule is None or not charged:
        return None
    begins_at = None
    if all(each.ended_at is not None for each in own):
        ended = in_force[-1].ready.seconds_of(max(until for _, until in charged))
        begins_at = instant_of(ended) + timedelta(minutes=rule.grace_min)
    local = None if begins_at is None else begins_at.astimezone(zone)
    zh, en = texts.notice(local, rule, text.currency)
    return OverstayNotice(begins_at, rule.grace_min, rule.unit_min, rule.unit_fen, rule.cap_fen, Display(zh, en))
