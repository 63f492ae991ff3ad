"""What a closed stay costs and who pays: by its vehicle, the tariffs in force, and what earlier visits used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from parking import plates, tariffs
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff, TariffInForce
from parking.stays import Stay, is_long
from parking.tariffs import Fee, FeeLine, Past, Use, Vehicle, Visit
from parking.tariffs.language.document import Scope

# The plates most vehicles of a kind have, for a price that is asked without one.
_USUAL = {
    (VehicleClass.SMALL, False): PlateColor.BLUE,
    (VehicleClass.SMALL, True): PlateColor.GREEN,
    (VehicleClass.LARGE, False): PlateColor.YELLOW,
    (VehicleClass.LARGE, True): PlateColor.YELLOW_GREEN,
    (VehicleClass.MOTORCYCLE, False): PlateColor.YELLOW,
}


class Payer(Struct, frozen=True):
    """An active account that a plate is linked to, or was: from `linked_at` until before `unlinked_at`."""

    plate: str
    plate_color: PlateColor
    account_id: int
    linked_at: datetime
    unlinked_at: datetime | None = None

    def held_at(self, at: datetime) -> bool:
        """Whether it paid for the plate at an instant."""
        return self.linked_at <= at and (self.unlinked_at is None or at < self.unlinked_at)


class Bill(Struct, frozen=True):
    """What a closed stay costs (fen), by which tariff, and whose account pays (None: the driver, at the gate).

    `uses`: what it used of things that are remembered. `lines` explain the fee; they are kept with the charge.
    """

    tariff_id: int | None
    fee_fen: int
    account_id: int | None
    uses: tuple[Use, ...] = ()
    lines: Sequence[FeeLine] = ()


def vehicle_of(plate: str, color: PlateColor, seen: VehicleClass) -> Vehicle:
    """The vehicle as far as its plate and what the camera saw tell."""
    # What no camera recognised is priced as what most vehicles are.
    kind = VehicleClass.SMALL if seen is VehicleClass.UNKNOWN else seen
    kind = VehicleClass.LARGE if plates.is_large(color, seen) else kind
    return Vehicle(kind=kind, color=color, new_energy=plates.is_new_energy(plate, color))


def usual_vehicle(kind: VehicleClass, *, new_energy: bool) -> Vehicle:
    """A vehicle of a kind as most of them are."""
    return Vehicle(kind=kind, color=_USUAL.get((kind, new_energy), PlateColor.UNKNOWN), new_energy=new_energy)


def pasts_of(stays: Iterable[Stay], bills: Mapping[UUID, Bill], place: Scope = "lot") -> list[Past]:
    """Closed stays as what they left remembered, without those that used nothing."""
    return [
        Past(stay.entered_at, stay.left_at, bill.uses, place)
        for stay in stays
        if stay.entered_at and stay.left_at and (bill := bills.get(stay.id)) is not None and bill.uses
    ]


def bill(stay: Stay, in_force: Sequence[TariffInForce], pasts: Sequence[Past], payers: Sequence[Payer]) -> Bill:
    """What a closed stay costs by the tariffs in force during it, and which of the plate's payers pays.

    Raises as `price`, but a lot without any tariff charges nothing: what was never published may not be charged.
    """
    assert stay.entered_at is not None
    assert stay.left_at is not None
    account_id = _account_of(stay, stay.left_at, payers)
    if not in_force:
        return Bill(None, 0, account_id)
    vehicle = vehicle_of(stay.plate, stay.plate_color, stay.vehicle_class)
    fee = price(in_force, stay.entered_at, stay.left_at, vehicle, pasts)
    return Bill(in_force[0].tariff_id, fee.fee_fen, account_id, fee.uses, fee.lines)


def _account_of(stay: Stay, left_at: datetime, payers: Sequence[Payer]) -> int | None:
    # Whoever held the plate when the vehicle left, however late that is told. Nobody pays unseen for a missed exit.
    if is_long(stay):
        return None
    return next((payer.account_id for payer in payers if payer.held_at(left_at)), None)


def price(
    in_force: Sequence[TariffInForce],
    entered_at: datetime,
    left_at: datetime,
    vehicle: Vehicle,
    pasts: Sequence[Past] = (),
) -> Fee:
    """The fee of a stay by the tariffs in force during it (`prices.of_stay`); `pasts` are the vehicle's other visits.

    Raises:
        NoTariff: there is none, or one of those that matter to the stay cannot be read.
        tariffs.StayNotPriceable: the stay ends before it begins or is longer than any stay can be.
    """
    if not in_force:
        raise NoTariff("No tariff holds at this lot.")
    # Where the first prices the whole stay, a later one need not be readable.
    priced_by = in_force[:1] if in_force[0].tariff.on_change == "at_entry" else in_force
    visit = Visit(entered_at, left_at, vehicle)
    return tariffs.price([(each.valid_from, each.compiled) for each in priced_by], visit, pasts)
