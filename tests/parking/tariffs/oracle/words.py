"""The words of the tariff language, and which of them change a fee of cases drawn at random."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from typing import TypeAlias, cast

import msgspec
from msgspec import NODEFAULT, Struct, inspect

from parking import tariffs
from parking.tariffs import Fee, Past, Tariff, Use, Visit
from payments.errors import OneLotError
from tests.parking.tariffs.oracle.differences import Case, fee_of

# A part of a document, its field and, of fields that choose, the value.
Word: TypeAlias = tuple[str, str, str]
# Makes a part with another value somewhere inside it: most are never asked for.
Change: TypeAlias = Callable[[], object]
# A word that a part uses, and what makes the part with another value of the field. None: no document is without it.
Without: TypeAlias = tuple[Word, Change | None]

# What only people read, what is sold, and what a fee is held against.
_OF_NO_FEE = {
    "code", "name_zh", "name_en", "clause_zh", "clause_en", "currency", "price_mode", "grade", "source", "basis_zh",
    "basis_en", "complaints_phone", "supersedes", "promises", "price_fen", "period", "stay_max_min",
}  # fmt: skip


# What is paid by later visits alone.
_OF_LATER_FEES = {"within_free"}
# Without these a document is not whole: what is there is taken to be needed.
_NEEDED = {("Band", "otherwise"), ("Band", "hours"), ("Tariff", "days")}


def engine_owed(tariff: Tariff, visit: Visit, pasts: Iterable[Past]) -> tuple[int, tuple[Use, ...]]:
    """Fee and uses of a visit by the engine, which is faster than the oracle."""
    found = tariffs.calculate(tariffs.Compiled(tariff), visit, list(pasts))
    return found.fee_fen, found.uses


def words() -> set[Word]:
    """All words that may change a fee."""
    return set(_words_of(cast("inspect.StructType", inspect.type_info(Tariff))))


def changing(cases: Iterable[Case]) -> set[Word]:
    """The words that none of the cases needs for its fee; no more cases are looked at than it takes to have none."""
    missing = words()
    for case in cases:
        fee = fee_of(case)
        for word, without in _without(case.tariff):
            if word in missing and (without is None or _changes(case, word, cast("Tariff", without()), fee)):
                missing.discard(word)
        if not missing:
            break
    return missing


def _changes(case: Case, word: Word, tariff: Tariff, fee: Fee) -> bool:
    try:
        tariffs.validate(tariff)
        changed = fee_of(msgspec.structs.replace(case, tariff=tariff))
    except OneLotError:
        return False
    return changed.fee_fen != fee.fee_fen or (word[1] in _OF_LATER_FEES and changed.uses != fee.uses)


def _words_of(part: inspect.StructType) -> Iterator[Word]:
    for field in part.fields:
        if field.name in _OF_NO_FEE:
            continue
        values = field.type.values if isinstance(field.type, inspect.LiteralType) else ("",)
        # The value by default is what the others are compared with.
        yield from ((part.cls.__name__, field.encode_name, str(each)) for each in values if each != field.default)
        kind = _plain(field.type)
        if isinstance(kind, inspect.StructType):
            yield from _words_of(kind)


def _plain(kind: inspect.Type) -> inspect.Type:
    """The type of a value, of the items of a list or map, and of one that may be missing."""
    while True:
        if isinstance(kind, inspect.VarTupleType):
            kind = kind.item_type
        elif isinstance(kind, inspect.DictType):
            kind = kind.value_type
        elif isinstance(kind, inspect.UnionType):
            kind = next(each for each in kind.types if not isinstance(each, inspect.NoneType))
        else:
            return kind


@cache
def _kinds(part: type[Struct]) -> dict[str, inspect.Type]:
    """The types of a part's fields."""
    return {field.name: field.type for field in cast("inspect.StructType", inspect.type_info(part)).fields}


def _without(part: Struct) -> Iterator[Without]:
    """Every word that a part uses, with what makes the part as it would be without."""
    kinds = _kinds(type(part))
    for field in msgspec.structs.fields(part):
        if field.name in _OF_NO_FEE:
            continue
        value, name = getattr(part, field.name), type(part).__name__
        default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
        if value != default:
            kind = kinds[field.name]
            values: list[object] = [*kind.values] if isinstance(kind, inspect.LiteralType) else []
            word = (name, field.encode_name, str(value) if values else "")
            if default is NODEFAULT or (name, field.name) in _NEEDED:
                yield word, None
            else:
                for other in [each for each in values if each != value] or [default, *_less(value)]:
                    yield word, partial(msgspec.structs.replace, part, **{field.name: other})
        for inner, changed in _within(value):
            yield inner, changed and partial(_with_field, part, field.name, changed)


def _with_field(part: Struct, name: str, changed: Change) -> Struct:
    return msgspec.structs.replace(part, **{name: changed()})


def _with_item(items: tuple[object, ...], place: int, changed: Change) -> tuple[object, ...]:
    return (*items[:place], changed(), *items[place + 1 :])


def _with_entry(entries: dict[object, object], key: object, changed: Change) -> dict[object, object]:
    return {**entries, key: changed()}


def _less(value: object) -> list[object]:
    """Less of a value, where there must be something."""
    if isinstance(value, int) and not isinstance(value, bool):
        return [value // 2, value * 2]
    return [value[:1]] if isinstance(value, tuple) and len(value) > 1 else []


def _within(value: object) -> Iterator[Without]:
    """The words inside the value of a field, with what makes the value as it would be without."""
    if isinstance(value, Struct):
        yield from _without(value)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            for word, changed in _within(item):
                yield word, changed and partial(_with_item, value, place, changed)
    elif isinstance(value, dict):
        for key, item in value.items():
            for word, changed in _within(item):
                yield word, changed and partial(_with_entry, value, key, changed)
