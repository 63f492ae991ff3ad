"""Past stays priced by a draft and compared with what they cost, in one pass and in little memory."""

from collections.abc import Callable, Iterable, Mapping

from parking.fees import vehicle_of
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff
from parking.replaying.carrying import Carried
from parking.replaying.outcome import Case, Period, Row, WhatIf
from parking.replaying.sums import Priced, Sums
from parking.tariffs import Compiled, StayNotPriceable, Vehicle, Visit


class Replay:
    """Prices rows as they come and sums up.

    draft: the tariff tried out. held: the tariffs to compare with by lot; without it, what was charged. told: called
    with every stay that is compared.
    """

    def __init__(
        self,
        draft: Compiled,
        period: Period,
        operators: Mapping[int, int],
        *,
        held: Mapping[int, Compiled] | None = None,
        told: Callable[[Case], None] | None = None,
    ) -> None:
        self._draft = Carried(dict.fromkeys(operators, draft), operators)
        self._held = None if held is None else Carried(held, operators)
        self._since = period.since
        self._sums = Sums(draft.time_zone, told)
        self._carried = 0
        self._plate, self._color = "", ""
        # What the vehicle whose stays are coming is, by what a camera took it for.
        self._seen: dict[str, tuple[Vehicle, str]] = {}
        self.read = 0
        self.compared = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Prices the next rows; `read` and `compared` say how many there have been."""
        # First all prices, then all sums: two small loops one after the other are faster than one large.
        self._sums.add(self._priced(rows))

    def result(self) -> WhatIf:
        """All sums over the rows so far. Nothing is taken afterwards."""
        return self._sums.result(carried=self._carried)

    def _priced(self, rows: Iterable[Row]) -> list[Priced]:
        found: list[Priced] = []
        draft, held, since = self._draft.fee_of, self._held, self._since
        for row in rows:
            self.read += 1
            if row.plate != self._plate or row.plate_color != self._color:
                self._next_vehicle(row)
            seen = self._seen.get(row.vehicle_class)
            if seen is None:
                seen = self._see(row)
            vehicle, kind = seen
            visit = Visit(row.entered_at, row.left_at, vehicle)
            try:
                after_fen = draft(row.lot_id, visit)
                before_fen = row.fee_fen if held is None else held.fee_of(row.lot_id, visit)
            except (StayNotPriceable, NoTariff) as e:
                if row.left_at >= since:
                    self._sums.refuse(row, e.sentence)
                continue
            if row.left_at < since:
                self._carried += 1
                continue
            self.compared += 1
            found.append((row, kind, before_fen, after_fen))
        return found

    def _next_vehicle(self, row: Row) -> None:
        self._draft.forget()
        if self._held is not None:
            self._held.forget()
        self._plate, self._color = row.plate, row.plate_color
        self._seen = {}

    def _see(self, row: Row) -> tuple[Vehicle, str]:
        vehicle = vehicle_of(row.plate, PlateColor(row.plate_color), VehicleClass(row.vehicle_class))
        name = f"{vehicle.kind.value}_new_energy" if vehicle.new_energy else vehicle.kind.value
        self._seen[row.vehicle_class] = vehicle, name
        return vehicle, name
