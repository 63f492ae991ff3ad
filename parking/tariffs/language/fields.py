"""The values that fields of a tariff document may have, and what all its parts have in common."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

DAY_MIN = 24 * 60
FEN_MAX = 100_000_000

Fen: TypeAlias = Annotated[int, Meta(ge=0, le=FEN_MAX)]
Minutes: TypeAlias = Annotated[int, Meta(ge=0, le=31 * DAY_MIN)]
UnitMinutes: TypeAlias = Annotated[int, Meta(ge=1, le=31 * DAY_MIN)]
Hours: TypeAlias = Annotated[int, Meta(ge=1, le=31 * 24)]
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=1000)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=1000)]
# `$` alone would let a newline follow; `(?!\n)` does not, and unlike \Z it means the same to readers of the schema.
Clock: TypeAlias = Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$(?!\n)")]
MonthDay: TypeAlias = Annotated[str, Meta(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
IsoDate: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$(?!\n)")]
Code: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_.-]*$(?!\n)")]
Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Clause: TypeAlias = Annotated[str, Meta(max_length=512)]
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
Weekday: TypeAlias = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# Which earlier visits are remembered: those to the same lot, to all lots of its operator, or to any lot of the city.
Scope: TypeAlias = Literal["lot", "operator", "city"]
# Which minutes are counted: all of the stay, or those in rate periods that are not free.
Counts: TypeAlias = Literal["stay", "chargeable"]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of a document; unknown fields are refused."""


class Named(Part, frozen=True, kw_only=True):
    """A part with a name in both languages and, where it is known, the published text of the rule."""

    code: Code
    name_zh: Name
    name_en: Name
    clause_zh: Clause = ""
    clause_en: Clause = ""
