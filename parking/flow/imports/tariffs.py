"""Tariffs from files: published after the check, put into force at lots and in price areas, and written down again."""

from collections.abc import Sequence

from msgspec import structs

import sql
from parking.flow import prices, tariffs
from parking.flow.imports import At, Kind, Progress, RowRefused, State, Take, Taken
from parking.flow.prices import Places
from parking.imports import Planned
from parking.imports.tariffs import FORM, Place, TariffRow, written
from parking.prices import TariffState
from parking.store import prices as price_store
from parking.store import tariffs as store
from parking.store.tariffs import TariffRow as Stored
from payments.identity import may_act_for_all


async def _ready(
    db: sql.Connection, planned: Sequence[Planned[TariffRow]], at: At, progress: Progress
) -> list[Planned[TariffRow]]:
    """The rows with what the check finds in documents that are not published yet: it takes seconds."""
    checked = list[Planned[TariffRow]]()
    for done, each in enumerate(planned, 1):
        row = each.plan
        assert row is not None
        if row.document is not None and await _published(db, row) is None:
            row = structs.replace(row, findings=await at.lint(row.document, at.now))
        checked.append(structs.replace(each, plan=row))
        progress(done, len(planned))
    return checked


async def _begin(db: sql.Connection, _rows: object, at: At) -> Take[TariffRow]:
    async def take(row: TariffRow) -> Taken:
        known = await _published(db, row)
        if known is not None and row.document not in (None, known.tariff):
            raise RowRefused("document", "", f"the text of version {known.version}, which is published: say no version")
        version = await _publish(db, row, at) if known is None else known
        if row.version not in (None, version.version):
            raise RowRefused("version", row.version, f"the next version, {version.version}")
        began = False
        if row.valid_from is not None:
            places = Places(row.lots, row.zones, row.valid_from)
            began = await prices.apply_all(db, version.id, places, principal=at.by, now=at.now)
        if known is None:
            return Taken(State.NEW)
        return Taken(State.CHANGED, ("valid_from",)) if began else Taken(State.UNCHANGED)

    return take


async def _published(db: sql.Connection, row: TariffRow) -> Stored | None:
    """The published version that a row names or has the text of."""
    if row.version is None:
        found = await store.newest_published(db, row.code)
        return found if found is not None and row.document in (None, found.tariff) else None
    found = await store.version(db, row.code, row.version)
    if found is None or found.state is not TariffState.PUBLISHED:
        return None
    return found


async def _publish(db: sql.Connection, row: TariffRow, at: At) -> Stored:
    if row.document is None:
        raise RowRefused("document", "", "the text of a tariff that is not published")
    # A text holds wherever it is applied.
    may_act_for_all(at.by)
    draft = await tariffs.register_draft(db, row.document, findings=row.findings, by=at.by.subject, now=at.now)
    return await tariffs.publish_draft(
        db, draft, findings=row.findings, reasons=row.accept, by=at.by.subject, now=at.now
    )


async def _rows(db: sql.Connection, _operator_code: str | None, _at: At) -> list[dict[str, object]]:
    places = dict[int, list[Place]]()
    for each in await price_store.in_force(db):
        places.setdefault(each.tariff_id, []).append((each.valid_from, each.lots, each.zones))
    return [
        line
        for row in await store.published(db)
        for line in written(
            row.code, row.version, document=row.document, accepted=row.accepted, places=places.get(row.id, [])
        )
    ]


KIND = Kind(form=FORM, action="tariff.import", begin=_begin, rows=_rows, ready=_ready)
