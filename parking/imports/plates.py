"""Plates in files: which account pays for which vehicle."""

from typing import Annotated

from msgspec import Meta, Struct

from parking.imports import Column, Form, Reading
from parking.imports.accounts import OWNER, AccountNamed, owner_in
from parking.plates import LinkedPlate, PlateColor


class PlateRow(Struct, frozen=True):
    """A plate, as it is written, and whose it is."""

    owner: AccountNamed
    plate: str
    plate_color: PlateColor


def written(number: int, known_as: str | None, linked: LinkedPlate) -> dict[str, object]:
    """A plate of an account as a row."""
    return {"number": number, "known_as": known_as, "plate": linked.plate, "plate_color": linked.plate_color}


def _whole(reading: Reading) -> PlateRow | None:
    owner = owner_in(reading)
    if owner is None or reading.stands() is not None:
        return None
    return PlateRow(owner, reading.values["plate"], reading.values["plate_color"])


_FIELDS = {
    **OWNER,
    "plate": Column(Annotated[str, Meta(max_length=32)], is_needed=True),
    "plate_color": Column(PlateColor, is_needed=True),
}
FORM = Form(
    noun="plates",
    fields=_FIELDS,
    columns=tuple(_FIELDS),
    whole=_whole,
    key=lambda row: (row.owner, row.plate, row.plate_color),
    named_by=("plate",),
)
