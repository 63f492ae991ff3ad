"""Published price texts as data, and the one engine that prices a stay by them and explains every fen.

A tariff cuts the local day into bands; a stay is cut at the same places and each part is rounded and capped on its own.
What else the texts say is a field: free minutes, large vehicles, the quota of new energy vehicles, short crossings.

Decisions:
- Seconds are dropped from entry and exit before anything is computed, so 09:00:59 to 09:30:58 is thirty minutes.
- Bands follow the local clock and durations real time. Where the clock is put forward or back, a band begins at the
  instant at which the clock first shows its start or has jumped past it.
- A stay shorter than `short_crossing_min` (its chargeable part, after the quota) that runs into another band is priced
  wholly by the band it began in. Staying longer is therefore never cheaper only where that many minutes are one unit of
  every band, or where the rule is off: `grows_with_time` tells. The Jinan road price is such a tariff.
"""

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from parking.plates import VehicleClass
from payments.errors import OneLotError
from payments.money import yuan

BANDS_MAX = 24
DOCUMENT_BYTES_MAX = 64 << 10
STAY_DAYS_MAX = 400
# A stay through more bands than this is explained band by band, not day by day: a receipt of a thousand lines is none.
PARTS_EXPLAINED_MAX = 62
UNIT_FEN_MAX = 1_000_000
_DAY_MIN = 24 * 60
_DAYS_REMEMBERED_MAX = 2048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)

Fen: TypeAlias = Annotated[int, Meta(ge=0, le=UNIT_FEN_MAX)]
Minutes: TypeAlias = Annotated[int, Meta(ge=0, le=_DAY_MIN)]
Clock: TypeAlias = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
LineKind: TypeAlias = Literal["units", "cap", "free", "quota"]


class TariffUnclear(OneLotError):
    """A tariff document cannot be priced by. Facts: `path` of the field in question."""


class UnknownTimeZone(OneLotError):
    """No zone of the IANA database has this name. Facts: `time_zone`."""


class StayNotPriceable(OneLotError):
    """A stay ends before it begins, or is longer than STAY_DAYS_MAX: a missing exit, not a bill."""


class Grade(StrEnum):
    """What stands behind a price: the grades of the source, or that somebody made it up."""

    OFFICIAL = "official"
    PRESS = "press"
    COPY = "copy"
    HEARSAY = "hearsay"
    MADE_UP = "made_up"


class PriceMode(StrEnum):
    """Who sets the price: the blue board (government) or the orange one (market)."""

    GOVERNMENT = "government"
    MARKET = "market"


class Band(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the local day from `starts` up to `ends`, over midnight if need be; the whole day if they are equal.

    Every started `unit_min` minutes cost `unit_fen`; one passage of the band costs `cap_fen` at most.
    """

    starts: Clock
    ends: Clock
    name_zh: Name
    name_en: Name
    unit_min: Annotated[int, Meta(ge=1, le=_DAY_MIN)]
    unit_fen: Fen
    cap_fen: Fen | None = None


class Tariff(Struct, frozen=True, forbid_unknown_fields=True):
    """A price text. Its bands, in any order, cover the local day without gap or overlap.

    free_min: stays up to this long, inclusive, are free; longer ones are charged from their first minute.
    large_percent: what large vehicles pay, of unit prices and of caps.
    nev_quota_min: minutes from entry that a new energy vehicle has free per lot in 24 h; a stay that is free uses none.
    short_crossing_min: a shorter stay that crosses bands is priced by the band it began in; 0 switches that off.
    """

    code: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
    name_zh: Name
    name_en: Name
    bands: Annotated[tuple[Band, ...], Meta(min_length=1, max_length=BANDS_MAX)]
    free_min: Minutes = 0
    large_percent: Annotated[int, Meta(ge=100, le=1000)] = 200
    nev_quota_min: Minutes = 0
    short_crossing_min: Minutes = 0
    price_mode: PriceMode = PriceMode.MARKET
    grade: Grade = Grade.MADE_UP
    source: Annotated[str, Meta(max_length=512)] = ""

    def __post_init__(self) -> None:
        covered = 0
        bands = sorted(self.bands, key=lambda band: band.starts)
        for band, following in zip(bands, [*bands[1:], bands[0]], strict=True):
            if band.ends != following.starts:
                raise ValueError(f"bands must meet: one ends at {band.ends} and the next begins at {following.starts}")
            covered += (_minute_of_day(band.ends) - _minute_of_day(band.starts)) % _DAY_MIN or _DAY_MIN
            for fen in (band.unit_fen, band.cap_fen or 0):
                if fen * self.large_percent % 100:
                    raise ValueError(f"{self.large_percent} % of {fen} fen is not a whole number of fen")
        if covered != _DAY_MIN:
            raise ValueError("bands must cover the day once")


class FeeLine(Struct, frozen=True):
    """One line of the explanation. `amount_fen` is negative for what a cap takes off; times are UTC.

    units counts price units in "units", passages of the band in "cap" and minutes in "free" and "quota". The texts say
    what was paid for and when, the labels only what.
    """

    kind: LineKind
    starts_at: datetime
    ends_at: datetime
    units: int
    unit_fen: int
    amount_fen: int
    text_zh: str
    text_en: str
    label_zh: str
    label_en: str


class Fee(Struct, frozen=True):
    """What a stay costs, why (the lines add up to it), and how much of the new energy quota it used."""

    fee_fen: int
    lines: list[FeeLine]
    quota_used_min: int


class _Rate(Struct, frozen=True):
    """A band as one class of vehicles pays it, with the words that never change."""

    unit_min: int
    unit_fen: int
    cap_fen: int | None
    name_zh: str
    name_en: str
    price_zh: str
    price_en: str


class Compiled:
    """A tariff made ready for one time zone. Pricing by it is pure; it only remembers where days were cut."""

    __slots__ = ("_begins", "_cuts", "_rates_large", "_rates_small", "tariff", "zone")

    def __init__(self, tariff: Tariff, zone: ZoneInfo) -> None:
        bands = sorted(tariff.bands, key=lambda band: band.starts)
        self.tariff = tariff
        self.zone = zone
        self._begins = [_minute_of_day(band.starts) for band in bands]
        self._rates_small = [_rate(band, 100, "", "") for band in bands]
        large_zh, large_en = "大型车，", "large vehicle, "
        self._rates_large = [_rate(band, tariff.large_percent, large_zh, large_en) for band in bands]
        self._cuts: dict[int, list[int]] = {}

    def rates(self, vehicle_class: VehicleClass) -> list[_Rate]:
        """What each band costs this class, in order of the bands' starts."""
        return self._rates_large if vehicle_class is VehicleClass.LARGE else self._rates_small

    def parts(self, starts: int, ends: int) -> list[tuple[int, int, int]]:
        """(band, from, to) of a period, all in minutes since 1970 UTC, cut wherever a band begins."""
        # The day after first: where clocks go back over midnight, that day may have begun already.
        day = datetime.fromtimestamp(starts * 60, self.zone).toordinal() + 1
        while (cuts := self._day(day))[0] > starts:
            day -= 1
        band, last = bisect_right(cuts, starts) - 1, len(cuts) - 1
        found = []
        while starts < ends:
            following = band + 1
            if band == last:
                day, following = day + 1, 0
                cuts = self._day(day)
            until = min(cuts[following], ends)
            if until > starts:
                found.append((band, starts, until))
                starts = until
            band = following
        return found

    def _day(self, day: int) -> list[int]:
        cuts = self._cuts.get(day)
        if cuts is None:
            if len(self._cuts) >= _DAYS_REMEMBERED_MAX:
                self._cuts.clear()
            cuts = self._cuts[day] = [_first_shown(day, begin, self.zone) for begin in self._begins]
        return cuts


def from_json(document: bytes) -> Tariff:
    """A tariff from its JSON document.

    Raises:
        TariffUnclear: it is not JSON, too long, or says something that cannot be priced by.
    """
    return _read(document, msgspec.json.decode)


def from_toml(document: bytes) -> Tariff:
    """A tariff from a TOML file; raises as `from_json`."""
    return _read(document, msgspec.toml.decode)


def compile(tariff: Tariff, time_zone: str) -> Compiled:  # noqa: A001
    """The tariff ready for pricing in a zone of the IANA database; compile once per lot, price many times.

    Raises:
        UnknownTimeZone: there is no such zone.
    """
    try:
        return Compiled(tariff, ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownTimeZone(f"No time zone is called {time_zone!r}.", time_zone=time_zone) from error


def grows_with_time(tariff: Tariff) -> bool:
    """Whether staying longer is never cheaper under this tariff (see the decisions above)."""
    return all(band.unit_min >= tariff.short_crossing_min - 1 for band in tariff.bands)


def price(
    tariff: Compiled,
    *,
    entered_at: datetime,
    left_at: datetime,
    vehicle_class: VehicleClass,
    new_energy: bool,
    quota_left_min: int,
) -> Fee:
    """The fee of a stay between two aware instants.

    `quota_left_min` is what the vehicle has left of the free minutes for new energy vehicles at this lot; it counts for
    those alone, and never for more than the tariff grants. Only LARGE pays the large price.

    Raises:
        StayNotPriceable: it ends before it begins or is longer than STAY_DAYS_MAX.
    """
    starts, ends = (entered_at - _EPOCH) // _MINUTE, (left_at - _EPOCH) // _MINUTE
    stayed = ends - starts
    if not 0 <= stayed <= STAY_DAYS_MAX * _DAY_MIN:
        raise StayNotPriceable(f"No price for a stay of {stayed} min.", entered_at=entered_at, left_at=left_at)
    text = tariff.tariff
    if stayed <= text.free_min:
        return Fee(0, [_free(starts, ends, text.free_min)], 0)

    lines: list[FeeLine] = []
    granted = min(stayed, quota_left_min, text.nev_quota_min) if new_energy else 0
    if granted > 0:
        lines.append(_quota(starts, starts + granted, text.nev_quota_min))
        starts += granted
    if starts < ends:
        _charge(tariff, starts, ends, tariff.rates(vehicle_class), lines)
    return Fee(sum([line.amount_fen for line in lines]), lines, max(granted, 0))


def _read(document: bytes, decode: Callable[..., Tariff]) -> Tariff:
    if len(document) > DOCUMENT_BYTES_MAX:
        raise TariffUnclear(f"A tariff document has at most {DOCUMENT_BYTES_MAX} bytes.", path="$")
    try:
        return decode(document, type=Tariff)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        what, _, path = str(error).partition(" - at `")
        raise TariffUnclear(f"The tariff cannot be read: {what}.", path=path.rstrip("`") or "$") from error


def _charge(tariff: Compiled, starts: int, ends: int, rates: list[_Rate], lines: list[FeeLine]) -> None:
    """Adds the lines of a chargeable period that is longer than nothing."""
    parts = tariff.parts(starts, ends)
    if len(parts) > PARTS_EXPLAINED_MAX:
        _charge_by_band(parts, rates, lines)
        return
    note_zh = note_en = ""
    short = tariff.tariff.short_crossing_min
    if len(parts) > 1 and ends - starts < short:
        parts = [(parts[0][0], starts, ends)]
        note_zh = f"；跨时段且不足 {short} 分钟，按前一时段计"
        note_en = f"; crosses bands in under {short} min, priced by the first"
    clock = _clock_with_date if ends - starts >= _DAY_MIN else _clock
    shown = clock(starts, tariff.zone)
    for band, begins, until in parts:
        rate = rates[band]
        units = -((begins - until) // rate.unit_min)
        amount = units * rate.unit_fen
        from_, shown = shown, clock(until, tariff.zone)
        begins_at, until_at = _instant(begins), _instant(until)
        sum_zh, sum_en = f"，{units}×{rate.price_zh}", f", {units} × {rate.price_en}"
        text_zh = f"{rate.name_zh} {from_}–{shown}{sum_zh}{note_zh}"
        text_en = f"{rate.name_en} {from_}–{shown}{sum_en}{note_en}"
        texts = (text_zh, text_en, rate.name_zh + sum_zh, rate.name_en + sum_en)
        lines.append(FeeLine("units", begins_at, until_at, units, rate.unit_fen, amount, *texts))
        if rate.cap_fen is not None and amount > rate.cap_fen:
            lines.append(_cap(rate, begins_at, until_at, 1, rate.cap_fen - amount))


def _charge_by_band(parts: list[tuple[int, int, int]], rates: list[_Rate], lines: list[FeeLine]) -> None:
    """As `_charge`, with one line a band, and one for all that its caps take off."""
    starts_at, ends_at = _instant(parts[0][1]), _instant(parts[-1][2])
    for band, rate in enumerate(rates):
        counts = [-((begins - until) // rate.unit_min) for at, begins, until in parts if at == band]
        units = sum(counts)
        text_zh = f"{rate.name_zh} 共 {len(counts)} 次，{units}×{rate.price_zh}"
        text_en = f"{rate.name_en}, {len(counts)} times in all, {units} × {rate.price_en}"
        amount = units * rate.unit_fen
        lines.append(FeeLine("units", starts_at, ends_at, units, rate.unit_fen, amount, *(text_zh, text_en) * 2))
        if rate.cap_fen is not None:
            over = [units * rate.unit_fen - rate.cap_fen for units in counts if units * rate.unit_fen > rate.cap_fen]
            if over:
                lines.append(_cap(rate, starts_at, ends_at, len(over), -sum(over)))


def _cap(rate: _Rate, starts_at: datetime, ends_at: datetime, times: int, amount: int) -> FeeLine:
    cap = rate.cap_fen or 0
    text_zh = f"{rate.name_zh}封顶 {yuan(cap)} 元" + (f"，{times} 次" if times > 1 else "")
    text_en = f"{rate.name_en}: at most {yuan(cap)} CNY" + (f", {times} times" if times > 1 else "")
    return FeeLine("cap", starts_at, ends_at, times, cap, amount, *(text_zh, text_en) * 2)


def _free(starts: int, ends: int, free_min: int) -> FeeLine:
    text_zh = f"{free_min} 分钟以内（含）免费" if free_min else "不足 1 分钟，免费"
    text_en = f"Free up to {free_min} min, inclusive" if free_min else "Under a minute: free"
    return FeeLine("free", _instant(starts), _instant(ends), ends - starts, 0, 0, *(text_zh, text_en) * 2)


def _quota(starts: int, ends: int, quota_min: int) -> FeeLine:
    text_zh = f"新能源汽车免费 {ends - starts} 分钟（24 小时内首 {quota_min} 分钟免费）"
    text_en = f"New energy vehicle: {ends - starts} min free (the first {quota_min} min in 24 h)"
    return FeeLine("quota", _instant(starts), _instant(ends), ends - starts, 0, 0, *(text_zh, text_en) * 2)


def _rate(band: Band, percent: int, class_zh: str, class_en: str) -> _Rate:
    unit_fen = band.unit_fen * percent // 100
    cap_fen = None if band.cap_fen is None else band.cap_fen * percent // 100
    price_zh = f"{yuan(unit_fen)} 元（{class_zh}每 {band.unit_min} 分钟）"
    price_en = f"{yuan(unit_fen)} CNY ({class_en}per {band.unit_min} min)"
    return _Rate(band.unit_min, unit_fen, cap_fen, band.name_zh, band.name_en, price_zh, price_en)


def _first_shown(day: int, minute_of_day: int, zone: ZoneInfo) -> int:
    """The minute since 1970 UTC at which the clocks of a local day first show a time or have jumped past it."""
    shown = date.fromordinal(day)
    local = datetime(shown.year, shown.month, shown.day, *divmod(minute_of_day, 60), tzinfo=zone)
    at = (local - _EPOCH) // _MINUTE
    if _shown_minutes(at, zone) == day * _DAY_MIN + minute_of_day:
        return at
    # The clocks jump over this time: the band begins with the jump, somewhere between the two readings of it.
    early = (local.replace(fold=1) - _EPOCH) // _MINUTE
    return early + bisect_right(
        range(early, at), day * _DAY_MIN + minute_of_day - 1, key=lambda minute: _shown_minutes(minute, zone)
    )


def _shown_minutes(minute: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(minute * 60, zone)
    return local.toordinal() * _DAY_MIN + local.hour * 60 + local.minute


def _instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _clock(minute: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(minute * 60, zone)
    return f"{local.hour:02d}:{local.minute:02d}"


def _clock_with_date(minute: int, zone: ZoneInfo) -> str:
    return datetime.fromtimestamp(minute * 60, zone).strftime("%m-%d %H:%M")


def _minute_of_day(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
