"""The first screen of the control room: what somebody has to see, and how the city is."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from litestar import Response
from litestar.handlers import HTTPRouteHandler

from parking import control
from parking.alarms import SilentGateway, by_severity
from parking.control import DistrictNow, LotNow
from parking.network import Network as Registered
from parking.occupancy import STALE_AFTER
from parking.scope import lots_of
from parking.store import alarms as store
from parking.texts.pages import control as words
from parking.web import charts
from parking.web.charts import Chart, Series
from parking.web.dependencies import Db, LiveUsual, Network, Now, Principal, Pulse, Stream
from parking.web.desks.control.alarms import SHOWN_MAX, alarm_table, steps_of
from parking.web.desks.control.frame import ACTORS, READERS, ROOT, lots_now, parts, quality_said, tone
from parking.web.desks.control.lots import spoken
from parking.web.desks.frame import desk_page, lot_said, reader_of
from parking.web.forms import Shown, page
from parking.web.lots import policy_of_map
from parking.web.reader import Reader
from parking.web.tables import Column, Kind, Row, State, Table

ALARMS_FIRST, DEVICES_SHOWN_MAX, MINUTES_SHOWN = 5, 10, 15


@page(ROOT, *READERS)
async def room(
    *,
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    stream: Stream,
    usual: LiveUsual,
    pulse: Pulse,
) -> Response[bytes]:
    """Open alarms first, then lots by their state, what comes in, what is silent, and the districts."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    may = lots_of(principal, snapshot)
    zones = {lot.time_zone for lot in snapshot.lots.values()}
    lots = lots_now(principal, snapshot, await stream.counts(), await usual.at(now, zones), now)
    open_ = await store.find(db, may, before=None, limit=SHOWN_MAX, is_open=True, kind=None)
    first = by_severity(open_)[:ALARMS_FIRST]
    counted = await store.count_open(db, may)
    silent = await store.silent_gateways(db, may, since=now - STALE_AFTER, limit=DEVICES_SHOWN_MAX)
    minutes = await pulse.minutes(MINUTES_SHOWN) if may is None else None
    style = request.app.state.settings.map_style_url
    districts = control.districts(lots)
    answer = desk_page(
        request,
        "desks/control.html",
        reader,
        principal,
        snapshot,
        here="control",
        parts=parts(reader),
        part="now",
        may_act=principal.audience in ACTORS,
        alarms=alarm_table(reader, snapshot, first, now, caption=reader.word("open_alarms")),
        steps=steps_of(first),
        number=sum(each.number for each in counted),
        unseen=sum(each.unseen for each in counted),
        states=_states(reader, lots),
        qualities=_qualities(reader, lots),
        minutes=None if minutes is None else _minutes(reader, minutes),
        minute=None if minutes is None else minutes[-2],
        is_whole_city=may is None,
        devices=_devices(reader, snapshot, silent, now),
        devices_max=DEVICES_SHOWN_MAX,
        districts=_districts(reader, districts),
        district_table=_district_table(reader, districts),
        style_url=style,
        box=request.app.state.city,
        spoken=spoken(reader),
    )
    answer.headers["Content-Security-Policy"] = policy_of_map(style)
    return answer


def _devices(reader: Reader, network: Registered, silent: Sequence[SilentGateway], now: datetime) -> Table:
    columns = [
        Column("gateway", reader.word("gateway")),
        Column("lot", reader.word("lot")),
        Column("seen", reader.word("since_last"), Kind.TIME),
        Column("age", reader.word("age"), Kind.LENGTH),
    ]
    rows = [
        Row([each.gateway, lot_said(each.lot, network, reader), each.seen_at, _whole(now - each.seen_at)])
        for each in silent
    ]
    return Table(reader.word("devices"), ROOT, columns, rows)


def _whole(length: timedelta) -> timedelta:
    return max(timedelta(0), length) // timedelta(minutes=1) * timedelta(minutes=1)


def _states(reader: Reader, lots: list[LotNow]) -> list[tuple[State, int, str]]:
    """Each state of lots, how many are in it, and where they are listed."""
    tones = {each.published.status: tone(each) for each in lots}
    return [
        (
            State(reader.word(f"status_{status}"), tones.get(status, State("").tone)),
            number,
            f"{ROOT}/lots?status={status}",
        )
        for status, number in control.states(lots).items()
    ]


def _qualities(reader: Reader, lots: list[LotNow]) -> list[tuple[State, int, str]]:
    found = control.qualities(lots).items()
    return [(quality_said(reader, each), number, f"{ROOT}/lots?quality={each}") for each, number in found]


def _minutes(reader: Reader, minutes: Sequence[int]) -> Chart:
    """How many events came in each of the last minutes, named by how long ago they were."""
    names = [reader.word("ago", ago) if ago else reader.word("this_minute") for ago in reversed(range(len(minutes)))]
    return charts.bars(reader.word("events"), names, minutes)


def _districts(reader: Reader, districts: list[DistrictNow]) -> Chart:
    return charts.against(
        reader.word("districts"),
        [reader.either(each.name_zh, each.name_en) for each in districts],
        (
            Series(reader.word("taken_now"), [each.taken_percent for each in districts]),
            Series(reader.word("taken_usual"), [each.usual_percent for each in districts]),
        ),
        100,
        lambda percent: f"{percent}%",
    )


def _district_table(reader: Reader, districts: list[DistrictNow]) -> Table:
    columns = [
        Column("district", reader.word("district")),
        Column("lots", reader.word("lots"), Kind.COUNT),
        Column("known", reader.word("known"), Kind.COUNT),
        Column("taken", f"{reader.word('taken_now')} %", Kind.COUNT),
        Column("usual", f"{reader.word('taken_usual')} %", Kind.COUNT),
        Column("more", reader.word("more"), Kind.COUNT),
    ]
    rows = [
        Row(
            [
                *(reader.either(each.name_zh, each.name_en), each.lots, each.known),
                *(each.taken_percent, each.usual_percent, each.more_percent),
            ]
        )
        for each in districts
    ]
    return Table(reader.word("districts"), ROOT, columns, rows)


ROUTES: list[HTTPRouteHandler] = [room]
