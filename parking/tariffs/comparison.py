"""How two tariffs differ: in what their documents say, and in what typical stays cost."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, structs

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.errors import below
from parking.tariffs.language.parsing import plain

# Entries on days of an ordinary week, and lengths of stays in minutes.
TUESDAY = date(2025, 11, 18)
_SATURDAY_AFTER = timedelta(days=4)
ENTRIES = ((timedelta(), time(9)), (timedelta(), time(18, 30)), (timedelta(), time(22)), (_SATURDAY_AFTER, time(12)))
MINUTES = (15, 30, 31, 60, 61, 120, 180, 300, 480, 720, 1440, 3 * 1440, 7 * 1440)


class Change(Struct, frozen=True):
    """One place at which two documents differ, with what each says there; None where one of them says nothing.

    Items with a code are named by it ("$.bands.night.tiers[0].unit_fen"), others by their place.
    """

    path: str
    before: Any
    after: Any


class PriceChange(Struct, frozen=True):
    """A visit that costs another fee."""

    visit: Visit
    before_fen: int
    after_fen: int


def differences(old: Tariff, new: Tariff) -> list[Change]:
    """Where two documents say different things, in the order of the language; empty if they mean the same."""
    return list(_between(old, new, "$"))


def typical_stays(time_zone: ZoneInfo, vehicle: Vehicle | None = None, tuesday: date = TUESDAY) -> list[Visit]:
    """Stays of usual lengths from a workday's morning, evening and night and from a Saturday's noon."""
    vehicle = vehicle or Vehicle()
    visits = []
    for ahead, clock in ENTRIES:
        entered_at = datetime.combine(tuesday + ahead, clock, time_zone).astimezone(UTC)
        visits += [Visit(entered_at, entered_at + timedelta(minutes=minutes), vehicle) for minutes in MINUTES]
    return visits


def price_differences(old: Compiled, new: Compiled, stays: Sequence[Visit]) -> list[PriceChange]:
    """Which of these stays cost another fee, each priced by itself.

    Raises:
        StayNotPriceable: a stay ends before it begins or is too long.
    """
    priced = [PriceChange(stay, calculate(old, stay).fee_fen, calculate(new, stay).fee_fen) for stay in stays]
    return [each for each in priced if each.before_fen != each.after_fen]


def _between(old: object, new: object, path: str) -> Iterator[Change]:
    if old == new:
        return
    if isinstance(old, Struct) and isinstance(new, Struct):
        for field in structs.fields(old):
            at = below(path, field.encode_name)
            yield from _between(getattr(old, field.name), getattr(new, field.name), at)
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _items(old, new, path)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        yield from _lists(old, new, path)
    else:
        yield Change(path, plain(old), plain(new))


def _items(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        yield from _between(old.get(key), new.get(key), below(path, key))


def _lists(old: tuple[Any, ...], new: tuple[Any, ...], path: str) -> Iterator[Change]:
    items = (*old, *new)
    if all(hasattr(item, "code") for item in items):
        by_code, by_code_after = {item.code: item for item in old}, {item.code: item for item in new}
        shared = [code for code in by_code if code in by_code_after]
        kept_after = [code for code in by_code_after if code in by_code]
        if shared != kept_after:
            yield Change(path, shared, kept_after)
        yield from _items(by_code, by_code_after, path)
    elif all(isinstance(item, Struct) for item in items):
        # Tiers and hours have no codes: a new one in the middle changes all that follow, as it does to a reader.
        for index in range(max(len(old), len(new))):
            before, after = (entries[index] if index < len(entries) else None for entries in (old, new))
            yield from _between(before, after, below(path, index))
    else:
        yield Change(path, plain(old), plain(new))
