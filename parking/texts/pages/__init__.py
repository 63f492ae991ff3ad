"""The words of the pages, a module for each family of them. A key that is missing in one language is a fault, so both
stand side by side.
"""

from collections.abc import Mapping

from parking.texts.languages import EN, Language
from parking.texts.words import Words


def word(words: Mapping[str, Words], language: Language, key: str, *values: object) -> str:
    """A word of a page, with values in the places of `{}` or `{0}`."""
    zh, en = words[key]
    return (en if language == EN else zh).format(*values)
