"""The JSON schemas of what comes in and goes out, as msgspec itself reads and writes it, with what each part means."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from inspect import getdoc
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import Meta, Struct, inspect

from parking.events import Image
from parking.gateways import LaneState
from parking.tariffs import FeeLine
from payments.charges import PublicLine

REFERENCE = "#/components/schemas/{name}"
# Several modules call something so, and outside of them it has a name of its own.
NAMES = {
    "parking.answers.Status": "EventStatus",
    "parking.api.contests.Resolution": "ContestResolution",
    "parking.api.plates.PlateLink": "PlateToLink",
    "parking.appeals.Outcome": "AppealOutcome",
    "parking.bookings.State": "BookingState",
    "parking.barrier.Payment": "PaymentMode",
    "parking.cases.Reason": "CaseReason",
    "parking.cases.State": "CaseState",
    "parking.commands.Outcome": "CommandOutcome",
    "parking.coupons.Outcome": "CouponOutcome",
    "parking.dated.Outcome": "ChangeOutcome",
    "parking.decisions.Kind": "DecisionKind",
    "parking.device_events.Kind": "DeviceEventKind",
    "parking.device_events.Outcome": "PassageOutcome",
    "parking.elsewhere.Kind": "ContradictionKind",
    "parking.health.State": "HealthState",
    "parking.health.Status": "HealthStatus",
    "parking.matching.Outcome": "MatchOutcome",
    "parking.registry.State": "LotState",
    "parking.report_runs.State": "ReportRunState",
    "parking.report_runs.Way": "DeliveryWay",
    "parking.stays.Doubt": "StayDoubt",
    "parking.stays.State": "StayState",
    "payments.api.charges.Payment": "ChargePayment",
    "payments.disputes.Finding": "PaymentFound",
    "payments.disputes.Resolution": "DisputeResolution",
    "payments.ledger.Kind": "JournalKind",
}
# The shapes of what is handed on as it is stored.
STORED: dict[tuple[str, str], Any] = {
    ("CaseShown", "images"): list[Image],
    ("Candidate", "images"): list[Image],
    ("Found", "images"): list[Image],
    ("FactOfStay", "images"): list[Image],
    **{
        (stay, images): list[Image]
        for stay in ("StayShown", "StayInFull")
        for images in ("entry_images", "exit_images")
    },
    ("ChargeOfDriver", "lines"): list[FeeLine | PublicLine],
    ("GatewayShown", "lanes"): list[LaneState],
    ("VehicleShown", "facts"): dict[str, int],
}


class Meanings(NamedTuple):
    """What properties mean by their name, those of one schema that mean something else there, and values of enums."""

    properties: Mapping[str, str]
    of_schemas: Mapping[str, Mapping[str, str]]
    values: Mapping[str, Mapping[str, str]]

    def of(self, schema: str, name: str) -> str | None:
        """What a property means, if it is written down."""
        return self.of_schemas.get(schema, {}).get(name) or self.properties.get(name)


def read_meanings() -> Meanings:
    """As they are written down in meanings.toml."""
    read = tomllib.loads((Path(__file__).parent / "meanings.toml").read_text("utf-8"))
    return Meanings(read["properties"], read["in"], read["values"])


def name_of(shape: type) -> str:
    """What a Struct or an enumeration is called in the API's description."""
    return NAMES.get(f"{shape.__module__}.{shape.__qualname__}", shape.__name__)


def reference(shape: type) -> dict[str, Any]:
    """A schema that stands among the components."""
    return {"$ref": REFERENCE.format(name=name_of(shape))}


def schemas_of(shapes: Sequence[Any], meanings: Meanings) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """A schema for each shape, by its `repr`, and the components that they refer to, by name."""
    leaves = [leaf for shape in (*shapes, *STORED.values()) for leaf in _leaves(shape)]
    given = _given_names(leaves)
    plain, components = msgspec.json.schema_components(leaves, ref_template=REFERENCE)
    names = {REFERENCE.format(name=old): REFERENCE.format(name=name_of(shape)) for old, shape in given.items()}
    found = {repr(leaf): _renamed(schema, names) for leaf, schema in zip(leaves, plain, strict=True)}
    for shape in (*shapes, *STORED.values()):
        found[repr(shape)] = _put_together(shape, found)
    described = {
        name_of(given[old]): _described(given[old], _renamed(component, names), meanings, found)
        for old, component in components.items()
    }
    assert len(described) == len(components), "two shapes have one name: give one of them another in NAMES"
    return found, dict(sorted(described.items()))


def _either(shape: Any) -> Sequence[Any]:
    """The shapes of which this is one, where msgspec could not tell them apart; none: it is a single one."""
    shapes = get_args(shape) if get_origin(shape) in (Union, UnionType) else ()
    structs = [each for each in shapes if isinstance(each, type) and issubclass(each, Struct)]
    return shapes if len(structs) > 1 or any(_item(each) is not None for each in shapes) else ()


def _item(shape: Any) -> Any | None:
    """Of an array whose items are one of several shapes these shapes."""
    if get_origin(shape) is Annotated:
        return _item(get_args(shape)[0])
    return get_args(shape)[0] if get_origin(shape) is list and _either(get_args(shape)[0]) else None


def _leaves(shape: Any) -> Iterator[Any]:
    if (item := _item(shape)) is not None:
        yield from _leaves(item)
    elif either := _either(shape):
        for each in either:
            yield from _leaves(each)
    else:
        yield shape


def _put_together(shape: Any, found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if (item := _item(shape)) is not None:
        limits = [each for each in get_args(shape)[1:] if isinstance(each, Meta)]
        most = {"maxItems": limits[0].max_length} if limits else {}
        return {"type": "array", "items": _put_together(item, found), **most}
    if either := _either(shape):
        return {"anyOf": [_put_together(each, found) for each in either]}
    return found[repr(shape)]


def _given_names(shapes: Sequence[Any]) -> dict[str, type]:
    """The Structs and enumerations of these shapes by the names that msgspec gives them: with the module only where
    that is needed to tell them apart.
    """
    found: dict[type, None] = {}
    for info in inspect.multi_type_info(shapes):
        for part in _parts(info, found):
            if isinstance(part, inspect.StructType | inspect.EnumType):
                found[part.cls] = None
    short = [shape.__name__ for shape in found]
    return {
        shape.__name__ if short.count(shape.__name__) == 1 else f"{shape.__module__}.{shape.__qualname__}": shape
        for shape in found
    }


def _parts(info: inspect.Type, seen: Mapping[type, None]) -> Iterator[inspect.Type]:
    """A type and all that it is made of; of what was seen only that it is there."""
    known = isinstance(info, inspect.StructType) and info.cls in seen
    yield info
    if known:
        return
    for value in (getattr(info, name) for name in info.__struct_fields__):
        for each in value if isinstance(value, tuple) else (value,):
            inner = each.type if isinstance(each, inspect.Field) else each
            if isinstance(inner, inspect.Type):
                yield from _parts(inner, seen)


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    """With our names for components; a tuple of so many of one type as an array, which generators of clients know."""
    if isinstance(node, dict):
        if node.get("items") is False:
            node = {**node, "items": node["prefixItems"][0]}
            del node["prefixItems"]
        return {
            key: names.get(value, value) if key == "$ref" else _renamed(value, names) for key, value in node.items()
        }
    return [_renamed(each, names) for each in node] if isinstance(node, list | tuple) else node


def _described(
    shape: type, schema: dict[str, Any], meanings: Meanings, found: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    """A component with its name, and with what it and its parts mean."""
    name, text = name_of(shape), getdoc(shape) or ""
    if issubclass(shape, Enum):
        return {**schema, "type": "string", "title": name, "description": _with_values(text, meanings.values.get(name))}
    properties = dict(schema["properties"])
    for field in _fields(shape):
        if (name, field.encode_name) in STORED:
            properties[field.encode_name] = _stored(field, found[repr(STORED[name, field.encode_name])])
        properties[field.encode_name] = _property(name, field, properties[field.encode_name], meanings)
    return {**schema, "title": name, "description": text, "properties": properties}


def _fields(shape: type) -> Iterable[inspect.Field]:
    info = inspect.type_info(shape)
    assert isinstance(info, inspect.StructType)
    return info.fields


def _property(struct: str, field: inspect.Field, schema: dict[str, Any], meanings: Meanings) -> dict[str, Any]:
    name = field.encode_name
    text = meanings.of(struct, name)
    if "enum" in schema:
        schema = {"type": "string", **schema}
        text = _with_values(text or "", meanings.values.get(f"{struct}.{name}"))
    if any(isinstance(part, inspect.DateTimeType) for part in _own_parts(field.type)):
        schema = _instant(schema)
    return schema if text is None else {**schema, "description": text}


def _stored(field: inspect.Field, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of JSON that is handed on as it is stored; null where there may be none."""
    return {"anyOf": [schema, {"type": "null"}]} if isinstance(field.type, inspect.UnionType) else schema


def _own_parts(info: inspect.Type) -> Iterator[inspect.Type]:
    """A type and what it is made of, without the fields of Structs."""
    yield info
    if isinstance(info, inspect.UnionType):
        yield from info.types


def _instant(schema: dict[str, Any]) -> dict[str, Any]:
    """The same where text is an instant: our times have an offset, which msgspec cannot know of all."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_instant(each) for each in schema["anyOf"]]}
    return {**schema, "format": "date-time"} if schema.get("type") == "string" else schema


def _with_values(text: str, values: Mapping[str, str] | None) -> str:
    lines = [f"- `{value}`: {meaning}" for value, meaning in (values or {}).items()]
    return "\n".join([text, "", *lines]) if lines else text
