"""Caps as they are metered: what each has left where a unit begins, and what was paid under those remembered."""

from msgspec import Struct

from parking.tariffs.compiled import EVER, Capping, Compiled, fits
from parking.tariffs.covering import Stay
from parking.tariffs.document import Cap
from parking.tariffs.hours import instant, is_within
from parking.tariffs.memory import Cycle, cycle_of
from parking.tariffs.visits import Use

_EVERY_DAY = "every_day"


class Held(Struct, frozen=True, gc=False):
    """What a cap took off a run of units: which cap, its amount, and how much."""

    cap: int
    cap_fen: int
    taken_fen: int


class _Room(Struct, gc=False):
    """One cap during one visit: the period it is in, what it has left there, and how many periods there have been."""

    meter: Capping
    cap: Cap
    fen: int
    left: int
    paid: int = 0
    times: int = 0
    begins: int = 0
    until: int = -EVER


class Caps(Struct, gc=False):
    """The caps of one visit. Units are told in the order in which they begin."""

    tariff: Compiled
    stay: Stay
    _rooms: dict[int, _Room | None] = {}
    _of_band: dict[int, list[_Room]] = {}
    _cycles: dict[int, Cycle] = {}
    _uses: list[Use] = []

    def until(self, band: int, at: int, passage: tuple[int, int], ends: int) -> int:
        """Up to when units of a band that begin from an instant on, but before `ends`, fall under the same periods."""
        rooms = self._of_band.get(band)
        if rooms is None:
            rate = self.stay.table.rates[band]
            held = [self._room(place) for place in rate.caps] if rate else []
            rooms = self._of_band[band] = [room for room in held if room is not None]
        for room in rooms:
            if at >= room.until or (room.cap.per == "passage" and room.begins != passage[0]):
                self._open(room, at, passage)
            if room.until < ends:  # noqa: PLR1730  min() would take longer than all else here
                ends = room.until
        return ends

    def pay(self, band: int, amount_fen: int) -> Held | None:
        """Pays an amount for units of the times `until` told of; tells of the cap that took something off."""
        rooms = self._of_band[band]
        if not rooms:
            return None
        least = rooms[0]
        for room in rooms:
            if room.left < least.left:
                least = room
        paid_fen = amount_fen if amount_fen <= least.left else least.left  # noqa: FURB136  as above
        for room in rooms:
            # Outside its windows a cap has no end, and nothing is counted against it.
            if room.left != EVER:
                room.left -= paid_fen
                room.paid += paid_fen
        return Held(least.meter.cap, least.fen, amount_fen - paid_fen) if paid_fen < amount_fen else None

    def uses(self) -> list[Use]:
        """What the visit paid under the caps that are remembered, once all its units are told."""
        for room in self._rooms.values():
            if room is not None:
                self._note(room)
        return self._uses

    def _room(self, place: int) -> _Room | None:
        """The room of a cap, or None if it does not hold for this visit at all."""
        if place not in self._rooms:
            meter = self.tariff.meters[place]
            cap, fen = self.tariff.tariff.caps[meter.cap], self.stay.table.cap_fen[meter.cap]
            self._rooms[place] = _Room(meter, cap, fen, fen) if not meter.asks or self._holds(cap) else None
        return self._rooms[place]

    def _holds(self, cap: Cap) -> bool:
        calendar, stay = self.tariff.calendar, self.stay
        return (
            fits(cap.who, stay.visit.vehicle)
            and is_within(cap.entered, stay.whole[0], calendar)
            # Out by seven is in time at seven.
            and is_within(cap.left, stay.whole[1] - 1, calendar)
        )

    def _open(self, room: _Room, at: int, passage: tuple[int, int]) -> None:
        """Puts a room into the period an instant lies in."""
        self._note(room)
        room.left, room.paid, room.times = room.fen, 0, room.times + 1
        cap = room.cap
        if cap.per == "stay":
            room.begins, room.until = self.stay.starts, EVER
        elif cap.per == "passage":
            room.begins, room.until = passage
        elif cap.per == "window":
            assert room.meter.window is not None
            inside, room.begins, room.until = room.meter.window.around(at)
            if not inside:
                room.left, room.times = EVER, room.times - 1
                return
        else:
            self._open_remembered(room, at)
        if cap.days != _EVERY_DAY and not self._is_day(cap.days, room.begins):
            room.left, room.times = EVER, room.times - 1
        elif 0 < cap.times_max < room.times:
            room.left = EVER

    def _is_day(self, days: str, at: int) -> bool:
        calendar = self.tariff.calendar
        return days in calendar.sets(calendar.day_at(at))

    def _open_remembered(self, room: _Room, at: int) -> None:
        cap = room.cap
        cycle = self._cycles.get(room.meter.cap)
        if cycle is None:
            cycle = self._cycles[room.meter.cap] = cycle_of(cap, self.stay.starts, self.stay.pasts)
        if cap.per == "day":
            calendar = self.tariff.calendar
            room.begins, room.until = calendar.begins(calendar.day_at(at))
        else:
            length = cap.hours * 3600
            room.begins = cycle.begins + (at - cycle.begins) // length * length
            room.until = room.begins + length
        if cycle.paid:
            paid = sum([fen for at, fen in cycle.paid.items() if room.begins <= at < room.until])
            room.left = max(0, room.fen - paid)

    def _note(self, room: _Room) -> None:
        if room.paid and room.cap.memory != "none":
            self._uses.append(Use(f"cap.{room.cap.code}", instant(room.begins), room.paid))
