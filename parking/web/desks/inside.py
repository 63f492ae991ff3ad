"""The desk at which a car inside is looked for, with what it would pay now."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking import plates
from parking.flow import inside as flow
from parking.plates import PART_CHARACTERS_MIN
from parking.scope import lots_named
from parking.texts.pages import booth as words
from parking.web.dependencies import Db, Network, Now, Principal, RandomBits
from parking.web.desks.frame import DESKS, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, page
from parking.web.tables import Column, Filter, Kind, Plate, Row, Table, Value

AUDIENCE = DESKS["inside"]


@page("/desk/inside", *AUDIENCE)
async def inside(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """Cars inside a lot by a part of their plates."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    query, lots = query_of(request), lots_to_choose(principal, network.snapshot, reader)
    code = query.get("lot") or (lots[0].value if len(lots) == 1 else "")
    part = plates.normalise(query.get("plate", "")[:32])
    rows = []
    is_asked = len(part) >= PART_CHARACTERS_MIN and bool(code)
    if is_asked and lots_named(principal, network.snapshot, code):
        found = await flow.find_inside(
            db,
            network.lot(code),
            part,
            reader=principal,
            network=network.snapshot,
            now=now,
            random_bits=random_bits,
        )
        for each in found:
            plate, stayed = Plate(each.plate, each.plate_color), each.as_of - each.entered_at
            values: list[Value] = [plate, each.entered_at, stayed, each.fee_fen, each.paid_until]
            rows.append(Row(values, f"/desk/stays/{each.stay_id}"))
    columns = [
        Column("plate", reader.word("plate"), Kind.PLATE),
        Column("entered", reader.word("entered"), Kind.TIME),
        Column("stayed", reader.word("stayed"), Kind.LENGTH),
        Column("due", reader.word("due_now"), Kind.FEN),
        Column("paid", reader.word("paid_until"), Kind.TIME),
    ]
    filters = [
        Filter("plate", reader.word("part"), query.get("plate", "")),
        Filter("lot", reader.word("lot"), code, lots, any_said=reader.word("choose_lot")),
    ]
    return await table_page(
        request,
        "desks/table.html",
        reader,
        principal,
        network.snapshot,
        here="inside",
        table=Table(
            reader.word("inside"),
            "/desk/inside",
            columns,
            rows,
            query,
            filters,
            hint=None if is_asked else reader.word("inside_hint"),
        ),
        now=now,
        title=reader.word("inside"),
        lead=reader.word("inside_lead"),
    )


ROUTES: list[HTTPRouteHandler] = [inside]
