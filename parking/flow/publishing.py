"""Price texts: registered as drafts, and published after a check."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

import sql
from parking import publication, tariffs
from parking.flow import trail
from parking.flow.applying import take_turns
from parking.publication import TariffMoved, TariffState, UnknownTariff
from parking.tariffs import Tariff
from parking.tariffs.checking import Finding

_SQL = sql.load("parking/tariffs")


class TariffHead(Struct, frozen=True):
    """A version of a tariff without its text."""

    id: int
    code: str
    version: int
    state: TariffState
    registered_at: datetime
    registered_by: str
    published_at: datetime | None
    published_by: str | None
    name_zh: str
    name_en: str


class TariffRow(Struct, frozen=True):
    """A version of a tariff; the document, what the check found and what was accepted are JSON text."""

    id: int
    code: str
    version: int
    state: TariffState
    registered_at: datetime
    registered_by: str
    published_at: datetime | None
    published_by: str | None
    document: str
    findings: str
    accepted: str

    @property
    def tariff(self) -> Tariff:
        """The document, ready to be looked at."""
        return tariffs.from_json(self.document.encode())


SHAPES = {
    "newest": TariffRow,
    "version": TariffRow,
    "newest_published": TariffRow,
    "versions": TariffHead,
}


async def register_draft(
    db: sql.Connection, tariff: Tariff, *, findings: Sequence[Finding], by: str, now: datetime
) -> TariffRow:
    """The draft of a text, with what the check found: a new version, or in place of the draft that there was.

    The very text that is the newest published one is that version, and leaves a draft as it is.
    """
    await take_turns(db)
    published = await published_tariff(db, code=tariff.code)
    if published is not None and published.tariff == tariff:
        return published
    newest = await newest_tariff(db, code=tariff.code)
    document, found = tariffs.to_json(tariff).decode(), msgspec.json.encode(findings).decode()
    if newest is not None and newest.state is TariffState.DRAFT:
        await db.execute(_SQL["replace_draft"], newest.id, document, found, now, by)
    else:
        version = newest.version + 1 if newest else 1
        await db.execute(_SQL["add_draft"], tariff.code, version, document, found, now, by)
    drafted = await newest_tariff(db, code=tariff.code)
    assert drafted is not None
    await trail.record(db, by=by, action="tariff.register", subject=_subject(drafted), detail={}, now=now)
    return drafted


async def publish_draft(
    db: sql.Connection,
    draft: TariffRow,
    *,
    findings: Sequence[Finding],
    reasons: Mapping[str, str],
    by: str,
    now: datetime,
) -> TariffRow:
    """A draft that was read before and checked since, published as it was then. `reasons`: why, by kind of warning.

    What is published already stays as it is.

    Raises:
        publication.NotPublishable: errors were found, or warnings that have no reason.
        tariffs.TariffUnclear: it supersedes itself, over others or directly.
        TariffMoved: it was replaced since it was read.
    """
    if draft.state is TariffState.PUBLISHED:
        return draft
    accepted = publication.accept(findings, reasons, by=by, now=now)
    await take_turns(db)
    others = [tariffs.from_json(row["document"].encode()) for row in await db.fetch(_SQL["in_succession"])]
    tariffs.check_succession({**{other.code: other for other in others}, draft.code: draft.tariff})
    found, kept = msgspec.json.encode(findings).decode(), msgspec.json.encode(accepted).decode()
    is_new = await db.fetchval(_SQL["publish"], draft.id, draft.document, found, kept, now, by) is not None
    row = await tariff_version(db, code=draft.code, version=draft.version)
    if row.state is not TariffState.PUBLISHED or row.document != draft.document:
        raise _moved(draft)
    if is_new:
        detail: dict[str, object] = {"accepted": accepted}
        await trail.record(db, by=by, action="tariff.publish", subject=_subject(row), detail=detail, now=now)
    return row


async def publish_tariff(
    db: sql.Connection,
    *,
    document: bytes,
    by: str,
    now: datetime,
    findings: Sequence[Finding],
    reasons: Mapping[str, str] | None = None,
) -> int:
    """The number of a text, registered and published at once; the very text that is published already is that version.

    Whoever calls has looked at it: `findings` are what the check found, `reasons` why its warnings are accepted.

    Raises:
        tariffs.TariffUnclear, tariffs.UnknownTimeZone: the document cannot be priced by; says where and why.
        publication.NotPublishable: as `publish_draft`.
    """
    draft = await register_draft(db, tariffs.from_json(document), findings=findings, by=by, now=now)
    if draft.state is TariffState.PUBLISHED:
        return draft.id
    return (await publish_draft(db, draft, findings=findings, reasons=reasons or {}, by=by, now=now)).id


async def newest_tariff(db: sql.Connection, *, code: str) -> TariffRow | None:
    """The newest version of a tariff, a draft if there is one, or None if none has this code."""
    return await sql.one(db, TariffRow, _SQL["newest"], code)


async def published_tariff(db: sql.Connection, *, code: str) -> TariffRow | None:
    """The newest published version of a tariff, or None if there is none."""
    return await sql.one(db, TariffRow, _SQL["newest_published"], code)


async def tariff_version(db: sql.Connection, *, code: str, version: int) -> TariffRow:
    """A version of a tariff.

    Raises:
        UnknownTariff: there is none.
    """
    row = await sql.one(db, TariffRow, _SQL["version"], code, version)
    if row is None:
        raise UnknownTariff(f"No tariff {code!r} has the version {version}.", code=code, version=version)
    return row


async def tariff_versions(
    db: sql.Connection, *, state: TariffState | None, after: int, limit: int
) -> Sequence[TariffHead]:
    """Versions of tariffs in the order in which they were first registered."""
    return await sql.every(db, TariffHead, _SQL["versions"], state, after, limit)


def _subject(row: TariffRow) -> str:
    return f"tariff:{row.code}/{row.version}"


def _moved(draft: TariffRow) -> TariffMoved:
    return TariffMoved(
        f"{draft.code}, version {draft.version}, was replaced since: look at it again.",
        code=draft.code,
        version=draft.version,
    )
