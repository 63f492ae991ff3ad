"""Every kind of problem in words, by its code: the last part of the `type` of a problem document."""

import re

from parking.texts.languages import ZH, Language
from parking.texts.problems import calls, gates, money, prices, staff
from parking.texts.problems.kind import Kind

KINDS: dict[str, Kind] = calls.KINDS | gates.KINDS | money.KINDS | staff.KINDS | prices.KINDS
# Of these a document says what is wrong in each case; of the others the Chinese one says what the kind means.
PRECISE = frozenset(("malformed", "stay-not-priceable"))


def code_of(error: type[Exception]) -> str:
    """The kind of a class of errors: its name in words."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", error.__name__).lower()


def title(code: str, language: Language) -> str:
    """What a kind is called; in English the code in words."""
    return KINDS[code].title_zh if language == ZH else code.replace("-", " ").capitalize()


def detail(code: str, language: Language, said: str) -> str:
    """What is wrong. `said`: in English, with what is known of the case."""
    return KINDS[code].means[0] if language == ZH and code not in PRECISE else said
