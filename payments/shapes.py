"""Where a value has not the shape of its type, and what was expected there: the messages of msgspec, taken apart."""

import re
from typing import NamedTuple

import msgspec

_AT = re.compile(r"(.*) - at `(key` in `)?(\$[^`]*)`", re.DOTALL)
_FIELD = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`", re.DOTALL)
_PATTERN = re.compile(r" matching regex .*$", re.DOTALL)


class Misfit(NamedTuple):
    """A sentence without its full stop, and the path of the value it is about: `$` is the whole, `$.lanes[0].code` a
    field. An item of a map is `[...]` in the path, since msgspec does not name it.

    field: the field of that value that is missing or unknown, if one is. is_key: a key of that map is wrong.
    """

    path: str
    sentence: str
    field: str | None = None
    is_key: bool = False

    @property
    def place(self) -> str:
        """The path with the field that is missing or unknown."""
        return f"{self.path}.{self.field}" if self.field is not None else self.path


def misfit(error: msgspec.ValidationError) -> Misfit:
    """What an error says."""
    message = str(error)
    at = _AT.fullmatch(message)
    what, is_key, path = (at[1], at[2] is not None, at[3]) if at else (message, False, "$")
    field = _FIELD.fullmatch(what)
    return Misfit(path, _PATTERN.sub(" of another form", what), field[1] if field else None, is_key=is_key)
