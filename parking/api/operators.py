"""Operators, as the city's staff register, look up and change them."""

from datetime import date
from typing import Annotated

from litestar import Response, get, patch, post, put
from litestar.datastructures import ResponseHeader
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from parking.dated import Changed, Outcome
from parking.flow import lots as lots_flow
from parking.flow import operators as flow
from parking.operators import Bps, NewOperator, OperatorChange, OperatorPage, OperatorShown
from payments import identity
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

OPERATORS_PER_PAGE_MAX = 200
_READERS = {"audience": (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)}
_ADMINS = {"audience": (Audience.ADMIN,)}


class NewShare(Struct, frozen=True, forbid_unknown_fields=True):
    """Another share of the platform, in ten-thousandths, of stays that end on a day or later."""

    platform_fee_bps: Bps
    valid_from: date


class OperatorEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """The first day on which an operator runs no lots any more; null: it goes on."""

    closed_from: date | None


@get("/v1/admin/operators", operation_id="listOperators", summary="Who runs lots", tags=["administration"],
     opt=_READERS)  # fmt: skip
async def list_operators(
    *,
    principal: Principal,
    db: Db,
    now: Now,
    q: Annotated[str, QueryParameter(max_length=64, description="A part of the code or of a name.")] = "",
    after: Annotated[str, QueryParameter(max_length=64, description="The `next` of the page before.")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=OPERATORS_PER_PAGE_MAX, description="Operators per page.")] = 50,
) -> OperatorPage:
    """By their codes. Staff of one operator see that one."""
    return await flow.find(db, words=q, after=after, limit=limit, reader=principal, now=now)


@get("/v1/admin/operators/{code:str}", operation_id="getOperator", summary="An operator in full",
     tags=["administration"], opt=_READERS)  # fmt: skip
async def get_operator(code: FromPath[str], principal: Principal, db: Db, now: Now) -> OperatorShown:
    """With the platform's shares, those agreed for later as well."""
    return await flow.show(db, code, reader=principal, now=now)


@post(
    "/v1/admin/operators",
    operation_id="registerOperator",
    summary="Register an operator",
    tags=["administration"],
    opt=_ADMINS,
    response_headers=[ResponseHeader(name="Location", description="The operator.", documentation_only=True)],
    responses={
        200: ResponseSpec(OperatorShown, generate_examples=False, description="It is registered so already."),
        201: ResponseSpec(OperatorShown, generate_examples=False, description="The new operator."),
    },
)
async def register_operator(
    data: JSONBody[NewOperator], principal: Principal, db: Db, now: Now
) -> Response[OperatorShown]:
    """The same again is answered with 200 and changes nothing."""
    identity.may_act_for_all(principal)
    registered = await lots_flow.register_operator(
        db,
        code=data.code,
        name_zh=data.name_zh,
        name_en=data.name_en,
        platform_fee_bps=data.platform_fee_bps,
        time_zone=data.time_zone,
        by=principal.subject,
        now=now,
    )
    status = 200 if registered.outcome is Outcome.UNCHANGED else 201
    shown = await flow.show(db, data.code, reader=principal, now=now)
    return Response(shown, headers={"Location": f"/v1/admin/operators/{data.code}"}, status_code=status)


@patch("/v1/admin/operators/{code:str}", operation_id="changeOperator", summary="Correct how an operator is described",
       tags=["administration"], opt=_ADMINS)  # fmt: skip
async def change_operator(
    code: FromPath[str], data: JSONBody[OperatorChange], principal: Principal, db: Db, now: Now
) -> Changed:
    """What is left out stays as it is. The time zone is refused (409) once a day of the operator is closed."""
    return Changed(await flow.change(db, code, data, by=principal, now=now))


@put("/v1/admin/operators/{code:str}/share", operation_id="agreeShare",
     summary="Agree on another share of the platform from a day on", tags=["administration"], opt=_ADMINS,
     status_code=204)  # fmt: skip
async def agree_share(code: FromPath[str], data: JSONBody[NewShare], principal: Principal, db: Db, now: Now) -> None:
    """Of earlier stays it stays as it was. The same again changes nothing."""
    share, valid_from = data.platform_fee_bps, data.valid_from
    await flow.agree_share(db, code, share, valid_from=valid_from, by=principal, now=now)


@put("/v1/admin/operators/{code:str}/end", operation_id="endOperator",
     summary="Say from which day on an operator runs no lots", tags=["administration"], opt=_ADMINS)  # fmt: skip
async def end_operator(
    code: FromPath[str], data: JSONBody[OperatorEnd], principal: Principal, db: Db, now: Now
) -> Changed:
    """Its lots are closed by that day first (409). What it is owed is settled as ever."""
    return Changed(await flow.end(db, code, data.closed_from, by=principal, now=now))


ROUTES: list[HTTPRouteHandler] = [
    list_operators,
    get_operator,
    register_operator,
    change_operator,
    agree_share,
    end_operator,
]
