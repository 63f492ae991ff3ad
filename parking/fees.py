"""What a closed stay costs and who pays: by its vehicle, the tariffs in force, and what earlier visits used."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from parking import entitlements, plates, tariffs
from parking.entitlements import BY_ACCOUNT, NOTHING, Rights
from parking.plates import PlateColor, VehicleClass
from parking.prices import NoTariff, TariffInForce
from parking.reads import LetOut
from parking.stays import Stay
from parking.tariffs import Fee, FeeLine, PassHeld, Past, Use, Vehicle, Visit
from parking.tariffs.language.fields import Scope
from parking.texts.bills import SET_BY_PERSON

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


class PastAt(NamedTuple):
    """A visit and what it used, in which lot, and its stay."""

    lot_id: int
    stay_id: UUID
    past: Past

    @property
    def turn(self) -> tuple[datetime, int]:
        """By what visits to several lots come one after the other: what one used, the later ones remember."""
        return self.past.entered_at, self.lot_id


class Bill(Struct, frozen=True):
    """What a closed stay costs (fen), by which tariff, and whose account pays (None: the driver, at the gate).

    `uses`: what it used of things that are remembered. `lines` explain the fee; they are kept with the charge.
    `began_unlinked`: the stay began before the plate was linked to the account. `until`: the instant until which it is
    priced, at which its driver was told so; None where that was read again from what is stored.
    """

    tariff_id: int | None
    fee_fen: int
    account_id: int | None
    uses: tuple[Use, ...] = ()
    lines: Sequence[FeeLine] = ()
    began_unlinked: bool = False
    until: datetime | None = None


def vehicle_of(plate: str, color: PlateColor, seen: VehicleClass, rights: Rights = NOTHING) -> Vehicle:
    """The vehicle as far as its plate, what the camera saw and what is registered of it tell."""
    # What no camera recognised is priced as what most vehicles are.
    kind = VehicleClass.SMALL if seen is VehicleClass.UNKNOWN else seen
    kind = VehicleClass.LARGE if plates.is_large(plate, color, seen) else kind
    return Vehicle(
        kind=kind,
        color=color,
        new_energy=plates.is_new_energy(plate, color),
        tags=entitlements.tags_of(plate).union(rights.tags),
        facts=rights.facts,
    )


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


def bill(
    stay: Stay,
    in_force: Sequence[TariffInForce],
    pasts: Sequence[Past],
    payers: Sequence[Payer],
    rights: Rights = NOTHING,
) -> Bill:
    """What a closed stay costs by the tariffs that price it (`prices.of_stay`) and its `rights`, and which of the
    plate's payers pays.

    Raises as `price`, but a lot without any tariff charges nothing: what was never published may not be charged.
    """
    assert stay.entered_at is not None
    assert stay.left_at is not None
    payer = _payer_of(stay.left_at, payers)
    account_id = None if payer is None else payer.account_id
    if not in_force:
        return Bill(None, 0, account_id)
    vehicle = vehicle_of(stay.plate, stay.plate_color, stay.vehicle_class, rights)
    fee = price(in_force, stay.entered_at, stay.left_at, vehicle, pasts, _as_paid(rights, account_id))
    began_unlinked = payer is not None and payer.linked_at > stay.entered_at
    return Bill(in_force[0].tariff_id, fee.fee_fen, account_id, fee.uses, fee.lines, began_unlinked, stay.left_at)


def as_decided(bill: Bill, stay: Stay) -> Bill:
    """A bill as the person says who let the vehicle out: over nothing, over the amount that was set, or as it is. What
    follows no tariff uses nothing that is remembered.
    """
    if stay.let_out is LetOut.FREE:
        return structs.replace(bill, fee_fen=0, uses=(), lines=())
    if stay.set_fen is not None:
        return structs.replace(bill, fee_fen=stay.set_fen, uses=(), lines=(_set_by_person(stay, stay.set_fen),))
    return bill


def _set_by_person(stay: Stay, set_fen: int) -> FeeLine:
    assert stay.entered_at is not None
    assert stay.left_at is not None
    zh, en = SET_BY_PERSON
    return FeeLine("set", stay.entered_at, stay.left_at, 1, set_fen, set_fen, set_fen, "set", zh, en, zh, en)


def _payer_of(left_at: datetime, payers: Sequence[Payer]) -> Payer | None:
    # Whoever held the plate when the vehicle left, however late that is told.
    return next((payer for payer in payers if payer.held_at(left_at)), None)


def price(
    in_force: Sequence[TariffInForce],
    entered_at: datetime,
    left_at: datetime,
    vehicle: Vehicle,
    pasts: Sequence[Past] = (),
    rights: Rights = NOTHING,
) -> Fee:
    """The fee of a stay by the tariffs that price it (`prices.of_stay`); `pasts` are the vehicle's other visits, and
    `rights` what the stay has beside its vehicle.

    Raises:
        NoTariff: there is none, or one of them cannot be read.
        tariffs.StayNotPriceable: the stay ends before it begins or is longer than any stay can be.
    """
    if not in_force:
        raise NoTariff("No tariff holds at this lot.")
    visit = visit_of(entered_at, left_at, vehicle, rights)
    return tariffs.price([(each.valid_from, each.compiled) for each in in_force], visit, pasts)


def visit_of(entered_at: datetime, left_at: datetime, vehicle: Vehicle, rights: Rights) -> Visit:
    """A stay as prices see it."""
    return Visit(
        entered_at,
        left_at,
        vehicle,
        bays=rights.bays,
        charging=rights.charging,
        booked=tuple([(each.since, each.until) for each in rights.booked]),
        passes=tuple([PassHeld(each.code, each.since, each.until) for each in rights.passes]),
        coupons=tuple([each.discount for each in rights.coupons]),
        paid_by=rights.paid_by,
        paused=rights.paused,
    )


def _as_paid(rights: Rights, account_id: int | None) -> Rights:
    if rights.paid_by or account_id is None:
        return rights
    return structs.replace(rights, paid_by=BY_ACCOUNT)


def worth_of_coupons(
    stay: Stay, in_force: Sequence[TariffInForce], pasts: Sequence[Past], rights: Rights, bill: Bill
) -> Rights:
    """The rights of a closed stay with its bill, with what each of its coupons took off."""
    assert stay.entered_at is not None
    assert stay.left_at is not None
    vehicle = vehicle_of(stay.plate, stay.plate_color, stay.vehicle_class, rights)
    costs = [
        price(in_force, stay.entered_at, stay.left_at, vehicle, pasts, without).fee_fen
        for without in (structs.replace(rights, coupons=rights.coupons[:count]) for count in range(len(rights.coupons)))
    ]
    worths = [max(0, before - after) for before, after in pairwise([*costs, bill.fee_fen])]
    coupons = [structs.replace(each, worth_fen=fen) for each, fen in zip(rights.coupons, worths, strict=True)]
    return structs.replace(rights, coupons=tuple(coupons))
