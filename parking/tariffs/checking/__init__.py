"""The check before a price text is published: what would surprise those who pay, and what in it comes to nothing.

It tries prices within a budget and shows the smallest example of each thing it finds. It decides nothing: errors forbid
publication and warnings want a reason, but that is for whoever publishes.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TypeAlias

from parking.tariffs.checking.curves import Search
from parking.tariffs.checking.findings import Bill, Finding, Kind, Severity
from parking.tariffs.checking.ignored import ignored
from parking.tariffs.checking.leaving import leaving
from parking.tariffs.checking.occasions import Occasions, holidays_matter
from parking.tariffs.checking.samples import samples
from parking.tariffs.checking.sentences import findings
from parking.tariffs.checking.trials import OutOfTime, Progress, Trials
from parking.tariffs.checking.unused import unused
from parking.tariffs.compiled import Compiled
from parking.tariffs.document import Tariff
from parking.tariffs.holidays import CN_YEARS
from parking.tariffs.reading import TariffUnclear, UnknownTimeZone, from_json, from_toml

__all__ = [
    "BUDGET",
    "DEADLINE_S",
    "Bill",
    "Clock",
    "Finding",
    "Kind",
    "Progress",
    "Severity",
    "check",
    "check_document",
    "unclear",
]

# Prices computed for one document: a second or two.
BUDGET = 30_000
# What it may take where a document makes single prices slow.
DEADLINE_S = 10.0
# Of that time, what may be gone before the fees themselves are looked at: they break promises.
_SHARES = (0.3, 0.6, 1.0)
# Seconds since whenever.
Clock: TypeAlias = Callable[[], float]
# The notice of a year comes out in the November before it.
_NOTICE = timedelta(days=60)


class _Time:
    """How much of the time is gone. Without a clock it never ends."""

    def __init__(self, clock: Clock | None, deadline_s: float) -> None:
        self._clock = clock
        self._began = clock() if clock else 0.0
        self._deadline_s = deadline_s
        self.share = 1.0
        self.ran_out = False

    def is_over(self) -> bool:
        """Whether the part that is allowed now is used up."""
        over = self._clock is not None and self._clock() - self._began >= self._deadline_s * self.share
        self.ran_out = self.ran_out or over
        return over

    def kept(self, findings: Iterable[Finding], share: float) -> list[Finding]:
        """What is found until so much of the time is gone."""
        self.share = share
        found = []
        try:
            for finding in findings:
                found.append(finding)  # noqa: PERF402 - what was found before the end is kept
        except OutOfTime:
            pass
        return found


def check(
    tariff: Tariff,
    *,
    today: date | None = None,
    budget: int = BUDGET,
    progress: Progress | None = None,
    clock: Clock | None = None,
    deadline_s: float = DEADLINE_S,
) -> list[Finding]:
    """What is to be known of a price text before it is published, errors first; nothing for one that is clean.

    today: with it, the end of the known holidays is told of only when it is near; without it, always if they matter.
    progress: told how much of the budget is done. clock: with it, the check ends after `deadline_s` and says so.
    """
    time = _Time(clock, deadline_s)
    trials = Trials(Compiled(tariff), budget=budget, progress=progress, is_over=time.is_over)
    occasions, vehicles = Occasions(trials.tariff), samples(trials.tariff)
    found = [
        *_calendar_ends(tariff, today),
        *_no_phone(tariff),
        *ignored(tariff),
        *time.kept(unused(trials, occasions, vehicles), _SHARES[0]),
        *time.kept(leaving(trials, occasions, vehicles), _SHARES[1]),
    ]
    time.share = _SHARES[2]
    extremes = Search(trials, occasions, vehicles).run()
    found = [*findings(trials, extremes), *found]
    if time.ran_out:
        found.append(_incomplete(trials, deadline_s))
    trials.over()
    return sorted(found, key=lambda one: one.severity)


def check_document(
    document: bytes,
    *,
    toml: bool,
    today: date | None = None,
    budget: int = BUDGET,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> tuple[Tariff | None, list[Finding]]:
    """The tariff of a document and what `check` finds; a document that cannot be priced by is None and one error."""
    try:
        tariff = from_toml(document) if toml else from_json(document)
    except (TariffUnclear, UnknownTimeZone) as e:
        return None, [unclear(e)]
    return tariff, check(tariff, today=today, budget=budget, progress=progress, clock=clock)


def unclear(refused: TariffUnclear | UnknownTimeZone) -> Finding:
    """A refusal of the reader as a finding; what it says in English stands as a quotation in the Chinese."""
    path, advice = str(refused.facts["path"]), str(refused.facts.get("advice", ""))
    text_zh = f"价格文本在 {path} 处不符合要求，无法据以计费；请按英文说明修改该处：“{refused}”"
    return Finding("unclear", "error", path, text_zh, str(refused), facts={"advice": advice})


def _incomplete(trials: Trials, deadline_s: float) -> Finding:
    return Finding(
        "incomplete",
        "warning",
        "$",
        f"检查在 {deadline_s:.0f} 秒后停止，只试算了一部分停放；没有列出的问题也可能存在。请简化价格文本，或人工核对。",
        f"The check stopped after {deadline_s:.0f} s with only a part of the stays tried, so there may be more than is "
        "listed here. Simplify the price text, or go through it by hand.",
        facts={"prices": trials.done},
    )


def _no_phone(tariff: Tariff) -> list[Finding]:
    if tariff.calendar != "CN" or tariff.complaints_phone:
        return []
    return [
        Finding(
            "no_complaints_phone",
            "warning",
            "$.complaints_phone",
            "没有写投诉电话：收费公示牌必须公示投诉电话；请填写 complaints_phone。",
            "There is no complaints_phone, and the board at the lot has to show one: write it.",
        )
    ]


def _calendar_ends(tariff: Tariff, today: date | None) -> list[Finding]:
    last = date(CN_YEARS[-1], 12, 31)
    near = today is None or last - today < _NOTICE
    if tariff.calendar != "CN" or not near or not holidays_matter(tariff):
        return []
    return [
        Finding(
            "calendar_ends",
            "warning",
            "$.calendar",
            f"国务院办公厅的放假通知只收录到 {last.year} 年；此后的节假日和调休上班日将只按星期计算，"
            "请在新通知发布后更新系统。",
            f"The State Council's holidays are known up to {last.year}; later years go by the weekday alone. Update "
            "the installation once the next notice is out.",
            facts={"last_year": last.year},
        )
    ]
