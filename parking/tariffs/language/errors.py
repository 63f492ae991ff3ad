"""Why a document is no tariff, and where its shape is wrong: each refusal with its place and what to do about it."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from functools import cache
from typing import Any, get_args

import msgspec
from msgspec import inspect

from parking.tariffs.language import document
from parking.tariffs.language.document import Tariff
from parking.texts.amounts import decimals
from payments.errors import OneLotError


class TariffUnclear(OneLotError):
    """A tariff document cannot be priced by. Facts: `path` of the field in question, `advice` what to do."""


class UnknownTimeZone(OneLotError):
    """No zone of the IANA database has this name. Facts: `time_zone`, `path`, `advice`."""


def unclear(path: str, what: str, advice: str) -> TariffUnclear:
    """A refusal as one sentence: what is wrong at this place, and what to do."""
    return TariffUnclear(f"{what}: {advice}.", path=path, advice=advice)


def unknown_time_zone(time_zone: str, near: list[str]) -> UnknownTimeZone:
    """The refusal of a zone, with the names that come nearest."""
    advice = f"write {_one_of(near)}" if near else 'write a name like "Asia/Shanghai"'
    sentence = f"No time zone of the IANA database is called {shown(time_zone)}: {advice}."
    return UnknownTimeZone(sentence, time_zone=time_zone[:64], path="$.time_zone", advice=advice)


def shown(value: object) -> str:
    """A value of the document as a sentence quotes it, never longer than a line."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 64 else f"{text[:60]}…"


def below(path: str, key: str | int) -> str:
    """The path of an item, or of a field."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if re.fullmatch(r"[\w-]{1,64}", key) else f"{path}[{msgspec.json.encode(key[:64]).decode()}]"


def wrong_shape(raw: object) -> TariffUnclear | None:
    """The first place at which a document has not the shape of a tariff."""
    currency = raw.get("currency") if isinstance(raw, dict) else None
    shape = _Shape(currency if isinstance(currency, str) else "CNY")
    return next(shape.of(_tariff(), raw, "$", "tariff"), None)


@cache
def _tariff() -> inspect.Type:
    return inspect.type_info(Tariff)


_MISSING = {
    "time_zone": 'say the zone, e.g. time_zone = "Asia/Shanghai"',
    "bands": "give at least one band, with its hours and its tiers",
    "code": 'give it a short name of small letters and digits, e.g. code = "day"',
    "name_zh": "say what it is called in Chinese",
    "name_en": "say what it is called in English",
    "who": 'say which vehicles, e.g. who = { kinds = ["large"] }; who = {} is all of them',
    "unit_fen": "say what a unit costs in minor units, e.g. unit_fen = 200; 0 is free",
    "per": 'say what it caps, e.g. per = "day"',
    "kind": 'say what is taken off: kind = "percent", "amount" or "minutes"',
}
_PATTERNS: dict[str, tuple[str, str]] = {
    get_args(kind)[1].pattern: words
    for kind, words in (
        (document.Clock, ("a time of day", 'write it as "08:00", up to "24:00"')),
        (document.MonthDay, ("a day of the year", 'write month and day as "03-15"')),
        (document.IsoDate, ("a date", 'write it as "2026-10-01"')),
        (
            document.Code,
            ("a code", 'use small letters, digits and _ . -, beginning with a letter or digit, e.g. "day"'),
        ),
    )
}
# Of more names than these only the nearest are listed.
_NAMES_LISTED_MAX = 12
_CLOCK = re.compile(r"([01]?[0-9]|2[0-4])[:：.h]([0-5][0-9])(?::[0-5][0-9])?")
_MONEY = re.compile(r"(.*_)?fen")
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,6})?")


class _Shape:
    """Compares a document with the shape of a tariff, in reading order."""

    def __init__(self, currency: str) -> None:
        self._decimals = decimals(currency)
        self._major = "yuan" if currency == "CNY" else f"whole {currency}"

    def of(self, kind: inspect.Type, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
        """What is wrong with a value, or in it. `name` is the field's, or that of the list or table it stands in."""
        if isinstance(kind, inspect.UnionType):
            if value is None:
                return
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
        if isinstance(kind, inspect.StructType):
            yield from self._struct(kind, value, path, name)
        elif isinstance(kind, inspect.VarTupleType):
            yield from self._list(kind, value, path, name)
        elif isinstance(kind, inspect.DictType):
            yield from self._table(kind, value, path, name)
        elif isinstance(kind, inspect.IntType):
            yield from self._number(kind, value, path, name)
        elif isinstance(kind, inspect.StrType):
            yield from _text(kind, value, path, name)
        elif isinstance(kind, inspect.BoolType):
            if not isinstance(value, bool):
                yield unclear(path, f"{name} is a yes or no, not {shown(value)}", "write true or false, without quotes")
        else:
            yield from _choice(kind, value, path, name)

    def _struct(self, kind: inspect.StructType, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
        fields = {field.encode_name: field for field in kind.fields}
        if not isinstance(value, dict):
            example = next(iter(fields))
            yield unclear(
                path, f"{name} is a table of fields, not {_called(value)}", f"write its fields, e.g. {example}"
            )
            return
        for key in value:
            if key not in fields:
                yield _unknown_key(key, list(fields), below(path, key))
        for key, field in fields.items():
            if key in value:
                yield from self.of(field.type, value[key], below(path, key), key)
            elif field.required:
                advice = _MISSING.get(key, f"every {name} needs it")
                yield unclear(below(path, key), f"{key} is missing", advice)

    def _list(self, kind: inspect.VarTupleType, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
        if not isinstance(value, list):
            table = isinstance(value, dict)
            advice = f"write [[{name}]] with two brackets, in JSON a list" if table else "put it in brackets: [ … ]"
            yield unclear(path, f"{name} is a list, not {_called(value)}", advice)
            return
        if kind.min_length is not None and len(value) < kind.min_length:
            yield unclear(path, f"{name} is empty", _MISSING.get(name, "give at least one"))
        if kind.max_length is not None and len(value) > kind.max_length:
            what = f"{name} has {len(value)} items and may have {kind.max_length}"
            yield unclear(path, what, "say the same with fewer, or split the price text")
        for index, item in enumerate(value):
            yield from self.of(kind.item_type, item, below(path, index), name)

    def _table(self, kind: inspect.DictType, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
        if not isinstance(value, dict):
            yield unclear(path, f"{name} is a table, not {_called(value)}", f"write {name} = {{ name = value }}")
            return
        for key, item in value.items():
            yield from self.of(kind.key_type, key, below(path, key), f"a name in {name}")
            yield from self.of(kind.value_type, item, below(path, key), "fen" if name == "caps" else name)

    def _number(self, kind: inspect.IntType, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
        money = _MONEY.fullmatch(name) is not None
        if isinstance(value, bool) or not isinstance(value, int):
            yield self._not_whole(value, path, name, money)
        elif kind.ge is not None and value < kind.ge:
            if money and value < 0:
                advice = "write 0 or more; what is taken off stands under discounts"
                yield unclear(path, f"{value} is a negative price", advice)
            else:
                yield unclear(path, f"{name} is at least {kind.ge}, not {shown(value)}", f"write {kind.ge} or more")
        elif kind.le is not None and value > kind.le:
            yield unclear(path, f"{name} is at most {kind.le}, not {shown(value)}", f"write {kind.le} or less")

    def _not_whole(self, value: object, path: str, name: str, money: bool) -> TariffUnclear:
        unit = "fen" if self._major == "yuan" else "minor units"
        what = f"{shown(value)} is no whole number{f' of {unit}' if money else ''}"
        number = _decimal(value)
        if number is None:
            return unclear(path, what, f"write {name} as a number without quotes or decimals, e.g. {name} = 100")
        written = isinstance(value, str) and number == number.to_integral_value()
        quotes = " without quotes" if isinstance(value, str) else ""
        whole = number == number.to_integral_value()
        scaled = number.scaleb(self._decimals)
        if written or not money or not self._decimals:
            return unclear(path, what, f"write {number:.0f}{quotes}" if whole else f"write {name} without decimals")
        if scaled != scaled.to_integral_value():
            return unclear(path, what, f"write {name} without decimals")
        # Nobody but the writer knows which of the two was meant.
        major = f"{scaled:.0f}{quotes} if {self._major} were meant"
        return unclear(path, what, f"write {number:.0f} if this is {unit}, {major}" if whole else f"write {major}")


def _decimal(value: object) -> Decimal | None:
    if not isinstance(value, float | str) or not _NUMBER.fullmatch(str(value)):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _text(kind: inspect.StrType, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
    if not isinstance(value, str):
        yield unclear(path, f"{name} is a text, not {_called(value)}", _quoted(value))
    elif kind.min_length is not None and len(value) < kind.min_length:
        yield unclear(path, f"{name} is empty", _MISSING.get(name, "write something"))
    elif kind.max_length is not None and len(value) > kind.max_length:
        what = f"{name} has {len(value)} characters and may have {kind.max_length}"
        yield unclear(path, what, "shorten it")
    elif kind.pattern is not None and not re.search(kind.pattern, value):
        kind_of, advice = _PATTERNS.get(kind.pattern, (f"a {name}", 'write three capitals, e.g. "CNY"'))
        clock = _CLOCK.fullmatch(value) if kind_of == "a time of day" else None
        if clock and (int(clock[1]) < 24 or clock[2] == "00"):
            advice = f'write "{int(clock[1]):02d}:{clock[2]}"'
        yield unclear(path, f"{shown(value)} is not {kind_of}", advice)


def _quoted(value: object) -> str:
    return f'put it in quotes: "{value}"' if isinstance(value, int | float) else "put it in quotes"


def _choice(kind: inspect.Type, value: object, path: str, name: str) -> Iterator[TariffUnclear]:
    if isinstance(kind, inspect.EnumType):
        known = [str(each.value) for each in kind.cls]
    elif isinstance(kind, inspect.LiteralType):
        known = [str(each) for each in kind.values]
    else:
        return
    if value not in known:
        near = get_close_matches(str(value)[:64], known, n=1)
        advice = f'write "{near[0]}"' if near else f"write one of {', '.join(known)}"
        yield unclear(path, f"{name} may be {_one_of(known)}, not {shown(value)}", advice)


def _unknown_key(key: object, known: list[str], path: str) -> TariffUnclear:
    near = get_close_matches(str(key)[:64], known, n=1)
    advice = f"write {near[0]}" if near else f"take it out; {_known(str(key)[:64], known)}"
    return unclear(path, f"{shown(key)} is not known here", advice)


def _known(key: str, known: list[str]) -> str:
    """All names where they are few, else those that come nearest."""
    if len(known) <= _NAMES_LISTED_MAX:
        return f"known here are {', '.join(known)}"
    nearest = get_close_matches(key, known, n=3, cutoff=0.3)
    return f"the nearest known here are {', '.join(nearest)}" if nearest else "no name known here is like it"


def _one_of(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _called(value: Any) -> str:
    """What a reader of the document calls a value."""
    names = {dict: "a table", list: "a list", type(None): "null", bool: "true or false"}
    return names.get(type(value)) or shown(value)
