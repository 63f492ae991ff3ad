"""Many things of a kind from a file: each row as a request, or why it is none, by the form that its kind has.

A kind is a `Form` in a module of its own: its columns, what they say together, and what names it. Without a mapping a
file has the columns of the form, as an export has them.
"""

import tomllib
from collections.abc import Callable, Hashable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Generic, TypeVar, get_args

import msgspec
from msgspec import Struct

from parking.imports.mapping import FileMapping, MappingUnclear, Unfit
from parking.sheets import CELL_CHARACTERS_MAX, SHOWN_MAX, Row, Sheet
from payments.errors import OneLotError

VALUE_SHOWN_MAX = 80
MISFITS = (ValueError, msgspec.MsgspecError, OneLotError)
NOTHING_GIVEN: Mapping[str, str] = {}

T = TypeVar("T")


class Column(Struct, frozen=True):
    """A field: the type that its text is read as, or what reads it. `is_code`: it has the mapping's prefix."""

    shape: Any
    is_needed: bool = False
    read: Callable[[str], Any] | None = None
    is_code: bool = False


class Form(Struct, Generic[T], frozen=True):
    """A kind of thing that is in files. `fields`: what a file may say, in the order in which it is read; `columns`:
    those of our own form; `whole`: what a row says together, with its faults in the reading; `key`: what there is once
    in a file; `named_by`: the fields by which a report names a row; `has_place`: a mapping may say a position and
    spaces.
    """

    noun: str
    fields: Mapping[str, Column]
    columns: tuple[str, ...]
    whole: "Callable[[Reading], T | None]"
    key: Callable[[T], Hashable]
    named_by: tuple[str, ...] = ("code",)
    has_place: bool = False


class Fault(Struct, frozen=True):
    """What does not fit in a row: our field, the column it comes from, what stands there and what may."""

    field: str
    column: str
    value: str
    allowed: str


class Planned(Struct, Generic[T], frozen=True):
    """A row as a request. `plan`: None where it is refused or skipped for its faults; else those are fields that were
    left out. `code`: how a report names it; `columns`: of the file, by our fields.
    """

    line: int
    code: str
    plan: T | None = None
    faults: tuple[Fault, ...] = ()
    is_skipped: bool = False
    columns: Mapping[str, str] = {}


def decode_mapping(document: bytes, form: Form[Any]) -> FileMapping:
    """A mapping from TOML.

    Raises:
        MappingUnclear: it is none, or names fields that the kind does not have.
    """
    try:
        mapping = msgspec.convert(tomllib.loads(document.decode()), FileMapping)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as e:
        raise MappingUnclear(str(e)) from None
    if not form.has_place and (mapping.position is not None or mapping.spaces):
        raise MappingUnclear(f"there is no position and there are no spaces of {form.noun}")
    given = {*mapping.fields, *mapping.sums, *mapping.constants}
    of_place = {"position", "spaces"} if form.has_place else set()
    if unknown := sorted({*given, *mapping.words, *(set(mapping.unfit) - of_place)} - set(form.fields)):
        raise MappingUnclear(f"there is no field {unknown[0]!r}, but {', '.join(sorted(form.fields))}")
    if mapping.position is not None and given & {"longitude", "latitude"}:
        raise MappingUnclear("a position is given by `position` or by longitude and latitude")
    needed = {"position", *(name for name, column in form.fields.items() if column.is_needed)}
    for field, unfit in mapping.unfit.items():
        if unfit is Unfit.LEAVE_OUT and field in needed:
            raise MappingUnclear(f"no row of {form.noun} is without {field}: it can be refused or skipped")
    return mapping


def own_form(sheet: Sheet, form: Form[Any]) -> FileMapping:
    """The mapping of a file that has our own columns.

    Raises:
        MappingUnclear: it has others.
    """
    named = list(form.columns) if sheet.columns is None else sheet.columns
    if unknown := [name for name in named if name not in form.columns]:
        raise MappingUnclear(f"there is no column {unknown[0]!r}, but {', '.join(form.columns)}: else say a mapping")
    return FileMapping(fields={name: name for name in named})


def plan_all(
    sheet: Sheet, mapping: FileMapping | None, form: Form[T], given: Mapping[str, str] = NOTHING_GIVEN
) -> list[Planned[T]]:
    """Each row as a request, or what is wrong with it. `given`: what holds of all rows, whatever the mapping says.

    Raises:
        MappingUnclear: it names columns that the file does not have.
    """
    followed = own_form(sheet, form) if mapping is None else mapping
    if sheet.columns is not None and (missing := sorted(set(followed.columns()) - set(sheet.columns))):
        shown = ", ".join(sheet.columns[:SHOWN_MAX])
        raise MappingUnclear(f"the file has no column {missing[0]!r}, but {shown}")
    columns = {ours: named if isinstance(named, str) else ", ".join(named) for ours, named in followed.fields.items()}
    planned, lines = list[Planned[T]](), dict[Hashable, int]()
    for row in sheet.rows:
        one = _planned(Reading(row, followed, form, trims=mapping is not None), form, given, columns)
        before = row.line if one.plan is None else lines.setdefault(form.key(one.plan), row.line)
        if before != row.line:
            fault = Fault("", "", one.code, f"each once; line {before} has it")
            one = Planned(row.line, one.code, faults=(fault,))
        planned.append(one)
    return planned


class Reading:
    """One row as it is read: the values that fit, and the faults."""

    def __init__(self, row: Row, mapping: FileMapping, form: Form[Any], *, trims: bool) -> None:
        self.row, self.mapping = row, mapping
        self.values: dict[str, Any] = {}
        self.faults = list[Fault]()
        self._fields, self._trims = form.fields, trims

    def fault(self, field: str, column: str, value: str, allowed: str) -> None:
        """Notes what does not fit."""
        self.faults.append(Fault(field, column, value[:VALUE_SHOWN_MAX], allowed))

    def text(self, column: str) -> str:
        """What stands in a column."""
        text = self.row.text(column)
        return text.strip() if self._trims else text

    def given(self, field: str) -> tuple[str, str]:
        """The column that a field comes from, and what is said there in our words; no column for a constant."""
        constant = self.mapping.constants.get(field)
        named = self.mapping.fields.get(field, ())
        for column in (named,) if isinstance(named, str) else named:
            if text := self.text(column):
                said = self.mapping.words.get(field, {}).get(text, text)
                return column, f"{self.mapping.code_prefix}{said}" if said and self._fields[field].is_code else said
        if constant is not None:
            said = str(constant).lower() if isinstance(constant, bool) else str(constant)
            return "", said.replace("{code}", str(self.values.get("code", "")))
        return (named if isinstance(named, str) else ", ".join(named)), ""

    def take(self, field: str) -> None:
        """Reads a field, if the file or the mapping says it."""
        column, said = self.given(field)
        known = self._fields[field]
        if field in self.mapping.sums:
            column, said = self._sum(self.mapping.sums[field])
        if len(said) > CELL_CHARACTERS_MAX:
            self.fault(field, column, said, f"{CELL_CHARACTERS_MAX} characters at most")
        elif said:
            try:
                self.values[field] = (
                    msgspec.convert(said, known.shape, strict=False) if known.read is None else known.read(said)
                )
            except MISFITS as e:
                self.fault(field, column, said, allowed(known.shape, e))
        elif known.is_needed:
            self.fault(field, column, "", "every row has it")

    def take_given(self, field: str, value: str) -> None:
        """Holds a field to what is given for all rows."""
        column, said = self.given(field)
        if column and said not in ("", value):
            self.fault(field, column, said, value)
        self.values[field] = value

    def _sum(self, columns: Sequence[str]) -> tuple[str, str]:
        texts = [text for column in columns if (text := self.text(column))]
        if all(text.isdecimal() for text in texts):
            return " + ".join(columns), str(sum(map(int, texts))) if texts else ""
        return " + ".join(columns), " + ".join(texts)

    def stands(self) -> Unfit | None:
        """Why the row is none; what is skipped need not be right otherwise."""
        found = {self.mapping.unfit.get(fault.field, Unfit.REFUSE) for fault in self.faults}
        return next((unfit for unfit in (Unfit.SKIP, Unfit.REFUSE) if unfit in found), None)


def _planned(reading: Reading, form: Form[T], given: Mapping[str, str], columns: Mapping[str, str]) -> Planned[T]:
    placed = {"longitude", "latitude"} if reading.mapping.position is not None else set()
    for field in form.fields:
        if field in given:
            reading.take_given(field, given[field])
        elif field not in placed:
            reading.take(field)
    plan = form.whole(reading)
    code = " ".join(str(reading.values[name]) for name in form.named_by if name in reading.values)
    faults, stands = tuple(reading.faults), reading.stands()
    if stands is None and plan is not None:
        return Planned(reading.row.line, code, plan, faults, columns=columns)
    return Planned(reading.row.line, code, faults=faults, is_skipped=stands is Unfit.SKIP)


def allowed(shape: Any, error: Exception) -> str:
    """What may stand in a field of a type, in place of what did not fit."""
    for each in (shape, *get_args(shape)):
        if isinstance(each, type) and issubclass(each, StrEnum):
            return f"one of {', '.join(each)}"
    if isinstance(error, OneLotError):
        return error.sentence
    return str(error).partition(" - at `")[0]
