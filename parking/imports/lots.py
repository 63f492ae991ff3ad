"""Lots in files: their columns, a row as a lot to register and what it offers, and a lot as a row again."""

from collections.abc import Sequence
from typing import Any, get_type_hints

import msgspec
from msgspec import Struct, structs

from parking import facilities, geometries
from parking.facilities import Facilities
from parking.imports import MISFITS, Column, Form, Planned, Reading, allowed
from parking.imports.mapping import Where
from parking.lots import LanePlan, LotPlan
from parking.positions import Crs, Point, from_twd97, stored
from payments.errors import OneLotError

COLUMNS = (*LotPlan.__struct_fields__, "facilities")
# Of what a lot offers, what is one word or number; the rest comes as a document, `facilities`.
OFFERED = (
    *("height_max_cm", "width_max_cm", "length_max_cm", "weight_max_kg"),
    *("opening_hours", "address_en", "phone", "income"),
)
_PLAN = get_type_hints(LotPlan, include_extras=True)
_OFFER = get_type_hints(Facilities, include_extras=True)
_NEEDED = frozenset(field.name for field in structs.fields(LotPlan) if field.required)
_LANES = "lanes as `code:gate:direction`, a blank between, the direction entry or exit"


class LotRow(Struct, frozen=True):
    """A lot, and what the row says that it offers: the fields that are `offered`."""

    plan: LotPlan
    offers: Facilities = Facilities()
    offered: frozenset[str] = frozenset()


def in_order(planned: Sequence[Planned[LotRow]]) -> list[Planned[LotRow]]:
    """Lots after those that they lie in; else as they came."""
    # A lot that lies in itself by way of others is left where the chain closes, and refused when it is registered.
    waiting = {each.plan.plan.code: each for each in planned if each.plan is not None}
    ordered = list[Planned[LotRow]]()
    for each in planned:
        chain = list[Planned[LotRow]]()
        at: Planned[LotRow] | None = each
        while at is not None and at.plan is not None and waiting.pop(at.plan.plan.code, None) is not None:
            chain.append(at)
            at = waiting.get(at.plan.plan.inside_of or "")
        ordered += reversed(chain)
    return ordered


def written(plan: LotPlan, offers: Facilities) -> dict[str, object]:
    """A lot as a row of our own columns."""
    row: dict[str, object] = structs.asdict(plan)
    row["lanes"] = " ".join(f"{lane.code}:{lane.gate}:{lane.direction}" for lane in plan.lanes)
    # A lot that offers nothing, and a file that does not say what it offers, are the same row.
    row["facilities"] = msgspec.json.encode(offers).decode() if offers != Facilities() else ""
    return row


def _whole(reading: Reading) -> LotRow | None:
    if reading.mapping.position is not None:
        _take_position(reading, reading.mapping.position)
    _take_spaces(reading)
    if reading.stands() is not None:
        return None
    try:
        plan = LotPlan(**{name: value for name, value in reading.values.items() if name in _PLAN})
    except ValueError as e:
        reading.fault("", "", "", str(e))
        return None
    return LotRow(plan, *_offers(reading, plan))


def _take_position(reading: Reading, at: Where) -> None:
    column = at.geojson or at.text or f"{at.x}, {at.y}"
    said = reading.text(column) if at.x is None else f"{reading.text(at.x)}, {reading.text(at.y or '')}"
    try:
        place = _place(at, said)
    except MISFITS as e:
        reading.fault("position", column, said, allowed(Point, e))
        return
    reading.values |= {"longitude": place.longitude, "latitude": place.latitude}


def _take_spaces(reading: Reading) -> None:
    spaces = list[facilities.Spaces]()
    for kind, column in reading.mapping.spaces.items():
        if (said := reading.text(column)) not in ("", "0"):
            try:
                found = {"kind": kind, "count": said}
                spaces.append(msgspec.convert(found, facilities.Spaces, strict=False))
            except MISFITS as e:
                reading.fault("spaces", column, said, allowed(facilities.Spaces, e))
    if spaces:
        reading.values["spaces"] = tuple(spaces)


def _offers(reading: Reading, plan: LotPlan) -> tuple[Facilities, frozenset[str]]:
    """What the lot offers, with each field that cannot be true of it left out or refused."""
    said = {name: reading.values[name] for name in (*OFFERED, "spaces") if name in reading.values}
    document: Facilities | None = reading.values.get("facilities")
    offers = structs.replace(document or Facilities(), **said)
    # Each round takes away what was said of one field, or the document.
    for _ in range(len(said) + 1):
        try:
            # A document may be what was said of the lot when it was larger: that is compared where it is taken.
            facilities.check(offers, capacity=plan.capacity if "spaces" in said else None, place=None)
            break
        except OneLotError as e:
            name = str(e.facts.get("field", "")).partition("[")[0]
            column, value = reading.given(name if name in said else "facilities")
            reading.fault(name if name in said else "facilities", column, value, e.sentence)
            if name in said:
                del said[name]
            else:
                document = None
            offers = structs.replace(document or Facilities(), **said)
    return offers, frozenset(said) if document is None else frozenset(Facilities.__struct_fields__)


def _lanes(said: str) -> tuple[LanePlan, ...]:
    parts = [word.split(":") for word in said.split()]
    if any(len(each) != 3 for each in parts):
        raise ValueError(_LANES)
    lanes = [dict(zip(("code", "gate", "direction"), each, strict=True)) for each in parts]
    return msgspec.convert(lanes, tuple[LanePlan, ...])


def _place(at: Where, said: str) -> Point:
    if at.geojson is not None:
        place = geometries.centre(said)
        x, y = place.longitude, place.latitude
    else:
        numbers = [float(each) for each in said.replace("，", ",").split(",")]
        if len(numbers) != 2:
            raise ValueError("two numbers")
        x, y = numbers if at.x is not None or at.order == "lon,lat" else reversed(numbers)
    if at.crs == "twd97":
        return from_twd97(x, y)
    if not (abs(x) <= 180 and abs(y) <= 90):
        raise ValueError("degrees: longitude -180 to 180, latitude -90 to 90")
    return stored(Point(y, x), Crs(at.crs))


_READ = {"lanes": _lanes, "facilities": lambda said: facilities.decode(said.encode())}
_SHAPES: dict[str, Any] = {**_PLAN, **{name: _OFFER[name] for name in OFFERED}, "facilities": Facilities}
FORM = Form(
    noun="lots",
    fields={
        name: Column(shape, name in _NEEDED, _READ.get(name), is_code=name in ("code", "inside_of"))
        for name, shape in _SHAPES.items()
    },
    columns=COLUMNS,
    whole=_whole,
    key=lambda row: row.plan.code,
    has_place=True,
)
