"""The bays of a lot by number, with the sensors that watch them."""

from collections.abc import Sequence
from typing import Annotated

from litestar import get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking.bays import BAYS_MAX, NUMBER_CHARACTERS_MAX, Bay, Sensor
from parking.flow import bays as flow
from parking.limits import BAYS_BODY_BYTES_MAX
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

BAYS_PER_PAGE_MAX = 500
_STAFF = {"audience": (Audience.CLERK, Audience.ADMIN)}


class BayList(Struct, frozen=True, forbid_unknown_fields=True):
    """All bays of a lot."""

    bays: Annotated[Sequence[Bay], Meta(max_length=BAYS_MAX)]


class Watch(Struct, frozen=True, forbid_unknown_fields=True):
    """Which sensor watches a bay; null: none."""

    sensor: Sensor | None


class BayPage(Struct, frozen=True):
    """Bays in order of their numbers; `next` is null on the last page."""

    bays: Sequence[Bay]
    next: str | None


@get(
    "/v1/admin/lots/{code:str}/bays",
    operation_id="listBays",
    summary="The bays of a lot by number",
    tags=["administration"],
    opt=_STAFF,
)
async def list_bays(
    code: FromPath[str],
    principal: Principal,
    db: Db,
    after: Annotated[
        str, QueryParameter(max_length=NUMBER_CHARACTERS_MAX, description="The `next` of the page before.")
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=BAYS_PER_PAGE_MAX, description="Bays per page.")] = 100,
) -> BayPage:
    """In order of their numbers as texts."""
    found = await flow.bays_of(db, code, after=after, limit=limit, reader=principal)
    return BayPage(found, found[-1].number if len(found) == limit else None)


@put(
    "/v1/admin/lots/{code:str}/bays",
    operation_id="sayBays",
    summary="Say which bays a lot has",
    tags=["administration"],
    opt=_STAFF,
    request_max_body_size=BAYS_BODY_BYTES_MAX,
    status_code=204,
)
async def say_bays(code: FromPath[str], data: JSONBody[BayList], principal: Principal, db: Db, now: Now) -> None:
    """All of them: one that is left out is none any more. The same again changes nothing."""
    await flow.say(db, code, data.bays, by=principal, now=now)


@put(
    "/v1/admin/lots/{code:str}/bays/{number:str}",
    operation_id="watchBay",
    summary="Say which sensor watches a bay",
    tags=["administration"],
    opt=_STAFF,
    status_code=204,
)
async def watch_bay(
    code: FromPath[str], number: FromPath[str], data: JSONBody[Watch], principal: Principal, db: Db, now: Now
) -> None:
    """A sensor watches one bay of the city. The same again changes nothing."""
    await flow.change_sensor(db, code, number, data.sensor, by=principal, now=now)


ROUTES: list[HTTPRouteHandler] = [list_bays, say_bays, watch_bay]
