"""What stands around each desk: the way to the others, who is signed in, and by which clock they read."""

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from litestar import Response
from msgspec import Struct

from parking.network import Network
from parking.scope import lots_of
from parking.texts.pages import desk as words
from parking.texts.words import Words
from parking.web.forms import Shown
from parking.web.reader import Reader
from parking.web.response import language_of, shown
from parking.web.tables import FORM, Choice, Table, report
from payments.flow.reports import Form, write
from payments.identity import READERS, STAFF, Audience, Principal

_AT_GATES = (Audience.BOOTH, Audience.CLERK, Audience.ADMIN)
# Each desk by its name, under which its words stand and its page is, with whose it is.
DESKS: dict[str, tuple[Audience, ...]] = {
    "control": (Audience.ADMIN, Audience.AUDITOR),
    "cases": STAFF,
    "inside": _AT_GATES,
    "stays": READERS,
    "lanes": _AT_GATES,
    "shift": STAFF,
    "lists": (Audience.CLERK, Audience.ADMIN),
    "finance": (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR),
    "staff": (Audience.ADMIN,),
    "account": READERS,
}
_ZONE = "Asia/Shanghai"
# The forms in which the rows of a table are taken along.
_FILES = {
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Way(Struct, frozen=True):
    """To a desk; `is_here`: it is the one that is shown."""

    href: str
    said: str
    is_here: bool
    count: int = 0


class Desk(Struct, frozen=True):
    """What a template of a desk is given beside what is its own."""

    home: str
    place: str
    ways: Sequence[Way]
    other_language: str
    who: str
    role: str


def zone_of(principal: Principal, network: Network) -> ZoneInfo:
    """By which clock somebody works: that of most of their lots."""
    may = lots_of(principal, network)
    zones = Counter(lot.time_zone for lot in network.lots.values() if may is None or lot.id in may)
    return ZoneInfo(zones.most_common(1)[0][0] if zones else _ZONE)


def reader_of(request: Shown, principal: Principal, network: Network, own: Mapping[str, Words]) -> Reader:
    """Who reads the page of a desk."""
    return Reader(language_of(request), {**words.WORDS, **own}, zone_of(principal, network))


def desk_page(
    request: Shown, template: str, reader: Reader, principal: Principal, network: Network, *, here: str, **values: Any
) -> Response[bytes]:
    """The page of a desk; `here`: its name."""
    session = request.scope["state"].get("session")
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    desk = Desk(
        home="/desk",
        place=_place(reader, principal, network),
        ways=[
            Way("/desk", reader.word("desk"), here == "desk"),
            *(
                Way(f"/desk/{name}", reader.word(name), here == name)
                for name, whose in DESKS.items()
                if principal.audience in whose
            ),
        ],
        other_language=f"?{urlencode([*query, ('lang', reader.other)])}",
        who=principal.subject if session is None else session.name,
        role=reader.word(principal.audience),
    )
    return shown(request, template, reader, desk=desk, **values)


async def table_page(
    request: Shown,
    template: str,
    reader: Reader,
    principal: Principal,
    network: Network,
    *,
    here: str,
    table: Table,
    now: datetime,
    **values: Any,
) -> Response[bytes]:
    """The page of a desk with a table, or the rows of that as a file where one is asked for."""
    form = request.query_params.get(FORM)
    if form in _FILES:
        out = io.BytesIO()
        await write(report(table, reader, by=principal.subject, now=now), Form(form), reader.language, out)
        headers = {"Content-Disposition": f'attachment; filename="{here}.{form}"', "Cache-Control": "no-store"}
        return Response(out.getvalue(), media_type=_FILES[form], headers=headers)
    return desk_page(request, template, reader, principal, network, here=here, table=table, **values)


def query_of(request: Shown) -> dict[str, str]:
    """What was asked of a table, as its addresses keep it."""
    return {name: value for name, value in request.query_params.items() if value and name not in (FORM, "lang", "done")}


def _place(reader: Reader, principal: Principal, network: Network) -> str:
    """For whom somebody works."""
    if principal.lot_id is not None and (lot := network.lots.get(principal.lot_id)) is not None:
        return reader.either(lot.name_zh, lot.name_en)
    operator = network.operators.get(principal.operator_id or 0)
    return reader.word("all_operators") if operator is None else reader.either(operator.name_zh, operator.name_en)


def lots_to_choose(principal: Principal, network: Network, reader: Reader) -> list[Choice]:
    """The lots of who asks, by their names."""
    may = lots_of(principal, network)
    lots = [lot for lot in network.lots.values() if may is None or lot.id in may]
    named = [Choice(lot.code, reader.either(lot.name_zh, lot.name_en)) for lot in lots]
    return sorted(named, key=lambda each: each.said)


def lot_said(code: str, network: Network, reader: Reader) -> str:
    """What a lot is called, by its code."""
    lot = network.lots_by_code.get(code)
    return code if lot is None else reader.either(lot.name_zh, lot.name_en)
