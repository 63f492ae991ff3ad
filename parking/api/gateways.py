"""Gateways: what they say of themselves, how staff see them, and their keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

from litestar import delete, get, patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Raw, Struct

from parking.api.dependencies import GroupCommit, LiveClocks, LiveCounts, Network, Secret
from parking.api.instants import Instant
from parking.dated import Changed
from parking.flow import gateways as flow_of_state
from parking.flow import lots as flow
from parking.flow import occupancy
from parking.gateways import Heartbeat, IssuedKey
from parking.lots import Code
from parking.scope import lots_named
from parking.store import gateways as state_store
from parking.store import lots as store
from payments import identity
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

GATEWAYS_PER_PAGE_MAX = 500


class NewKey(Struct, frozen=True):
    """A gateway's new key, shown this once."""

    key: str


class Heard(Struct, frozen=True):
    """The answer to a heartbeat. `clock_ahead_ms`: by how much its clock seems ahead of ours, less the way of the
    message; `events_waiting`: events of the gateway that wait to be recorded here.
    """

    as_of: datetime
    clock_ahead_ms: int
    events_waiting: int
    commands_waiting: int


class GatewayShown(Struct, frozen=True):
    """A gateway. `lot`: its own; `lots`: all that it serves. `silent_s`: since its last heartbeat, null if there was
    none. `last_event_at`: of any lane. `clocks`: those that are wrong, its own (no lane) or of lanes, since when, and
    by how much if that is steady.
    """

    code: str
    lot: str
    lots: Sequence[str]
    keys_active: int
    seen_at: datetime | None
    silent_s: int | None
    clock_ahead_ms: int | None
    backlog_events: int | None
    software: str | None
    lanes: Raw | None
    last_event_at: datetime | None
    clocks: Raw


class GatewayPage(Struct, frozen=True):
    """Gateways by their codes; `next` is null on the last page."""

    gateways: Sequence[GatewayShown]
    next: str | None


@post(
    "/v1/gateway/heartbeat",
    operation_id="beat",
    summary="Say that the gateway is alive, and how it is; hear the time",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
    status_code=200,
)
async def beat(
    *,
    data: JSONBody[Heartbeat],
    principal: Principal,
    network: Network,
    live_clocks: LiveClocks,
    live_counts: LiveCounts,
    group_commit: GroupCommit,
    db: Db,
    now: Now,
) -> Heard:
    """Once in 30 s is enough. Only the last one is kept."""
    gateway = network.snapshot.gateways[principal.id]
    live_counts.queue(await occupancy.hear(db, gateway, now=now))
    waiting = await flow_of_state.beat(db, gateway, data, now=now)
    live_clocks.hear_heartbeat(gateway, data.sent_at, now)
    return Heard(now, _ms(data.sent_at - now), group_commit.waiting_of(gateway.id), waiting)


@get(
    "/v1/admin/gateways",
    operation_id="listGateways",
    summary="Gateways: when they were last heard of, their backlogs and their clocks",
    tags=["administration"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def list_gateways(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    q: Annotated[str, QueryParameter(max_length=64, description="A part of the code, or of that of a lot.")] = "",
    lot: Annotated[
        str | None, QueryParameter(max_length=64, description="Those that serve the lot of this code.")
    ] = None,
    after: Annotated[str, QueryParameter(max_length=64, description="The `next` of the page before.")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=GATEWAYS_PER_PAGE_MAX, description="Rows per page.")] = 100,
) -> GatewayPage:
    """Of the caller's lots."""
    await network.refresh()
    snapshot = network.snapshot
    may = lots_named(principal, snapshot, lot)
    rows = await state_store.gateways(db, may, words=q, after=after, limit=limit)
    lots = {each.code: sorted(snapshot.lots[id_].code for id_ in each.lots) for each in snapshot.gateways.values()}
    shown = [
        GatewayShown(
            code=row.code,
            lot=row.lot,
            lots=lots.get(row.code, [row.lot]),
            keys_active=row.keys_active,
            seen_at=row.seen_at,
            silent_s=None if row.seen_at is None else max(0, _ms(now - row.seen_at) // 1000),
            clock_ahead_ms=None if row.seen_at is None or row.sent_at is None else _ms(row.sent_at - row.seen_at),
            backlog_events=row.backlog_events,
            software=row.software,
            lanes=None if row.lanes is None else Raw(row.lanes.encode()),
            last_event_at=row.last_event_at,
            clocks=Raw(row.clocks.encode()),
        )
        for row in rows
    ]
    return GatewayPage(shown, rows[-1].code if len(rows) == limit else None)


def _ms(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


class NewGateway(Struct, frozen=True, forbid_unknown_fields=True):
    """A gateway to register beside the first of a lot."""

    code: Code


@post(
    "/v1/admin/lots/{code:str}/gateways",
    operation_id="addGateway",
    summary="Register another gateway of a lot",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def add_gateway(
    code: FromPath[str], data: JSONBody[NewGateway], principal: Principal, db: Db, now: Now
) -> Changed:
    """It moves the lanes that are handed over to it, and sends their events. The same again changes nothing."""
    return Changed(await flow_of_state.add_gateway(db, code, data.code, by=principal, now=now))


class GatewayChange(Struct, frozen=True, forbid_unknown_fields=True):
    """By which code a gateway is known rightly."""

    code: Code


@patch(
    "/v1/admin/gateways/{gateway:str}",
    operation_id="changeGateway",
    summary="Correct the code of a gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def change_gateway(
    gateway: FromPath[str], data: JSONBody[GatewayChange], principal: Principal, db: Db, now: Now
) -> Changed:
    """Its keys and its lanes stay with it: the computer at the lot notices nothing."""
    return Changed(await flow_of_state.rename_gateway(db, gateway, data.code, by=principal, now=now))


class Serving(Struct, frozen=True, forbid_unknown_fields=True):
    """Since when a gateway serves a lot (default: now)."""

    valid_from: Instant | None = None


@put(
    "/v1/admin/gateways/{gateway:str}/lots/{lot:str}",
    operation_id="serveLot",
    summary="Let a gateway serve a lot beside its own, from an instant on",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def serve_lot(
    *, gateway: FromPath[str], lot: FromPath[str], data: JSONBody[Serving], principal: Principal, db: Db, now: Now
) -> Changed:
    """Its key holds for that lot as well: it speaks for it, hears its commands and has its pack, and lanes of it may be
    handed over to it. The lot is of the same operator and time zone.
    """
    about = {"valid_from": data.valid_from, "by": principal, "now": now}
    return await flow_of_state.serve_lot(db, gateway, lot, serves=True, **about)  # type: ignore[arg-type]


@delete(
    "/v1/admin/gateways/{gateway:str}/lots/{lot:str}",
    operation_id="releaseLot",
    summary="Let a gateway serve a lot no more, from an instant on",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def release_lot(
    *,
    gateway: FromPath[str],
    lot: FromPath[str],
    principal: Principal,
    db: Db,
    now: Now,
    since: Annotated[Instant | None, QueryParameter(name="from", description="Since when; now if left out.")] = None,
) -> Changed:
    """As long as it moves lanes there this is refused (409): hand them over first. What it says later of a time before
    is taken.
    """
    about = {"valid_from": since, "by": principal, "now": now}
    return await flow_of_state.serve_lot(db, gateway, lot, serves=False, **about)  # type: ignore[arg-type]


@post(
    "/v1/admin/gateways/{gateway:str}/keys",
    operation_id="issueGatewayKey",
    summary="Issue a key of a gateway; two may be active, for rotation",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def issue_key(gateway: FromPath[str], principal: Principal, db: Db, now: Now, secret: Secret) -> NewKey:
    """The key is shown once; only its hash is kept."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    return NewKey(await flow.issue_gateway_key(db, gateway_code=gateway, secret=secret, by=principal.subject, now=now))


@get(
    "/v1/admin/gateways/{gateway:str}/keys",
    operation_id="listGatewayKeys",
    summary="The keys a gateway has had",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_keys(gateway: FromPath[str], principal: Principal, db: Db) -> Sequence[IssuedKey]:
    """Never their secrets: nobody has those."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    return await store.keys_of(db, gateway)


@delete(
    "/v1/admin/gateways/{gateway:str}/keys/{key_id:str}",
    operation_id="revokeGatewayKey",
    summary="Revoke a key of a gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def revoke_key(gateway: FromPath[str], key_id: FromPath[str], principal: Principal, db: Db, now: Now) -> None:
    """Every process refuses the key within a second."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    await flow.revoke_gateway_key(db, gateway_code=gateway, key_id=key_id, by=principal.subject, now=now)


ROUTES: list[HTTPRouteHandler] = [
    *(beat, list_gateways, add_gateway, change_gateway, serve_lot, release_lot),
    *(issue_key, list_keys, revoke_key),
]
