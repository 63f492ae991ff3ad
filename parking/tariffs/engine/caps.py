"""Caps as they are metered: what each has left where a unit begins, and what was paid under those remembered."""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from parking.tariffs.engine.calendar import instant, month_at, week_at
from parking.tariffs.engine.compiled import EVER, Compiled, CompiledCap
from parking.tariffs.engine.exemptions import SegmentedStay
from parking.tariffs.engine.matching import has_left, is_within
from parking.tariffs.engine.memory import Cycle, cycle_of
from parking.tariffs.engine.quote import Use
from parking.tariffs.language.document import Cap

_EVERY_DAY = "every_day"


class CapReduction(Struct, frozen=True, gc=False):
    """What a cap took off a run of units: its place in the document, its amount, and how much."""

    cap: int
    cap_fen: int
    taken_fen: int


class _Room(Struct, gc=False):
    """One cap during one visit: the period it is in, what it has left there, and how many periods there have been."""

    meter: CompiledCap
    cap: Cap
    fen: int
    left: int
    paid: int = 0
    times: int = 0
    begins: int = 0
    until: int = -EVER


Rooms: TypeAlias = Sequence[_Room]


class Caps(Struct, gc=False):
    """The caps of one visit. `open` is called in the order in which units begin, and `pay` with what it returned."""

    tariff: Compiled
    stay: SegmentedStay
    _rooms: dict[int, _Room | None] = {}
    _of_band: dict[int, list[_Room]] = {}
    _cycles: dict[int, Cycle] = {}
    _uses: list[Use] = []

    def open(self, band: int, at: int, segment: tuple[int, int], ends: int) -> tuple[Rooms, int]:
        """The caps of a unit of a band that begins at an instant, each in its period, and until when (or `ends`) units
        of that band begin in the same periods.
        """
        rooms = self._of_band.get(band)
        if rooms is None:
            rate = self.stay.table.rates[band]
            applicable = [self._room(place) for place in rate.caps] if rate else []
            rooms = self._of_band[band] = [room for room in applicable if room is not None]
        for room in rooms:
            if at >= room.until or (room.cap.per == "passage" and room.begins != segment[0]):
                self._enter_period(room, at, segment)
            if room.until < ends:  # noqa: PLR1730  min() would take longer than all else here
                ends = room.until
        return rooms, ends

    def uses(self) -> list[Use]:
        """What the visit paid under the caps that are remembered, once all its units are paid."""
        for room in self._rooms.values():
            if room is not None:
                self._note(room)
        return self._uses

    def _room(self, place: int) -> _Room | None:
        """The room of a cap, or None if it does not apply to this visit at all."""
        if place not in self._rooms:
            meter = self.tariff.caps[place]
            cap, fen = self.tariff.tariff.caps[meter.place], self.stay.table.cap_fen[meter.place]
            applies = not meter.is_conditional or self._applies(cap)
            self._rooms[place] = _Room(meter, cap, fen, fen) if applies else None
        return self._rooms[place]

    def _applies(self, cap: Cap) -> bool:
        calendar, stay = self.tariff.calendar, self.stay
        return (
            self.tariff.applies(cap.who, stay.visit, stay.whole)
            and is_within(cap.entered, stay.whole[0], calendar)
            and has_left(cap.left, *stay.whole, calendar, only_first=False)
        )

    def _enter_period(self, room: _Room, at: int, segment: tuple[int, int]) -> None:
        """Puts a room into the period an instant lies in."""
        self._note(room)
        room.left, room.paid, room.times = room.fen, 0, room.times + 1
        cap = room.cap
        if cap.per == "stay":
            room.begins, room.until = self.stay.starts, EVER
        elif cap.per == "passage":
            room.begins, room.until = segment
        elif not self._enter_dated(room, at):
            room.left, room.times = EVER, room.times - 1
            return
        if (cap.first_min and self._is_over(room, at)) or (
            cap.days != _EVERY_DAY and not self._is_day(cap.days, room.begins)
        ):
            room.left, room.times = EVER, room.times - 1
        elif 0 < cap.times_max < room.times:
            room.left = EVER

    def _is_over(self, room: _Room, at: int) -> bool:
        """Whether the part of a period that a cap is for is over; if not, the room ends with that part."""
        ends = room.begins + room.cap.first_min * 60
        if at < ends:
            room.until = min(room.until, ends)
        return at >= ends

    def _is_day(self, days: str, at: int) -> bool:
        calendar = self.tariff.calendar
        return days in calendar.sets(calendar.day_at(at))

    def _enter_dated(self, room: _Room, at: int) -> bool:
        """Puts a room into the day, week, month, cycle or window of an instant; False where it lies in no window."""
        cap, days = room.cap, self.tariff.parking_days
        cycle = self._cycles.get(room.meter.place)
        if cycle is None:
            cycle = self._cycles[room.meter.place] = cycle_of(cap, self.stay.starts, self.stay.pasts)
        if room.meter.window is not None:
            is_inside, room.begins, room.until = room.meter.window.around(at)
            if not is_inside:
                return False
        elif cap.per == "day":
            room.begins, room.until = days.bounds(days.day_at(at))
        elif cap.per == "week":
            room.begins, room.until = week_at(days, at)
        elif cap.per == "month":
            room.begins, room.until = month_at(days, at)
        else:
            length = cap.hours * 3600
            room.begins = cycle.begins + (at - cycle.begins) // length * length
            room.until = room.begins + length
        if cycle.paid:
            # Windows may overlap: what was paid in another that began during this one is not paid in this one.
            last = room.begins + 1 if room.meter.window is not None else room.until
            paid_fen = sum([fen for paid_at, fen in cycle.paid.items() if room.begins <= paid_at < last])
            room.left = max(0, room.fen - paid_fen)
        return True

    def _note(self, room: _Room) -> None:
        """Notes what was paid in the period that a room leaves, if it is remembered."""
        if room.paid and room.cap.memory != "none":
            self._uses.append(Use(f"cap.{room.cap.code}", instant(room.begins), room.paid))


def pay(rooms: Rooms, amount_fen: int) -> CapReduction | None:
    """Pays an amount under caps that are open, of which there is one at least; returns what one of them took off."""
    least = rooms[0]
    for room in rooms:
        if room.left < least.left:
            least = room
    paid_fen = amount_fen if amount_fen <= least.left else least.left  # noqa: FURB136  as above
    for room in rooms:
        # Where a cap does not apply it has no end, and nothing is counted against it.
        if room.left != EVER:
            room.left -= paid_fen
            room.paid += paid_fen
    return CapReduction(least.meter.place, least.fen, amount_fen - paid_fen) if paid_fen < amount_fen else None
