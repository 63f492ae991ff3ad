"""The vehicles and visits that a rule is for, in words."""

from collections.abc import Iterator, Sequence

from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.notice.days import hours
from parking.texts.durations import length
from parking.texts.methods import method
from parking.texts.vehicles import KINDS, PLATES, bounded
from parking.texts.words import Words


def matching(who: Match, name: Words, tariff: Tariff) -> Words:
    """Whom a rule is for, in brackets, as far as its name does not say it; tags are left to the name."""
    conditions = [
        words
        for words in _conditions(who, name, tariff)
        if words[0] not in name[0] and words[1].lower() not in name[1].lower()
    ]
    if not conditions:
        return "", ""
    return f"（{'，'.join(zh for zh, _ in conditions)}）", f" ({', '.join(en for _, en in conditions)})"


def visiting(entered: Sequence[DayHours], left: Sequence[DayHours], leaving: str, tariff: Tariff) -> Iterator[Words]:
    """In which hours a visit has to begin and to end: "06:00–09:00 入场", "当日 19:00 前离场"."""
    if entered:
        zh, en = hours(tariff, entered)
        yield f"{zh} 入场", f"for an entry {en}"
    if not left:
        return
    zh, en = hours(tariff, left)
    if leaving == "any":
        yield f"{zh} 离场", f"for an exit {en}"
    elif not _is_over_by_day(entered, left):
        yield f"在入场后的首个 {zh} 内离场", f"for an exit in the first {en} after it"
    elif left[0].from_ == "00:00":
        yield f"当日 {left[0].to} 前离场", f"for an exit by {left[0].to} the same day"
    else:
        yield f"当日 {zh} 离场", f"for an exit {en} the same day"


def _is_over_by_day(entered: Sequence[DayHours], left: Sequence[DayHours]) -> bool:
    """Whether the first hours in which a visit may end are always those of the day of its entry."""
    if len(left) != 1 or left[0].days != "every_day" or not entered:
        return False
    _, until = left[0].minutes()
    return until <= DAY_MIN and all(each.minutes()[1] <= until for each in entered)


def _conditions(who: Match, name: Words, tariff: Tariff) -> Iterator[Words]:
    if who.kinds:
        yield _either([(KINDS[kind].zh, KINDS[kind].many_en) for kind in who.kinds])
    if who.colors:
        yield _either([PLATES[color] for color in who.colors])
    if who.new_energy is not None:
        yield ("新能源", "new energy") if who.new_energy else ("非新能源", "not new energy")
    yield from (bounded(fact, bound, least=True) for fact, bound in who.at_least.items())
    yield from (bounded(fact, bound, least=False) for fact, bound in who.at_most.items())
    coupons = [_coupon(code, tariff) for code in who.coupons]
    # What a rule is called after, a lost ticket, need not be said again.
    if coupons and name not in coupons:
        zh, en = _either(coupons)
        yield f"凭{zh}", f"with {en}"
    if who.paid_by:
        zh, en = _either([method(code) for code in who.paid_by])
        yield f"以{zh}支付", f"paid by {en}"
    if who.over_min:
        zh, en = length(who.over_min)
        yield f"停放超过 {zh}", f"for a stay of more than {en}"
    yield from visiting(who.entered, who.left, who.leaving, tariff)


def _coupon(code: str, tariff: Tariff) -> Words:
    """What a coupon, a stamp or a lost ticket is called: as the rule that has its code."""
    parts = (*tariff.discounts, *tariff.surcharges, *tariff.classes, *tariff.caps, *tariff.quotas, *tariff.passes)
    named = next((part for part in parts if part.code == code), None)
    return (f"“{code}”", f'"{code}"') if named is None else (named.name_zh, named.name_en)


def _either(words: list[Words]) -> Words:
    zh, en = [each[0] for each in words], [each[1] for each in words]
    return "或".join(zh) if len(zh) > 1 else "".join(zh), " or ".join(en)
