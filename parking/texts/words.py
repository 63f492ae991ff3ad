"""A text in both languages, and lists of them."""

from collections.abc import Sequence
from typing import TypeAlias

# Chinese and English.
Words: TypeAlias = tuple[str, str]


def listed(words: Sequence[Words]) -> Words:
    """An enumeration: "A、B" and "A, B and C"."""
    zh, en = [each[0] for each in words], [each[1] for each in words]
    return "、".join(zh), f"{', '.join(en[:-1])} and {en[-1]}" if len(en) > 1 else "".join(en)
