"""The first page of staff: what each may do, and what waits for them."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking.scope import lots_of
from parking.store import cases as store
from parking.web.dependencies import Db, Network, Principal
from parking.web.desks.frame import DESKS, desk_page, reader_of
from parking.web.forms import Shown, page
from payments.identity import READERS

WAITING_SHOWN_MAX = 200


@page("/desk", *READERS)
async def home(request: Shown, principal: Principal, network: Network, db: Db) -> Response[bytes]:
    """What there is to do, with how much of it waits."""
    now = network.snapshot
    waiting = None
    if principal.audience in DESKS["cases"]:
        waiting = await store.count_open(db, lots_of(principal, now), limit=WAITING_SHOWN_MAX)
    desks = [name for name, whose in DESKS.items() if principal.audience in whose]
    return desk_page(
        request,
        "desks/home.html",
        reader_of(request, principal, now, {}),
        principal,
        now,
        here="desk",
        desks=desks,
        waiting=waiting,
        waiting_max=WAITING_SHOWN_MAX,
    )


ROUTES: list[HTTPRouteHandler] = [home]
