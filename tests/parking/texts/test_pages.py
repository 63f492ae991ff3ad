"""The words of pages stand in both languages, with the same places for values."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import walk_packages
from string import Formatter

import pytest

from parking.texts import pages
from parking.texts.words import Words

FAMILIES: dict[str, Mapping[str, Words]] = {
    module.name: import_module(module.name).WORDS
    for module in walk_packages(pages.__path__, f"{pages.__name__}.")
    if not module.ispkg
}

# The report of a simulation has both beside each other, and says the unit once.
UNIT_IN_CHINESE = {"revenue", "differences"}


def places(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_word_stands_in_both_languages(family: str) -> None:
    for key, (zh, en) in FAMILIES[family].items():
        assert zh, key
        assert en, key
        assert places(zh) == places(en) or key in UNIT_IN_CHINESE, key


def test_a_page_says_nothing_twice_that_stands_around_every_page() -> None:
    around = FAMILIES["parking.texts.pages.frame"].keys()
    own = {name: words.keys() & around for name, words in FAMILIES.items() if not name.endswith(".frame")}
    assert not {name for name, twice in own.items() if twice}
