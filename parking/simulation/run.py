"""The simulation itself: past stays priced by a draft and compared with what they cost, in one pass."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from parking.entitlements import Rights
from parking.fees import vehicle_of, visit_of
from parking.lots import Lot
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff
from parking.simulation.history import History
from parking.simulation.past_stays import Case, PastStay, Period
from parking.simulation.totals import Outcome, Priced, Totals
from parking.tariffs import Compiled, StayNotPriceable, Tariff, Vehicle, Visit
from parking.texts import amounts, times

_decode_rights = msgspec.json.Decoder(Rights).decode


class Simulation(Struct, frozen=True):
    """What is simulated: the draft, where, for which period, compared with what, and when it was done.

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
    def time_zone(self) -> ZoneInfo:
        """The time zone of the draft, in which all times are shown."""
        return ZoneInfo(self.tariff.time_zone)

    def money(self, fen: int, *, signed: bool = False) -> str:
        """An amount in the currency of the draft; with a sign if it is a change."""
        return amounts.grouped(fen, self.tariff.currency, signed=signed)

    def at(self, moment: datetime) -> str:
        """An instant as the draft's clocks show it: "2025-11-18 09:05"."""
        return times.date_and_clock(moment.astimezone(self.time_zone))


class Run:
    """Prices past stays as they come and sums up.

    draft: the tariff that is tried. current: the tariffs to compare with, by lot; without it, what was charged.
    on_case: called with every stay that is compared.
    """

    def __init__(
        self,
        draft: Compiled,
        period: Period,
        operators: Mapping[int, int],
        *,
        current: Mapping[int, Compiled] | None = None,
        on_case: Callable[[Case], None] | None = None,
    ) -> None:
        self._draft = History(dict.fromkeys(operators, draft), operators)
        self._current = None if current is None else History(current, operators)
        self._since = period.since
        self._totals = Totals(draft.time_zone, on_case)
        self._earlier = 0
        self._plate, self._color = "", ""
        # The vehicle whose stays are coming, by the class that a camera recognised.
        self._vehicles: dict[str, tuple[Vehicle, str]] = {}
        self.read = 0
        self.compared = 0

    def take(self, stays: Iterable[PastStay]) -> None:
        """Prices the next stays; `read` and `compared` count them."""
        # First all prices, then all sums: two small loops are faster than one large.
        self._totals.add(self._priced(stays))

    def outcome(self) -> Outcome:
        """All sums over the stays so far; nothing is taken afterwards."""
        return self._totals.outcome(earlier=self._earlier)

    def _priced(self, stays: Iterable[PastStay]) -> list[Priced]:
        priced: list[Priced] = []
        draft, current, since = self._draft.fee_of, self._current, self._since
        for stay in stays:
            self.read += 1
            if stay.plate != self._plate or stay.plate_color != self._color:
                self._next_vehicle(stay)
            known = self._vehicles.get(stay.vehicle_class)
            if known is None:
                known = self._vehicle(stay)
            vehicle, kind = known
            visit = Visit(stay.entered_at, stay.left_at, vehicle)
            if stay.rights is not None:
                visit = _with_rights(stay, _decode_rights(stay.rights))
            try:
                after_fen = draft(stay.lot_id, visit)
                before_fen = stay.fee_fen if current is None else current.fee_of(stay.lot_id, visit)
            except (StayNotPriceable, NoTariff) as e:
                if stay.left_at >= since:
                    self._totals.refuse(stay, e.sentence)
                continue
            if stay.left_at < since:
                self._earlier += 1
                continue
            self.compared += 1
            priced.append((stay, kind, before_fen, after_fen))
        return priced

    def _next_vehicle(self, stay: PastStay) -> None:
        self._draft.clear()
        if self._current is not None:
            self._current.clear()
        self._plate, self._color = stay.plate, stay.plate_color
        self._vehicles = {}

    def _vehicle(self, stay: PastStay) -> tuple[Vehicle, str]:
        vehicle = vehicle_of(stay.plate, PlateColor(stay.plate_color), VehicleClass(stay.vehicle_class))
        kind = f"{vehicle.kind.value}_new_energy" if vehicle.new_energy else vehicle.kind.value
        self._vehicles[stay.vehicle_class] = vehicle, kind
        return vehicle, kind


def _with_rights(stay: PastStay, rights: Rights) -> Visit:
    """A stay with what it had beyond its plate, which a draft may ask for as well."""
    vehicle = vehicle_of(stay.plate, PlateColor(stay.plate_color), VehicleClass(stay.vehicle_class), rights)
    return visit_of(stay.entered_at, stay.left_at, vehicle, rights)
