"""What one gateway bills to accounts in an hour, against its own history: whoever has its key must not empty wallets.

The hour is that of receipt. An hour counts as usual when it stayed within its limit, from the next day on, and what is
believed usual grows at most GROWTH_MAX times a day; so nobody works their way up within hours.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from parking.lots import Lot
from payments.charges import ChargeRequest

# Below these nobody is watched: a small lot's best day, handed in at once after an outage.
LIMIT_MIN_FEN = 100_000
LIMIT_PER_SPACE_FEN = 2_000
USUAL_TIMES = 5
GROWTH_MAX = 2
REASON = "billed_beyond_history"

# A lot and one of its gateways.
GatewayKey = tuple[int, int]


class Billing(Struct, frozen=True):
    """What a gateway billed in an hour, the largest usual hour of its day, and that of the days before."""

    lot_id: int
    gateway_id: int
    hour: datetime
    billed_fen: int = 0
    day_largest_fen: int = 0
    usual_fen: int = 0

    @property
    def key(self) -> GatewayKey:
        return self.lot_id, self.gateway_id


class Alarm(Struct, frozen=True):
    """A gateway has just billed more in this hour than its limit."""

    lot_id: int
    gateway_id: int
    billed_fen: int
    limit_fen: int


class Watched(Struct, frozen=True):
    """Charges with what is held back of them, the billings as they are afterwards, and who went beyond a limit."""

    requests: Sequence[ChargeRequest]
    billings: Sequence[Billing]
    alarms: Sequence[Alarm]


def watch(
    requests: Sequence[ChargeRequest],
    gateways: Mapping[UUID, int],
    before: Iterable[Billing],
    lots: Mapping[int, Lot],
    now: datetime,
) -> Watched:
    """Holds back what gateways bill beyond their limits. `gateways`: whose event ended a stay, by the stay's number."""
    known = {billing.key: billing for billing in before}
    moved: dict[GatewayKey, Billing] = {}
    held: dict[UUID, bool] = {}
    alarms: list[Alarm] = []
    for request in requests:
        # A stay is charged once, however often it is closed in a batch; a casual driver looks at the amount and pays.
        if request.account_id is None or request.stay_id in held:
            continue
        key = request.lot_id, gateways[request.stay_id]
        floor_fen = _floor_fen(lots[request.lot_id])
        was = moved.get(key) or at_hour(known.get(key) or Billing(*key, _hour(now)), floor_fen, now)
        billing = moved[key] = replace(was, billed_fen=was.billed_fen + request.amount_fen)
        limit_fen = _limit_fen(billing, floor_fen)
        held[request.stay_id] = billing.billed_fen > limit_fen
        if was.billed_fen <= limit_fen < billing.billed_fen:
            alarms.append(Alarm(*key, billing.billed_fen, limit_fen))
    marked = [replace(each, hold=REASON) if held.get(each.stay_id) else each for each in requests]
    return Watched(marked, list(moved.values()), alarms)


def at_hour(billing: Billing, floor_fen: int, now: datetime) -> Billing:
    """A billing brought to the hour of `now`; one that is ahead of it (another process's clock) stays."""
    hour = _hour(now)
    if hour <= billing.hour:
        return billing
    within = billing.billed_fen <= _limit_fen(billing, floor_fen)
    largest_fen = max(billing.day_largest_fen, billing.billed_fen if within else 0)
    if hour.date() == billing.hour.date():
        return replace(billing, hour=hour, billed_fen=0, day_largest_fen=largest_fen)
    believed_fen = GROWTH_MAX * max(billing.usual_fen, floor_fen // USUAL_TIMES)
    usual_fen = max(billing.usual_fen, min(largest_fen, believed_fen))
    return replace(billing, hour=hour, billed_fen=0, day_largest_fen=0, usual_fen=usual_fen)


def _floor_fen(lot: Lot) -> int:
    return max(LIMIT_MIN_FEN, lot.capacity * LIMIT_PER_SPACE_FEN)


def _limit_fen(billing: Billing, floor_fen: int) -> int:
    return max(floor_fen, USUAL_TIMES * billing.usual_fen)


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
