"""What commands say to a person, in the language that they read.

A sentence stands in English where it is printed, and in Chinese in `parking/texts/cli.toml`, by the English one. The
file is read when Chinese is first spoken, so that English costs nothing.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from parking import settings, texts
from parking.texts.languages import EN, ZH
from parking.texts.words import Words

FILE = Path(texts.__file__).with_name("cli.toml")


def sentence(template: str, /, **facts: object) -> str:
    """A sentence with its facts: `sentence("{count} revoked", count=3)`."""
    return word(template).format(**facts)


def word(english: str) -> str:
    """A text as it is, in the language of who reads; in English if nobody has said it in Chinese."""
    return english if settings.language() == EN else chinese().get(english, english)


def headings(*english: str) -> tuple[str, ...]:
    """The headings of a table."""
    return tuple(map(word, english))


def chosen(pair: Words) -> str:
    """Of a text that stands in both languages the one that is read."""
    return pair[0] if in_chinese() else pair[1]


def in_chinese() -> bool:
    """Whether who reads has chosen Chinese."""
    return settings.language() == ZH


@cache
def chinese() -> Mapping[str, str]:
    """Every text in Chinese, by the English one; the tables of the file are for those who write it."""
    tables = tomllib.loads(FILE.read_text("utf-8"))
    return {english: text for table in tables.values() for english, text in table.items()}
