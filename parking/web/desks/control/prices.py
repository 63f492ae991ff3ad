"""The price register of the control room: by which notice each lot charges, and which is missing or broken."""

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking.prices import in_force_at
from parking.reports.lots import finding
from parking.scope import lots_of
from parking.texts.pages import control as words
from parking.web.dependencies import Network, Now, Principal
from parking.web.desks.control.frame import READERS, ROOT, parts
from parking.web.desks.frame import query_of, reader_of, table_page
from parking.web.forms import Shown, page
from parking.web.tables import Choice, Column, Filter, Kind, Row, State, Table, Tone

LOTS_PER_PAGE = 100
_PATH = f"{ROOT}/prices"


@page(_PATH, *READERS)
async def prices(request: Shown, principal: Principal, network: Network, now: Now) -> Response[bytes]:
    """The tariff in force at each lot, those with findings alone if that is asked."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    query, may = query_of(request), lots_of(principal, snapshot)
    only, after = query.get("only", ""), query.get("after", "")
    held = []
    for lot in sorted(snapshot.lots.values(), key=lambda each: each.code):
        if may is None or lot.id in may:
            of_lot = snapshot.prices.get(lot.id)
            price = None if of_lot is None else in_force_at(of_lot.tariffs, now)
            held.append((lot, of_lot.zone if of_lot else None, price, finding(price)))
    wrong = sum(found is not None for *_, found in held)
    wanted = [each for each in held if not only or each[3] is not None]
    shown = [each for each in wanted if each[0].code > after][:LOTS_PER_PAGE]
    rows = []
    for lot, zone, price, found in shown:
        operator, text = snapshot.operators[lot.operator_id], None if price is None else price.text
        rows.append(
            Row(
                [
                    reader.either(lot.name_zh, lot.name_en),
                    reader.either(operator.name_zh, operator.name_en),
                    zone,
                    None
                    if text is None or price is None
                    else f"{reader.either(text.name_zh, text.name_en)} v{price.version}",
                    None if price is None else price.valid_from,
                    State(reader.word("fine"), Tone.GOOD) if found is None else State(reader.said(found), Tone.BAD),
                ],
                href=f"/tariffs/{text.code}" if text is not None else None,
            )
        )
    columns = [
        Column("lot", reader.word("lot")),
        Column("operator", reader.word("operator")),
        Column("zone", reader.word("zone")),
        Column("tariff", reader.word("tariff")),
        Column("since", reader.word("in_force"), Kind.TIME),
        Column("finding", reader.word("finding"), Kind.STATE),
    ]
    following = shown[-1][0].code if shown and shown[-1] is not wanted[-1] else None
    filters = [Filter("only", reader.word("finding"), only, [Choice("findings", reader.word("only_findings"))])]
    return await table_page(
        request,
        "desks/part.html",
        reader,
        principal,
        snapshot,
        here="control",
        parts=parts(reader),
        part="prices",
        heading=reader.word("prices"),
        lead=reader.word("prices_lead"),
        more=reader.word("prices_found", wrong) if wrong else reader.word("prices_clear"),
        table=Table(reader.word("prices"), _PATH, columns, rows, query, filters, following),
        now=now,
    )


ROUTES: list[HTTPRouteHandler] = [prices]
