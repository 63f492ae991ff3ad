"""Staff's and drivers' doors to parking: reviews, stays, plates, gateway keys, and whether books and facts agree."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, post
from litestar.datastructures import ResponseHeader
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Meta, Struct, structs

from parking import flow
from parking.api.dependencies import Network, Secret
from parking.cases import Reason
from parking.flow import trail
from parking.flow.plates import LinkedPlate
from parking.flow.registering import KeyRow
from parking.flow.reviewing import ROWS_PER_PAGE_MAX, Review, StayNow, shown
from parking.lots import Direction, LotPlan
from parking.plates import PlateColor
from payments import identity
from payments.api.given import Db, Now, Pool, Principal, RandomBits
from payments.identity import Audience
from sql import invariants
from sql.invariants import Invariant

Limit = Annotated[int, QueryParameter(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows per page.")]
After = Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")]


class ReviewOfLot(Struct, frozen=True):
    """An event somebody should look at, with what the camera said. `images` is JSON text."""

    id: UUID
    lot: str
    event_id: UUID
    reason: Reason
    opened_at: datetime
    kind: Direction
    occurred_at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: PlateColor
    confidence: float
    stay_id: UUID | None
    images: str | None


class ReviewPage(Struct, frozen=True):
    """Reviews, the oldest first; `next` is null on the last page."""

    reviews: Sequence[ReviewOfLot]
    next: UUID | None


class Refusal(Struct, frozen=True):
    """What a gateway sent and the service could not take; `payload` is Base64 of its first bytes."""

    id: UUID
    lot: str
    received_at: datetime
    event_id: str | None
    code: str
    field: str | None
    detail: str
    payload: str
    payload_bytes: int


class RefusalPage(Struct, frozen=True):
    """Refused events, the oldest first."""

    refused: Sequence[Refusal]
    next: UUID | None


class Resolution(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person found when looking at an event in review."""

    note: Annotated[str, Meta(min_length=1, max_length=1000)]


class PlateLink(Struct, frozen=True, forbid_unknown_fields=True):
    """A plate to link to the caller's account."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    plate_color: PlateColor


class NewKey(Struct, frozen=True):
    """A gateway's new key, shown this once."""

    key: str


class Verification(Struct, frozen=True):
    """All invariants; each must have found no row."""

    holds: bool
    invariants: Sequence[Invariant]


def _lots_of(principal: Principal, network: Network) -> list[int] | None:
    """The lots staff may see: those of their operator, or all (None)."""
    if principal.operator_id is None:
        return None
    return [lot.id for lot in network.snapshot.lots.values() if lot.operator_id == principal.operator_id]


@get(
    "/v1/stays/{stay_id:uuid}",
    operation_id="getStay",
    summary="A stay of the gateway's lot, and whether its vehicle may leave now",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
)
async def get_stay(stay_id: FromPath[UUID], principal: Principal, network: Network, db: Db) -> StayNow:
    """After a payment at the gate, this says `open`."""
    return await flow.stay_by_id(db, lot_id=network.snapshot.gateways[principal.id].lot_id, stay_id=stay_id)


@get(
    "/v1/reviews",
    operation_id="listReviews",
    summary="Events a person should look at",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def list_reviews(
    principal: Principal, network: Network, db: Db, after: After = None, limit: Limit = 50
) -> ReviewPage:
    """Unresolved reviews of the caller's lots, the oldest first."""
    rows = await flow.open_reviews(db, lot_ids=_lots_of(principal, network), after=after, limit=limit)
    lots = network.snapshot.lots
    return ReviewPage([_of_lot(r, lots[r.lot_id].code) for r in rows], rows[-1].id if len(rows) == limit else None)


@post(
    "/v1/reviews/{review_id:uuid}/resolve",
    operation_id="resolveReview",
    summary="Say what was found",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
    status_code=204,
)
async def resolve_review(
    review_id: FromPath[UUID], data: JSONBody[Resolution], principal: Principal, network: Network, db: Db, now: Now
) -> None:
    """Takes an event out of review. The event itself stays as it came."""
    lots = _lots_of(principal, network)
    await flow.resolve_review(db, review_id=review_id, lot_ids=lots, by=principal.subject, note=data.note, now=now)


@get(
    "/v1/refused-events",
    operation_id="listRefusedEvents",
    summary="What gateways sent and the service could not take",
    tags=["operators"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def list_refused(
    principal: Principal, network: Network, db: Db, after: After = None, limit: Limit = 50
) -> RefusalPage:
    """Malformed events, unknown lanes, ids that came again with other content: nothing is lost."""
    rows = await flow.refused_events(db, lot_ids=_lots_of(principal, network), after=after, limit=limit)
    lots = network.snapshot.lots
    page = [
        Refusal(
            id=r.id,
            lot=lots[r.lot_id].code,
            received_at=r.received_at,
            event_id=r.event_id,
            code=r.code,
            field=r.field,
            detail=r.detail,
            payload=shown(r.payload),
            payload_bytes=r.payload_bytes,
        )
        for r in rows
    ]
    return RefusalPage(page, rows[-1].id if len(rows) == limit else None)


@get(
    "/v1/account/plates",
    operation_id="listPlates",
    summary="The plates the account pays for",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def list_plates(principal: Principal, db: Db) -> Sequence[LinkedPlate]:
    """The oldest link first."""
    return await flow.plates_of(db, account_id=principal.id)


@post(
    "/v1/account/plates",
    operation_id="linkPlate",
    summary="Pay for a plate from this account",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def link_plate(
    data: JSONBody[PlateLink], principal: Principal, db: Db, now: Now, random_bits: RandomBits
) -> LinkedPlate:
    """A plate that another account pays for is refused (409) until it lets go; linking again changes nothing."""
    return await flow.link_plate(
        db,
        account_id=principal.id,
        plate=data.plate,
        plate_color=data.plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )


@delete(
    "/v1/account/plates/{plate:str}",
    operation_id="unlinkPlate",
    summary="Pay for a plate no longer",
    tags=["drivers"],
    opt={"audience": (Audience.DRIVER,)},
)
async def unlink_plate(
    plate: FromPath[str],
    plate_color: FromQuery[PlateColor],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """Charges made before stay with the account."""
    await flow.unlink_plate(
        db,
        account_id=principal.id,
        plate=plate,
        plate_color=plate_color,
        now=now,
        random_bits=random_bits,
        actor=principal.subject,
    )


@delete(
    "/v1/admin/plates/{plate:str}",
    operation_id="releasePlate",
    summary="Take a plate from the account that pays for it",
    tags=["administration"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def release_plate(
    plate: FromPath[str],
    plate_color: FromQuery[PlateColor],
    principal: Principal,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> None:
    """For the city's staff, who have seen whose vehicle it is: its driver can then link it."""
    identity.may_act_for_all(principal)
    await flow.release_plate(
        db, plate=plate, plate_color=plate_color, now=now, random_bits=random_bits, actor=principal.subject
    )


@post(
    "/v1/admin/lots",
    operation_id="registerLot",
    summary="Register a lot with its gates, lanes and gateway",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    response_headers=[ResponseHeader(name="Location", description="The new lot.", documentation_only=True)],
)
async def register_lot(data: JSONBody[LotPlan], principal: Principal, db: Db, now: Now) -> Response[LotPlan]:
    """Every process knows the lot within a second."""
    identity.may_act_for(principal, await flow.operator_of_code(db, code=data.operator_code))
    lot_id = await flow.register_lot(db, data, now=now)
    detail: dict[str, object] = {"lot_id": lot_id}
    await trail.record(
        db, by=principal.subject, action="lot.register", subject=f"lot:{data.code}", detail=detail, now=now
    )
    return Response(data, headers={"Location": f"/v1/lots/{data.code}"}, status_code=201)


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
    key = await flow.issue_gateway_key(db, gateway_code=gateway, now=now, secret=secret)
    detail: dict[str, object] = {"key_id": key.split("_")[1]}
    await trail.record(
        db, by=principal.subject, action="gateway_key.issue", subject=f"gateway:{gateway}", detail=detail, now=now
    )
    return NewKey(key)


@get(
    "/v1/admin/gateways/{gateway:str}/keys",
    operation_id="listGatewayKeys",
    summary="The keys a gateway has had",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_keys(gateway: FromPath[str], principal: Principal, db: Db) -> Sequence[KeyRow]:
    """Never their secrets: nobody has those."""
    identity.may_act_for(principal, await flow.operator_of_gateway(db, gateway_code=gateway))
    return await flow.keys_of(db, gateway_code=gateway)


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
    await flow.revoke_gateway_key(db, gateway_code=gateway, key_id=key_id, now=now)
    detail: dict[str, object] = {"key_id": key_id}
    await trail.record(
        db, by=principal.subject, action="gateway_key.revoke", subject=f"gateway:{gateway}", detail=detail, now=now
    )


@get(
    "/v1/admin/invariants",
    operation_id="verify",
    summary="Run all invariants",
    tags=["administration"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def verify(pool: Pool, principal: Principal) -> Verification:
    """Each is a query over the whole city that must return no row."""
    identity.may_act_for_all(principal)
    async with pool.acquire() as db:
        checked = await invariants.check(db)
    return Verification(holds=all(each.rows == 0 for each in checked), invariants=checked)


def _of_lot(review: Review, lot: str) -> ReviewOfLot:
    facts = structs.asdict(review)
    del facts["lot_id"]
    return ReviewOfLot(lot=lot, **facts)


ROUTES = [
    get_stay,
    list_reviews,
    resolve_review,
    list_refused,
    list_plates,
    link_plate,
    unlink_plate,
    release_plate,
    register_lot,
    issue_key,
    list_keys,
    revoke_key,
    verify,
]
