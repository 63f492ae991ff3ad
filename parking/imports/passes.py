"""Passes in files: whose vehicles park by which pass of a price, in which lots, and through which day."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from parking.imports import Column, Form, Reading
from parking.lots import Code, Lot
from parking.passes import LOTS_PER_PASS_MAX, VEHICLES_PER_PASS_MAX, Note, NumberPlate, Pass, PassCode
from parking.plates import PlateColor

_Vehicles = Annotated[
    list[tuple[Annotated[str, Meta(min_length=1, max_length=32)], PlateColor]],
    Meta(min_length=1, max_length=VEHICLES_PER_PASS_MAX),
]
_Lots = Annotated[tuple[Code, ...], Meta(min_length=1, max_length=LOTS_PER_PASS_MAX)]


class PassRow(Struct, frozen=True):
    """A pass as it is to be sold, or the one of the `id` as it was."""

    code: str
    vehicles: tuple[NumberPlate, ...]
    lots: tuple[str, ...]
    valid_from: date
    valid_through: date
    note: str
    bays: int | None = None
    id: UUID | None = None


def written(sold: Pass, lots: Mapping[int, Lot]) -> dict[str, object]:
    """A pass as a row."""
    return {
        "id": str(sold.id),
        "code": sold.code,
        "vehicles": " ".join(f"{plate}:{color}" for plate, color in sold.vehicles),
        "lots": " ".join(lots[lot_id].code for lot_id in sold.lot_ids),
        "bays": sold.bays,
        "valid_from": sold.valid_from,
        "valid_through": sold.valid_through,
        "note": sold.note,
    }


def _vehicles(said: str) -> Sequence[NumberPlate]:
    """`plate` or `plate:colour`, a blank between."""
    parts = [word.partition(":") for word in said.split()]
    return msgspec.convert([(plate, color or PlateColor.UNKNOWN) for plate, _, color in parts], _Vehicles)


def _day(said: str) -> date:
    # A cell of a workbook that has a date may have midnight with it.
    return msgspec.convert(said.removesuffix("T00:00:00"), date)


def _whole(reading: Reading) -> PassRow | None:
    if reading.stands() is not None:
        return None
    vehicles = tuple(reading.values["vehicles"])
    return PassRow(**{**reading.values, "vehicles": vehicles})


_FIELDS = {
    "id": Column(UUID),
    "code": Column(PassCode, is_needed=True),
    "vehicles": Column(_Vehicles, is_needed=True, read=_vehicles),
    "lots": Column(_Lots, is_needed=True, read=lambda said: msgspec.convert(said.split(), _Lots)),
    "bays": Column(Annotated[int, Meta(ge=1, le=VEHICLES_PER_PASS_MAX)]),
    "valid_from": Column(date, is_needed=True, read=_day),
    "valid_through": Column(date, is_needed=True, read=_day),
    "note": Column(Note, is_needed=True),
}
FORM = Form(
    noun="passes",
    fields=_FIELDS,
    columns=tuple(_FIELDS),
    whole=_whole,
    key=lambda row: row,
    named_by=("code", "note"),
)
