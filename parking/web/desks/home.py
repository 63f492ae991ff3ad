"""The first page of staff: what waits for them, and where they work."""

from datetime import datetime

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parking.network import Network as Registered
from parking.scope import lots_of
from parking.store import alarms as alarm_store
from parking.store import cases as store
from parking.store import closing as closing_store
from parking.web.dependencies import Db, Network, Now, Principal
from parking.web.desks.finance.frame import ROOT as FINANCE
from parking.web.desks.finance.frame import last_over
from parking.web.desks.frame import DESKS, desk_page, reader_of
from parking.web.forms import Shown, page
from parking.web.reader import Reader
from parking.web.tables import Tone
from payments.disputes import LOOK_WITHIN
from payments.identity import READERS, Audience
from payments.identity import Principal as Who

WAITING_SHOWN_MAX = 200


class Todo(Struct, frozen=True):
    """Things that wait for somebody: how many, what they are, and where they are seen to."""

    number: int
    said: str
    href: str
    tone: Tone
    more: str = ""
    is_most: bool = False


@page("/desk", *READERS)
async def home(request: Shown, principal: Principal, network: Network, db: Db, now: Now) -> Response[bytes]:
    """What there is to do, with how much of it waits."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, {})
    return desk_page(
        request,
        "desks/home.html",
        reader,
        principal,
        snapshot,
        here="desk",
        todo=await _todo(db, reader, principal, snapshot, now),
        may_act=principal.audience is not Audience.AUDITOR,
        desks=[name for name, whose in DESKS.items() if principal.audience in whose],
    )


async def _todo(db: Db, reader: Reader, principal: Who, network: Registered, now: datetime) -> list[Todo]:
    """What waits at the desks of who asks."""
    may, found = lots_of(principal, network), []
    if principal.audience in DESKS["control"]:
        counted = await alarm_store.count_open(db, may)
        number, unseen = sum(each.number for each in counted), sum(each.unseen for each in counted)
        more = reader.word("todo_unseen", unseen) if unseen else ""
        tone = Tone.BAD if unseen else Tone.WAITS
        href = "/desk/control/alarms?resolved=no"
        found.append(Todo(number, reader.word("todo_alarms"), href, tone, more))
    if principal.audience in DESKS["cases"]:
        waiting = await store.count_open(db, may, limit=WAITING_SHOWN_MAX)
        is_most = waiting == WAITING_SHOWN_MAX
        found.append(Todo(waiting, reader.word("todo_cases"), "/desk/cases", Tone.WAITS, is_most=is_most))
    if principal.audience in DESKS["finance"]:
        day = last_over(now)
        waits = await closing_store.waits(db, principal.operator_id, late_before=now - LOOK_WITHIN, day=day)
        found.append(Todo(waits.unsettled, reader.word("todo_unsettled", day), FINANCE, Tone.WAITS))
    return found


ROUTES: list[HTTPRouteHandler] = [home]
