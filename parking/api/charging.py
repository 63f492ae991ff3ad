"""Charging sessions, as lots with charging bays tell them."""

from typing import Annotated

from litestar import put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from parking.api.dependencies import Network
from parking.api.instants import Instant
from parking.charging import SESSION_CHARACTERS_MAX, ChargingSession
from parking.entitlements import RightUnfit
from parking.flow import charging as flow
from parking.lots import Code
from parking.overstays import OverstayNotice
from parking.plates import PlateColor
from parking.scope import served_lot
from payments import ids
from payments.api.dependencies import Now, Pool, Principal, RandomBits
from payments.identity import Audience


class SessionTold(Struct, frozen=True, forbid_unknown_fields=True):
    """A session of a vehicle. `ended_at`: null while it goes on; energy in watt hours."""

    plate: Annotated[str, Meta(min_length=1, max_length=32)]
    started_at: Instant
    plate_color: PlateColor = PlateColor.UNKNOWN
    ended_at: Instant | None = None
    bay: Annotated[str, Meta(max_length=64)] = ""
    energy_wh: Annotated[int, Meta(ge=0, le=1_000_000_000)] | None = None
    lot: Code | None = None


class SessionKept(Struct, frozen=True):
    """What is shown where the vehicle stands; null: staying on costs nothing more, or it is not inside."""

    overstay: OverstayNotice | None


@put(
    "/v1/charging-sessions/{session:str}",
    operation_id="tellChargingSession",
    summary="Say that a vehicle is, or was, charged in a lot of the gateway's",
    tags=["gateways"],
    opt={"audience": (Audience.GATEWAY,)},
    status_code=200,
)
async def tell_session(
    *,
    session: FromPath[str],
    data: JSONBody[SessionTold],
    principal: Principal,
    network: Network,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> SessionKept:
    """When it starts and when it ends, and again where that was wrong: what was said last counts, and nothing is
    written over. Stays that ended since are priced again. The answer says what a display at the bay may show.
    """
    if len(session) > SESSION_CHARACTERS_MAX:
        raise RightUnfit("The name of a session is shorter.", field="session", characters_max=SESSION_CHARACTERS_MAX)
    lot_id = served_lot(principal, network.snapshot, data.lot).id
    said = ChargingSession(
        lot_id=lot_id,
        id=ids.new(now, lot_id, random_bits()),
        session=session,
        plate=data.plate,
        plate_color=data.plate_color,
        started_at=data.started_at,
        ended_at=data.ended_at,
        bay=data.bay,
        energy_wh=data.energy_wh,
        told_at=now,
        told_by=principal.subject,
    )
    return SessionKept(await flow.tell(pool, said, network=network.snapshot, now=now, random_bits=random_bits))


ROUTES: list[HTTPRouteHandler] = [tell_session]
