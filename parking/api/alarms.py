"""Alarms: what somebody of the city has to see, and what is done about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking.alarms import NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, Alarm, AlarmKind, AlarmState
from parking.api.dependencies import Network
from parking.flow import alarms as flow
from parking.scope import lots_named, lots_of
from parking.store import alarms as store
from parking.texts.alarms import KINDS
from payments.api.dependencies import Db, Now, Principal
from payments.api.pages import Page
from payments.identity import Audience

_MAY_ACT = (Audience.CLERK, Audience.FINANCE, Audience.ADMIN)


class Dispatch(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is sent to see to it."""

    to: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]


class AlarmResolution(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of it."""

    note: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS_MAX)]


class AlarmShown(Struct, frozen=True):
    """An alarm with how far it is."""

    id: UUID
    lot: str
    gateway: str | None
    kind: AlarmKind
    kind_zh: str
    kind_en: str
    state: AlarmState
    raised_at: datetime
    gone_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    dispatched_at: datetime | None
    dispatched_by: str | None
    dispatched_to: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


class AlarmPage(Struct, frozen=True):
    """Alarms, the newest first; `next` is null on the last page."""

    alarms: Sequence[AlarmShown]
    next: UUID | None


@get(
    "/v1/alarms",
    operation_id="listAlarms",
    summary="What somebody of the city has to see",
    tags=["operators"],
    opt={"audience": (*_MAY_ACT, Audience.AUDITOR)},
)
async def list_alarms(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    page: Page,
    lot: Annotated[str | None, QueryParameter(max_length=64, description="A lot's code.")] = None,
    kind: Annotated[AlarmKind | None, QueryParameter(description="What it is about.")] = None,
    resolved: Annotated[bool | None, QueryParameter(description="Whether somebody is done with it.")] = None,
) -> AlarmPage:
    """Of the caller's lots, the newest first. The worker raises them and says when their cause is gone."""
    found = await store.find(
        db,
        lots_named(principal, network.snapshot, lot),
        before=page.after,
        limit=page.limit,
        is_open=None if resolved is None else not resolved,
        kind=kind,
    )
    return AlarmPage([_shown(each) for each in found], page.next([each.id for each in found]))


@post(
    "/v1/alarms/{alarm_id:uuid}/acknowledge",
    operation_id="acknowledgeAlarm",
    summary="Say that one has seen an alarm",
    tags=["operators"],
    opt={"audience": _MAY_ACT},
    status_code=200,
)
async def acknowledge_alarm(
    alarm_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now
) -> AlarmShown:
    """Of two who do, the second is told that somebody was faster."""
    lot_ids = lots_of(principal, network.snapshot)
    return _shown(await flow.acknowledge(db, alarm_id, lot_ids, by=principal, now=now))


@post(
    "/v1/alarms/{alarm_id:uuid}/dispatch",
    operation_id="dispatchAlarm",
    summary="Send somebody to see to an alarm",
    tags=["operators"],
    opt={"audience": _MAY_ACT},
    status_code=200,
)
async def dispatch_alarm(
    alarm_id: FromPath[UUID], data: JSONBody[Dispatch], principal: Principal, network: Network, db: Db, now: Now
) -> AlarmShown:
    """Again sends somebody else."""
    lot_ids = lots_of(principal, network.snapshot)
    return _shown(await flow.dispatch(db, alarm_id, lot_ids, to=data.to, by=principal, now=now))


@post(
    "/v1/alarms/{alarm_id:uuid}/resolve",
    operation_id="resolveAlarm",
    summary="Be done with an alarm",
    tags=["operators"],
    opt={"audience": _MAY_ACT},
    status_code=200,
)
async def resolve_alarm(
    alarm_id: FromPath[UUID],
    data: JSONBody[AlarmResolution],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
) -> AlarmShown:
    """While its cause lasts it is not raised again."""
    lot_ids = lots_of(principal, network.snapshot)
    return _shown(await flow.resolve(db, alarm_id, lot_ids, note=data.note, by=principal, now=now))


def _shown(alarm: Alarm) -> AlarmShown:
    zh, en = KINDS[alarm.kind]
    return AlarmShown(
        id=alarm.id,
        lot=alarm.lot,
        gateway=alarm.gateway,
        kind=alarm.kind,
        kind_zh=zh,
        kind_en=en,
        state=alarm.state,
        raised_at=alarm.raised_at,
        gone_at=alarm.gone_at,
        acknowledged_at=alarm.acknowledged_at,
        acknowledged_by=alarm.acknowledged_by,
        dispatched_at=alarm.dispatched_at,
        dispatched_by=alarm.dispatched_by,
        dispatched_to=alarm.dispatched_to,
        resolved_at=alarm.resolved_at,
        resolved_by=alarm.resolved_by,
        note=alarm.note,
    )


ROUTES: list[HTTPRouteHandler] = [list_alarms, acknowledge_alarm, dispatch_alarm, resolve_alarm]
