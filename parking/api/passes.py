"""Passes: which vehicles park by which pass of a price, in which lots and bays, and through which day."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking import network as networks
from parking import plates
from parking.api.dependencies import Network
from parking.flow import passes as flow
from parking.lots import Code
from parking.passes import LOTS_PER_PASS_MAX, VEHICLES_PER_PASS_MAX, Note, Pass, PassCode, PassPlan
from parking.plates import PlateColor
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience

_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}


class VehicleOfPass(Struct, frozen=True, forbid_unknown_fields=True):
    """A vehicle; the colour is needed only where the form of the plate leaves it open."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor = PlateColor.UNKNOWN


class PassToSell(Struct, frozen=True, forbid_unknown_fields=True):
    """A pass by its `code` in the price, for vehicles in `lots` and in those that lie in a price area (`zone`) now.

    `bays`: so many of the vehicles are covered at a time, in each lot (default: all of them). It holds from the
    beginning of `valid_from` to the end of `valid_through`, days of the lot.
    """

    code: PassCode
    vehicles: Annotated[list[VehicleOfPass], Meta(min_length=1, max_length=VEHICLES_PER_PASS_MAX)]
    valid_from: date
    valid_through: date
    note: Note
    lots: Annotated[list[Code], Meta(max_length=LOTS_PER_PASS_MAX)] = []
    zone: Code | None = None
    bays: Annotated[int, Meta(ge=1, le=VEHICLES_PER_PASS_MAX)] | None = None


class PassShown(Struct, frozen=True):
    """A pass. `ended_through`: the last day on which it holds, if ended early. Passes of one `group_id` took each
    other's place.
    """

    id: UUID
    group_id: UUID
    code: str
    vehicles: Sequence[VehicleOfPass]
    bays: int
    lots: Sequence[str]
    valid_from: date
    valid_through: date
    ended_through: date | None
    note: str
    added_by: str
    added_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    end_reason: str | None


class PassPage(Struct, frozen=True):
    """Passes in the order in which they were sold; `next` is null on the last page."""

    passes: Sequence[PassShown]
    next: UUID | None


@post("/v1/admin/passes", operation_id="sellPass", summary="Register a pass that was sold", tags=["administration"],
      opt=_STAFF)  # fmt: skip
async def sell_pass(
    *,
    data: JSONBody[PassToSell],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> PassShown:
    """Stays that ended since it begins are priced again, and their money follows. The same again, note and all, is the
    same pass: one more for other vehicles differs by these.
    """
    snapshot = network.snapshot
    made = await flow.sell(
        pool, _plan(data, snapshot), principal=principal, network=snapshot, now=now, random_bits=random_bits
    )
    return _shown(made, snapshot)


@post(
    "/v1/admin/passes/{pass_id:uuid}/change",
    operation_id="changePass",
    summary="Another pass takes the place of one",
    tags=["administration"],
    opt=_STAFF,
)
async def change_pass(
    *,
    pass_id: FromPath[UUID],
    data: JSONBody[PassToSell],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> PassShown:
    """The one ends on the day before the other begins: other vehicles, bays, lots or days. Nothing is written over."""
    snapshot = network.snapshot
    about = {"principal": principal, "network": snapshot, "now": now, "random_bits": random_bits}
    made = await flow.change(pool, pass_id, _plan(data, snapshot), **about)  # type: ignore[arg-type]
    return _shown(made, snapshot)


@get("/v1/admin/passes", operation_id="listPasses", summary="Passes that were sold", tags=["administration"],
     opt=_STAFF)  # fmt: skip
async def list_passes(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    plate: Annotated[str | None, QueryParameter(min_length=1, max_length=32, description="Of this vehicle.")] = None,
    ended: Annotated[bool, QueryParameter(description="Also those that are over.")] = False,
) -> PassPage:
    """Those that the caller may change: staff of one operator see those of its lots. Who looked is kept."""
    found = await flow.find_passes(
        db,
        plate=plates.looked_for(plate),
        holding=not ended,
        after=page.above,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    shown = [_shown(each, network.snapshot) for each in found]
    return PassPage(shown, page.next([each.id for each in shown]))


@delete(
    "/v1/admin/passes/{pass_id:uuid}",
    operation_id="endPass",
    summary="End a pass before it is over",
    tags=["administration"],
    opt=_STAFF,
)
async def end_pass(
    *,
    pass_id: FromPath[UUID],
    through: Annotated[date, QueryParameter(description="The last day on which it holds.")],
    reason: Annotated[str, QueryParameter(min_length=1, max_length=200, description="Why; it is kept.")],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """A driver who was billed less because of it is asked for no more than they accepted."""
    await flow.end(
        pool,
        pass_id,
        through=through,
        reason=reason,
        principal=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )


def _plan(data: PassToSell, network: networks.Network) -> PassPlan:
    return PassPlan(
        code=data.code,
        vehicles=[(each.plate, each.plate_color) for each in data.vehicles],
        bays=data.bays,
        lots=flow.lots_named(network, data.lots, data.zone),
        valid_from=data.valid_from,
        valid_through=data.valid_through,
        note=data.note,
    )


def _shown(each: Pass, network: networks.Network) -> PassShown:
    return PassShown(
        id=each.id,
        group_id=each.group_id,
        code=each.code,
        vehicles=[VehicleOfPass(*plate) for plate in each.vehicles],
        bays=each.bays,
        lots=[network.lots[lot_id].code for lot_id in each.lot_ids if lot_id in network.lots],
        valid_from=each.valid_from,
        valid_through=each.valid_through,
        ended_through=each.ended_through,
        note=each.note,
        added_by=each.added_by,
        added_at=each.added_at,
        ended_by=each.ended_by,
        ended_at=each.ended_at,
        end_reason=each.end_reason,
    )


ROUTES: list[HTTPRouteHandler] = [sell_pass, change_pass, list_passes, end_pass]
