"""What is registered, as staff see it and change it: lots."""

from typing import Annotated

from litestar import get, patch, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct

from parking import registry
from parking.api.dependencies import City, Network
from parking.api.instants import Instant
from parking.api.search import WANTED, Wanted
from parking.dated import Changed
from parking.flow import lots as flow
from parking.flow import surroundings as surroundings_flow
from parking.flow.matching import set_probable_match
from parking.lots import LotChange, ProbableMatch, Spaces
from parking.registry import LotShown, LotsPage, State
from parking.scope import lots_of
from parking.surroundings import Surroundings
from payments import identity
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience

LIMIT_MAX = 500


class NewCapacity(Struct, frozen=True, forbid_unknown_fields=True):
    """How many spaces a lot has, and since when (default: now)."""

    capacity: Spaces
    valid_from: Instant | None = None


class NewProbableMatch(Struct, frozen=True, forbid_unknown_fields=True):
    """What the barriers of a lot do for probable matches, and since when (default: now)."""

    probable_match: ProbableMatch
    valid_from: Instant | None = None


class NewSurroundings(Surroundings, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a lot lies, and since when (default: now)."""

    valid_from: Instant | None = None


class NewState(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a lot is closed or open, and since when (default: now)."""

    state: State
    valid_from: Instant | None = None


@get(
    "/v1/admin/lots",
    operation_id="listRegisteredLots",
    summary="The lots that are registered",
    tags=["administration"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
    dependencies=WANTED,
)
async def list_lots(
    *,
    principal: Principal,
    network: Network,
    wanted: Wanted,
    of_state: Annotated[
        State | None, QueryParameter(name="state", description="Only open ones, or closed ones.")
    ] = None,
    after: Annotated[str, QueryParameter(max_length=64, description="The `next` of the page before.")] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Rows per page.")] = 100,
) -> LotsPage:
    """Of the caller's operator, or all, by their codes."""
    await network.refresh()
    may = lots_of(principal, network.snapshot)
    return registry.page(network.snapshot, wanted, lot_ids=may, state=of_state, after=after, limit=limit)


@get(
    "/v1/admin/lots/{code:str}",
    operation_id="getRegisteredLot",
    summary="A lot with everything that is registered of it, and from when on it holds",
    tags=["administration"],
    opt={"audience": (Audience.CLERK, Audience.ADMIN)},
)
async def get_lot(code: FromPath[str], principal: Principal, network: Network, now: Now) -> LotShown:
    """What began since it was registered, and what is registered for later."""
    await network.refresh()
    lot = network.lot(code)
    identity.may_act_for(principal, lot.operator_id)
    return registry.shown(lot, network.snapshot, now)


@patch(
    "/v1/admin/lots/{code:str}",
    operation_id="changeLot",
    summary="Correct how a lot is described",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def change_lot(
    *, code: FromPath[str], data: JSONBody[LotChange], principal: Principal, city: City, db: Db, now: Now
) -> Changed:
    """Code, names, district, address, kind and position, at once; what is left out stays as it is. The code that it had
    leads to it as well, and no other lot gets it, until `former_codes` leaves it out.
    """
    return Changed(await flow.change_lot(db, code, data, by=principal, now=now, city=city))


@put(
    "/v1/admin/lots/{code:str}/surroundings",
    operation_id="setSurroundings",
    summary="Say in which lot a lot lies, and along which road, from an instant on",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_surroundings(
    code: FromPath[str], data: JSONBody[NewSurroundings], principal: Principal, db: Db, now: Now
) -> Changed:
    """All of it: what is left out is not so. Stays are priced by where lots lay when their cars were there: an instant
    of the past is refused (409). As long as no car was read that it could concern it has been so from the beginning
    (`valid_from` is null).
    """
    return await surroundings_flow.set_surroundings(db, code, data, valid_from=data.valid_from, by=principal, now=now)


@put(
    "/v1/admin/lots/{code:str}/capacity",
    operation_id="setCapacity",
    summary="Say how many spaces a lot has from an instant on",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_capacity(
    code: FromPath[str], data: JSONBody[NewCapacity], principal: Principal, db: Db, now: Now
) -> Changed:
    """An instant of the past is refused (409); what holds then already is `unchanged`."""
    return await flow.set_capacity(db, code, data.capacity, valid_from=data.valid_from, by=principal, now=now)


@put(
    "/v1/admin/lots/{code:str}/state",
    operation_id="setLotState",
    summary="Close a lot from an instant on, or open it again",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_state(code: FromPath[str], data: JSONBody[NewState], principal: Principal, db: Db, now: Now) -> Changed:
    """A closed lot lets nobody in and everybody out. An instant of the past is refused (409), and so is one before a
    car that was let in.
    """
    is_closed = data.state is State.CLOSED
    return await flow.set_closed(db, code, is_closed=is_closed, valid_from=data.valid_from, by=principal, now=now)


@put(
    "/v1/admin/lots/{code:str}/probable-match",
    operation_id="setProbableMatch",
    summary="Say what the barriers of a lot do for a probable match, from an instant on",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_match(
    code: FromPath[str], data: JSONBody[NewProbableMatch], principal: Principal, db: Db, now: Now
) -> Changed:
    """A car whose plate was read otherwise when it came, and which is probably the same, is let out (`open`), or held
    until a person has looked (`hold`). The debit waits for that either way. An instant of the past is refused (409),
    and so is one before a car that was read.
    """
    return await set_probable_match(db, code, data.probable_match, valid_from=data.valid_from, by=principal, now=now)


ROUTES: list[HTTPRouteHandler] = [list_lots, get_lot, change_lot, set_surroundings, set_capacity, set_state, set_match]
