"""What a mapping says of the columns of a file; which fields there are is said by the kind of thing it is about."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

from parking.facilities import SpaceKind
from parking.sheets import Layout

# A mapping is written by hand.
MAPPING_BYTES_MAX = 256 << 10

Texts = Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]


class MappingUnclear(ValueError):
    """A mapping that cannot be followed; says where and what is allowed."""


class Unfit(StrEnum):
    """What becomes of a row in which a field is missing or wrong: nothing is imported, the row is not, or the field."""

    REFUSE = "refuse"
    SKIP = "skip"
    LEAVE_OUT = "leave_out"


class Where(Struct, frozen=True, forbid_unknown_fields=True):
    """How a position is given: two columns, one with two numbers (`text`, in this `order`), or a shape (`geojson`);
    `crs`: in degrees of one of three kinds, or in metres of `twd97`.
    """

    crs: Literal["wgs84", "gcj02", "bd09", "twd97"] = "wgs84"
    x: str | None = None
    y: str | None = None
    text: str | None = None
    order: Literal["lat,lon", "lon,lat"] = "lat,lon"
    geojson: str | None = None

    def __post_init__(self) -> None:
        ways = (self.x is not None and self.y is not None, self.text is not None, self.geojson is not None)
        if sum(ways) != 1 or (self.x is None) != (self.y is None):
            raise ValueError("a position is given by `x` and `y`, by `text` or by `geojson`")


class FileMapping(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file's columns mean, by our fields. `fields`: the column, or several of which the first that is not empty
    counts; `sums`: columns whose numbers are added; `constants`: the same in all rows, `{code}` being the row's own;
    `words`: a file's words and ours; `unfit`: see `Unfit`, refuse if nothing is said. `spaces` (how many of a kind) and
    `position` are of lots.
    """

    file: Layout = Layout()
    fields: Mapping[str, str | Texts] = {}
    sums: Mapping[str, Texts] = {}
    constants: Mapping[str, str | int | float | bool] = {}
    words: Mapping[str, Mapping[str, str]] = {}
    spaces: Mapping[SpaceKind, str] = {}
    position: Where | None = None
    unfit: Mapping[str, Unfit] = {}
    code_prefix: Annotated[str, Meta(max_length=32)] = ""

    def columns(self) -> Iterable[str]:
        """The columns that it names."""
        for names in (*self.fields.values(), *self.sums.values()):
            yield from (names,) if isinstance(names, str) else names
        yield from self.spaces.values()
        if (at := self.position) is not None:
            yield from (name for name in (at.x, at.y, at.text, at.geojson) if name is not None)
