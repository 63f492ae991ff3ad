"""Gate events, stays and counts of a batch.

Arrays run in parallel and are as long as the batch; a call is one round trip whatever the size of the batch.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec
from msgspec import Struct

import sql
from parking.answers import EventKey, EventRecord, Status
from parking.cases import Reason
from parking.fees import Bill, Payer
from parking.lots import Gateway
from parking.matching import NumberPlate, Vehicle
from parking.occupancy import Count, Move
from parking.passings import Passing
from parking.plates import PlateColor
from parking.stays import OpenStay, Stay
from parking.tariffs import Past, Use

_SQL = sql.load("parking/events")


class StayRow(Stay, frozen=True):
    """A stay with what its bill says; `uses` is JSON text."""

    tariff_id: int | None
    fee_fen: int | None
    account_id: int | None
    uses: str | None


class UseSomewhere(Struct, frozen=True):
    """A stay that used something; `uses` is JSON text."""

    lot_id: int
    plate: str
    plate_color: PlateColor
    entered_at: datetime
    left_at: datetime
    uses: str


class SaidOfDevice(Struct, frozen=True):
    """What a person was told of a gateway, and on which day."""

    gateway_id: int
    reason: Reason
    day: date


_decode_uses = msgspec.json.Decoder(tuple[Use, ...]).decode

SHAPES = {
    "event_records": EventRecord,
    "open_stays": OpenStay,
    "finished_stays": StayRow,
    "payers": Payer,
    "move_counts": Count,
}


async def lock_lots(db: sql.Connection, lot_ids: Sequence[int]) -> None:
    """Makes this transaction the only writer of these lots' facts until it ends. `lot_ids` ascending."""
    locked = await db.execute(_SQL["lock_lots"], lot_ids)
    assert locked == f"SELECT {len(lot_ids)}", "a lot has no count that could be locked"


async def lock_plates(db: sql.Connection, plates: Sequence[NumberPlate]) -> None:
    """Makes this transaction the only one that draws on what these vehicles have left in several lots at once.

    After `lock_lots`, in any order of the plates.
    """
    if plates:
        await db.execute(_SQL["lock_plates"], *zip(*plates, strict=True))


async def event_records(
    db: sql.Connection, keys: Sequence[EventKey], id_range: tuple[UUID, UUID]
) -> dict[EventKey, list[EventRecord]]:
    """What was recorded under these keys before with identifiers of this range, the latest first."""
    records: dict[EventKey, list[EventRecord]] = {}
    for row in await sql.every(db, EventRecord, _SQL["event_records"], *zip(*keys, strict=True), *id_range):
        records.setdefault(row.key, []).append(row)
    return records


async def open_stays(db: sql.Connection, vehicles: Sequence[Vehicle]) -> dict[Vehicle, OpenStay]:
    """The vehicles (lot, plate, colour) that are inside."""
    stays = await sql.every(db, OpenStay, _SQL["open_stays"], *zip(*vehicles, strict=True))
    return {row.vehicle: row for row in stays}


async def finished_stays(
    db: sql.Connection, since: Mapping[Vehicle, datetime], id_range: tuple[UUID, UUID]
) -> list[tuple[Stay, Bill | None]]:
    """The stays of vehicles that ended since, in order of time, each with its bill if it was closed."""
    rows = await sql.every(
        db, StayRow, _SQL["finished_stays"], *zip(*since, strict=True), list(since.values()), *id_range
    )
    return [(_stay(row), _bill(row)) for row in rows]


_STAY_FIELDS = Stay.__struct_fields__


def _stay(row: StayRow) -> Stay:
    return Stay(*[getattr(row, name) for name in _STAY_FIELDS])


def _bill(row: StayRow) -> Bill | None:
    if row.fee_fen is None:
        return None
    uses = () if row.uses is None else _decode_uses(row.uses)
    return Bill(row.tariff_id, row.fee_fen, row.account_id, uses)


async def uses_of(
    db: sql.Connection, plates: Sequence[NumberPlate], since: datetime, id_range: tuple[UUID, UUID]
) -> dict[NumberPlate, list[tuple[int, Past]]]:
    """What the vehicles with these plates used in stays that ended since, each with its lot."""
    used: dict[NumberPlate, list[tuple[int, Past]]] = {plate: [] for plate in plates}
    for row in await sql.every(db, UseSomewhere, _SQL["uses_of"], *zip(*plates, strict=True), since, *id_range):
        past = Past(row.entered_at, row.left_at, _decode_uses(row.uses))
        used[row.plate, row.plate_color].append((row.lot_id, past))
    return used


async def payers(db: sql.Connection, plates: Sequence[NumberPlate]) -> dict[NumberPlate, list[Payer]]:
    """The active accounts that pay for plates or once did, as far as the links are not contested."""
    paying: dict[NumberPlate, list[Payer]] = {plate: [] for plate in plates}
    for row in await sql.every(db, Payer, _SQL["payers"], *zip(*plates, strict=True)):
        paying[row.plate, row.plate_color].append(row)
    return paying


async def add_events(db: sql.Connection, events: Sequence[tuple[Passing, EventRecord]]) -> None:
    rows = [_event_row(passing, record) for passing, record in events]
    await db.execute(_SQL["add_events"], *zip(*rows, strict=True))


def _event_row(p: Passing, record: EventRecord) -> tuple[object, ...]:
    e = p.event
    images = msgspec.json.encode(e.images).decode() if e.images else None
    status = Status.REVIEW if record.reason else Status.RECORDED
    return (
        *(p.lot_id, p.id, p.gateway_id, e.event_id, p.lane_id, e.kind),
        *(p.occurred_at, p.received_at, p.effective_at, e.replay),
        *(p.plate, e.plate, p.plate_color, e.plate_color, e.vehicle_class, e.confidence, images),
        *(e.remaining_spaces, p.content_hash, status),
        *(record.reason, record.gate, record.stay_id, record.fee_fen, record.payment, record.charge_reference),
        *(msgspec.json.encode(p.doubts).decode() if p.doubts else None, record.first_id),
    )


async def said_of_devices(db: sql.Connection, lot_ids: Collection[int], since: UUID) -> set[tuple[int, Reason, date]]:
    """What persons were told of these lots' gateways in reviews from an identifier on: gateway, reason, day (UTC)."""
    rows = await sql.every(db, SaidOfDevice, _SQL["said_of_devices"], list(lot_ids), since)
    return {(row.gateway_id, row.reason, row.day) for row in rows}


async def add_reviews(db: sql.Connection, rows: Sequence[tuple[int, UUID, UUID, Reason, datetime]]) -> None:
    """Puts events (lot, review's id, event's id, reason, when) before a person."""
    await db.execute(_SQL["add_reviews"], *zip(*rows, strict=True))


async def end_open_stays(db: sql.Connection, vehicles: Sequence[Vehicle]) -> None:
    """The vehicles are inside no longer."""
    await db.execute(_SQL["end_open_stays"], *zip(*vehicles, strict=True))


async def add_open_stays(db: sql.Connection, stays: Sequence[OpenStay]) -> None:
    """The vehicles are inside now."""
    rows = [
        (s.lot_id, s.plate, s.plate_color, s.id, s.vehicle_class, s.entered_at, s.entry_lane_id, s.entry_event_id)
        for s in stays
    ]
    await db.execute(_SQL["add_open_stays"], *zip(*rows, strict=True))


async def put_stays(db: sql.Connection, stays: Sequence[tuple[Stay, Bill | None]]) -> None:
    """Writes finished stays with their bills, or completes them."""
    rows = [
        (
            *(s.lot_id, s.id, s.plate, s.plate_color, s.vehicle_class, s.state, s.entered_at, s.left_at),
            *(s.entry_lane_id, s.exit_lane_id, s.entry_event_id, s.exit_event_id),
            *((None, None, None) if bill is None else (bill.tariff_id, bill.fee_fen, bill.account_id)),
            None if bill is None or not bill.uses else msgspec.json.encode(bill.uses).decode(),
        )
        for s, bill in stays
    ]
    await db.execute(_SQL["put_stays"], *zip(*rows, strict=True))


async def move_counts(db: sql.Connection, now: datetime, moves: Sequence[Move]) -> Sequence[Count]:
    """Moves the lots' counts; returns them as they are now."""
    rows = [(m.lot_id, m.moved, m.reported_free, m.reported_at, m.moved_since) for m in moves]
    return await sql.every(db, Count, _SQL["move_counts"], now, *zip(*rows, strict=True))


async def add_refused(db: sql.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Keeps what could not be taken as an event; each row in the order of the query's columns."""
    await db.execute(_SQL["add_refused"], *zip(*rows, strict=True))


async def count_refused(db: sql.Connection, gateway: Gateway, day: date, events: int) -> int:
    """Counts refused events of a gateway; returns how many they were on that day so far."""
    counted: int = await db.fetchval(_SQL["count_refused"], gateway.lot_id, gateway.id, day, events)
    return counted
