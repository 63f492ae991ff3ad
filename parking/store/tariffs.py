"""Tariffs as documents: drafts and published versions."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import tariffs
from parking.prices import TariffState
from parking.tariffs import Tariff

_SQL = sql.load("parking/tariffs")


class TariffHead(Struct, frozen=True):
    """Which version of a tariff it is, and what happened to it."""

    id: int
    code: str
    version: int
    state: TariffState
    registered_at: datetime
    registered_by: str
    published_at: datetime | None
    published_by: str | None


class TariffListed(TariffHead, frozen=True):
    """A version of a tariff without its text."""

    name_zh: str
    name_en: str


class TariffRow(TariffHead, frozen=True):
    """A version of a tariff; the document, what the check found and what was accepted are JSON text."""

    document: str
    findings: str
    accepted: str

    @property
    def tariff(self) -> Tariff:
        """The document, ready to be looked at."""
        return tariffs.from_json(self.document.encode())


async def take_turns(db: sql.Connection) -> None:
    """Until this transaction ends nobody else registers, publishes or applies a tariff."""
    await db.execute(_SQL["take_turns"])


async def newest(db: sql.Connection, code: str) -> TariffRow | None:
    """The newest version of a tariff, a draft if there is one."""
    return await sql.one(db, TariffRow, _SQL["newest"], code)


async def newest_published(db: sql.Connection, code: str) -> TariffRow | None:
    return await sql.one(db, TariffRow, _SQL["newest_published"], code)


async def version(db: sql.Connection, code: str, number: int) -> TariffRow | None:
    return await sql.one(db, TariffRow, _SQL["version"], code, number)


async def published(db: sql.Connection) -> Sequence[TariffRow]:
    """Every published version, by code."""
    return await sql.every(db, TariffRow, _SQL["published"])


async def versions(db: sql.Connection, *, state: TariffState | None, after: int, limit: int) -> Sequence[TariffListed]:
    """Versions of this state (None: all) in the order in which they were first registered."""
    return await sql.every(db, TariffListed, _SQL["versions"], state, after, limit)


async def add_draft(
    db: sql.Connection, *, code: str, version: int, document: str, findings: str, by: str, now: datetime
) -> None:
    """Writes a new version as a draft."""
    await db.execute(_SQL["add_draft"], code, version, document, findings, now, by)


async def replace_draft(
    db: sql.Connection, tariff_id: int, *, document: str, findings: str, by: str, now: datetime
) -> None:
    """Puts another text in place of a draft's."""
    await db.execute(_SQL["replace_draft"], tariff_id, document, findings, now, by)


async def publish(
    db: sql.Connection, draft: TariffRow, *, findings: str, accepted: str, by: str, now: datetime
) -> bool:
    """Publishes a draft if its text is still this one; returns whether this call did."""
    key = (draft.id, draft.document)
    return await db.fetchval(_SQL["publish"], *key, findings, accepted, now, by) is not None


async def in_succession(db: sql.Connection) -> list[Tariff]:
    """The newest published versions that supersede another tariff."""
    return [tariffs.from_json(row["document"].encode()) for row in await db.fetch(_SQL["in_succession"])]
