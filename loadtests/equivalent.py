"""Mistakes that can change no fee, each with the reason: no test can notice them, and none needs to."""

from collections.abc import Iterable
from typing import TypeAlias

from loadtests.mistakes import Mistake

Reason: TypeAlias = tuple[str, str, str, str]
# (module, how the line is written, how the change begins): why it comes to the same. An empty text fits every one.
EQUIVALENT: tuple[tuple[str, str, str, str], ...] = (
    ("hours", "_DAYS_REMEMBERED_MAX", "", "how much is remembered changes the speed alone"),
    ("hours", "_OCCURRENCES_REMEMBERED_MAX", "", "how much is remembered changes the speed alone"),
    ("compiled", "_TABLES_MAX", "", "how much is remembered changes the speed alone"),
    ("", "if found is None:", "if found is None -> if True", "what is remembered is computed again"),
    (
        "hours",
        "if day not in self._occurrences:",
        "if day not in self._occurrences -> if True",
        "what is remembered is computed again",
    ),
    ("caps", "if rooms is None:", "if rooms is None -> if True", "what is remembered is computed again"),
    ("caps", "if cycle is None:", "if cycle is None -> if True", "what is remembered is computed again"),
    (
        "covering",
        "if self._chargeable is None:",
        "if self._chargeable is None -> if True",
        "what is remembered is computed again",
    ),
    ("hours", "found = self._held.get(", "at // DAY_S -> at * DAY_S", "what is remembered is computed again"),
    (
        "hours",
        "if ends - begins == DAY_S",
        "if ends - begins == DAY_S and minutes[-1] <= DAY_MIN -> if False",
        "the long way to the same",
    ),
    ("hours", "if ends - begins == DAY_S", "ends - begins -> ends + begins", "the long way to the same"),
    (
        "hours",
        "if ends - begins == DAY_S",
        "minutes[-1] <= DAY_MIN -> minutes[-1] < DAY_MIN",
        "the long way to the same",
    ),
    ("hours", "jump = bisect_right(", "1 -> 0", "a time that is jumped over is never shown"),
    ("hours", "self._otherwise = next(", "0 -> ", "it is not asked for where the bands leave nothing over"),
    ("hours", "at = bisect_right(cuts, starts) - 1", "1 -> 2", "one more cut is stepped over"),
    (
        "hours",
        "if ends <= cuts[-1] and",
        "if ends <= cuts[-1] and ends <= cuts[at + 1] -> if False",
        "the long way to the same",
    ),
    ("hours", "if ends <= cuts[-1] and", "ends <= cuts[-1] -> ends < cuts[-1]", "the long way to the same"),
    ("hours", "if ends <= cuts[-1] and", "ends <= cuts[at + 1] -> ends < cuts[at + 1]", "the long way to the same"),
    ("hours", "if ends <= cuts[-1] and", "1 -> 0", "the long way to the same"),
    ("hours", "if hours.days in eve and", "until > DAY_MIN -> until >= DAY_MIN", "a period of no time is none"),
    ("hours", "if begins > reached:", "if begins > reached -> if True", "a period of no time is none"),
    ("hours", "if begins > reached:", "begins > reached -> begins >= reached", "a period of no time is none"),
    ("hours", "if reached < DAY_MIN:", "reached < DAY_MIN -> reached <= DAY_MIN", "a period of no time is none"),
    ("hours", "if reached < DAY_MIN:", "if reached < DAY_MIN -> if True", "a period of no time is none"),
    (
        "hours",
        "return tuple(cut for at, cut",
        "for at, cut in enumerate(cuts) if",
        "passages of one band are joined anyway",
    ),
    ("hours", "band, is_new_day = bands[at], False", "False -> True", "no passage is open yet"),
    ("hours", "for day in range(calendar.day_at(starts) - 1", "1 -> 2", "a day more is looked at"),
    (
        "hours",
        "return begins, until if until > begins",
        "until > begins -> until >= begins",
        "no document has hours of no time",
    ),
    ("compiled", "return {place: text for", "for place, text in found.items() if", "an empty text is as good as none"),
    ("compiled", "EVER = 1 << 62", "62 -> ", "any number that no instant reaches"),
    ("compiled", "EVER = 1 << 62", "1 -> 2", "any number that no instant reaches"),
    ("compiled", "return -1", "1 -> 2", "any number below nothing says that no class fits"),
    ("compiled", "def table(", "100 -> ", "nobody asks a price by the default"),
    (
        "compiled",
        "tariff.discounts or tariff.minimum_fen",
        "tariff.round_to_fen > 1 -> tariff.round_to_fen >= 1",
        "the long way to the same",
    ),
    ("compiled", "tariff.discounts or tariff.minimum_fen", "1 -> 0", "the long way to the same"),
    ("compiled", "is_tiered=", "0 -> -1", "there is one"),
    ("covering", "at: int = 0", "0 -> ", "only what pays a share is told apart by it, and that says it"),
    (
        "covering",
        "return self.ends - self.starts if counts",
        "if counts == 'stay' -> if False",
        "the long way to the same",
    ),
    ("covering", "if tariff.tariff.quotas:", "if tariff.tariff.quotas -> if True", "the long way to the same"),
    ("covering", "left = rule.free_max_min", "stay.ends - stay.starts ->", "no charging is longer than the stay"),
    ("covering", "if amount <= 0:", "if amount <= 0 -> if False", "a cover of no time is none"),
    ("covering", "if amount <= 0:", "amount <= 0 -> amount < 0", "a cover of no time is none"),
    ("covering", "if amount <= 0:", "0 -> ", "amounts are whole minutes"),
    ("covering", "if not is_free:", "if not is_free -> if True", "what covers a stay that is free is not asked"),
    ("covering", "if begins < until:", "begins < until -> begins <= until", "a cover of no time is none"),
    ("covering", "if begins >= until or", "begins >= until -> begins > until", "a cover of no time is none"),
    ("memory", "return 0", "0 -> -1", "less than nothing is nothing"),
    ("memory", "left = 0 if max(drawn)", "0 -> -1", "less than nothing is nothing"),
    ("memory", "return max(left, 0)", "0 -> -1", "less than nothing is nothing"),
    (
        "memory",
        "open_since = ",
        "at <= entered < at + cap.hours * 3600 -> at <= entered <=",
        "the next cycle begins there",
    ),
    ("caps", "begins: int = 0", "", "no room is asked for its beginning before it is opened"),
    ("caps", "held = [self._room(place)", "if rate -> if True", "a band without a price is not metered"),
    ("caps", "if room.until < ends:", "room.until < ends -> room.until <= ends", "the same instant"),
    ("caps", "paid_fen = amount_fen if", "amount_fen <= least.left -> amount_fen < least.left", "the same amount"),
    ("caps", "if cycle.paid:", "if cycle.paid -> if True", "the long way to the same"),
    ("metering", "if self.allowed_fen:", "if self.allowed_fen -> if True", "the long way to the same"),
    ("metering", "if not covers:", "if not covers -> if False", "the long way to the same"),
    (
        "metering",
        "found.append(structs.replace(run, rest=rest) if rest",
        "if rest -> if True",
        "the long way to the same",
    ),
    ("metering", "band: int = 0", "0 -> ", "it is set before it is asked for"),
    ("metering", "self.left = 0", "0 -> -1", "the next unit or the next passage ends it"),
    ("metering", "stops = self.caps.until(", "if rate.caps -> if True", "the long way to the same"),
    ("metering", "position = 0", "0 -> ", "where all units are alike no position is asked for"),
    ("metering", "_, unit_s, price = rate.tiers[0]", "0 -> -1", "there is one"),
    ("metering", "if ends <= run_ends:", "ends <= run_ends -> ends < run_ends", "the long way to the same"),
    ("metering", "reached, self.left = ends, 0", "0 -> -1", "less than nothing is nothing"),
    (
        "metering",
        "if rate.is_tiered or self.left:",
        "if rate.is_tiered or self.left -> if True",
        "what is noted is not asked for",
    ),
    (
        "pricing",
        "if not tariff.tariff.discounts:",
        "if not tariff.tariff.discounts -> if False",
        "the long way to the same",
    ),
    (
        "pricing",
        "if text.crossing.short_under_min and",
        "text.crossing.short_under_min and len(left) > 1 -> text",
        "the long way to the same",
    ),
    (
        "pricing",
        "if text.crossing.short_under_min and",
        "if text.crossing.short_under_min and len(left) > 1 -> if True",
        "the long way to the same",
    ),
    ("pricing", "if text.crossing.short_under_min and", "len(left) > 1 -> len(left) >= 1", "the long way to the same"),
    ("pricing", "if text.crossing.short_under_min and", "1 -> 0", "the long way to the same"),
    (
        "pricing",
        "if laid.covers or crossed or tariff.complete:",
        "if laid.covers or crossed or tariff.complete -> if True",
        "after a whole passage nothing of it follows",
    ),
    ("pricing", "allowed_fen = sum(", "if discounts.amounts -> if True", "the long way to the same"),
    (
        "pricing",
        "meter.run(run, table if run.pays == 100",
        "if run.pays == 100 -> if False",
        "the long way to the same",
    ),
    ("pricing", "meter.run(run, table if run.pays == 100", "100 -> 101", "the long way to the same"),
    ("pricing", "if pasts and tariff.remembers:", "if pasts and tariff.remembers -> if True", "nothing asks for them"),
    (
        "pricing",
        "if pasts and tariff.remembers:",
        "pasts and tariff.remembers -> pasts or tariff.remembers",
        "nothing asks for them",
    ),
    ("pricing", "worth_fen = _worth(", "0 -> 1", "nothing can be taken off nothing"),
    ("sums", "return Sum(starts, ends, -1", "1 -> ", "no line of these asks for the class"),
    ("sums", "crossed: bool = False", "False -> True", "what is metered says it"),
)


def changes_nothing(mistake: Mistake) -> bool:
    """Whether it is known that a mistake comes to the same."""
    return any(_fits(reason, mistake) for reason in EQUIVALENT)


def unfitting(mistakes: Iterable[Mistake]) -> list[Reason]:
    """Reasons that none of all mistakes fits: what they were written of has changed."""
    every = list(mistakes)
    return [reason for reason in EQUIVALENT if not any(_fits(reason, mistake) for mistake in every)]


def _fits(reason: Reason, mistake: Mistake) -> bool:
    module, written, text, _ = reason
    return module in {"", mistake.module} and written in mistake.written and mistake.text.startswith(text)
