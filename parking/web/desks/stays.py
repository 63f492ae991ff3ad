"""The desk at which stays are looked up, and a stay with all that it stands on."""

from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking import stay_listing
from parking.flow import stays as flow
from parking.flow.stays import StayShown
from parking.network import Network as Registered
from parking.scope import lots_at, lots_of
from parking.stay_listing import FOUND, Filter
from parking.texts.cases import REASONS
from parking.texts.pages import booth as words
from parking.web.dependencies import Db, Network, Now, Principal, RandomBits
from parking.web.desks.frame import DESKS, desk_page, lot_said, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, page
from parking.web.reader import Reader
from parking.web.tables import Column, Kind, Plate, Row, State, Table, Value
from parking.web.tables import Filter as Field
from payments.pages import ROWS_PER_PAGE, read_cursor

AUDIENCE = DESKS["stays"]


@page("/desk/stays", *AUDIENCE)
async def stays(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """A plate's stays in all lots, or those of one lot."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    query, lots = query_of(request), lots_to_choose(principal, network.snapshot, reader)
    rows: list[Row] = []
    following = None
    is_asked = bool(query.get("plate") or query.get("lot"))
    if is_asked:
        lot_ids, _ = lots_at(principal, network.snapshot, query.get("lot"), None)
        plate = stay_listing.plate_named(query.get("plate", "")[:32] or None)
        wanted = Filter(
            lot_ids=lot_ids, plate=plate, plate_color=None, lane_id=None, since=None, until=None, states=FOUND
        )
        after = query.get("after")
        found = await flow.find_stays(
            db,
            wanted,
            after=None if after is None else read_cursor(after),
            limit=ROWS_PER_PAGE,
            reader=principal,
            now=now,
            random_bits=random_bits,
        )
        following = found.next
        rows = [_row(each, network.snapshot, reader) for each in found.stays]
    columns = [
        Column("plate", reader.word("plate"), Kind.PLATE),
        Column("lot", reader.word("lot")),
        Column("entered", reader.word("entered"), Kind.TIME),
        Column("left", reader.word("left"), Kind.TIME),
        Column("fee", reader.word("fee"), Kind.FEN),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    filters = [
        Field("plate", reader.word("plate_whole"), query.get("plate", "")),
        Field("lot", reader.word("lot"), query.get("lot", ""), lots),
    ]
    return await table_page(
        request,
        "desks/table.html",
        reader,
        principal,
        network.snapshot,
        here="stays",
        table=Table(
            reader.word("stays"),
            "/desk/stays",
            columns,
            rows,
            query,
            filters,
            following,
            hint=None if is_asked else reader.word("stays_hint"),
        ),
        now=now,
        title=reader.word("stays"),
        lead=reader.word("stays_lead"),
    )


def _row(found: StayShown, network: Registered, reader: Reader) -> Row:
    plate, lot = Plate(found.plate or None, found.plate_color), lot_said(found.lot, network, reader)
    values: list[Value] = [plate, lot, found.entered_at, found.left_at, found.fee_fen, State(reader.word(found.state))]
    return Row(values, f"/desk/stays/{found.id}")


@page("/desk/stays/{stay_id:uuid}", *AUDIENCE)
async def stay(
    *,
    request: Shown,
    stay_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """What happened, what people said of it, and what it costs."""
    found = await flow.stay_in_full(
        db,
        stay_id=stay_id,
        lot_ids=lots_of(principal, network.snapshot),
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    return desk_page(
        request,
        "desks/stay.html",
        reader,
        principal,
        network.snapshot,
        here="stays",
        stay=found,
        lot=lot_said(found.lot, network.snapshot, reader),
        reasons=REASONS,
        may_decide=principal.audience in DESKS["cases"],
    )


ROUTES: list[HTTPRouteHandler] = [stays, stay]
