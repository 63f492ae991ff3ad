"""What msgspec says of a value that has not the shape of its type, taken apart."""

from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta, Struct

from payments.shapes import CHARACTERS_MAX, misfit, sentence_of


class Lane(Struct, forbid_unknown_fields=True):
    """A part with a pattern and a choice."""

    code: Annotated[str, Meta(pattern="^[a-z]+$")]
    way: Literal["in", "out"] = "in"


class Lot(Struct, forbid_unknown_fields=True):
    """A whole with a list and a map of parts."""

    name: str
    lanes: list[Lane] = []
    prices: dict[Annotated[str, Meta(max_length=3)], int] = {}


@pytest.mark.parametrize(
    ("value", "place", "sentence"),
    [
        (3, "$", "Expected `object`, got `int`"),
        ({}, "$.name", "Object missing required field `name`"),
        ({"name": 1}, "$.name", "Expected `str`, got `int`"),
        ({"name": "a", "nmae": "b"}, "$.nmae", "Object contains unknown field `nmae`"),
        ({"name": "a", "lanes": [{"code": "A"}]}, "$.lanes[0].code", "Expected `str` of another form"),
        ({"name": "a", "lanes": [{"code": "a"}, {}]}, "$.lanes[1].code", "Object missing required field `code`"),
        ({"name": "a", "lanes": [{"code": "a", "way": "up"}]}, "$.lanes[0].way", "Invalid enum value 'up'"),
        ({"name": "a", "prices": {"day": "x"}}, "$.prices[...]", "Expected `int`, got `str`"),
        (
            {"name": "a", "lanes": [{"code": "a", "b` - at `$.x": 1}]},
            "$.lanes[0].b` - at `$.x",
            "Object contains unknown field `b` - at `$.x`",
        ),
    ],
)
def test_place_and_sentence(value: Any, place: str, sentence: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert(value, Lot)
    found = misfit(raised.value)
    assert (found.place, found.sentence, found.is_key) == (place, sentence, False)


def test_a_key_that_does_not_fit_is_in_the_path_of_its_map() -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"name": "a", "prices": {"night": 1}}, Lot)
    assert misfit(raised.value)[:4] == ("$.prices", "Expected `str` of length <= 3", None, True)


def test_a_place_has_the_name_a_caller_knows() -> None:
    for value, name in (
        ({"name": "a", "lanes": [{"code": "A"}]}, "lanes[0].code"),
        ({"name": "a", "lanes": [{}]}, "lanes[0].code"),
        (3, ""),
    ):
        with pytest.raises(msgspec.ValidationError) as raised:
            msgspec.convert(value, Lot)
        assert misfit(raised.value).name == name


def test_a_word_that_speaks_of_a_pattern_is_quoted() -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"name": "a", "lanes": [{"code": "a", "way": "x matching regex y"}]}, Lot)
    found = misfit(raised.value)
    assert (found.sentence, found.is_form) == ("Invalid enum value 'x matching regex y'", False)


@pytest.mark.parametrize("part", [" - at `$", " - at `$.a`", "`", " matching regex ", "\n", "a"])
def test_a_message_of_a_million_characters_is_read_once(part: str) -> None:
    name = part * (1_000_000 // len(part)) + "\n"
    for value in (
        {"name": "a", name: 1},
        {"name": "a", "lanes": [{"code": "a", name: 1}]},
        {"name": "a", "lanes": [{"code": "a", "way": name}]},
    ):
        with pytest.raises(msgspec.ValidationError) as raised:
            msgspec.convert(value, Lot)
        found = misfit(raised.value)
        assert len(found.sentence) <= CHARACTERS_MAX
        assert len(found.place) <= CHARACTERS_MAX + len("$.lanes[0].")


@pytest.mark.parametrize("name", [" - at `$.a", " - at `$", " - at `$.a\n", "`", "", "a - at `key` in `$.b c"])
def test_a_name_that_looks_like_a_path_is_a_name(name: str) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        msgspec.convert({"name": "a", name: 1}, Lot)
    found = misfit(raised.value)
    assert (found.path, found.field) == ("$", name)


def test_who_names_a_field_that_is_none_hears_which_there_are() -> None:
    for value, sentence in (
        ({"name": "a", "nmae": "b"}, "Object contains unknown field `nmae`: it has name, lanes, prices"),
        ({"name": "a", "lanes": [{"cdoe": "a"}]}, "Object contains unknown field `cdoe`: it has code, way"),
    ):
        with pytest.raises(msgspec.ValidationError) as raised:
            msgspec.convert(value, Lot)
        assert sentence_of(misfit(raised.value), Lot) == sentence
