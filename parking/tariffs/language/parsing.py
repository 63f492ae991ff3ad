"""Tariffs from documents and back; a document that cannot be priced by is refused with its place and advice."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from itertools import islice

import msgspec

from parking.tariffs.language.document import DOCUMENT_BYTES_MAX, Tariff
from parking.tariffs.language.errors import TariffUnclear, UnknownTimeZone, below, shown, unclear
from parking.tariffs.language.shape import wrong_shape, wrong_shapes
from parking.tariffs.language.validation import refusals, validate

__all__ = [
    "TariffUnclear",
    "UnknownTimeZone",
    "check_succession",
    "from_json",
    "from_toml",
    "plain",
    "refusals_of",
    "to_json",
    "validate",
]

# No text needs them, and the database stores neither NUL nor half a surrogate pair.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
# The TOML parser takes quadratic time for a name of many parts (a.b.c = 1), which stands in one line.
_DOTS_MAX = 40
_NUMBER_MAX = 1 << 63
# More refusals of one document than this help nobody.
_REFUSALS_MAX = 20


class _KeyTwice(ValueError):
    """A JSON object has the same key twice."""


def from_json(document: bytes) -> Tariff:
    """A tariff from its JSON document.

    Raises:
        TariffUnclear: it is not JSON, too long, or cannot be priced by.
        UnknownTimeZone: its time zone does not exist.
    """
    return _read(document, "JSON", _objects)


def from_toml(document: bytes) -> Tariff:
    """A tariff from a TOML file; raises as `from_json`."""
    return _read(document, "TOML", _loaded)


def to_json(tariff: Tariff) -> bytes:
    """The form in which a tariff is stored: keys in the order of the language, defaults left out."""
    return msgspec.json.encode(_without_defaults(tariff))


def check_succession(tariffs: Mapping[str, Tariff]) -> None:
    """Follows `supersedes` among these documents; a code that is none of theirs ends a chain.

    Raises:
        TariffUnclear: a document supersedes itself, over others or directly.
    """
    without_circle: set[str] = set()
    for code in tariffs:
        chain: list[str] = []
        at: str | None = code
        while at is not None and at in tariffs and at not in without_circle:
            if at in chain:
                circle = " → ".join([*chain[chain.index(at) :], at])
                advice = f"take supersedes out of the one that came first, or name another in {at}"
                raise unclear("$.supersedes", f"Prices supersede each other in a circle ({circle})", advice)
            chain.append(at)
            at = tariffs[at].supersedes
        without_circle.update(chain)


def refusals_of(document: bytes, *, toml: bool) -> list[TariffUnclear | UnknownTimeZone]:
    """All for which a document is refused that can be seen at once: where its shape is wrong, the rest is not asked."""
    try:
        raw = _parsed(_decoded(document), *(("TOML", _loaded) if toml else ("JSON", _objects)))
        _refuse_unstorable(raw)
    except TariffUnclear as error:
        return [error]
    shapes = wrong_shapes(raw, _REFUSALS_MAX)
    return [*shapes] if shapes else [*islice(refusals(msgspec.convert(raw, Tariff)), _REFUSALS_MAX)]


def _read(document: bytes, form: str, parse: Callable[[str], object]) -> Tariff:
    raw = _parsed(_decoded(document), form, parse)
    _refuse_unstorable(raw)
    try:
        tariff = msgspec.convert(raw, Tariff)
    except msgspec.ValidationError as error:
        raise wrong_shape(raw, error) from None
    validate(tariff)
    return tariff


def _objects(text: str) -> object:
    return json.loads(text, object_pairs_hook=_object)


def _decoded(document: bytes) -> str:
    if len(document) > DOCUMENT_BYTES_MAX:
        what = f"The document has {len(document)} bytes and may have {DOCUMENT_BYTES_MAX}"
        raise unclear("$", what, "shorten it; a price text is one document, not a collection")
    try:
        text = document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = document.count(b"\n", 0, error.start) + 1
        raise unclear("$", f"Line {line} is not UTF-8", "save the document as UTF-8") from None
    if not text.strip():
        raise unclear("$", "The document is empty", "write a tariff; seeds/tariffs has examples")
    return text


def _parsed(text: str, form: str, parse: Callable[[str], object]) -> object:
    try:
        return parse(text)
    except _KeyTwice as error:
        raise unclear("$", f"{error} stands twice in one object", "keep one of them") from None
    except json.JSONDecodeError as error:
        what = f"This is no JSON from line {error.lineno}, column {error.colno} ({error.msg})"
        raise unclear("$", what, "mend that line, or the end of the one before it") from None
    except RecursionError:
        raise unclear("$", "The document is nested too deeply", "write a tariff; nothing in it is deep") from None
    except ValueError as error:
        advice = "mend that line: texts stand in quotes, and no name is given twice"
        raise unclear("$", f"This is no {form} ({_CONTROL.sub('?', str(error))[:160]})", advice) from None


def _loaded(text: str) -> object:
    for at, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > _DOTS_MAX:
            what = f"There are more than {_DOTS_MAX} dots in line {at}"
            raise unclear("$", what, "let names have few parts, and texts fewer dots")
    return tomllib.loads(text)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields: dict[str, object] = {}
    for key, value in pairs:
        if key in fields:
            raise _KeyTwice(shown(key))
        fields[key] = value
    return fields


def _refuse_unstorable(raw: object) -> None:
    """Refuses control characters and numbers beyond 64 bits."""
    left: list[tuple[str, object]] = [("$", raw)]
    while left:
        path, value = left.pop()
        items: Iterable[tuple[str | int, object]] = ()
        if isinstance(value, dict):
            items = value.items()
            bad = next((key for key in value if _CONTROL.search(key)), None)
            path, value = (path, bad) if bad is not None else (path, value)
        elif isinstance(value, list):
            items = enumerate(value)
        if isinstance(value, str) and (control := _CONTROL.search(value)):
            what = f"There is a control character (U+{ord(control[0]):04X}) in the text"
            raise unclear(path, what, "take it out; a text stands in one line")
        if isinstance(value, int) and abs(value) >= _NUMBER_MAX:
            raise unclear(path, "The number is far too large", "write a smaller one")
        left += [(below(path, key), item) for key, item in items]


def _without_defaults(part: msgspec.Struct) -> dict[str, object]:
    written: dict[str, object] = {}
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        default = field.default_factory() if field.default_factory is not msgspec.NODEFAULT else field.default
        if value != default:
            written[field.encode_name] = plain(value)
    return written


def plain(value: object) -> object:
    """A part of a tariff as a document says it, defaults left out."""
    if isinstance(value, msgspec.Struct):
        return _without_defaults(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value
