"""Tariffs: registered as drafts, and published after a check."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

import sql
from parking import tariffs
from parking.flow.network import record_change
from parking.flow.prices import Places, apply_all
from parking.prices import TariffMoved, TariffState, UnknownTariff
from parking.store import tariffs as store
from parking.store.tariffs import TariffRow
from parking.tariffs import Tariff
from parking.tariffs.lint import Finding, acceptance
from payments.identity import Principal
from payments.ledger import PLATFORM
from payments.store import audit

# What a check of a document finds; it takes seconds, so it runs outside any transaction.
Lint = Callable[[Tariff, datetime], Awaitable[list[Finding]]]


async def register(
    pool: sql.Pool, tariff: Tariff, *, lint: Lint, by: str, clock: Callable[[], datetime]
) -> tuple[TariffRow, list[Finding]]:
    """Checks a document and registers its draft, with what the check found; see `register_draft`."""
    findings = await lint(tariff, clock())
    async with pool.acquire() as db, db.transaction():
        return await register_draft(db, tariff, findings=findings, by=by, now=clock()), findings


async def publish(
    pool: sql.Pool,
    *,
    code: str,
    number: int,
    reasons: Mapping[str, str],
    places: Places,
    lint: Lint,
    principal: Principal,
    clock: Callable[[], datetime],
) -> TariffRow:
    """A draft, checked again and published, and in force at places at once: all of it, or nothing.

    Raises:
        As `publish_draft` and `prices.apply_version`.
    """
    async with pool.acquire() as db:
        draft = await tariff_version(db, code=code, number=number)
    acceptance.check_reasons(reasons)
    findings = await lint(draft.tariff, clock()) if draft.state is TariffState.DRAFT else []
    async with pool.acquire() as db, db.transaction():
        # The check and the wait for our turn took time: a tariff that begins "now" begins at this instant.
        await store.take_turns(db)
        now = clock()
        row = await publish_draft(db, draft, findings=findings, reasons=reasons, by=principal.subject, now=now)
        await apply_all(db, row.id, places, principal=principal, now=now)
        return row


async def register_draft(
    db: sql.Connection, tariff: Tariff, *, findings: Sequence[Finding], by: str, now: datetime
) -> TariffRow:
    """Registers a draft with what the check found: as a new version, or in place of the draft that there was.

    A document equal to the newest published version is that version, and leaves a draft as it is.
    """
    await store.take_turns(db)
    published = await store.newest_published(db, tariff.code)
    if published is not None and published.tariff == tariff:
        return published
    newest = await store.newest(db, tariff.code)
    document, findings_json = tariffs.to_json(tariff).decode(), msgspec.json.encode(findings).decode()
    if newest is not None and newest.state is TariffState.DRAFT:
        await store.replace_draft(db, newest.id, document=document, findings=findings_json, by=by, now=now)
    else:
        version = newest.version + 1 if newest else 1
        await store.add_draft(
            db, code=tariff.code, version=version, document=document, findings=findings_json, by=by, now=now
        )
    drafted = await store.newest(db, tariff.code)
    assert drafted is not None
    await audit.record(db, PLATFORM, actor=by, action="tariff.register", subject=_subject(drafted), detail={}, now=now)
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
    """A draft that was read before and checked since, published as it was then. `reasons`: why, by name of finding.

    What is published already stays as it is.

    Raises:
        acceptance.NotPublishable: errors were found, or warnings that have no reason.
        tariffs.TariffUnclear: it supersedes itself, over others or directly.
        TariffMoved: it was replaced since it was read.
    """
    if draft.state is TariffState.PUBLISHED:
        return draft
    accepted = acceptance.accept(findings, reasons, by=by, now=now)
    await store.take_turns(db)
    others = {other.code: other for other in await store.in_succession(db)}
    tariffs.check_succession({**others, draft.code: draft.tariff})
    findings_json, accepted_json = msgspec.json.encode(findings).decode(), msgspec.json.encode(accepted).decode()
    is_new = await store.publish(db, draft, findings=findings_json, accepted=accepted_json, by=by, now=now)
    row = await tariff_version(db, code=draft.code, number=draft.version)
    if row.state is not TariffState.PUBLISHED or row.document != draft.document:
        raise _moved(draft)
    if is_new:
        detail: dict[str, object] = {"accepted": accepted}
        await record_change(db, by=by, action="tariff.publish", subject=_subject(row), detail=detail, now=now)
    return row


async def publish_tariff(
    db: sql.Connection,
    *,
    document: bytes,
    by: str,
    now: datetime,
    findings: Sequence[Finding],
    reasons: Mapping[str, str] | None = None,
) -> TariffRow:
    """Registers and publishes a document at once; one equal to the newest published version is that version.

    `findings` are what the check found, `reasons` why its warnings are accepted.

    Raises:
        tariffs.TariffUnclear, tariffs.UnknownTimeZone: the document cannot be priced by; says where and why.
        acceptance.NotPublishable: as `publish_draft`.
    """
    draft = await register_draft(db, tariffs.from_json(document), findings=findings, by=by, now=now)
    return await publish_draft(db, draft, findings=findings, reasons=reasons or {}, by=by, now=now)


async def tariff_version(db: sql.Connection, *, code: str, number: int) -> TariffRow:
    """A version of a tariff.

    Raises:
        UnknownTariff: there is none.
    """
    row = await store.version(db, code, number)
    if row is None:
        raise UnknownTariff(f"No tariff {code!r} has the version {number}.", code=code, version=number)
    return row


def _subject(row: TariffRow) -> str:
    return f"tariff:{row.code}/{row.version}"


def _moved(draft: TariffRow) -> TariffMoved:
    return TariffMoved(
        f"{draft.code}, version {draft.version}, was replaced since: look at it again.",
        code=draft.code,
        version=draft.version,
    )
