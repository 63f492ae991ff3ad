"""Lots as they are offered in a minute to who asks for one stay: what is free, what it costs, and the text of it.

Many ask for the same stay in one minute, each around another place. So what does not depend on the place is made once
for each lot, and anew only when its count has changed.
"""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

import msgspec
from msgspec import Struct

from parking.fares import Fare, Fares, StayAsked
from parking.listing import summary
from parking.lots import Lot
from parking.network import Network
from parking.occupancy import Count, Published, publish
from parking.positions import Crs

# As many stays as are asked for in a minute; each has a text of a kilobyte for each lot that was looked at.
STAYS_KEPT_MAX = 32


class Offer(Struct, gc=False):
    """A lot by one count: what is published of it, what the stay costs, and its text without its end (`}`)."""

    count: Count
    published: Published
    fare: Fare | None
    text: bytes = b""


class Offers:
    """The offers of one network, stay and minute."""

    def __init__(self, network: Network, stay: StayAsked | None, crs: Crs, fares: Fares, now: datetime) -> None:
        self.network = network
        self.now = now
        self._stay = stay
        self._crs = crs
        self._fares = fares
        self._kept: dict[int, Offer] = {}

    def of(self, lot: Lot, count: Count) -> Offer:
        """The offer of a lot."""
        known = self._kept.get(lot.id)
        if known is not None and known.count is count:
            return known
        published = publish(count, lot.capacity, now=self.now, is_closed=lot.is_closed)
        fare = None if self._stay is None else self._fares.of(self.network.prices[lot.id], self._stay)
        offer = self._kept[lot.id] = Offer(count, published, fare)
        return offer

    def text(self, lot: Lot, offer: Offer) -> bytes:
        """A lot as JSON without its end, to which what depends on the place is added."""
        if not offer.text:
            shown = summary(lot, offer.published, self.network, self.now, self._crs, self._stay, offer.fare)
            offer.text = msgspec.json.encode(shown)[:-1]
        return offer.text


class Shelf:
    """The offers that were asked for lately."""

    def __init__(self, fares: Fares, clock: Callable[[], datetime]) -> None:
        self._fares = fares
        self._clock = clock
        self._kept: OrderedDict[tuple[StayAsked | None, Crs], Offers] = OrderedDict()

    def offers(self, network: Network, stay: StayAsked | None, crs: Crs) -> Offers:
        """The offers of now. What they say of times is true to the minute."""
        now = self._clock()
        known = self._kept.get((stay, crs))
        if known is None or known.network is not network or _minute(known.now) != _minute(now):
            known = self._kept[stay, crs] = Offers(network, stay, crs, self._fares, now)
            self._kept.move_to_end((stay, crs))
            if len(self._kept) > STAYS_KEPT_MAX:
                self._kept.popitem(last=False)
        return known


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
