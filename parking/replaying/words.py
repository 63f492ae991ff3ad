"""What the figures of a trial are called, in both languages, and how they are written."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from parking.lots import Lot
from parking.replaying.outcome import DURATIONS
from parking.tariffs import Tariff
from parking.texts.amounts import decimals

_KINDS = {
    "small": ("小型车", "Small"),
    "large": ("大型车", "Large"),
    "motorcycle": ("摩托车", "Motorcycle"),
    "unknown": ("未识别", "Not recognised"),
}
_NEW_ENERGY = "_new_energy"
AGAINST = {"charged": ("当时应收", "what was charged then"), "current": ("现行标准", "the tariff in force now")}


class Trial(Struct, frozen=True):
    """What was tried: the draft, where, for which period, against what, and when the trial was made.

    read_all: false if it ended before all stays were read.
    """

    tariff: Tariff
    digest: str
    lots: dict[int, Lot]
    since: datetime
    until: datetime
    against: str
    made_at: datetime
    read_all: bool = True

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the draft, in which all times are told."""
        return ZoneInfo(self.tariff.time_zone)

    def money(self, fen: int, *, signed: bool = False) -> str:
        """An amount with its thousands apart, and with a sign if it is a change."""
        places = decimals(self.tariff.currency)
        whole, part = divmod(abs(fen), 10**places)
        number = f"{whole:,}.{part:0{places}d}" if places else f"{whole:,}"
        return f"{_sign(fen, signed=signed)}{number}"

    def at(self, moment: datetime) -> str:
        """A local time."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def share(part: int, whole: int, *, signed: bool = False) -> str:
    """A part as a percentage with one decimal; "–" of nothing."""
    if not whole:
        return "–"
    tenths = (2000 * abs(part) + whole) // (2 * whole)
    return f"{_sign(part, signed=signed)}{tenths // 10}.{tenths % 10} %"


def kind(code: str) -> tuple[str, str]:
    """The names of a kind of vehicles."""
    zh, en = _KINDS[code.removesuffix(_NEW_ENERGY)]
    return (f"{zh}·新能源", f"{en}, new energy") if code.endswith(_NEW_ENERGY) else (zh, en)


def duration(place: int) -> tuple[str, str]:
    """The names of a class of durations."""
    if place == 0:
        return f"{_long(DURATIONS[0], zh=True)}以内", f"up to {_long(DURATIONS[0], zh=False)}"
    since = DURATIONS[place - 1]
    if place == len(DURATIONS):
        return f"{_long(since, zh=True)}以上", f"over {_long(since, zh=False)}"
    until = DURATIONS[place]
    return f"{_long(since, zh=True)}至{_long(until, zh=True)}", f"{_long(since, zh=False)} to {_long(until, zh=False)}"


def length(stayed: timedelta) -> str:
    """How long a stay was: "3 h 20 min"."""
    hours, minutes = divmod(stayed // timedelta(minutes=1), 60)
    days, hours = divmod(hours, 24)
    said = [f"{days} d"] if days else []
    said += [f"{hours} h"] if hours else []
    return " ".join([*said, f"{minutes} min"]) if minutes or not said else " ".join(said)


def _sign(number: int, *, signed: bool) -> str:
    # The true minus is as wide as the plus.
    return "−" if number < 0 else "+" if number and signed else ""


def _long(time: timedelta, *, zh: bool) -> str:
    minutes = time // timedelta(minutes=1)
    if minutes < 60:
        return f"{minutes} 分钟" if zh else f"{minutes} min"
    if minutes < 1440:
        return f"{minutes // 60} 小时" if zh else f"{minutes // 60} h"
    return f"{minutes // 1440} 天" if zh else f"{minutes // 1440} d"
