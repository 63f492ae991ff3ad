"""Tariffs and stays that hypothesis draws: small ones that it shrinks field by field, wide ones from a seed."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import settings
from hypothesis import strategies as st

from parking import prices, tariffs
from parking.prices import TariffInForce
from parking.tariffs import Compiled, Fee, Past, Vehicle, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Band, Cap, Crossing, Free, Quota, Tariff, Tier
from tests.parking.tariffs import generators, visit_generators

SHANGHAI = "Asia/Shanghai"
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
S = TypeVar("S", bound=msgspec.Struct)
law = settings(max_examples=60, deadline=None, derandomize=True)


def at(text: str, zone: str = SHANGHAI) -> datetime:
    """A local time as an instant; the day alone is one of November 2025."""
    full = text if len(text) > 8 else f"2025-11-{text}"
    return datetime.fromisoformat(full).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def band(code: str, begins: str, ends: str, *tiers: Tier, **rest: Any) -> Band:
    """A band of every day."""
    return Band(**generators.named(code), hours=(DayHours(from_=begins, to=ends),), tiers=tiers, **rest)


def plain(**fields: Any) -> Tariff:
    """A document of which only some fields matter; by default 2 CNY an hour, always."""
    usual = {
        **generators.named("plain"),
        "time_zone": SHANGHAI,
        "bands": (band("day", "00:00", "24:00", Tier(unit_fen=200, unit_min=60)),),
    }
    return Tariff(**{**usual, **fields})


tier_lists = st.tuples(
    st.sampled_from((15, 30, 60)),
    st.integers(1, 8),
    st.integers(0, 3),
    st.sampled_from((30, 60, 90)),
    st.integers(1, 8),
).map(
    lambda drawn: (
        *((Tier(unit_fen=drawn[1] * 100, unit_min=drawn[0], for_min=drawn[0] * drawn[2]),) if drawn[2] else ()),
        Tier(unit_fen=drawn[4] * 100, unit_min=drawn[3]),
    )
)


@st.composite
def bands(draw: st.DrawFn, /, **fields: Any) -> tuple[Band, ...]:
    """One band, or day and night."""
    if draw(st.booleans()):
        return (band("day", "00:00", "24:00", *draw(tier_lists), **fields),)
    first = draw(st.sampled_from((6, 7, 8))) * 60
    last = draw(st.sampled_from((18, 20, 22))) * 60 + draw(st.sampled_from((0, 30)))
    return (
        band("day", generators.clock(first), generators.clock(last), *draw(tier_lists), **fields),
        band("night", generators.clock(last), generators.clock(first), *draw(tier_lists), **fields),
    )


@st.composite
def simple(draw: st.DrawFn, /, **fields: Any) -> Tariff:
    """Units, day and night, a free period and a crossing, every field of it small: for shrinking."""
    drawn: dict[str, Any] = {
        "bands": lambda: draw(bands()),
        "free": lambda: Free(minutes=draw(st.sampled_from((0, 15, 30))), deducted=draw(st.booleans())),
        "crossing": lambda: Crossing(part_unit=draw(st.sampled_from(("separate", "complete")))),
    }
    return plain(**{**{name: make() for name, make in drawn.items() if name not in fields}, **fields})


wide = st.integers(0, 1 << 32).map(lambda seed: generators.tariff(Random(seed)))
minutes = st.one_of(st.integers(1, 300), st.integers(1, 4000))
moments = st.integers(0, 14 * 24 * 60 - 1).map(lambda minute: at("03T00:00") + timedelta(minutes=minute))


@st.composite
def visits(draw: st.DrawFn, /, **fields: Any) -> Visit:
    """A visit in November 2025."""
    entered = draw(moments)
    return Visit(entered, entered + timedelta(minutes=draw(minutes)), **fields)


@st.composite
def wide_cases(draw: st.DrawFn, /, **fields: Any) -> tuple[Tariff, Visit]:
    """Any tariff there is and a visit it has something to say about."""
    random = Random(draw(st.integers(0, 1 << 32)))
    tariff = generators.tariff(random, **fields)
    return tariff, visit_generators.visit(random, tariff)


def cap(code: str, fen: int, per: str, **rest: Any) -> Cap:
    """A cap."""
    return Cap(**generators.named(code), fen=fen, per=per, **rest)  # type: ignore[arg-type]


def quota(minutes: int, **rest: Any) -> Quota:
    """A quota for all vehicles."""
    return Quota(**generators.named("q"), who=Match(), minutes=minutes, **rest)


def stayed(entered: str, vehicle: Vehicle | None = None, **lasted: int) -> Visit:
    """A visit by its length."""
    return Visit(at(entered), at(entered) + timedelta(**lasted), vehicle or Vehicle())


def fee_of(tariff: Compiled, visit: Visit, pasts: Sequence[Past] = ()) -> Fee:
    """The fee of a visit by the one tariff in force, with its lines."""
    return tariffs.price([(visit.entered_at, tariff)], visit, pasts)


def in_force(dated: Sequence[tuple[datetime, Compiled]], visit: Visit) -> list[tuple[datetime, Compiled]]:
    """Of tariffs in order of time, each since when, those that a visit is priced by."""
    known = [TariffInForce(since, number, each.tariff, each) for number, (since, each) in enumerate(dated)]
    return [(each.valid_from, each.compiled) for each in prices.of_stay(known, visit.entered_at, visit.left_at)]


def cost(tariff: Tariff, visit: Visit, pasts: Sequence[Past] = ()) -> int:
    """What a visit costs."""
    return tariffs.calculate(tariffs.Compiled(tariff), visit, pasts).fee_fen


def but(part: S, **fields: Any) -> S:
    """The same with other values in some fields."""
    return msgspec.structs.replace(part, **fields)


def later(visit: Visit, **by: int) -> Visit:
    """The same visit at a later time, with all it brings."""
    moved = timedelta(**by)
    return but(
        visit,
        entered_at=visit.entered_at + moved,
        left_at=visit.left_at + moved,
        charging=tuple((begins + moved, ends + moved) for begins, ends in visit.charging),
        booked=tuple((begins + moved, ends + moved) for begins, ends in visit.booked),
        paused=tuple((begins + moved, ends + moved) for begins, ends in visit.paused),
        passes=tuple(
            but(held, valid_from=held.valid_from + moved, valid_until=held.valid_until + moved) for held in visit.passes
        ),
    )
