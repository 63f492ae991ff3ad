"""A document that has not the shape of a tariff: what msgspec says of it, where, and what to write instead."""

import copy
import re
from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, TypeAlias, get_args

import msgspec
from msgspec import inspect

from parking.tariffs.language import fields
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.errors import TariffUnclear, below, one_of, shown, unclear
from parking.texts.amounts import decimals
from payments.shapes import Misfit, misfit

# Names of fields and numbers of items, from the whole document inwards.
_Steps: TypeAlias = Sequence[str | int]
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_MISSING = {
    "time_zone": 'say the time zone, e.g. time_zone = "Asia/Shanghai"',
    "bands": "give at least one band, with its hours and its tiers",
    "code": 'give it a short name of small letters and digits, e.g. code = "day"',
    "name_zh": "say what it is called in Chinese",
    "name_en": "say what it is called in English",
    "who": 'say which vehicles, e.g. who = { kinds = ["large"] }; who = {} is all of them',
    "unit_fen": "say what a unit costs in minor units, e.g. unit_fen = 200; 0 is free",
    "per": 'say what it caps, e.g. per = "day"',
    "kind": 'say what is taken off: kind = "percent", "amount" or "minutes"',
}
# How texts are written that have a form, by its pattern.
_FORMS: dict[str, str] = {
    get_args(kind)[1].pattern: advice
    for kind, advice in (
        (fields.Clock, 'write a time of day as "08:00", up to "24:00"'),
        (fields.MonthDay, 'write month and day as "03-15"'),
        (fields.IsoDate, 'write a date as "2026-10-01"'),
        (fields.Code, 'write a code in small letters, digits and _ . -, e.g. "day"'),
        (Tariff.__annotations__["currency"], 'write three capitals, e.g. "CNY"'),
    )
}
_CLOCK = re.compile(r"(0?[0-9]|1[0-9]|2[0-3])[:：.h]([0-5][0-9])(:[0-5][0-9])?")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")
# Of more names than these only the nearest are listed.
_NAMES_LISTED_MAX = 12
_SENTENCE_CHARS_MAX = 100


def wrong_shapes(raw: Any, most: int) -> list[TariffUnclear]:
    """The refusals of a document's shape: what is wrong is mended in a copy, and the rest looked at again.

    It ends where something is missing, or wrong, that has no value to put in its place.
    """
    left = copy.deepcopy(raw)
    found: list[TariffUnclear] = []
    while len(found) < most:
        try:
            msgspec.convert(left, Tariff)
        except msgspec.ValidationError as error:
            found.append(wrong_shape(left, error))
            if not _mended(left, _located(left, misfit(error), error), is_unknown="unknown field" in str(error)):
                break
        else:
            break
    return found


def _mended(raw: Any, steps: _Steps, *, is_unknown: bool) -> bool:
    """Takes an unknown field out, or puts some value of the right type in the place of a wrong one."""
    container = _at(raw, steps[:-1]) if steps else None
    if not isinstance(container, dict | list):
        return False
    name: Any = steps[-1]
    if is_unknown:
        del container[name]
        if "yuan" in str(name) and isinstance(container, dict):
            container.setdefault(str(name).replace("yuan", "fen"), 100)
        return True
    value = _any_value(_type(steps))
    if value is None:
        return False
    container[name] = value
    return True


def _any_value(kind: inspect.Type) -> object:
    """Some value of a type, or None."""
    samples: tuple[object, ...] = (False, 1, [], "x", "00:00", "01-01", "2026-01-01", "CNY")
    if isinstance(kind, inspect.LiteralType):
        samples = kind.values
    elif isinstance(kind, inspect.EnumType):
        samples = tuple(each.value for each in kind.cls)
    return next((each for each in samples if _is_of(each, kind)), None)


def _is_of(value: object, kind: inspect.Type) -> bool:
    if isinstance(kind, inspect.IntType):
        return type(value) is int and kind.ge in (None, 0, 1)
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and (kind.pattern is None or bool(re.search(kind.pattern, value)))
    of = {inspect.BoolType: bool, inspect.VarTupleType: list}.get(type(kind), object)
    return isinstance(value, of) and isinstance(
        kind, inspect.BoolType | inspect.VarTupleType | inspect.LiteralType | inspect.EnumType
    )


def wrong_shape(raw: Any, error: msgspec.ValidationError) -> TariffUnclear:
    """The refusal of a document that msgspec could not convert."""
    fault = misfit(error)
    steps = _located(raw, fault, error)
    path = "$"
    for step in steps:
        path = below(path, step)
    what = fault.sentence[:_SENTENCE_CHARS_MAX]
    if fault.field is not None:
        return unclear(path, what, _field_advice(what, fault.field, steps[:-1], _at(raw, steps)))
    value = steps[-1] if fault.is_key else _at(raw, steps)
    advice = _advice(str(error), value, steps, str(_at(raw, ["currency"]) or "CNY"))
    return unclear(path, what if isinstance(value, dict | list | None) else f"{what} ({shown(value)})", advice)


def _located(raw: Any, fault: Misfit, error: msgspec.ValidationError) -> _Steps:
    """The steps to a value; the item of a map, which msgspec does not name, is the one that fails by itself."""
    steps: list[str | int] = []
    for name, item in _STEP.findall(fault.path):
        if item == "...":
            steps.append(_failing(raw, _at(raw, steps), error))
        else:
            steps.append(int(item) if item else name)
    if fault.is_key:
        steps.append(_failing(raw, _at(raw, steps), error))
    return steps if fault.field is None else [*steps, fault.field]


def _failing(raw: Any, table: dict[str, Any], error: msgspec.ValidationError) -> str:
    items = dict(table)
    for key, value in items.items():
        table.clear()
        table[key] = value
        try:
            msgspec.convert(raw, Tariff)
        except msgspec.ValidationError as e:
            if str(e) == str(error):
                return key
        finally:
            table.clear()
            table.update(items)
    raise AssertionError("no item fails by itself")


def _at(raw: Any, steps: _Steps) -> Any:
    """The value at a place, or None."""
    try:
        for step in steps:
            raw = raw[step]
    except (LookupError, TypeError):
        return None
    return raw


def _type(steps: _Steps) -> inspect.Type:
    """The type that is expected at a place; of an optional value, what it is if it is given."""
    kind = inspect.type_info(Tariff)
    for step in steps:
        if isinstance(kind, inspect.StructType):
            kind = next((field.type for field in kind.fields if field.encode_name == step), inspect.AnyType())
        elif isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        elif isinstance(kind, inspect.DictType):
            kind = kind.value_type
        if isinstance(kind, inspect.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
    return kind


def _field_advice(what: str, name: str, steps: _Steps, value: object) -> str:
    """What to write for a field that is missing at a place, or instead of one that does not exist there."""
    if "missing" in what:
        return _MISSING.get(name, f"say {name}")
    if "yuan" in name:
        return f"amounts are whole fen: write {name.replace('yuan', 'fen')} = {_fen(value)}"
    if name == "days" and "bands" in steps and "hours" not in steps:
        return f"days stand in its hours: hours = [{{ days = {msgspec.json.encode(value).decode()} }}]"
    kind = _type(steps)
    known = [field.encode_name for field in kind.fields] if isinstance(kind, inspect.StructType) else []
    near = get_close_matches(name[:64], known, n=1)
    if near:
        return f"write {near[0]}"
    if len(known) <= _NAMES_LISTED_MAX:
        return f"take it out; known here are {', '.join(known)}"
    nearest = get_close_matches(name[:64], known, n=3, cutoff=0.3)
    return f"take it out; known here are {', '.join(nearest)} and others" if nearest else "take it out"


def _fen(value: object) -> str:
    """Yuan as fen; where it is no amount, an example."""
    if isinstance(value, int | float | str) and _NUMBER.fullmatch(str(value)):
        return f"{Decimal(str(value)).scaleb(2):.0f}"
    return "200 for 2 yuan"


def _advice(sentence: str, value: Any, steps: _Steps, currency: str) -> str:
    """What to write instead of a value that msgspec refuses with this sentence."""
    name = next((step for step in reversed(steps) if isinstance(step, str)), "")
    if form := next((advice for pattern, advice in _FORMS.items() if repr(pattern) in sentence), None):
        clock = _CLOCK.fullmatch(value) if "time of day" in form else None
        return f'write "{int(clock[1]):02d}:{clock[2]}"' if clock else form
    if "enum" in sentence:
        return _choice(value, _type(steps))
    if "of length" in sentence:
        return "shorten it, or say the same with fewer" if value else _MISSING.get(name, "write something")
    if sentence.startswith("Expected `int"):
        return _number(value, name if "caps" not in steps[-2:-1] else "fen", currency)
    return _of_type(sentence.split("`")[1].split(maxsplit=1)[0], value, name)


def _of_type(expected: str, value: Any, name: str) -> str:
    """How a value of another type is written."""
    if expected == "str":
        return f'put it in quotes: "{value}"' if isinstance(value, int | float) else "put it in quotes"
    if expected == "bool":
        return "write true or false, without quotes"
    if expected == "array":
        return f"write [[{name}]] with two brackets, in JSON a list" if isinstance(value, dict) else "put it in [ … ]"
    return f"write a table of fields: {name} = {{ … }}" if name else "write a table of fields, as seeds/tariffs does"


def _choice(value: object, kind: inspect.Type) -> str:
    values = [each.value for each in kind.cls] if isinstance(kind, inspect.EnumType) else getattr(kind, "values", ())
    known = [str(each) for each in values]
    near = get_close_matches(str(value)[:64], known, n=1)
    return f'write "{near[0]}"' if near else f"write {one_of(known)}"


def _number(value: object, name: str, currency: str) -> str:
    is_money = name.endswith("fen")
    if isinstance(value, int) and not isinstance(value, bool):
        return "what is taken off stands under discounts" if is_money and value < 0 else "write a number within it"
    if not isinstance(value, float | str) or not _NUMBER.fullmatch(str(value)):
        return f"write a number without quotes or decimals, e.g. {name} = 100"
    number, places = Decimal(str(value)), decimals(currency)
    quotes = " without quotes" if isinstance(value, str) else ""
    scaled, is_whole = number.scaleb(places), number == number.to_integral_value()
    if not is_money or not places or (is_whole and quotes) or scaled != scaled.to_integral_value():
        return f"write {number:.0f}{quotes}" if is_whole else "write it without decimals"
    minor, major = ("fen", "yuan") if currency == "CNY" else ("minor units", f"whole {currency}")
    meant = f"{scaled:.0f}{quotes} if {major} were meant"
    # Nobody but the writer knows which of the two was meant.
    return f"write {number:.0f} if this is {minor}, {meant}" if is_whole else f"write {meant}"
