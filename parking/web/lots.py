"""The pages of those who look for a space: which lots there are, with what a stay costs, and one lot. They need no
script; with one the list follows what is typed, and a map stands beside it.
"""

import json
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking import listing
from parking.files import POLICY, File, send
from parking.lot_pages import Wishes, lot_page
from parking.occupancy import LotStatus, publish
from parking.phone_codes import Offer
from parking.positions import Crs, Point
from parking.searches import Search, Sort
from parking.store import forecast as forecast_store
from parking.texts import languages
from parking.texts.pages import find as words
from parking.web import question as questions
from parking.web.dependencies import Clock, LiveUsual, Network, Pool, Shelf, Stream
from parking.web.files import FILES
from parking.web.lot_view import Listed, LotView, choices
from parking.web.question import Question
from parking.web.reader import Reader
from parking.web.response import page
from parking.web.routes import routes
from payments.identity import Audience

RADIUS_M = 2_000
LISTED_MAX = 40
CITY_ZONE = "Asia/Shanghai"
POPULAR_MAX = 6
# What the script says by itself; the rest it takes from the page.
_SPOKEN = (
    *("no_position", "live", "away", "cluster", "plan_note", "map_of", "spaces_free", "free_of_charge", "no_price"),
    *(f"status_{status}" for status in LotStatus),
    "status_shut",
)
_OPEN = {"audience": (Audience.PUBLIC,)}


@get("/", include_in_schema=False, opt=_OPEN)
async def find_page(
    request: Request[Any, Any, Any],
    network: Network,
    stream: Stream,
    shelf: Shelf,
    usual: LiveUsual,
    clock: Clock,
) -> Response[bytes]:
    """Lots around a place, with what the stay costs there; `part=list`: the list alone."""
    asked = questions.read(request.query_params)
    reader = reader_of(request, ZoneInfo(CITY_ZONE))
    now, zone = clock(), ZoneInfo(CITY_ZONE)
    search, place = network.atlas.meant(_search(asked), RADIUS_M)
    middle = search.middle
    sort = asked.sort or (Sort.DISTANCE if middle is not None else Sort.FREE)
    if middle is None and sort in (Sort.DISTANCE, Sort.WALK):
        sort = Sort.FREE
    stay = asked.asked(now, zone)
    wishes = Wishes(
        min_free=int(asked.room),
        stay=stay,
        sort=sort,
        limit=LISTED_MAX,
        usual=await usual.at(stay.entered_at, [CITY_ZONE]) if asked.at is not None else None,
    )
    found = lot_page(
        network.atlas.candidates(search),
        search,
        wishes,
        place=place,
        offers=shelf.offers(network.snapshot, stay, Crs.WGS84),
        count_of=await stream.counts(),
    )
    listed = [Listed(json.loads(bytes(raw)), reader, asked) for raw in found.lots]  # type: ignore[call-overload]
    # Whoever looks for a space now has none where nobody comes in.
    lots = sorted(listed, key=lambda each: each.is_shut)
    values = {
        "asked": asked,
        "sort": sort,
        "lots": lots,
        "total": found.total,
        "place": place,
        "middle": middle,
        "popular": () if asked.q or asked.near is not None else network.atlas.busiest(POPULAR_MAX),
        "choices": choices(reader, asked),
    }
    if request.query_params.get("part") == "list":
        return answer(request, page("found.html", reader, compressed=False, **values))
    style = request.app.state.settings.map_style_url
    spoken = json.dumps({key: reader.word(key, "{0}", "{1}") for key in _SPOKEN}, ensure_ascii=False)
    city = request.app.state.city
    box = None if city is None else [city.west, city.south, city.east, city.north]
    values |= {"has_me": request.app.state.phone_offer is not Offer.NONE}
    values |= {"spoken": spoken.replace("<", "\\u003c"), "style_url": style, "box": json.dumps(box)}
    return answer(request, page("find.html", reader, compressed=False, **values), policy=policy_of_map(style))


@get("/lots/{code:str}", include_in_schema=False, opt=_OPEN)
async def lot_detail_page(
    request: Request[Any, Any, Any],
    network: Network,
    stream: Stream,
    pool: Pool,
    clock: Clock,
    code: FromPath[str],
) -> Response[bytes]:
    """One lot: what is free, what the stay costs and why, what is usual, and how one gets there."""
    snapshot = network.snapshot
    if (lot := snapshot.lots_by_code.get(code)) is None:
        raise NotFoundException("No lot has this code.")
    asked = questions.read(request.query_params)
    now, zone = clock(), ZoneInfo(lot.time_zone)
    reader = reader_of(request, zone)
    count = (await stream.counts())(lot.id)
    published = publish(count, lot.capacity, now=now, is_closed=lot.is_closed)
    inner = snapshot.nests[lot.id].inner_at(now) if lot.id in snapshot.nests else ()
    shown = listing.detail(
        lot,
        published,
        (),
        snapshot.prices[lot.id],
        snapshot.facilities.get(lot.id),
        now,
        Crs.WGS84,
        [snapshot.lots[each] for each in inner],
    )
    async with pool.acquire() as db:
        days = await forecast_store.usual_of(db, lot.id)
    operator = snapshot.operators[lot.operator_id]
    runs = reader.either(operator.name_zh, operator.name_en)
    view = LotView(shown, reader, asked, snapshot.prices[lot.id], now, days, runs)
    ways = routes(Point(lot.latitude, lot.longitude), reader.either(lot.name_zh, lot.name_en))
    return answer(request, page("lot.html", reader, compressed=False, lot=shown, view=view, asked=asked, ways=ways))


def reader_of(request: Request[Any, Any, Any], zone: ZoneInfo) -> Reader:
    """Who reads: in the language of the address, or else of the browser."""
    language = languages.choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))
    return Reader(language, words.WORDS, zone)


def answer(request: Request[Any, Any, Any], made: File, *, policy: str = POLICY) -> Response[bytes]:
    """A page that is made for who asks."""
    response = Response(**send(made, request.headers, policy=policy)._asdict())
    response.headers["Vary"] = "Accept-Language, Accept-Encoding"
    return response


def policy_of_map(style_url: str) -> str:
    """What the page of the map may load: its own worker, pictures that it makes itself, and, where a city shows a map
    of its own, what comes from there.
    """
    of_city = f" {_origin(style_url)}" if style_url else ""
    allowed = {
        "img-src 'self'": f"img-src 'self' data: blob:{of_city}",
        "connect-src 'self'": f"connect-src 'self'{of_city}",
        "form-action 'none'": "form-action 'self'",
    }
    policy = POLICY
    for what, instead in allowed.items():
        policy = policy.replace(what, instead)
    return f"{policy}; worker-src 'self'; manifest-src 'self'"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _search(asked: Question) -> Search:
    words_ = "" if asked.near is not None else asked.q
    radius = None if asked.near is None else RADIUS_M
    about = {"ev": asked.ev, "disabled": asked.disabled, "height_cm": asked.height}
    return Search(words=words_, near=asked.near, radius_m=radius, **about)  # type: ignore[arg-type]


@get("/sw.js", include_in_schema=False, opt=_OPEN)
async def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """It stands at the root, so that it may serve all pages."""
    return Response(**send(FILES["sw.js"], request.headers)._asdict())


ROUTES: list[HTTPRouteHandler] = [find_page, lot_detail_page, service_worker]
