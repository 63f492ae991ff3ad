"""A lot as pages show it: in the list, and in full."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking import fees, forecast, prices
from parking.facilities import SpaceKind
from parking.forecast import DayKind, UsualDay
from parking.listing import LotDetail
from parking.prices import LotPrices, NoTariff
from parking.tariffs import Fee
from parking.texts import amounts, languages
from parking.web.question import Question, lasting
from parking.web.reader import Reader

_BAD, _WAITS, _GOOD = ("full", "closed"), ("almost_full", "stale"), ("open",)
STAYS_MIN = (30, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
HEIGHTS_CM = (180, 190, 200, 210, 220, 250, 300, 400)
WIDE, HIGH, LEFT, FOOT, TOP = 400, 150, 30, 22, 10


def tone(status: str) -> str:
    """How a state is to be felt."""
    return "bad" if status in _BAD else "waits" if status in _WAITS else "good" if status in _GOOD else "quiet"


class Choice(Struct, frozen=True):
    """A value to be chosen, and what it is called."""

    value: str
    said: str
    is_chosen: bool


def choices(reader: Reader, asked: Question) -> dict[str, list[Choice]]:
    """What can be chosen of the stay and of the height of the car."""
    stays = sorted({*STAYS_MIN, asked.stay})
    heights = sorted({*HEIGHTS_CM, *filter(None, [asked.height])})
    return {
        "stay": [Choice(str(each), reader.lasting(lasting(each)), each == asked.stay) for each in stays],
        "height": [Choice("", reader.word("height_any"), asked.height is None)]
        + [Choice(str(each), reader.word("height_over", metres(each)), each == asked.height) for each in heights],
    }


def metres(cm: int) -> str:
    """Centimetres as people say them: 2.1."""
    return f"{cm / 100:g}"


class Listed:
    """A lot of the list, by its JSON."""

    def __init__(self, lot: dict[str, Any], reader: Reader, asked: Question) -> None:
        self.lot = lot
        self._reader = reader
        self._asked = asked

    @property
    def name(self) -> str:
        """What it is called."""
        name: str = self._reader.either(self.lot["name_zh"], self.lot["name_en"])
        return name

    @property
    def href(self) -> str:
        """Its own page, for the same stay."""
        return self._asked.address(f"/lots/{self.lot['code']}")

    @property
    def tone(self) -> str:
        """How its state is to be felt."""
        return "quiet" if self.is_shut else tone(self.lot["status"])

    @property
    def is_shut(self) -> bool:
        """Whether nobody comes in at this hour."""
        return self.lot["is_open"] is False

    @property
    def state(self) -> str:
        """Its state in words, where that is not plain from the number."""
        return self._reader.word("status_shut" if self.is_shut else f"status_{self.lot['status']}")

    @property
    def price(self) -> str:
        """What the stay costs."""
        fee = self.lot["fee_fen"]
        if fee is None:
            return self._reader.word("no_price")
        return amount(self._reader, fee, self.lot["currency"])

    @property
    def about(self) -> list[str]:
        """What else is to be known, the most important first."""
        word, lot = self._reader.word, self.lot
        said = []
        if "distance_m" in lot:
            said += [distance(lot["distance_m"]), word("walk_min", lot["walk_min"])]
        else:
            said.append(self._reader.either(lot["district_zh"], lot["district_en"]))
        said.append(word(lot["kind"]))
        if lot["height_max_cm"]:
            said.append(word("height_up_to", metres(lot["height_max_cm"])))
        if lot["ev_spaces"]:
            said.append(word("charging_spaces", lot["ev_spaces"]))
        if lot.get("usual"):
            said.append(word("usual_there", lot["usual"]["free_low"], lot["usual"]["free_high"]))
        return said


def distance(far_m: int) -> str:
    """A distance as people say it."""
    return f"{round(far_m, -1)} m" if far_m < 950 else f"{far_m / 1000:.1f} km"


def amount(reader: Reader, fen: int, currency: str) -> str:
    """An amount as short as can be, or that it is free."""
    if not fen:
        return reader.word("free_of_charge")
    return amounts.grouped_with_symbol(fen, currency).removesuffix(".00")


class Band(Struct, frozen=True):
    """A usual day, drawn: the middle of all days, and the half of them around it."""

    kind: DayKind
    title: str
    line: str
    area: str
    hours: Sequence[tuple[float, str]]
    levels: Sequence[tuple[float, int]]
    mark: float | None
    rows: Sequence[tuple[str, int, int, int]]


class LotView:
    """A lot in full, as somebody reads it who asks for a stay."""

    def __init__(
        self,
        lot: LotDetail,
        reader: Reader,
        asked: Question,
        of_lot: LotPrices,
        now: datetime,
        days: Sequence[UsualDay],
        operator: str,
    ) -> None:
        self.lot, self.reader, self.asked = lot, reader, asked
        self._prices, self._now, self._days, self._operator = of_lot, now, days, operator
        self.zone = ZoneInfo(lot.time_zone)
        self.stay = asked.asked(now, self.zone)
        self.choices = choices(reader, asked)

    @property
    def name(self) -> str:
        """What it is called."""
        return self.reader.either(self.lot.name_zh, self.lot.name_en)

    @property
    def district(self) -> str:
        """Where it lies."""
        return self.reader.either(self.lot.district_zh, self.lot.district_en)

    @property
    def tone(self) -> str:
        """How its state is to be felt."""
        return tone(self.lot.status)

    @property
    def age(self) -> str:
        """How old what is known is."""
        age = self.lot.age_min
        if age is None:
            return self.reader.word("age_never")
        if age < 1:
            return self.reader.word("age_now")
        return self.reader.word("age", age) if age < 120 else self.reader.word("age_hours", age // 60)

    @cached_property
    def fee(self) -> Fee | None:
        """What the stay costs, line by line; None: no price is published."""
        in_force = prices.of_stay(self._prices.of(self.stay.entered_at), self.stay.entered_at, self.stay.left_at)
        vehicle = fees.usual_vehicle(self.stay.vehicle_class, new_energy=self.stay.new_energy)
        try:
            return fees.price(in_force, self.stay.entered_at, self.stay.left_at, vehicle)
        except NoTariff:
            return None

    @property
    def currency(self) -> str:
        """Of the price."""
        in_force = prices.in_force_at(self._prices.of(self.stay.entered_at), self.stay.entered_at)
        return "CNY" if in_force is None or in_force.text is None else in_force.text.currency

    def amount(self, fen: int) -> str:
        """An amount of the bill."""
        return amounts.grouped_with_symbol(fen, self.currency)

    @property
    def total(self) -> str:
        """The whole price."""
        return (
            self.reader.word("no_price") if self.fee is None else amount(self.reader, self.fee.fee_fen, self.currency)
        )

    def board(self) -> list[str]:
        """The sentences of the notice board."""
        if self.lot.tariff is None:
            return []
        return self.lot.tariff.board.en if self.reader.language == languages.EN else self.lot.tariff.board.zh

    def bands(self) -> Iterator[Band]:
        """The usual days; that of the arrival first."""
        arrival = forecast.when(self.stay.entered_at, self.lot.time_zone)
        for day in sorted(self._days, key=lambda each: each.kind is not arrival[0]):
            if any(day.quarters):
                yield self._band(day, arrival[1] if day.kind is arrival[0] else None)

    @property
    def has_usual(self) -> bool:
        """Whether there is any."""
        return any(any(day.quarters) for day in self._days)

    def _band(self, day: UsualDay, mark: int | None) -> Band:
        end, floor = self.lot.capacity, HIGH - FOOT

        def x(quarter: float) -> float:
            return round(LEFT + quarter * (WIDE - LEFT - 6) / forecast.QUARTERS, 1)

        def y(free: int) -> float:
            return round(floor - min(free, end) * (floor - TOP) / end, 1)

        known = [(at, quarter) for at, quarter in enumerate(day.quarters) if quarter is not None]
        upper = [f"{x(at)} {y(each.free_high)}" for at, each in known]
        lower = [f"{x(at)} {y(each.free_low)}" for at, each in reversed(known)]
        return Band(
            day.kind,
            self.reader.word(f"usual_{day.kind}"),
            "M" + "L".join(f"{x(at)} {y(each.free_median)}" for at, each in known),
            "M" + "L".join([*upper, *lower]) + "Z",
            [(x(hour * 4), f"{hour}:00") for hour in range(0, 24, 6)],
            [(y(level), level) for level in (0, end // 2, end)],
            None if mark is None else x(mark),
            [(f"{at // 4:02d}:{at % 4 * 15:02d}", q.free_low, q.free_median, q.free_high) for at, q in known[::4]],
        )

    def facts(self) -> Iterator[tuple[str, str]]:
        """What is to be known of the place, each with its label; what it does not say is left out."""
        word, lot = self.reader.word, self.lot
        offers = lot.facilities
        address = lot.address_zh if offers is None else self.reader.either(lot.address_zh, offers.address_en)
        rows: list[tuple[str, str]] = [("address", address), ("operator", self._operator)]
        if offers is not None:
            hours = offers.opening_hours or ""
            if hours and offers.is_open is not None:
                hours += f" · {word('is_open' if offers.is_open else 'is_closed')}"
            limits = [
                word(key, metres(cm))
                for key, cm in (("height_up_to", offers.height_max_cm), ("width_up_to", offers.width_max_cm))
                if cm
            ]
            spaces = [self._spaces(each.kind, each.count) for each in offers.spaces]
            ways = [self.reader.either(each.name_zh, each.name_en) for each in offers.entrances]
            pay = [self.reader.either(each.name_zh, each.name_en) for each in offers.payment_methods]
            comma = self.reader.said(("、", ", "))
            rows += [
                ("hours", hours),
                ("limits", comma.join(limits)),
                ("spaces", comma.join(spaces)),
                ("entrances", comma.join(ways)),
                ("pay_by", comma.join(pay)),
                ("phone", offers.phone or ""),
            ]
        return ((word(key), value) for key, value in rows if value)

    def _spaces(self, kind: str, count: int) -> str:
        if kind == SpaceKind.EV:
            return self.reader.word("charging_spaces", count)
        named = self.reader.word("spaces_disabled" if kind == SpaceKind.DISABLED else kind)
        return self.reader.said((f"{named} {count}", f"{count} {named}"))

    def pictures(self) -> list[tuple[str, str]]:
        """Pictures as links: they lie elsewhere, and nothing is loaded from there unasked."""
        offers = self.lot.facilities
        return [
            (each.ref, self.reader.either(each.caption_zh, each.caption_en) or self.reader.word("picture", at))
            for at, each in enumerate(() if offers is None else offers.pictures, 1)
            if each.ref.startswith("https://")
        ]
