"""The two languages, and which of them a reader gets."""

from typing import Literal, TypeAlias

Language: TypeAlias = Literal["zh", "en"]
ZH: Language = "zh"
EN: Language = "en"
# As HTML and HTTP name them.
TAGS: dict[Language, str] = {ZH: "zh-CN", EN: "en"}


def choose(asked: str | None, accepted: str, *, default: Language = ZH) -> Language:
    """The language asked for, else the one that an Accept-Language header likes best, else Chinese or `default`."""
    for wanted in (asked or "", *accepted.lower().split(",")):
        tag = wanted.strip()[:2]
        if tag == ZH:
            return ZH
        if tag == EN:
            return EN
    return default


def other(language: Language) -> Language:
    """The language a page offers to change to."""
    return EN if language == ZH else ZH


def either(language: Language, zh: str, en: str) -> str:
    """A text in a language, or in the other one where it is missing there."""
    return (en or zh) if language == EN else (zh or en)
