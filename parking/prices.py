"""Which tariff is in force where and since when: a lot's own, or else that of the price area (收费区域) it lies in.

And the rules by which a published tariff comes into force.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import zip_longest
from typing import NamedTuple

from msgspec import Struct, structs

from parking import dated
from parking.cases import Reason
from parking.dated import Version
from parking.facts import Fact
from parking.lots import Direction
from parking.tariffs import Compiled, Tariff
from parking.tariffs.engine.memory import is_remembered_late, is_wide, memory_of
from parking.tariffs.language.sources import Source, sources_of
from payments.errors import OneLotError


class PublishedRow(Struct, frozen=True):
    """A published version of a tariff as the database has it; the document is JSON text."""

    id: int
    code: str
    version: int
    published_at: datetime
    document: str


class LotTariff(Struct, frozen=True):
    """From when on a tariff is in force at a lot."""

    lot_id: int
    valid_from: datetime
    tariff_id: int


class ZoneTariff(Struct, frozen=True):
    """From when on a tariff is in force in a price area."""

    zone_id: int
    valid_from: datetime
    tariff_id: int


class LotZone(Struct, frozen=True):
    """From when on a lot lies in a price area, or (None) in none."""

    lot_id: int
    valid_from: datetime
    zone_id: int | None


class ZoneRow(Struct, frozen=True):
    """A price area as the database has it."""

    id: int
    code: str
    name_zh: str
    name_en: str


class Published(Struct, frozen=True):
    """A published tariff and its compiled form."""

    id: int
    version: int
    published_at: datetime
    tariff: Tariff
    compiled: Compiled


class NoTariff(OneLotError):
    """No tariff is in force at the lot, or one that cannot be read, so nothing can be charged there."""


class TariffState(StrEnum):
    """A draft may be replaced; what is published stays as it is."""

    DRAFT = "draft"
    PUBLISHED = "published"


class UnknownTariff(OneLotError):
    """No tariff has this code and version, or it is not published."""


class TariffMoved(OneLotError):
    """The version was published before, or its draft was replaced after it was looked at."""


class NowhereToHold(OneLotError):
    """A tariff is to be applied, and neither a lot nor an area is named."""


class HoldsAlready(OneLotError):
    """A tariff is in force there at that instant already, and stays may have been priced by it."""


class OtherTimeZone(OneLotError):
    """A tariff of one time zone cannot be in force at a lot in another. Facts: both zones."""


class TariffInForce(Struct, frozen=True):
    """A tariff and since when it is in force; `text` and `ready` are None where the document could not be read.

    It takes its place all the same, because the tariff before it has ended.
    """

    valid_from: datetime
    tariff_id: int
    text: Tariff | None
    ready: Compiled | None
    version: int = 1

    @property
    def is_readable(self) -> bool:
        """Whether it can be charged by."""
        return self.ready is not None

    @property
    def tariff(self) -> Tariff:
        """The document.

        Raises:
            NoTariff: it could not be read.
        """
        if self.text is None:
            raise self._unreadable()
        return self.text

    @property
    def compiled(self) -> Compiled:
        """The document, compiled.

        Raises:
            NoTariff: it could not be read.
        """
        if self.ready is None:
            raise self._unreadable()
        return self.ready

    def _unreadable(self) -> NoTariff:
        return NoTariff("The tariff that holds at this lot then cannot be read.", tariff_id=self.tariff_id)


class Zone(ZoneRow, frozen=True):
    """A price area as the running service knows it, with its prices in order of time."""

    prices: tuple[TariffInForce, ...] = ()


class LotPrices(Struct, frozen=True):
    """The tariffs of a lot in order of time, those of the future included, and what they remember.

    `zone`: the code of the price area the lot lies in now. `remembers`: how far back earlier visits bear on a fee;
    `remembers_late`: also by when they ended. `is_wide`: visits to other lots do as well; `is_seen`:
    visits here may bear on fees in other lots. `asks`: where what they ask
    for comes from, beyond the events themselves. `along`: the tariffs as they count on from other stretches of a road,
    from when on that changed or will; `tariffs` are as they did from the beginning.
    """

    tariffs: tuple[TariffInForce, ...] = ()
    zone: str | None = None
    remembers: timedelta = timedelta(0)
    remembers_late: bool = False
    is_wide: bool = False
    is_seen: bool = False
    asks: frozenset[Source] = frozenset()
    along: tuple[Version[tuple[TariffInForce, ...]], ...] = ()

    def of(self, entered_at: datetime) -> tuple[TariffInForce, ...]:
        """The tariffs that a stay is priced by which began at an instant, or one of them is."""
        return dated.at(self.tariffs, self.along, entered_at)


class Dated(NamedTuple):
    """From when on a tariff is in force, by its number."""

    valid_from: datetime
    number: int


class Period(NamedTuple):
    """From when until when (None: until further notice) a tariff is in force."""

    since: datetime
    until: datetime | None


def in_force_at(prices: Sequence[TariffInForce], at: datetime) -> TariffInForce | None:
    """The tariff of these (in order of time) that is in force at an instant, or None before the first."""
    return next((price for price in reversed(prices) if price.valid_from <= at), None)


def holds_within(prices: Sequence[TariffInForce], code: str, since: datetime, until: datetime) -> bool:
    """Whether a tariff of this code is in force at some instant of a period (`until` is outside of it).

    One that cannot be read has no code.
    """
    ends = [*(each.valid_from for each in prices[1:]), until]
    return any(
        each.text is not None and each.text.code == code and max(each.valid_from, since) < min(end, until)
        for each, end in zip(prices, ends, strict=False)
    )


def noticed(fact: Fact, prices: Sequence[TariffInForce]) -> Fact:
    """The fact, with what is odd about its lot if that has no price in force when somebody leaves."""
    if fact.direction is not Direction.EXIT or in_force_at(prices, fact.effective_at) is not None:
        return fact
    return structs.replace(fact, of_device=(*fact.of_device, Reason.NO_PRICE))


def of_stay(prices: Sequence[TariffInForce], entered_at: datetime, left_at: datetime) -> Sequence[TariffInForce]:
    """The tariffs that a stay is priced by: the one in force at its entry, then those it is split by (`on_change`).

    It is split by those that come into force before it ends, unless the first is kept to (`at_entry`). Where none was
    in force at the entry, the first that comes into force during the stay; empty, if the lot had none until it ended.
    """
    at = max((at for at, each in enumerate(prices) if each.valid_from <= entered_at), default=0)
    if not prices or prices[at].valid_from > left_at:
        return []
    first = prices[at]
    # One that is kept to prices the whole stay, so a later one need not be readable.
    if first.text is not None and first.text.on_change == "at_entry":
        return [first]
    return [first, *[each for each in prices[at + 1 :] if each.valid_from < left_at]]


def lot_prices(tariffs: Sequence[TariffInForce], zone: str | None) -> LotPrices:
    """The prices of a lot. A tariff that cannot be read remembers nothing."""
    texts = [each.text for each in tariffs if each.text is not None]
    return LotPrices(
        tuple(tariffs),
        zone,
        remembers=max((memory_of(text) for text in texts), default=timedelta(0)),
        remembers_late=any(is_remembered_late(text) for text in texts),
        is_wide=(wide := any(is_wide(text) for text in texts)),
        is_seen=wide,
        asks=frozenset[Source]().union(*map(sources_of, texts)),
    )


def seen_by_others(of_lots: Mapping[int, LotPrices]) -> dict[int, LotPrices]:
    """The prices of all lots; where what is used may bear on the fees of others, that is said."""
    if not any(each.is_wide for each in of_lots.values()):
        return dict(of_lots)
    return {id_: structs.replace(each, is_seen=each.is_wide or bool(each.remembers)) for id_, each in of_lots.items()}


def pausing(lot: LotPrices) -> LotPrices:
    """The prices of a lot of a nest: they ask when the clock stood, whatever their documents say."""
    return structs.replace(lot, asks=lot.asks | {Source.NEST})


def of_road(
    lot: LotPrices, within_min: Sequence[Version[int | None]], compiled: dict[tuple[int, int], Compiled]
) -> LotPrices:
    """The prices of a stretch of a road: who drives on to another within so many minutes is counted on, unless the
    tariff itself says how long. `within_min`: from when on, the first from the beginning; None: it is no stretch then.
    `compiled`: such tariffs by their number and the minutes, which grow.
    """
    first, *later = [Version(each.valid_from, _along(lot, each.value, compiled)) for each in within_min]
    every = [tariff for each in (first, *later) for tariff in each.value]
    whole = lot_prices(every, lot.zone)
    return structs.replace(whole, tariffs=first.value, along=tuple(later), is_wide=True, is_seen=True)


def _along(
    lot: LotPrices, within_min: int | None, compiled: dict[tuple[int, int], Compiled]
) -> tuple[TariffInForce, ...]:
    if within_min is None:
        return lot.tariffs
    return tuple([_counting_on(each, within_min, compiled) for each in lot.tariffs])


def _counting_on(tariff: TariffInForce, within_min: int, compiled: dict[tuple[int, int], Compiled]) -> TariffInForce:
    if tariff.text is None or tariff.text.rejoin_min:
        return tariff
    text = structs.replace(tariff.text, rejoin_min=within_min)
    key = tariff.tariff_id, within_min
    if key not in compiled:
        compiled[key] = Compiled(text)
    return structs.replace(tariff, text=text, ready=compiled[key])


def of_lot(
    own: Sequence[LotTariff], lies_in: Sequence[LotZone], of_zones: Mapping[int, Sequence[ZoneTariff]]
) -> list[Dated]:
    """The tariffs of a lot in order of time: those of the areas it lies in, until it has one of its own.

    A tariff is in force until another begins, so a lot that leaves an area keeps the tariff it had there until then.
    """
    begins: dict[datetime, int] = {}
    for here, following in zip_longest(lies_in, lies_in[1:]):
        until = None if following is None else following.valid_from
        for price in of_zones.get(here.zone_id or 0, ()):
            if until is None or price.valid_from < until:
                # Of those that began before the lot came, the last one stays.
                begins[max(here.valid_from, price.valid_from)] = price.tariff_id
    own_since = own[0].valid_from if own else None
    of_areas = [Dated(at, begins[at]) for at in sorted(begins) if own_since is None or at < own_since]
    return without_repeats(of_areas + [Dated(price.valid_from, price.tariff_id) for price in own])


def without_repeats(dated: Sequence[Dated]) -> list[Dated]:
    """Without those that repeat what is in force already: nothing begins with them."""
    return [tariff for at, tariff in enumerate(dated) if at == 0 or tariff.number != dated[at - 1].number]


def periods(prices: Sequence[TariffInForce], tariff_id: int) -> list[Period]:
    """When a tariff is in force, by the tariffs (in order of time) of a lot or an area."""
    return [
        Period(price.valid_from, None if following is None else following.valid_from)
        for price, following in zip_longest(prices, prices[1:])
        if price.tariff_id == tariff_id
    ]


def check_since(valid_from: datetime, *, now: datetime, is_priced: bool, place: str) -> None:
    """Refuses a beginning in the past where a tariff is in force already: stays were priced by it.

    Raises:
        HoldsAlready: there is one.
    """
    if valid_from < now and is_priced:
        raise HoldsAlready(
            f"A price holds at {place} already, so another can begin at {now.isoformat()} at the earliest.",
            field="valid_from",
            valid_from=valid_from,
            earliest=now,
        )


def check_time_zones(tariff_zone: str, lot_zones: Sequence[str], *, place: str) -> None:
    """Refuses a tariff of another time zone than the lot's, or the lots' of an area.

    Raises:
        OtherTimeZone: they differ.
    """
    for zone in lot_zones:
        if zone != tariff_zone:
            raise OtherTimeZone(
                f"The tariff is of the time zone {tariff_zone} and {place} lies in {zone}.",
                tariff_zone=tariff_zone,
                lot_zone=zone,
            )
