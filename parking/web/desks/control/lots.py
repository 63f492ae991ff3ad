"""The lots of the control room, by their state and by how far they are to be believed: as a table, and for a map."""

import json

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking.occupancy import Confidence, LotStatus
from parking.texts.pages import control as words
from parking.web.dependencies import Network, Now, Principal, Stream
from parking.web.desks.control.frame import READERS, ROOT, lots_now, parts, quality_said, status_said, tone
from parking.web.desks.frame import query_of, reader_of, table_page
from parking.web.forms import Shown, page
from parking.web.reader import Reader
from parking.web.tables import Choice, Column, Filter, Kind, Row, Table

LOTS_PER_PAGE = 100
_SPOKEN = ("map_of", "map_larger", "map_smaller", "plan_note", "spaces_free")


def spoken(reader: Reader) -> str:
    """What the script of the map says, as JSON that may stand in a page."""
    said = json.dumps({key: reader.word(key) for key in _SPOKEN}, ensure_ascii=False)
    return said.replace("<", "\\u003c")


@page(f"{ROOT}/lots", *READERS)
async def lots(request: Shown, principal: Principal, network: Network, now: Now, stream: Stream) -> Response[bytes]:
    """The lots of a state, of a confidence, or all."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    query = query_of(request)
    status, quality, after = query.get("status", ""), query.get("quality", ""), query.get("after", "")
    found = [
        each
        for each in lots_now(principal, snapshot, await stream.counts(), {}, now)
        if status in ("", each.published.status) and quality in ("", each.published.confidence)
    ]
    shown = [each for each in found if each.lot.code > after][:LOTS_PER_PAGE]
    columns = [
        Column("lot", reader.word("lot")),
        Column("district", reader.word("district")),
        Column("state", reader.word("status"), Kind.STATE),
        Column("quality", reader.word("quality"), Kind.STATE),
        Column("free", reader.word("free"), Kind.COUNT),
        Column("capacity", reader.word("capacity"), Kind.COUNT),
        Column("heard", reader.word("heard"), Kind.TIME),
    ]
    rows = [
        Row(
            [
                reader.either(each.lot.name_zh, each.lot.name_en),
                reader.either(each.lot.district_zh, each.lot.district_en),
                status_said(reader, each),
                quality_said(reader, each.published.confidence),
                *(each.published.free, each.lot.capacity, each.published.heard_at),
            ],
            href=f"/lots/{each.lot.code}",
        )
        for each in shown
    ]
    following = shown[-1].lot.code if shown and shown[-1] is not found[-1] else None
    filters = [
        Filter("status", reader.word("status"), status, [Choice(s, reader.word(f"status_{s}")) for s in LotStatus]),
        Filter(
            "quality", reader.word("quality"), quality, [Choice(c, reader.word(f"quality_{c}")) for c in Confidence]
        ),
    ]
    return await table_page(
        request,
        "desks/part.html",
        reader,
        principal,
        snapshot,
        here="control",
        parts=parts(reader),
        part="lots",
        heading=reader.word("lots"),
        lead=reader.word("lots_lead"),
        table=Table(reader.word("lots"), f"{ROOT}/lots", columns, rows, query, filters, following),
        now=now,
    )


@page(f"{ROOT}/map.json", *READERS)
async def map_of_lots(
    request: Shown, principal: Principal, network: Network, now: Now, stream: Stream
) -> Response[bytes]:
    """What the map shows: code, name, longitude, latitude, free spaces, tone and state in words of each lot."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    shown = [
        {
            "code": each.lot.code,
            "name": reader.either(each.lot.name_zh, each.lot.name_en),
            "longitude": each.lot.longitude,
            "latitude": each.lot.latitude,
            "free": each.published.free,
            "status": tone(each),
            "said": f"{status_said(reader, each).said} · {quality_said(reader, each.published.confidence).said}",
        }
        for each in lots_now(principal, snapshot, await stream.counts(), {}, now)
    ]
    return Response(msgspec.json.encode(shown), media_type="application/json", headers={"Cache-Control": "no-store"})


ROUTES: list[HTTPRouteHandler] = [lots, map_of_lots]
