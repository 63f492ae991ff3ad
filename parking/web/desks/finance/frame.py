"""What the parts of the finance desk have in common."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from litestar import Response

from parking.flow import reports
from parking.network import Network as Registered
from parking.web.dependencies import Db, Principal
from parking.web.desks.frame import desk_page, query_of, table_page
from parking.web.forms import Shown
from parking.web.reader import Reader
from parking.web.tables import Choice, Column, Filter, Kind, Row, Table, Value
from payments import ledger
from payments.identity import Audience
from payments.reports.asked import Asked, OperatorName
from payments.reports.words import channel
from payments.store import reports as figures

READERS = (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)
CLOSERS = (Audience.FINANCE, Audience.ADMIN)
ROOT = "/desk/finance"


def parts(reader: Reader) -> list[tuple[str, str, str]]:
    """The parts of the desk: name, address, and what each is called."""
    names = {"today": ROOT, **{name: f"{ROOT}/{name}" for name in ("statements", "disputes", "reports")}}
    return [(name, path, reader.word(name)) for name, path in names.items()]


def desk(
    request: Shown,
    template: str,
    reader: Reader,
    principal: Principal,
    network: Registered,
    *,
    here: str,
    **values: Any,
) -> Response[bytes]:
    """A page of the desk; `here`: which part of it."""
    return desk_page(
        request, template, reader, principal, network, here="finance", parts=parts(reader), part=here, **values
    )


async def table_of(
    request: Shown,
    template: str,
    reader: Reader,
    principal: Principal,
    network: Registered,
    *,
    here: str,
    **values: Any,
) -> Response[bytes]:
    """A page of the desk with a table, or the rows of that as a file."""
    return await table_page(
        request, template, reader, principal, network, here="finance", parts=parts(reader), part=here, **values
    )


async def days(
    request: Shown,
    reader: Reader,
    db: Db,
    network: Registered,
    asked: Asked,
    path: str,
    filters: Sequence[Filter],
) -> Table:
    """The statements of days, the last first."""
    names = reports.names_of(network)
    columns = [
        Column("day", reader.word("day")),
        Column("operator", reader.word("operator")),
        Column("charges", reader.word("charges"), Kind.COUNT),
        *amounts(reader, "gross", "refunds", "fee", "net", "collected", "payout"),
    ]
    rows = []
    for each in reversed(await figures.days(db, asked)):
        of = names.operators.get(each.operator_id, OperatorName("", ("", "")))
        of_it = (each.gross_fen, each.refunds_fen, each.platform_fee_fen, each.net_fen, each.collected_fen)
        cells: list[Value] = [str(each.business_date), reader.said(of.name), each.charges, *of_it, each.payout_fen]
        rows.append(Row(cells, href=f"{ROOT}/statements/{of.code}/{each.business_date}"))
    return Table(reader.word("statements"), path, columns, rows, query_of(request), filters)


def amounts(reader: Reader, *names: str) -> list[Column]:
    """Columns of amounts."""
    return [Column(name, reader.word(name), Kind.FEN) for name in names]


def state(reader: Reader) -> Column:
    """The column of a state."""
    return Column("state", reader.word("state"), Kind.STATE)


def channel_name(reader: Reader, code: str | None) -> str | None:
    """What a channel is called; None: through none."""
    name = channel(code)
    return None if name is None else reader.said(name)


def last_over(now: datetime) -> date:
    """The last business day that is over in the city."""
    return ledger.local_date(now, ledger.CITY_TIME_ZONE) - timedelta(days=1)


def operators(reader: Reader, network: Registered, code: str | None) -> Filter:
    """A filter of operators."""
    choices = [Choice(each.code, reader.either(each.name_zh, each.name_en)) for each in network.operators.values()]
    return Filter("operator", reader.word("operator"), code or "", choices)
