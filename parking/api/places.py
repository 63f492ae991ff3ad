"""Places and lots that somebody who types may mean."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from msgspec import Struct

from parking import places, searches, spellings
from parking.api.dependencies import Network
from parking.api.etags import UNCHANGED, tagged
from parking.api.search import AskedCrs
from parking.listing import PlaceShown, place_shown
from parking.positions import Crs, Point, shown
from payments.identity import Audience


class LotNamed(Struct, frozen=True):
    """A lot and where it lies."""

    code: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    longitude: float
    latitude: float


class Suggestions(Struct, frozen=True):
    """What may be meant, the likeliest first. `crs`: of all positions."""

    crs: Crs
    places: Sequence[PlaceShown]
    lots: Sequence[LotNamed]


@get(
    "/v1/places",
    operation_id="suggestPlaces",
    summary="Places and lots that are called so, as one types",
    tags=["lots"],
    opt={"audience": (Audience.PUBLIC,)},
    responses={
        200: ResponseSpec(Suggestions, generate_examples=False, description="What may be meant."),
        304: UNCHANGED,
    },
)
async def suggest_places(
    *,
    request: Request[Any, Any, Any],
    network: Network,
    q: Annotated[
        str, QueryParameter(max_length=64, description="A name or its beginning: 趵突泉, baotuquan, btq.")
    ] = "",
    limit: Annotated[int, QueryParameter(ge=1, le=places.SUGGESTED_MAX, description="Of each, so many at most.")] = 8,
    crs: AskedCrs = Crs.WGS84,
) -> Response[bytes]:
    """As they are written, in pinyin or by its initials."""
    words = spellings.words_of(q)
    found = places.suggested(network.snapshot.places, q, limit)
    lots = [lot for lot in network.atlas.lots if words and searches.has_words(lot, words)]
    lots.sort(key=lambda lot: (len(lot.name_zh), lot.code))
    named = [
        LotNamed(
            lot.code,
            lot.name_zh,
            lot.name_en,
            lot.district_zh,
            lot.district_en,
            (there := shown(Point(lot.latitude, lot.longitude), crs)).longitude,
            there.latitude,
        )
        for lot in lots[:limit]
    ]
    return tagged(request, Suggestions(crs, [place_shown(each, crs) for each in found], named))


ROUTES: list[HTTPRouteHandler] = [suggest_places]
