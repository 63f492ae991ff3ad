"""Where a value has not the shape of its type, and what was expected there: the messages of msgspec, taken apart.

A message quotes names and words of whoever sent the value, at any length. So it is read once from its end, and what is
taken out of it is short.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import inspect

CHARACTERS_MAX = 200
_AT = " - at `"
_KEY = "key` in `"
_NO_VALUE = "Invalid enum value "
_STEP = re.compile(r"\.([^.\[\]]+)|\[[^\]]*\]")
_FIELD = ("Object missing required field `", "Object contains unknown field `")
_PATTERN = "Expected `str` matching regex "
_OTHER_FORM = "Expected `str` of another form"


class Misfit(NamedTuple):
    """A sentence without its full stop, and the path of the value it is about: `$` is the whole, `$.lanes[0].code` a
    field. An item of a map is `[...]` in the path, since msgspec does not name it. Sentence and field have at most
    CHARACTERS_MAX characters.

    field: the field of that value that is missing or unknown, if one is. is_key: a key of that map is wrong.
    is_form: the text does not match the pattern of its type; a pattern itself is never shown.
    """

    path: str
    sentence: str
    field: str | None = None
    is_key: bool = False
    is_form: bool = False

    @property
    def place(self) -> str:
        """The path with the field that is missing or unknown."""
        return f"{self.path}.{self.field}" if self.field is not None else self.path

    @property
    def name(self) -> str:
        """The place as a caller knows it: `lanes[0].code`; empty for the whole."""
        return self.place.removeprefix("$").removeprefix(".")


def misfit(error: msgspec.ValidationError) -> Misfit:
    """What an error says."""
    sentence, path, is_key = _parted(str(error))
    if sentence.startswith(_PATTERN):
        return Misfit(path, _OTHER_FORM, is_key=is_key, is_form=True)
    for begins in _FIELD:
        if sentence.startswith(begins):
            field = sentence.removesuffix("`")[len(begins) :][:CHARACTERS_MAX]
            return Misfit(path, f"{begins}{field}`"[:CHARACTERS_MAX], field, is_key=is_key)
    return Misfit(path, sentence[:CHARACTERS_MAX], is_key=is_key)


def _parted(message: str) -> tuple[str, str, bool]:
    """The sentence, the path after it, and whether the path is that of a key."""
    sentence, at, place = message.rpartition(_AT)
    path = place.removeprefix(_KEY).removesuffix("`")
    if not at or not _is_path(path) or sentence in _FIELD:
        # What looks like a path belongs to a name that is quoted; the error is about the whole.
        return message, "$", False
    return sentence, path, place.startswith(_KEY)


def _is_path(text: str) -> bool:
    return text.startswith(("$.", "$[")) and all(character.isalnum() or character in "_-.[]" for character in text[1:])


def sentence_of(wrong: Misfit, shape: Any) -> str:
    """The sentence, with what is allowed where a value is none of a few, or a field is none of an object's.

    shape: the type that was asked for.
    """
    if wrong.sentence.startswith(_FIELD[1]):
        fields = _fields(_at(inspect.type_info(shape), wrong.path))
        return f"{wrong.sentence}: it has {', '.join(fields)}" if fields else wrong.sentence
    if not wrong.sentence.startswith(_NO_VALUE):
        return wrong.sentence
    values = _values(_at(inspect.type_info(shape), wrong.path), is_key=wrong.is_key)
    return f"{wrong.sentence}: it is one of {', '.join(values)}" if values else wrong.sentence


def _at(info: inspect.Type, path: str) -> Sequence[inspect.Type]:
    """The types that a value may have at a path."""
    found = list(_alternatives([info]))
    for step in _STEP.finditer(path):
        found = list(_alternatives(_inside(found, step[1])))
    return found


def _inside(found: Iterable[inspect.Type], field: str | None) -> Iterable[inspect.Type]:
    """The types of a field, or of the items of a list or map."""
    for each in found:
        if field is not None and isinstance(each, inspect.StructType):
            yield from (own.type for own in each.fields if own.encode_name == field)
        elif isinstance(each, inspect.ListType | inspect.VarTupleType | inspect.CollectionType):
            yield each.item_type
        elif isinstance(each, inspect.DictType):
            yield each.value_type


def _alternatives(found: Iterable[inspect.Type]) -> Iterable[inspect.Type]:
    for each in found:
        if isinstance(each, inspect.Metadata):
            yield from _alternatives([each.type])
        elif isinstance(each, inspect.UnionType):
            yield from _alternatives(each.types)
        else:
            yield each


def _fields(found: Iterable[inspect.Type]) -> list[str]:
    """The names of the fields that an object may have, each once."""
    objects = (each for each in found if isinstance(each, inspect.StructType))
    return list(dict.fromkeys(own.encode_name for each in objects for own in each.fields))


def _values(found: Iterable[inspect.Type], *, is_key: bool) -> list[str]:
    values: list[str] = []
    for each in found:
        if is_key and isinstance(each, inspect.DictType):
            values += _values(_alternatives([each.key_type]), is_key=False)
        elif isinstance(each, inspect.EnumType):
            values += [str(member.value) for member in each.cls]
        elif isinstance(each, inspect.LiteralType):
            values += map(str, each.values)
    return values
