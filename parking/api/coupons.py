"""Coupons: handed out by staff, presented for cars that are inside or stand at the exit, and what they cost whom."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking import network as networks
from parking.api.dependencies import Network
from parking.api.instants import Instant
from parking.coupons import COUPONS_PER_CALL_MAX, USES_MAX, Code, Cost, Coupon, CouponPlan, NotInside
from parking.entitlements import RightUnfit
from parking.events import COUPONS_MAX, CouponCode
from parking.flow import coupons as flow
from parking.flow.coupons import PresentedForStay
from parking.flow.passes import lots_named as lots_of_codes
from parking.lots import Code as LotCode
from parking.passes import LOTS_PER_PASS_MAX
from parking.plates import PlateColor
from parking.scope import lots_named
from parking.store import coupons as store
from payments import ids
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import Audience, NotYours

COSTS_DAYS_MAX = 93
_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}
_AT_LOTS = {"audience": (Audience.GATEWAY, Audience.BOOTH, Audience.CLERK, Audience.ADMIN)}
_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class CouponsToHandOut(Struct, frozen=True, forbid_unknown_fields=True):
    """Coupons for a `discount` of the price of `lots` (of one operator): `count` of them with random codes, or those
    with `codes`. Each is taken `uses_max` times. `merchant`: who bears what they take off (null: the operator).
    """

    discount: Annotated[str, Meta(min_length=1, max_length=64)]
    lots: Annotated[list[LotCode], Meta(min_length=1, max_length=LOTS_PER_PASS_MAX)]
    valid_from: Instant
    valid_until: Instant
    note: Annotated[str, Meta(min_length=1, max_length=200)]
    merchant: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    uses_max: Annotated[int, Meta(ge=1, le=USES_MAX)] = 1
    count: Annotated[int, Meta(ge=1, le=COUPONS_PER_CALL_MAX)] = 1
    codes: Annotated[list[Code], Meta(max_length=COUPONS_PER_CALL_MAX)] = []


class CouponShown(Struct, frozen=True):
    """A coupon as staff see it. `used`: how many stays it goes with."""

    id: UUID
    code: str
    discount: str
    lots: Sequence[str]
    uses_max: int
    used: int
    valid_from: datetime
    valid_until: datetime
    merchant: str | None
    note: str
    added_by: str
    added_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class CouponPage(Struct, frozen=True):
    """Coupons, the oldest first; `next` is null on the last page."""

    coupons: Sequence[CouponShown]
    next: UUID | None


class CouponCosts(Struct, frozen=True):
    """What coupons took off, by lot and by who bears it (`merchant` null: the operator)."""

    costs: Sequence[Cost]


class CouponsOfStay(Struct, frozen=True, forbid_unknown_fields=True):
    """The codes that are presented."""

    coupons: Annotated[list[CouponCode], Meta(min_length=1, max_length=COUPONS_MAX)]


class CouponsOfVehicle(Struct, frozen=True, forbid_unknown_fields=True):
    """The codes that are presented for a vehicle that is inside."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    coupons: Annotated[list[CouponCode], Meta(min_length=1, max_length=COUPONS_MAX)]
    plate_color: PlateColor = PlateColor.UNKNOWN


@post("/v1/admin/coupons", operation_id="handOutCoupons", summary="Hand out coupons", tags=["administration"],
      opt=_STAFF)  # fmt: skip
async def hand_out(
    *,
    data: JSONBody[CouponsToHandOut],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Sequence[CouponShown]:
    """What a coupon takes off, and beside which others, the price says."""
    plan = CouponPlan(
        discount=data.discount,
        lots=lots_of_codes(network.snapshot, data.lots, None),
        uses_max=data.uses_max,
        valid_from=data.valid_from,
        valid_until=data.valid_until,
        merchant=data.merchant,
        note=data.note,
        count=data.count,
        codes=data.codes,
    )
    made = await flow.hand_out(
        db, plan, principal=principal, network=network.snapshot, now=now, random_bits=random_bits
    )
    return [_shown(each, network.snapshot) for each in made]


@get("/v1/admin/coupons", operation_id="listCoupons", summary="Coupons", tags=["administration"], opt=_STAFF)
async def list_coupons(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    page: Page,
    ended: Annotated[bool, QueryParameter(description="Also those that are over.")] = False,
) -> CouponPage:
    """Staff of one operator see those of its lots."""
    found = await store.coupons(
        db,
        operator_id=principal.operator_id,
        holding_at=None if ended else now,
        after=page.above,
        limit=page.limit,
    )
    shown = [_shown(each, network.snapshot) for each in found]
    return CouponPage(shown, page.next([each.id for each in shown]))


@delete("/v1/admin/coupons/{code:str}", operation_id="endCoupon", summary="Take a coupon no more",
        tags=["administration"], opt=_STAFF)  # fmt: skip
async def end_coupon(code: FromPath[str], principal: Principal, db: Db, now: Now) -> None:
    """Where it was presented it stays."""
    await flow.end(db, code, principal=principal, now=now)


@get(
    "/v1/admin/coupon-costs",
    operation_id="listCouponCosts",
    summary="What coupons took off, and who bears it",
    tags=["administration"],
    opt={"audience": (Audience.FINANCE, Audience.CLERK, Audience.ADMIN)},
)
async def list_costs(
    *,
    principal: Principal,
    db: Db,
    since: Annotated[datetime, QueryParameter(description="Of stays that ended at this instant or later.")],
    until: Annotated[datetime, QueryParameter(description="And before this one, at most 93 days later.")],
) -> CouponCosts:
    """By lot and merchant, for settling with these. Staff of one operator see its lots."""
    if since.utcoffset() is None or until.utcoffset() is None:
        raise RightUnfit("An instant says its offset.", field="since")
    if not timedelta(0) < until - since <= timedelta(days=COSTS_DAYS_MAX):
        raise RightUnfit("The time ends after it begins.", field="until", days_max=COSTS_DAYS_MAX)
    if since < _FIRST_DAY:
        raise RightUnfit("No stay is so old.", field="since")
    return CouponCosts(await flow.costs(db, operator_id=principal.operator_id, since=since, until=until))


@post(
    "/v1/stays/{stay_id:uuid}/coupons",
    operation_id="presentCoupons",
    summary="Present coupons for a stay",
    tags=["gateways"],
    opt=_AT_LOTS,
    status_code=200,
)
async def present(
    *,
    stay_id: FromPath[UUID],
    data: JSONBody[CouponsOfStay],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> PresentedForStay:
    """Of one that goes on, or ended within a day: then what it costs follows at once (`GET /v1/stays/{id}`)."""
    lot_id = ids.shard_of(stay_id)
    allowed = _lots(principal, network)
    if lot_id not in network.snapshot.lots or (allowed is not None and lot_id not in allowed):
        raise NotInside("No such vehicle is inside, or it has left some time ago.")
    about = {"by": principal, "network": network.snapshot, "now": now, "random_bits": random_bits}
    return await flow.present_for_stay(pool, data.coupons, lot_id=lot_id, stay_id=stay_id, **about)  # type: ignore[arg-type]


@post(
    "/v1/lots/{code:str}/coupons",
    operation_id="presentCouponsForVehicle",
    summary="Present coupons for a vehicle that is inside",
    tags=["gateways"],
    opt=_AT_LOTS,
    status_code=200,
)
async def present_for_vehicle(
    *,
    code: FromPath[str],
    data: JSONBody[CouponsOfVehicle],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> PresentedForStay:
    """A shop's till knows the plate and not the stay."""
    lot = network.lot(code)
    allowed = _lots(principal, network)
    if allowed is not None and lot.id not in allowed:
        raise NotYours("This lot is not yours.", field="lot")
    about = {"by": principal, "network": network.snapshot, "now": now, "random_bits": random_bits}
    plate = (data.plate, data.plate_color)
    return await flow.present_for_stay(pool, data.coupons, lot_id=lot.id, plate=plate, **about)  # type: ignore[arg-type]


def _lots(principal: Principal, network: Network) -> list[int] | None:
    """The lots the caller may present coupons in; None: all."""
    if principal.audience is Audience.GATEWAY:
        return list(network.snapshot.gateways[principal.id].lots)
    return lots_named(principal, network.snapshot, None)


def _shown(each: Coupon, network: networks.Network) -> CouponShown:
    return CouponShown(
        id=each.id,
        code=each.code,
        discount=each.discount,
        lots=[network.lots[lot_id].code for lot_id in each.lot_ids if lot_id in network.lots],
        uses_max=each.uses_max,
        used=each.used,
        valid_from=each.valid_from,
        valid_until=each.valid_until,
        merchant=each.merchant,
        note=each.note,
        added_by=each.added_by,
        added_at=each.added_at,
        ended_by=each.ended_by,
        ended_at=each.ended_at,
    )


ROUTES: list[HTTPRouteHandler] = [
    hand_out,
    list_coupons,
    end_coupon,
    list_costs,
    present,
    present_for_vehicle,
]
