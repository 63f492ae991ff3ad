"""What gateways say of themselves, and their clocks."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from asyncpg import UniqueViolationError
from msgspec import Struct

import sql
from parking.clocks import Spell
from parking.dated import Version
from parking.gateways import GatewayLot
from parking.lots import CodeTaken

_SQL = sql.load("parking/gateways")


class GatewayRow(Struct, frozen=True):
    """A gateway as staff see it; `lanes` and `clocks` are JSON text."""

    code: str
    lot: str
    seen_at: datetime | None
    sent_at: datetime | None
    backlog_events: int | None
    software: str | None
    lanes: str | None
    last_event_at: datetime | None
    keys_active: int
    clocks: str


class GatewayToChange(Struct, frozen=True):
    """A gateway, whose it is, and by which clock its own lot goes."""

    id: int
    code: str
    lot_id: int
    operator_id: int
    time_zone: str


async def gateway_to_change(db: sql.Connection, code: str) -> GatewayToChange | None:
    """The gateway of a code, if there is one."""
    return await sql.one(db, GatewayToChange, _SQL["gateway_to_change"], code)


async def served(db: sql.Connection, gateway_id: int, lot_id: int) -> list[Version[bool]]:
    """When a gateway served a lot that is not its own, or will."""
    rows = await sql.every(db, GatewayLot, _SQL["served"], gateway_id, lot_id)
    return [Version(row.valid_from, row.serves) for row in rows]


async def serve(db: sql.Connection, gateway_id: int, lot_id: int, version: Version[bool]) -> None:
    """A gateway serves a lot from its instant on or no more, in the place of what was to begin then."""
    await db.execute(_SQL["serve"], gateway_id, lot_id, version.valid_from, version.value)


async def lanes_moved(db: sql.Connection, lot_id: int, gateway_id: int) -> list[str]:
    """The codes of the lanes of a lot that a gateway moves."""
    return [row["code"] for row in await db.fetch(_SQL["lanes_moved"], lot_id, gateway_id)]


async def lot_of_gateway(db: sql.Connection, code: str) -> str | None:
    """The code of the lot of a gateway, if there is one of this code."""
    lot: str | None = await db.fetchval(_SQL["lot_of_gateway"], code)
    return lot


async def add_gateway(db: sql.Connection, lot_id: int, code: str) -> None:
    """Another gateway of a lot."""
    await db.execute(_SQL["add_gateway"], lot_id, code)


async def rename_gateway(db: sql.Connection, code: str, becomes: str) -> None:
    """Writes another code of a gateway.

    Raises:
        CodeTaken: another gateway of the city has this code.
    """
    try:
        await db.execute(_SQL["rename_gateway"], code, becomes)
    except UniqueViolationError:
        raise CodeTaken(f"Another gateway has the code {becomes!r}.", field="code", code=becomes) from None


async def beat(
    db: sql.Connection,
    lot_id: int,
    gateway_id: int,
    *,
    now: datetime,
    sent_at: datetime,
    backlog_events: int | None,
    software: str | None,
    lanes: str | None,
) -> None:
    """Keeps the last heartbeat of a gateway."""
    await db.execute(_SQL["beat"], lot_id, gateway_id, now, sent_at, backlog_events, software, lanes)


async def gateways(
    db: sql.Connection, lot_ids: Sequence[int] | None, *, words: str = "", after: str = "", limit: int | None = None
) -> Sequence[GatewayRow]:
    """The gateways of lots, or all, by their codes. `words`: a part of the code, or of that of a lot."""
    return await sql.every(db, GatewayRow, _SQL["gateways"], lot_ids, after, limit, words)


async def spells(db: sql.Connection, since: datetime) -> Sequence[Spell]:
    """The spells that go on or ended since, the latest first."""
    return await sql.every(db, Spell, _SQL["spells"], since)


async def begin_spell(db: sql.Connection, spell: Spell, case_id: UUID) -> bool:
    """Writes a spell unless another of its clock goes on; returns whether it did."""
    row = (spell.lot_id, spell.id, spell.gateway_id, spell.lane_id, spell.ahead, spell.since, spell.right_until)
    return await db.fetchval(_SQL["begin_spell"], *row, case_id) is not None


async def end_spell(db: sql.Connection, spell: Spell, ended_at: datetime) -> UUID | None:
    """Ends a spell; returns its case, or None if it had ended."""
    case_id: UUID | None = await db.fetchval(_SQL["end_spell"], spell.lot_id, spell.id, ended_at)
    return case_id


async def case_of_wrong_clocks(db: sql.Connection, lot_id: int, gateway_id: int) -> UUID | None:
    """What a person was told of a gateway, if one of its clocks is wrong now."""
    case_id: UUID | None = await db.fetchval(_SQL["case_of_wrong_clocks"], lot_id, gateway_id)
    return case_id


async def drop_spells(db: sql.Connection, before: datetime) -> None:
    """Drops spells that ended before."""
    await db.execute(_SQL["drop_spells"], before)
