"""Gates and lanes, as staff register and change them."""

from typing import Annotated

from litestar import patch, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking.api.instants import Instant
from parking.api.registry import NewState
from parking.dated import Changed
from parking.flow import lanes as flow
from parking.lanes import SWITCHES_MAX, GateChange, GatePlan, LaneChange, NewLane, Switch, Way
from parking.lots import Direction
from parking.registry import State
from payments.api.dependencies import Db, Now, Principal
from payments.identity import Audience


class NewWay(Struct, frozen=True, forbid_unknown_fields=True):
    """Which way a lane leads, always or by a week of its lot's clock, and since when (default: now)."""

    direction: Direction | None = None
    week: Annotated[tuple[Switch, ...], Meta(max_length=SWITCHES_MAX)] = ()
    valid_from: Instant | None = None

    def __post_init__(self) -> None:
        _ = self.way

    @property
    def way(self) -> Way:
        """The way, without its beginning."""
        return Way(self.direction, self.week)


@post(
    "/v1/admin/lots/{code:str}/gates",
    operation_id="addGate",
    summary="Register a gate of a lot",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def add_gate(code: FromPath[str], data: JSONBody[GatePlan], principal: Principal, db: Db, now: Now) -> Changed:
    """The same again changes nothing."""
    return Changed(await flow.add_gate(db, code, data, by=principal, now=now))


@patch(
    "/v1/admin/lots/{code:str}/gates/{gate:str}",
    operation_id="changeGate",
    summary="Correct what a gate is called",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def change_gate(
    *, code: FromPath[str], gate: FromPath[str], data: JSONBody[GateChange], principal: Principal, db: Db, now: Now
) -> Changed:
    """At once; what is left out stays as it is."""
    return Changed(await flow.change_gate(db, code, gate, data, by=principal, now=now))


@put(
    "/v1/admin/lots/{code:str}/gates/{gate:str}/state",
    operation_id="setGateState",
    summary="Close all lanes through a gate from an instant on, or open them again",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_gate_state(
    *, code: FromPath[str], gate: FromPath[str], data: JSONBody[NewState], principal: Principal, db: Db, now: Now
) -> Changed:
    """All of them or none; as of a lane."""
    about = {"by": principal, "now": now, "valid_from": data.valid_from}
    return await flow.set_gate_closed(db, code, gate, is_closed=data.state is State.CLOSED, **about)  # type: ignore[arg-type]


@post(
    "/v1/admin/lots/{code:str}/lanes",
    operation_id="addLane",
    summary="Register a lane through a gate of a lot",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
    status_code=200,
)
async def add_lane(code: FromPath[str], data: JSONBody[NewLane], principal: Principal, db: Db, now: Now) -> Changed:
    """Its gateway may send events of it within a second. The same again changes nothing."""
    return Changed(await flow.add_lane(db, code, data, by=principal, now=now))


@patch(
    "/v1/admin/lanes/{lane:str}",
    operation_id="changeLane",
    summary="Say by which code a lane is named, through which gate it leads, and which gateway moves it",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def change_lane(
    lane: FromPath[str], data: JSONBody[LaneChange], principal: Principal, db: Db, now: Now
) -> Changed:
    """From now on; what is left out stays as it is, and what was read at it stays with it. Events that name the code it
    had are refused from then on.
    """
    return Changed(await flow.change_lane(db, lane, data, by=principal, now=now))


@put(
    "/v1/admin/lanes/{lane:str}/direction",
    operation_id="setLaneDirection",
    summary="Say which way a lane leads from an instant on, always or by a week",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_direction(lane: FromPath[str], data: JSONBody[NewWay], principal: Principal, db: Db, now: Now) -> Changed:
    """An event goes the way that its lane led when it happened, whenever it is told. Within a quarter of an hour of a
    switch it is believed if it says the other way.
    """
    return await flow.set_way(db, lane, data.way, valid_from=data.valid_from, by=principal, now=now)


@put(
    "/v1/admin/lanes/{lane:str}/state",
    operation_id="setLaneState",
    summary="Close a lane from an instant on, or open it again",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def set_state(lane: FromPath[str], data: JSONBody[NewState], principal: Principal, db: Db, now: Now) -> Changed:
    """Nobody is let in by a closed lane; who is read there on the way out leaves as ever."""
    is_closed = data.state is State.CLOSED
    return await flow.set_lane_closed(db, lane, is_closed=is_closed, valid_from=data.valid_from, by=principal, now=now)


ROUTES: list[HTTPRouteHandler] = [
    *(add_gate, change_gate, set_gate_state),
    *(add_lane, change_lane, set_direction, set_state),
]
