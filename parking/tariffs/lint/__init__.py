"""The lint of a tariff before it is published: what would surprise those who pay, and what has no effect.

It tries prices within a budget and shows the smallest example of each thing it finds. Whoever publishes decides: errors
forbid publication, and every warning needs a reason.
"""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TypeAlias

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.document import Promises, Tariff
from parking.tariffs.language.holidays import CN_YEARS
from parking.tariffs.language.parsing import TariffUnclear, UnknownTimeZone, from_json, from_toml, refusals_of
from parking.tariffs.lint.findings import Bill, Finding, Kind, Severity
from parking.tariffs.lint.messages import findings_of
from parking.tariffs.lint.monotonicity import Search
from parking.tariffs.lint.names import names_that_differ
from parking.tariffs.lint.no_effect import fields_without_effect
from parking.tariffs.lint.probes import Probes, holidays_matter
from parking.tariffs.lint.promises import Proof, of_promises, prove
from parking.tariffs.lint.reentry import reentry
from parking.tariffs.lint.slips import clauses_that_differ
from parking.tariffs.lint.trials import OutOfTime, Progress, Trials
from parking.tariffs.lint.unfed import rules_without_source
from parking.tariffs.lint.unreachable import unreachable
from parking.tariffs.lint.usual import unusual
from parking.tariffs.lint.vehicles import in_every_state, sample_vehicles
from parking.texts.durations import in_seconds

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

# How many prices are computed for one document: this takes a second or two.
BUDGET = 30_000
# The limit where a document makes single prices slow.
DEADLINE_S = 10.0
# The shares of that time after which unreachable parts, gains by re-entry and fees are no longer looked for.
_SHARES = (0.3, 0.6, 1.0)
_ORDER: tuple[Severity, ...] = ("error", "warning", "information")
# A monotonic clock, in seconds.
Clock: TypeAlias = Callable[[], float]
# The holidays of a year are announced in the November before it.
_ANNOUNCED_BEFORE = timedelta(days=60)


class _TimeLimit:
    """How much of the time has passed; without a clock it never ends."""

    def __init__(self, clock: Clock | None, deadline_s: float) -> None:
        self._clock = clock
        self._began = clock() if clock else 0.0
        self._deadline_s = deadline_s
        self.share = 1.0
        self.ran_out = False

    def is_over(self) -> bool:
        """Whether the share that is allowed now has passed."""
        over = self._clock is not None and self._clock() - self._began >= self._deadline_s * self.share
        self.ran_out = self.ran_out or over
        return over

    def until(self, share: float, findings: Iterable[Finding]) -> list[Finding]:
        """What is found until a share of the time has passed."""
        self.share = share
        in_time = []
        try:
            for finding in findings:
                in_time.append(finding)  # noqa: PERF402 - what was found before the end is kept
        except OutOfTime:
            pass
        return in_time


def check(
    tariff: Tariff,
    *,
    today: date | None = None,
    budget: int = BUDGET,
    progress: Progress | None = None,
    clock: Clock | None = None,
    deadline_s: float = DEADLINE_S,
) -> list[Finding]:
    """The findings on a tariff, errors first; none if it is clean.

    today: with it, the end of the known holidays is reported only when it is near; without it, always if they matter.
    progress: called with how much of the budget is done. clock: with it, the check ends after `deadline_s` and says so.
    """
    time = _TimeLimit(clock, deadline_s)
    trials = Trials(Compiled(tariff), budget=budget, progress=progress, is_over=time.is_over)
    probes, vehicles = Probes(trials.tariff), sample_vehicles(trials.tariff)
    findings = [
        *_calendar_ends(tariff, today),
        *_no_phone(tariff),
        *rules_without_source(tariff),
        *fields_without_effect(tariff),
        *clauses_that_differ(tariff),
        *names_that_differ(tariff),
        *unusual(trials.tariff, probes),
        *time.until(_SHARES[0], unreachable(trials, probes, vehicles)),
        *time.until(_SHARES[1], reentry(trials, probes, vehicles)),
    ]
    time.share = _SHARES[2]
    proof = prove(trials.tariff, probes, time.is_over) if tariff.promises != Promises() else Proof(Promises())
    states = vehicles if tariff.promises == Promises() else in_every_state(tariff, vehicles)
    extremes = Search(trials, probes, states).run()
    extremes.most_of_day = proof.dearest
    findings = [*findings_of(trials, extremes), *findings]
    findings += of_promises(tariff, proof, _broken(findings))
    if time.ran_out:
        findings.append(_incomplete(trials, deadline_s))
    trials.finish()
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def _broken(findings: Iterable[Finding]) -> set[str]:
    """The places of the promises that are broken; a fee that falls has its place where the cause is."""
    falls = ("longer_costs_less", "earlier_costs_less")
    return {"$.promises.never_cheaper" if each.kind in falls else each.path for each in findings}


def check_document(
    document: bytes,
    *,
    toml: bool,
    today: date | None = None,
    budget: int = BUDGET,
    progress: Progress | None = None,
    clock: Clock | None = None,
) -> tuple[Tariff | None, list[Finding]]:
    """The tariff of a document and what `check` finds; for a document that is refused, None and all that is wrong."""
    try:
        tariff = from_toml(document) if toml else from_json(document)
    except (TariffUnclear, UnknownTimeZone) as e:
        return None, [unclear(each) for each in refusals_of(document, toml=toml) or [e]]
    return tariff, check(tariff, today=today, budget=budget, progress=progress, clock=clock)


def unclear(refused: TariffUnclear | UnknownTimeZone) -> Finding:
    """The refusal of a document as a finding; its English sentence is quoted in the Chinese one."""
    path, advice = str(refused.facts["path"]), str(refused.facts.get("advice", ""))
    text_zh = f"价格文本在 {path} 处不符合要求，无法据以计费；请按英文说明修改该处：“{refused}”"
    return Finding("unclear", "error", path, text_zh, str(refused), facts={"advice": advice})


def _incomplete(trials: Trials, deadline_s: float) -> Finding:
    deadline_zh, deadline_en = in_seconds(deadline_s)
    return Finding(
        "incomplete",
        "warning",
        "$",
        f"检查在 {deadline_zh}后停止，只试算了一部分停放；没有列出的问题也可能存在。请简化价格文本，或人工核对。",
        f"The check stopped after {deadline_en} with only a part of the stays tried, so there may be more than is "
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
    near = today is None or last - today < _ANNOUNCED_BEFORE
    if tariff.calendar != "CN" or not near or not holidays_matter(tariff):
        return []
    return [
        Finding(
            "calendar_ends",
            "information",
            "$.calendar",
            f"国务院办公厅的放假通知只收录到 {last.year} 年；此后的节假日和调休上班日将只按星期计算，"
            "请在新通知发布后更新系统。",
            f"The State Council's holidays are known up to {last.year}; later years go by the weekday alone. Update "
            "the installation once the next notice is out.",
            facts={"last_year": last.year},
        )
    ]
