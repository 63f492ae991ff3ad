"""Gate events, stays and counts of a batch.

Arrays run in parallel and are as long as the batch; a call is one round trip whatever the size of the batch.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias
from uuid import UUID

import msgspec
from asyncpg import Record
from msgspec import Struct, structs

import sql
from parking.answers import EventKey, EventRecord, Status
from parking.cases import Reason
from parking.exits import Link
from parking.facts import Fact, OfDevice
from parking.fees import Bill, PastAt, Payer
from parking.gateways import Gateway
from parking.occupancy import Count, Move
from parking.passings import SURE, alike_within
from parking.plates import PlateColor, VehicleClass
from parking.reads import CONFIDENCE_DIGITS, NumberPlate, Read, Vehicle
from parking.stays import State, Stay
from parking.tariffs import Past, Use
from payments import ids

_SQL = sql.load("parking/events")

BilledStay: TypeAlias = tuple[Stay, Bill | None]
# A lot, and from when to when.
LotWindow: TypeAlias = tuple[int, datetime, datetime]


class NearRead(Read, frozen=True, kw_only=True):
    """A read that is near to another."""

    near_id: UUID


class OpenRow(Struct, frozen=True):
    """A vehicle that is inside, as it is stored."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    vehicle_class: VehicleClass
    entered_at: datetime
    entry_lane_id: int
    entry_event_id: UUID
    confidence: float
    facts: tuple[UUID, ...]
    read_until: datetime | None
    counted: bool


class StayRow(Stay, frozen=True, kw_only=True):
    """A stay with what its bill says; `uses` is JSON text."""

    tariff_id: int | None
    fee_fen: int | None
    account_id: int | None
    uses: str | None


class UseSomewhere(Struct, frozen=True):
    """A stay that used something, or began later than what is priced; `uses` is JSON text."""

    lot_id: int
    id: UUID
    plate: str
    plate_color: PlateColor
    entered_at: datetime
    left_at: datetime
    uses: str | None


class SaidOfDevice(Struct, frozen=True):
    """What a person was told of a gateway in a lot, and on which day."""

    lot_id: int
    gateway_id: int
    reason: Reason
    day: date


class LinkRow(Struct, frozen=True):
    """When an account pays, or paid, for a plate."""

    plate: str
    plate_color: PlateColor
    linked_at: datetime
    unlinked_at: datetime | None


_decode_uses = msgspec.json.Decoder(tuple[Use, ...]).decode

SHAPES = {
    "event_records": EventRecord,
    "reads_near": NearRead,
    "reads_by_id": Read,
    "open_stays": OpenRow,
    "open_halves": OpenRow,
    "latest_inside": OpenRow,
    "finished_stays": StayRow,
    "stays_by_id": StayRow,
    "exit_halves": StayRow,
    "halves": StayRow,
    "payers": Payer,
    "links": LinkRow,
    "move_counts": Count,
}


async def lock_lots(db: sql.Connection, lot_ids: Sequence[int]) -> list[int]:
    """Makes this transaction the only writer of these lots' facts until it ends. `lot_ids` ascending.

    Returns those of them of which passages were ever told.
    """
    locked = await db.fetch(_SQL["lock_lots"], lot_ids)
    assert len(locked) == len(lot_ids), "a lot has no count that could be locked"
    return [row["lot_id"] for row in locked if row["tells_passages"]]


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
        sure = round(row.confidence, CONFIDENCE_DIGITS)
        records.setdefault(row.key, []).append(structs.replace(row, confidence=sure))
    return records


async def reads_near(
    db: sql.Connection, reads: Sequence[Read], within: timedelta, id_range: tuple[UUID, UUID]
) -> list[tuple[Read, UUID]]:
    """Other reads that may be of the same passings, at the same lanes within a time, of texts that are the same or
    differ a little; each with the number of the one it is near to.
    """
    seen = [(read.lot_id, read.id, read.lane_id, read.at, read.plate, read.plate_color) for read in reads]
    alike = [alike_within(read) for read in reads]
    rows = await sql.every(db, NearRead, _SQL["reads_near"], seen, within, *id_range, alike, SURE)
    return [(_read(Read(*[getattr(row, name) for name in Read.__struct_fields__])), row.near_id) for row in rows]


async def reads_by_id(db: sql.Connection, lots: Sequence[int], ids: Sequence[UUID]) -> dict[UUID, Read]:
    """Reads by their numbers, each with its lot."""
    return {row.id: _read(row) for row in await sql.every(db, Read, _SQL["reads_by_id"], lots, ids)}


def _read(row: Read) -> Read:
    # Stored in four bytes, a confidence comes back with a tail of digits.
    return structs.replace(row, confidence=round(row.confidence, CONFIDENCE_DIGITS))


async def open_stays(db: sql.Connection, vehicles: Sequence[Vehicle]) -> list[Stay]:
    """Those of the vehicles (lot, plate, colour) that are inside."""
    return _opened(await sql.every(db, OpenRow, _SQL["open_stays"], *zip(*vehicles, strict=True)))


async def open_halves(db: sql.Connection, windows: Sequence[LotWindow]) -> list[Stay]:
    """The vehicles inside these lots that came within their windows."""
    return _opened(await sql.every(db, OpenRow, _SQL["open_halves"], *zip(*windows, strict=True)))


async def latest_inside(db: sql.Connection, window: LotWindow, *, limit: int) -> list[Stay]:
    """The vehicles inside a lot that came within a window, as many as fit: who counts there first, the latest first."""
    return _opened(await sql.every(db, OpenRow, _SQL["latest_inside"], *window, limit))


def _opened(rows: Sequence[OpenRow]) -> list[Stay]:
    return [
        Stay(
            lot_id=row.lot_id,
            id=row.id,
            plate=row.plate,
            plate_color=row.plate_color,
            vehicle_class=row.vehicle_class,
            state=State.OPEN,
            entered_at=row.entered_at,
            left_at=None,
            entry_lane_id=row.entry_lane_id,
            exit_lane_id=None,
            entry_event_id=row.entry_event_id,
            exit_event_id=None,
            confidence=round(row.confidence, CONFIDENCE_DIGITS),
            facts=row.facts,
            read_until=row.read_until,
            counted=row.counted,
        )
        for row in rows
    ]


async def finished_stays(
    db: sql.Connection, since: Mapping[Vehicle, datetime], id_range: tuple[UUID, UUID]
) -> list[BilledStay]:
    """The stays of vehicles that ended since, in order of time, each with its bill if it was closed."""
    return _billed(await db.fetch(_SQL["finished_stays"], *zip(*since, strict=True), list(since.values()), *id_range))


async def stays_by_id(db: sql.Connection, ids_: Sequence[UUID]) -> list[BilledStay]:
    """Stays that are not open, by their numbers."""
    return _billed(await db.fetch(_SQL["stays_by_id"], [ids.shard_of(each) for each in ids_], ids_))


async def exit_halves(db: sql.Connection, since: Mapping[int, datetime]) -> list[BilledStay]:
    """The exits of lots since an instant whose entry was not seen, matched with one of another text or not."""
    return _billed(await db.fetch(_SQL["exit_halves"], list(since), list(since.values())))


async def halves(db: sql.Connection, windows: Sequence[LotWindow]) -> list[BilledStay]:
    """The halves of lots within their windows that are not open, matched or not."""
    return _billed(await db.fetch(_SQL["halves"], *zip(*windows, strict=True)))


def _billed(rows: Sequence[Record]) -> list[BilledStay]:
    return [(_stay(row), _bill(row)) for row in rows]


def _stay(row: Record) -> Stay:
    # What is the bill's in a row (`StayRow`) is passed over: made in one step, a stay costs a third.
    fields = dict(row)
    fields["confidence"] = round(fields["confidence"], CONFIDENCE_DIGITS)
    return msgspec.convert(fields, Stay)


def _bill(row: Record) -> Bill | None:
    if row["fee_fen"] is None:
        return None
    uses = () if row["uses"] is None else _decode_uses(row["uses"])
    return Bill(row["tariff_id"], row["fee_fen"], row["account_id"], uses)


async def uses_of(
    db: sql.Connection, began: Mapping[NumberPlate, datetime], since: datetime, id_range: tuple[UUID, UUID]
) -> dict[NumberPlate, list[PastAt]]:
    """What the vehicles with these plates used in stays that ended since, and their visits that began at an instant or
    later.
    """
    used: dict[NumberPlate, list[PastAt]] = {plate: [] for plate in began}
    plates, begins = zip(*began, strict=True), list(began.values())
    for row in await sql.every(db, UseSomewhere, _SQL["uses_of"], *plates, since, *id_range, begins):
        uses = () if row.uses is None else _decode_uses(row.uses)
        used[row.plate, row.plate_color].append(PastAt(row.lot_id, row.id, Past(row.entered_at, row.left_at, uses)))
    return used


async def payers(db: sql.Connection, plates: Sequence[NumberPlate]) -> dict[NumberPlate, list[Payer]]:
    """The active accounts that pay for plates or once did, as far as the links are not contested."""
    paying: dict[NumberPlate, list[Payer]] = {plate: [] for plate in plates}
    for row in await sql.every(db, Payer, _SQL["payers"], *zip(*plates, strict=True)):
        paying[row.plate, row.plate_color].append(row)
    return paying


async def links(db: sql.Connection, plates: Sequence[NumberPlate]) -> dict[NumberPlate, list[Link]]:
    """When accounts, whichever, paid for plates, whatever was found of that later."""
    found: dict[NumberPlate, list[Link]] = {}
    for row in await sql.every(db, LinkRow, _SQL["links"], *zip(*plates, strict=True)):
        found.setdefault((row.plate, row.plate_color), []).append((row.linked_at, row.unlinked_at))
    return found


async def add_events(db: sql.Connection, events: Sequence[tuple[Fact, EventRecord]]) -> None:
    await db.execute(_SQL["add_events"], [_event_row(fact, record) for fact, record in events])


def _event_row(p: Fact, record: EventRecord) -> tuple[object, ...]:
    e = p.event
    images = msgspec.json.encode(e.images).decode() if e.images else None
    status = Status.REVIEW if record.reason else Status.RECORDED
    return (
        *(p.lot_id, p.id, p.gateway_id, e.event_id, p.lane_id, e.kind),
        *(p.occurred_at, p.received_at, p.effective_at, e.replay),
        *(p.plate, e.plate, p.plate_color, e.plate_color, e.vehicle_class, e.confidence, images),
        *(e.remaining_spaces, p.content_hash, status),
        *(record.reason, record.gate, record.stay_id, record.fee_fen, record.payment, record.charge_reference),
        *(msgspec.json.encode(p.doubts).decode() if p.doubts else None, record.first_id, p.clock_ahead),
    )


async def said_of_devices(db: sql.Connection, lot_ids: Collection[int], since: UUID) -> set[OfDevice]:
    """What persons were told of these lots' gateways in cases from an identifier on."""
    rows = await sql.every(db, SaidOfDevice, _SQL["said_of_devices"], list(lot_ids), since)
    return {OfDevice(row.lot_id, row.gateway_id, row.reason, row.day) for row in rows}


async def end_open_stays(db: sql.Connection, vehicles: Sequence[Vehicle]) -> None:
    """The vehicles are inside no longer."""
    await db.execute(_SQL["end_open_stays"], *zip(*vehicles, strict=True))


async def add_open_stays(db: sql.Connection, stays: Sequence[Stay]) -> None:
    """The vehicles are inside now."""
    rows = [
        (
            *(s.lot_id, s.plate, s.plate_color, s.id, s.vehicle_class, s.entered_at, s.entry_lane_id),
            *(s.entry_event_id, s.confidence, s.facts, s.read_until, s.counted),
        )
        for s in stays
    ]
    await db.execute(_SQL["add_open_stays"], rows)


async def keep_revisions(db: sql.Connection, revisions: Sequence[tuple[UUID, UUID]], *, now: datetime) -> None:
    """Keeps what is believed of stays before they are written over; each with the number of its revision."""
    stay_ids = [stay_id for stay_id, _ in revisions]
    lots = [ids.shard_of(each) for each in stay_ids]
    await db.execute(_SQL["keep_revisions"], lots, stay_ids, [revision_id for _, revision_id in revisions], now)


async def put_stays(db: sql.Connection, stays: Sequence[BilledStay], *, now: datetime) -> None:
    """Writes stays that are not open with their bills, over what was believed of them."""
    rows = [
        (
            *(s.lot_id, s.id, s.plate, s.plate_color, s.vehicle_class, s.state, s.entered_at, s.left_at),
            *(s.entry_lane_id, s.exit_lane_id, s.entry_event_id, s.exit_event_id, s.confidence, s.facts),
            *(s.read_until, s.doubts, s.seen_again_at, s.matched_id, s.matched_half, s.merged_into),
            *((None, None, None) if bill is None else (bill.tariff_id, bill.fee_fen, bill.account_id)),
            None if bill is None or not bill.uses else msgspec.json.encode(bill.uses).decode(),
            *(s.let_out, s.set_fen, s.at_exit, s.exits, s.counted),
        )
        for s, bill in stays
    ]
    await db.execute(_SQL["put_stays"], rows, now)


async def move_counts(
    db: sql.Connection, now: datetime, moves: Sequence[Move], *, heard_at: datetime | None
) -> Sequence[Count]:
    """Moves the lots' counts; returns them as they are now. `heard_at`: when the lots said so; None: people did."""
    rows = [(m.lot_id, m.moved, m.reported_free, m.reported_at, m.moved_since) for m in moves]
    return await sql.every(db, Count, _SQL["move_counts"], now, *zip(*rows, strict=True), heard_at)


async def add_refused(db: sql.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Keeps what could not be taken as an event; each row in the order of the query's columns."""
    await db.execute(_SQL["add_refused"], *zip(*rows, strict=True))


async def count_refused(db: sql.Connection, gateway: Gateway, day: date, events: int) -> int:
    """Counts refused events of a gateway; returns how many they were on that day so far."""
    counted: int = await db.fetchval(_SQL["count_refused"], gateway.lot_id, gateway.id, day, events)
    return counted
