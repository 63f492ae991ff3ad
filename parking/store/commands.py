"""What gateways are told without having asked."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking.barrier import Command
from parking.commands import COMMAND_LIFE, COMMANDS_PER_ANSWER_MAX, AtLane, Because, GatewayCommand, Outcome, ReadSince
from payments import ids

_SQL = sql.load("parking/commands")


class Waiting(Struct, frozen=True):
    """A command that waits for its gateway."""

    lot_id: int
    id: UUID
    gateway_id: int
    n: int
    lot: str
    lane: str
    gate: Command
    because: Because
    stay_id: UUID | None
    fact_id: UUID | None
    event_id: str | None
    fee_fen: int | None
    display_zh: str
    display_en: str
    issued_at: datetime
    expires_at: datetime


class Given(Struct, frozen=True):
    """A command as staff see it, and what its gateway said of it."""

    id: UUID
    n: int
    gate: Command
    because: Because
    stay_id: UUID | None
    event_id: str | None
    fee_fen: int | None
    reason: str | None
    asked_by: str | None
    issued_at: datetime
    expires_at: datetime
    outcome: Outcome | None
    acknowledged_at: datetime | None
    detail: str | None


class Numbered(Struct, frozen=True):
    """The number of a gateway's last command."""

    gateway_id: int
    commands: int


async def add_commands(db: sql.Connection, commands: Sequence[tuple[UUID, GatewayCommand]], *, now: datetime) -> None:
    """Writes commands by their identifiers, each with the next number of its gateway, whichever lot it is of."""
    counts = Counter(command.gateway_id for _, command in commands)
    numbered = await sql.every(db, Numbered, _SQL["number_commands"], *zip(*counts.items(), strict=True))
    numbers = {row.gateway_id: row.commands - counts[row.gateway_id] for row in numbered}
    rows = []
    for id_, c in commands:
        numbers[c.gateway_id] += 1
        rows.append(
            (
                *(
                    c.lot_id,
                    id_,
                    c.gateway_id,
                    numbers[c.gateway_id],
                    c.lane_id,
                    c.gate,
                    c.because,
                    c.stay_id,
                    c.fact_id,
                ),
                *(c.event_id, c.read_at, c.fee_fen, c.display.zh, c.display.en, c.reason, c.asked_by),
            )
        )
    await db.execute(_SQL["add_commands"], *zip(*rows, strict=True), now, now + COMMAND_LIFE)


async def cars_at_lanes(
    db: sql.Connection, reads: Sequence[tuple[int, UUID, UUID]], since: datetime, *, now: datetime
) -> Sequence[AtLane]:
    """The cars that were held at a lane since an instant, of stays with their reads (lot, stay, read)."""
    return await sql.every(db, AtLane, _SQL["cars_at_lanes"], *zip(*reads, strict=True), since, now)


async def reads_since(db: sql.Connection, cars: Sequence[tuple[int, UUID, UUID | None]]) -> dict[UUID, list[ReadSince]]:
    """What was read after cars (lot, read, stay) at their lanes, in order of time, by the reads of these."""
    found: dict[UUID, list[ReadSince]] = {}
    for each in await sql.every(db, ReadSince, _SQL["reads_since"], *zip(*cars, strict=True)) if cars else ():
        found.setdefault(each.fact_id, []).append(each)
    return found


async def last_at_lane(db: sql.Connection, lot_id: int, lane_id: int, since: datetime) -> AtLane | None:
    """The car that was last read at a lane."""
    return await sql.one(db, AtLane, _SQL["last_at_lane"], lot_id, lane_id, since)


async def waiting_commands(db: sql.Connection, seen: Mapping[int, int], *, now: datetime) -> Sequence[Waiting]:
    """What waits for gateways in their lots beyond the numbers they have seen, in the order of these, also what is moot
    since another car was read at the lane.
    """
    since = ids.floor(now - COMMAND_LIFE)
    limit = COMMANDS_PER_ANSWER_MAX * max(1, len(seen))
    return await sql.every(db, Waiting, _SQL["waiting_commands"], *zip(*seen.items(), strict=True), now, since, limit)


async def opening_at_lane(
    db: sql.Connection, lot_id: int, lane_id: int, fact_id: UUID | None, *, now: datetime
) -> UUID | None:
    """The command of a person to open a lane for the same car that still waits for its gateway."""
    since = ids.floor(now - COMMAND_LIFE)
    found: UUID | None = await db.fetchval(_SQL["opening_at_lane"], lot_id, lane_id, since, now, fact_id)
    return found


async def acknowledge(
    db: sql.Connection,
    lot_id: int,
    command_id: UUID,
    gateway_id: int,
    outcome: Outcome,
    detail: str | None,
    now: datetime,
) -> Outcome | None:
    """Writes what became of a command, unless that is known; returns it, or None where the gateway has no such."""
    said: str | None = await db.fetchval(_SQL["acknowledge"], lot_id, command_id, gateway_id, outcome, now, detail)
    return None if said is None else Outcome(said)


async def commands_of_lane(db: sql.Connection, lot_id: int, lane_id: int, limit: int) -> Sequence[Given]:
    """What a lane was told, the newest first."""
    return await sql.every(db, Given, _SQL["commands_of_lane"], lot_id, lane_id, limit)
