"""How names are found as they are typed: in Chinese, in pinyin, by initials, in English."""

import pytest

from parking import spellings


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("趵突泉", True),
        ("突泉", True),
        ("baotuquan", True),
        ("bao tu quan", True),
        ("bao'tu", True),
        ("btq", True),
        ("tq", True),
        ("BTQ", True),
        ("ＢＴＱ", True),
        ("tuquan", True),
        ("spring", True),
        ("pring", True),
        # No syllable begins here.
        ("aotu", False),
        ("uquan", False),
        ("qt", False),
        ("btqb", False),
        ("quanba", False),
    ],
)
def test_a_name_is_found_as_it_is_typed(asked: str, *, is_found: bool) -> None:
    text = spellings.spelt("趵突泉", "The spring", "八")
    assert all(text.has(word) for word in spellings.words_of(asked)) is is_found


@pytest.mark.parametrize("asked", ["changqing", "cq", "zhangqing", "zq", "changqingqu", "cqq"])
def test_a_character_of_several_readings_is_found_by_each(asked: str) -> None:
    assert spellings.spelt("长清区").has(asked)


def test_a_name_of_many_readings_has_a_few_spellings() -> None:
    text = spellings.spelt("长" * 64)
    assert len(text.spelt) < 64 * 64 * 6 * spellings.READINGS_MAX * 2
    assert text.has("chang" * 3)


def test_one_word_is_the_whole_name_or_its_beginning() -> None:
    text = spellings.spelt("济南站", "Jinan Station", "火车站")
    assert text.says("济南站")
    assert text.says("火车站")
    assert not text.says("济南")
    assert text.begins("济南")
    assert text.begins("hcz")
    assert not text.begins("车站")
    assert not text.begins("nanzhan")
