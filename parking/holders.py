"""Vehicles that have rights, and what each is granted of visits that begin while a gateway is cut off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from parking import entitlements, grants, passes
from parking.entitlements import ExemptVehicle, Rights
from parking.grants import Grant, Kind, Visits, Window
from parking.lots import Lot
from parking.passes import Pass
from parking.plates import VehicleClass
from parking.reads import NumberPlate

_NO_PASS = UUID(int=0)


class Sharing(NamedTuple):
    """Vehicles that share the bays of a pass, by its number, and what is granted while there is one."""

    pass_id: UUID
    bays: int
    vehicles: Sequence[NumberPlate]
    granted: tuple[Grant, ...]


def by_plate(rows: Iterable[ExemptVehicle]) -> dict[NumberPlate, list[ExemptVehicle]]:
    """What vehicles are known for."""
    found: dict[NumberPlate, list[ExemptVehicle]] = {}
    for row in rows:
        found.setdefault((row.plate, row.plate_color), []).append(row)
    return found


def exempt(visits: Visits, registered: Mapping[NumberPlate, Sequence[ExemptVehicle]]) -> dict[NumberPlate, list[Grant]]:
    """What vehicles are granted by what they are known for."""
    found = {plate: list(dict.fromkeys(_exempt(visits, plate, rows))) for plate, rows in registered.items()}
    return {plate: granted for plate, granted in found.items() if granted}


def _exempt(visits: Visits, plate: NumberPlate, registered: Sequence[ExemptVehicle]) -> Iterator[Grant]:
    """What holds as long as the window counts always, and each of the others from its beginning to its end."""
    steady = _steady(registered, visits.window)
    if steady:
        yield from visits.granted(_kind(plate), entitlements.rights_by(steady))
    for each in registered:
        if each not in steady:
            for grant in visits.granted(_kind(plate), entitlements.rights_by([*steady, each])):
                yield grants.bounded(grant, visits.window, each.valid_from, each.valid_until)


def with_passes(
    visits: Visits, sold: Sequence[Pass], registered: Mapping[NumberPlate, Sequence[ExemptVehicle]], lot: Lot
) -> dict[NumberPlate, tuple[Grant, ...]]:
    """What vehicles are granted by passes that have a bay for each."""
    of_plates: dict[NumberPlate, list[Pass]] = {}
    for each in sold:
        if not each.is_shared:
            for plate in each.vehicles:
                of_plates.setdefault(plate, []).append(each)
    found = {}
    for plate, of in of_plates.items():
        rights = entitlements.rights_by(_steady(registered.get(plate, ()), visits.window))
        if granted := visits.granted(_kind(plate), _by_passes(rights, of, lot, visits.window)):
            found[plate] = granted
    return found


def sharing(visits: Visits, sold: Sequence[Pass], lot: Lot) -> Iterator[Sharing]:
    """Passes whose vehicles share bays; one that was renewed is one."""
    groups: dict[tuple[object, ...], list[Pass]] = {}
    for each in sold:
        if each.is_shared:
            groups.setdefault((each.code, each.bays, *sorted(each.vehicles)), []).append(each)
    for of in groups.values():
        first = min(of, key=lambda each: each.id)
        rights = _by_passes(entitlements.NOTHING, of, lot, visits.window)
        if granted := visits.granted(_kind(first.vehicles[0]), rights):
            yield Sharing(first.id, first.bays, first.vehicles, granted)


def _kind(plate: NumberPlate) -> Kind:
    return Kind(*plate, VehicleClass.UNKNOWN)


def _steady(registered: Sequence[ExemptVehicle], window: Window) -> list[ExemptVehicle]:
    """What holds as long as the window."""
    return [
        each
        for each in registered
        if each.valid_from <= window.since and (each.valid_until is None or each.valid_until >= window.until)
    ]


def _by_passes(rights: Rights, sold: Sequence[Pass], lot: Lot, window: Window) -> Rights:
    """Rights with passes, these cut to where they matter, so that those of many vehicles are the same."""
    held = passes.joined(passes.held(each, lot) for each in sold)
    cut = [
        structs.replace(
            each, pass_id=_NO_PASS, since=max(each.since, window.since), until=min(each.until, window.until)
        )
        for each in held
    ]
    return structs.replace(rights, passes=tuple(cut))
