"""A page of the list of lots: which of them are wanted, in which order, and its text."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec
from msgspec import Struct

from parking.fares import StayAsked
from parking.forecast import Usual
from parking.listing import LotPage, LotSummary, place_shown
from parking.lots import Lot
from parking.occupancy import Count
from parking.offers import Offer, Offers
from parking.places import Place
from parking.searches import LotFound, Search, Sort, find, ordered


class Wishes(Struct, frozen=True):
    """What is wanted of lots beside where they are: free spaces, a stay and what it may cost, which of them and in what
    order. `usual`: what is usual when the stay begins, by lot; None: that was not asked.
    """

    min_free: int = 0
    stay: StayAsked | None = None
    max_fee_fen: int | None = None
    sort: Sort | None = None
    limit: int = 100
    offset: int = 0
    usual: Mapping[int, Usual] | None = None


def lot_page(
    lots: Iterable[Lot],
    search: Search,
    wishes: Wishes,
    *,
    place: Place | None,
    offers: Offers,
    count_of: Callable[[int], Count],
) -> LotPage:
    """The lots among `lots` that match every filter, in the order that is wanted. `place`: what the words mean."""
    offered: dict[int, Offer] = {}
    matching = []
    for found in find(lots, search, offers.network.facilities):
        offer = offers.of(found.lot, count_of(found.lot.id))
        if is_wanted(offer, wishes):
            offered[found.lot.id] = offer
            matching.append(found)
    if wishes.sort is not None:
        matching = ordered(
            matching,
            wishes.sort,
            lambda lot: None if (fare := offered[lot.id].fare) is None else fare.fee_fen,
            lambda lot: offered[lot.id].published.free,
        )
    texts = [
        _text(each, offers.text(each.lot, offered[each.lot.id]), wishes)
        for each in matching[wishes.offset : wishes.offset + wishes.limit]
    ]
    return LotPage(
        crs=search.crs,
        place=None if place is None else place_shown(place, search.crs),
        # What is encoded already is sent as it is.
        lots=cast(list[LotSummary], texts),
        total=len(matching),
        free=sum([each.published.certain_free for each in offered.values()]),
        capacity=sum([each.published.capacity for each in offered.values()]),
        limit=wishes.limit,
        offset=wishes.offset,
    )


def is_wanted(offer: Offer, wishes: Wishes) -> bool:
    """Whether a lot has room, and costs no more than wanted."""
    if offer.published.certain_free < wishes.min_free:
        return False
    return wishes.max_fee_fen is None or (offer.fare is not None and offer.fare.fee_fen <= wishes.max_fee_fen)


def _text(found: LotFound, text: bytes, wishes: Wishes) -> msgspec.Raw:
    if found.distance_m is not None:
        text += b',"distance_m":%d,"walk_min":%d' % (found.distance_m, found.walk_min or 0)
    if wishes.usual is not None:
        text += b',"usual":' + msgspec.json.encode(wishes.usual.get(found.lot.id))
    return msgspec.Raw(text + b"}")
