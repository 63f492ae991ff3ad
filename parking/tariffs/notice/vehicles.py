"""The vehicles that a rule is for, in words."""

from collections.abc import Iterator

from parking.tariffs.language.conditions import Match
from parking.texts.vehicles import FACTS, KINDS, PLATES
from parking.texts.words import Words, listed


def matching(who: Match, name_zh: str) -> Words:
    """The vehicles, in brackets, as far as the name of the rule does not say it; tags are left to the name."""
    conditions = [(zh, en) for zh, en in _conditions(who) if zh not in name_zh]
    if not conditions:
        return "", ""
    return f"（{'，'.join(zh for zh, _ in conditions)}）", f" ({', '.join(en for _, en in conditions)})"


def _conditions(who: Match) -> Iterator[Words]:
    if who.kinds:
        yield _either([(KINDS[kind].zh, KINDS[kind].many_en) for kind in who.kinds])
    if who.colors:
        yield _either([PLATES[color] for color in who.colors])
    if who.new_energy is not None:
        yield ("新能源", "new energy") if who.new_energy else ("非新能源", "not new energy")
    for words, bounds in ((("不小于", "at least"), who.at_least), (("不大于", "at most"), who.at_most)):
        for fact, bound in bounds.items():
            zh, en = FACTS.get(fact, (fact, fact))
            yield f"{zh}{words[0]} {bound}", f"{en} {words[1]} {bound}"


def _either(words: list[Words]) -> Words:
    zh, _ = listed(words)
    return zh, " or ".join(en for _, en in words)
