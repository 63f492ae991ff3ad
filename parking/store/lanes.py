"""Gates and lanes, and what changes of them."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from asyncpg import UniqueViolationError
from msgspec import Struct

import sql
from parking.dated import Version
from parking.lanes import Gate, LaneClosure, LaneWay, Way
from parking.lots import CodeTaken, Direction

_SQL = sql.load("parking/lanes")


class LaneToChange(Struct, frozen=True):
    """A lane as it stands. `direction`: the one it was registered with."""

    id: int
    code: str
    lot_id: int
    lot: str
    operator_id: int
    direction: Direction
    gate_id: int
    gate: str
    gateway_id: int
    gateway: str


class GatewayOfLot(Struct, frozen=True):
    """A gateway that a lane of a lot may be moved by."""

    id: int
    code: str


async def gate_of_lot(db: sql.Connection, lot_id: int, code: str) -> Gate | None:
    """The gate of a code, if the lot has one."""
    return await sql.one(db, Gate, _SQL["gate_of_lot"], lot_id, code)


async def add_gate(db: sql.Connection, lot_id: int, code: str, name: str) -> None:
    await db.execute(_SQL["add_gate"], lot_id, code, name)


async def change_gate(db: sql.Connection, gate_id: int, code: str, name: str) -> None:
    """Writes what a gate is called.

    Raises:
        CodeTaken: another gate of the lot has this code.
    """
    try:
        await db.execute(_SQL["change_gate"], gate_id, code, name)
    except UniqueViolationError:
        raise CodeTaken(f"Another gate of the lot has the code {code!r}.", field="code", code=code) from None


async def lane_to_change(db: sql.Connection, code: str) -> LaneToChange | None:
    """The lane of a code, if there is one."""
    return await sql.one(db, LaneToChange, _SQL["lane_to_change"], code)


async def lanes_of_gate(db: sql.Connection, gate_id: int) -> list[str]:
    """The codes of the lanes through a gate."""
    return [row["code"] for row in await db.fetch(_SQL["lanes_of_gate"], gate_id)]


async def gateways_of_lot(db: sql.Connection, lot_id: int, now: datetime) -> Sequence[GatewayOfLot]:
    """The gateways that speak for a lot, and are to go on with it."""
    return await sql.every(db, GatewayOfLot, _SQL["gateways_of_lot"], lot_id, now)


async def add_lane(
    db: sql.Connection, lot_id: int, gate_id: int, gateway_id: int, code: str, direction: Direction
) -> None:
    """A new lane.

    Raises:
        CodeTaken: another lane of the city has this code.
    """
    try:
        await db.execute(_SQL["add_lane"], lot_id, gate_id, gateway_id, code, direction)
    except UniqueViolationError:
        raise CodeTaken(f"Another lane has the code {code!r}.", field="code", code=code) from None


async def change_lane(db: sql.Connection, lane_id: int, code: str, gate_id: int, gateway_id: int) -> None:
    """Writes where a lane belongs.

    Raises:
        CodeTaken: another lane of the city has this code.
    """
    try:
        await db.execute(_SQL["change_lane"], lane_id, code, gate_id, gateway_id)
    except UniqueViolationError:
        raise CodeTaken(f"Another lane has the code {code!r}.", field="code", code=code) from None


async def ways(db: sql.Connection, lane_id: int) -> list[Version[Way]]:
    """Which ways a lane has led since it was registered, or will."""
    rows = await sql.every(db, LaneWay, _SQL["ways_of"], lane_id)
    return [Version(row.valid_from, msgspec.json.decode(row.way, type=Way)) for row in rows]


async def add_way(db: sql.Connection, lane_id: int, version: Version[Way]) -> None:
    """A lane leads this way from its instant on, in the place of what was to begin then."""
    await db.execute(_SQL["add_way"], lane_id, version.valid_from, msgspec.json.encode(version.value).decode())


async def closures(db: sql.Connection, lane_id: int) -> list[Version[bool]]:
    """When a lane was closed and open again, or will be."""
    rows = await sql.every(db, LaneClosure, _SQL["closures_of"], lane_id)
    return [Version(row.valid_from, row.is_closed) for row in rows]


async def add_closure(db: sql.Connection, lane_id: int, version: Version[bool]) -> None:
    """Closed or open from its instant on, in the place of what was to begin then."""
    await db.execute(_SQL["add_closure"], lane_id, version.valid_from, version.value)


async def last_read_at(db: sql.Connection, lot_id: int, lane_id: int) -> datetime | None:
    """When the last read at a lane happened."""
    at: datetime | None = await db.fetchval(_SQL["last_read_at"], lot_id, lane_id)
    return at
