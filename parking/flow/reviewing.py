"""What a person at an operator looks at: events in review, refused events, and what became of one stay."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.barrier import Command, Decision, Payment, decide_fee
from parking.cases import AlreadyResolved, Reason, UnknownReview
from parking.lots import Direction
from parking.plates import PlateColor
from parking.stays import UnknownStay
from payments import flow as payments
from payments import ids
from payments.charges import ChargeState, charge_id

_SQL = sql.load("parking/cases")
ROWS_PER_PAGE_MAX = 200


class Review(Struct, frozen=True):
    """An event somebody should look at, with what the camera said. `images` is JSON text."""

    id: UUID
    lot_id: int
    event_id: UUID
    reason: Reason
    opened_at: datetime
    kind: Direction
    occurred_at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    stay_id: UUID | None
    images: str | None


class ReviewState(Struct, frozen=True):
    """Whether and by whom a review was resolved."""

    lot_id: int
    resolved_at: datetime | None
    resolved_by: str | None


class StayRow(Struct, frozen=True):
    """A stay as its gate needs it: no plate, for whoever asks has seen the car."""

    lot_id: int
    id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    fee_fen: int | None
    account_id: int | None


class RefusedRow(Struct, frozen=True):
    """What a gateway sent and the service could not take."""

    id: UUID
    lot_id: int
    gateway_id: int
    received_at: datetime
    event_id: str | None
    code: str
    field: str | None
    detail: str
    payload: bytes
    payload_bytes: int


class StayNow(Struct, frozen=True):
    """A stay and what its barrier may do now."""

    stay_id: UUID
    state: str
    entered_at: datetime | None
    left_at: datetime | None
    gate: Command
    fee_fen: int | None
    payment: Payment | None
    charge_id: UUID | None
    charge_state: ChargeState | None


SHAPES = {
    "open_reviews": Review,
    "review_state": ReviewState,
    "stay_by_id": StayRow,
    "refused_events": RefusedRow,
}


async def open_reviews(
    db: sql.Connection, *, lot_ids: Sequence[int] | None, after: UUID | None, limit: int
) -> list[Review]:
    """Unresolved reviews of the lots (None: of all), the oldest first, from after a review's id on."""
    return list(await sql.every(db, Review, _SQL["open_reviews"], lot_ids, after or UUID(int=0), limit))


async def refused_events(
    db: sql.Connection, *, lot_ids: Sequence[int] | None, after: UUID | None, limit: int
) -> list[RefusedRow]:
    """What was refused at the lots (None: at all), the oldest first."""
    return list(await sql.every(db, RefusedRow, _SQL["refused_events"], lot_ids, after or UUID(int=0), limit))


async def resolve_review(
    db: sql.Connection, *, review_id: UUID, lot_ids: Sequence[int] | None, by: str, note: str, now: datetime
) -> None:
    """Somebody looked at it and said what they found.

    Raises:
        UnknownReview: there is none of this id among the lots of the caller.
        AlreadyResolved: somebody was faster; says who.
    """
    lot_id = ids.shard_of(review_id)
    state = await sql.one(db, ReviewState, _SQL["review_state"], lot_id, review_id)
    if state is None or (lot_ids is not None and lot_id not in lot_ids):
        raise UnknownReview("No review has this id.", review_id=str(review_id))
    if await db.fetchval(_SQL["resolve_review"], lot_id, review_id, now, by, note) is None:
        raise AlreadyResolved(
            "This review is resolved already.", resolved_by=state.resolved_by, resolved_at=state.resolved_at
        )


async def stay_by_id(db: sql.Connection, *, lot_id: int, stay_id: UUID) -> StayNow:
    """A stay of the lot, and whether its vehicle may leave.

    Raises:
        UnknownStay: the lot has no stay of this id.
    """
    row = await sql.one(db, StayRow, _SQL["stay_by_id"], lot_id, stay_id)
    if row is None:
        raise UnknownStay("This lot has no stay of this id.", stay_id=str(stay_id))
    charge = (await payments.charges_by_id(db, [charge_id(stay_id)])).get(charge_id(stay_id)) if row.fee_fen else None
    decision = _decision(row, charge.state if charge else None)
    return StayNow(
        stay_id=row.id,
        state=row.state,
        entered_at=row.entered_at,
        left_at=row.left_at,
        gate=decision.gate,
        fee_fen=row.fee_fen,
        payment=decision.payment,
        charge_id=charge.id if charge else None,
        charge_state=charge.state if charge else None,
    )


def _decision(row: StayRow, charge: ChargeState | None) -> Decision:
    if row.state != "closed":
        return Decision(Command.NONE if row.state == "open" else Command.HOLD)
    return decide_fee(row.fee_fen or 0, row.account_id, settled=charge is not ChargeState.DUE)


def shown(payload: bytes) -> str:
    """Bytes that may be anything, as text that JSON can carry."""
    return b64encode(payload).decode()
