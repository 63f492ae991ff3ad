"""When and for whom a rule of a tariff holds: sets of days, hours of the day, vehicles and visits."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from parking.plates import PlateColor, VehicleClass
from parking.tariffs.language.fields import DAY_MIN, Clock, Code, IsoDate, Minutes, MonthDay, Part, Weekday, Word


def minute_of_day(text: str) -> int:
    """A time of day (`08:00`) as minutes after midnight."""
    return int(text[:2]) * 60 + int(text[3:])


class Season(Part, frozen=True):
    """From one day of the year to another, both included; over New Year if `to` is the smaller."""

    from_: MonthDay = msgspec.field(name="from")
    to: MonthDay


class DateRange(Part, frozen=True):
    """From one date to another, both included."""

    from_: IsoDate = msgspec.field(name="from")
    to: IsoDate


class DaySet(Part, frozen=True):
    """A named set of local days: those that meet every condition given and are in no set of `except`.

    name_zh, name_en: what a notice calls them; without a name it says what the days have in common.
    """

    code: Code
    name_zh: Annotated[str, Meta(max_length=128)] = ""
    name_en: Annotated[str, Meta(max_length=128)] = ""
    weekdays: tuple[Weekday, ...] = ()
    workday: bool | None = None
    holidays: tuple[Code, ...] = ()
    seasons: tuple[Season, ...] = ()
    dates: tuple[DateRange, ...] = ()
    except_: tuple[Code, ...] = msgspec.field(name="except", default=())


class DayHours(Part, frozen=True):
    """From `from` up to `to` on every day of the set; over midnight, if `to` is earlier, it belongs to the evening."""

    from_: Clock = msgspec.field(name="from", default="00:00")
    to: Clock = "24:00"
    days: Code = "every_day"

    def minutes(self) -> tuple[int, int]:
        """From and to in minutes of the day; `to` is beyond 24 hours where the period runs over midnight."""
        begins, until = minute_of_day(self.from_), minute_of_day(self.to)
        return begins, until if until > begins else until + DAY_MIN


class Match(Part, frozen=True, kw_only=True):
    """Which vehicles and visits are meant: those that match everything given; nothing given matches all.

    tags: the vehicle has one of them. at_least, at_most: a known fact of the vehicle (length_cm, seats, mass_kg,
    co2_g_km, …) lies within; an unknown fact matches neither. coupons: one of these codes came with the visit (a
    coupon, a lost ticket). paid_by: one of these methods. entered, left: hours of the day in which the visit began and
    ended. leaving: it ended in any such hours, or in the "first" that were not over when it began. over_min: it was
    longer than this.
    """

    kinds: tuple[VehicleClass, ...] = ()
    colors: tuple[PlateColor, ...] = ()
    new_energy: bool | None = None
    tags: tuple[Word, ...] = ()
    at_least: dict[Word, int] = msgspec.field(default_factory=dict)
    at_most: dict[Word, int] = msgspec.field(default_factory=dict)
    coupons: tuple[Word, ...] = ()
    paid_by: tuple[Word, ...] = ()
    entered: tuple[DayHours, ...] = ()
    left: tuple[DayHours, ...] = ()
    leaving: Literal["any", "first"] = "any"
    over_min: Minutes = 0
