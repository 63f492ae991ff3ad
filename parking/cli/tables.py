"""How findings, bills, prices and differences of tariffs look on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from parking import settings, tariffs
from parking.tariffs.comparison import TUESDAY, Change, PriceChange
from parking.tariffs.engine.quote import FeeLine
from parking.tariffs.lint import Bill, Finding, promises
from parking.tariffs.lint.vehicles import SampleVehicle
from parking.tariffs.notice import notice
from parking.texts import amounts, durations
from parking.texts.languages import ZH
from parking.texts.times import weekday_and_clock

LENGTHS = (15, 30, 60, 90, 120, 180, 240, 360, 480, 720, 1440)
CLASSES_SHOWN = 6
DIFFERENCES_SHOWN = 40
_AMOUNT_CHARS = 8
# Days ahead of a Tuesday, the hour, and what to call the time.
_MOMENTS = (
    (0, 9, "工作日上午", "workday morning"),
    (0, 19, "工作日晚上", "workday evening"),
    (4, 10, "周末", "weekend"),
)


class _Column(NamedTuple):
    """A vehicle in a table of prices: its names, and its fees by moment and length."""

    name_zh: str
    name_en: str
    fees: list[list[int]]


class Printer:
    """Prints in one language, or in both if none was chosen."""

    def __init__(self, console: Console, lang: str | None) -> None:
        self._console = console
        self.zh, self.en = lang != "en", lang != "zh"
        self._lang = lang or settings.language()

    def say(self, text: str, style: str = "") -> None:
        """A line as it is, however long."""
        self._console.print(text, style=style, highlight=False, soft_wrap=True)

    def both(self, zh: str, en: str, indent: str = "") -> None:
        """A sentence in the language chosen."""
        if self.en:
            self.say(f"{indent}{en}")
        if self.zh:
            self.say(f"{indent}{zh}")

    def word(self, zh: str, en: str) -> str:
        """A word of a table or heading: in the language chosen, or else in that of the terminal."""
        return zh if self._lang == ZH else en

    def finding(self, finding: Finding, currency: str, reason: str | None) -> None:
        """A finding with its bills and, if it was accepted, the reason."""
        accepted = finding.severity == "warning" and reason is not None
        style = "green" if accepted else {"error": "red", "warning": "yellow", "information": "cyan"}[finding.severity]
        severity_zh = {"error": "错误", "warning": "警告", "information": "提示"}[finding.severity]
        heading_zh = f"{severity_zh} {finding.kind}，位于 {finding.path}"
        self.say(self.word(heading_zh, f"{finding.severity} {finding.kind} at {finding.path}"), style)
        self.both(finding.text_zh, finding.text_en, "  ")
        if accepted:
            self.say(self.word(f"  已确认：{reason}", f"  accepted: {reason}"))
        for bill in finding.bills:
            self.bill(bill, currency)

    def bill(self, bill: Bill, currency: str) -> None:
        """The visits of a vehicle with their fee."""
        self.times(self.word(bill.vehicle_zh, bill.vehicle_en), bill.visits)
        self.lines(bill.lines, currency, bill.fee_fen)

    def times(self, name: str, visits: Sequence[tuple[datetime, datetime]]) -> None:
        """The visits of a vehicle; a date is written where it changes."""
        times: list[str] = []
        shown = None
        for entered, left in visits:
            begins = f"{entered:%H:%M}" if entered.date() == shown else self._at(entered)
            ends = f"{left:%H:%M}" if entered.date() == left.date() else self._at(left)
            times.append(f"{begins} – {ends}")
            shown = left.date()
        self.say(self.word(f"{name}：{'，'.join(times)}", f"{name}: {', '.join(times)}"))

    def _at(self, at: datetime) -> str:
        return self.word(*weekday_and_clock(at))

    def lines(self, lines: Iterable[FeeLine], currency: str, fee_fen: int) -> None:
        """The lines of a fee and its sum."""
        table = Table(show_footer=True)
        if self.en:
            table.add_column("for", "fee", overflow="fold")
        if self.zh:
            table.add_column("项目", "" if self.en else "应付", overflow="fold")
        table.add_column(
            self.word(*amounts.unit(currency)), amounts.number(fee_fen, currency), justify="right", no_wrap=True
        )
        for line in lines:
            texts = [line.text_en] * self.en + [line.text_zh] * self.zh
            table.add_row(*texts, amounts.number(line.amount_fen, currency))
        self._console.print(table)

    def notice(self, tariff: tariffs.Tariff) -> None:
        """The sentences of the tariff notice."""
        sentences = notice(tariff, promises.proved(tariff))
        names = [tariff.name_en] * self.en + [tariff.name_zh] * self.zh
        self.say(f"{' '.join(names)} ({tariff.code})", "bold")
        for sentence in (*(sentences.en if self.en else ()), *(sentences.zh if self.zh else ())):
            self.say(f"- {sentence}")

    def prices(self, tariff: tariffs.Compiled, vehicles: Sequence[SampleVehicle]) -> None:
        """Fees of stays of usual lengths by class, from a forenoon, an evening and a weekend on."""
        currency = tariff.tariff.currency
        unit = self.word(*amounts.unit(currency))
        columns = _columns(tariff, vehicles[:CLASSES_SHOWN])
        for at, (ahead, hour, zh, en) in enumerate(_MOMENTS):
            when = self._at(_entry(tariff, ahead, hour))
            self.say(self.word(f"{zh}，{when}（{unit}）", f"{en}, {when} ({unit})"))
            table = Table()
            table.add_column("", no_wrap=True)
            for column in columns:
                name = self.word(column.name_zh, column.name_en)
                # So wide that no amount of it is cut; the name goes on in the next line.
                table.add_column(name, justify="right", overflow="fold", min_width=_AMOUNT_CHARS)
            for place, minutes in enumerate(LENGTHS):
                fees = [amounts.number(column.fees[at][place], currency) for column in columns]
                table.add_row(self.word(*durations.short(minutes)), *fees)
            self._console.print(table)

    def changes(self, changes: Sequence[Change]) -> None:
        """Where two documents differ."""
        table = Table()
        for zh, en in (("位置", "path"), ("原", "before"), ("新", "after")):
            table.add_column(self.word(zh, en), overflow="fold")
        for change in changes:
            table.add_row(change.path, _value(change.before), _value(change.after))
        self._console.print(table)

    def price_changes(
        self, changes: Sequence[tuple[SampleVehicle, Sequence[PriceChange]]], old: tariffs.Tariff, new: tariffs.Tariff
    ) -> None:
        """Typical stays that cost another fee."""
        table = Table()
        for zh, en in (("车辆", "vehicle"), ("入场", "entered"), ("停放", "stay")):
            table.add_column(self.word(zh, en), overflow="fold")
        for zh, en, text in (("原", "before", old), ("新", "after", new)):
            unit_zh, unit_en = amounts.unit(text.currency)
            table.add_column(self.word(f"{zh}（{unit_zh}）", f"{en} ({unit_en})"), justify="right", no_wrap=True)
        rows = [(sample, change) for sample, price_changes in changes for change in price_changes]
        for sample, change in rows[:DIFFERENCES_SHOWN]:
            minutes = int((change.visit.left_at - change.visit.entered_at).total_seconds() // 60)
            entered = change.visit.entered_at.astimezone(ZoneInfo(new.time_zone))
            fees = amounts.number(change.before_fen, old.currency), amounts.number(change.after_fen, new.currency)
            name, length = self.word(sample.name_zh, sample.name_en), self.word(*durations.short(minutes))
            table.add_row(name, self._at(entered), length, *fees)
        self._console.print(table)
        if len(rows) > DIFFERENCES_SHOWN:
            more = len(rows) - DIFFERENCES_SHOWN
            self.say(self.word(f"另有 {more} 项，--json 全部列出。", f"{more} more; --json lists them all."))

    def outcome(self, file: Path, findings: Sequence[Finding], accepted: Mapping[str, str]) -> None:
        """How many errors and warnings a file has, and what is worth knowing besides."""
        errors, warnings = (sum(each.severity == of for each in findings) for of in ("error", "warning"))
        notes = len(findings) - errors - warnings
        known = sum(finding.name in accepted for finding in findings)
        if not findings:
            self.say(self.word(f"{file}：未发现问题。", f"{file}: nothing found."), "green")
            return
        counts = [_count(errors, "error")] * bool(errors) + [_count(warnings, "warning")] * bool(warnings)
        counts += [f"{notes} for information"] * bool(notes)
        counts_zh = [f"错误 {errors} 项"] * bool(errors) + [f"警告 {warnings} 项"] * bool(warnings)
        counts_zh += [f"提示 {notes} 项"] * bool(notes)
        known_zh, known_en = (f"，其中 {known} 项已确认", f", {known} of them accepted") if known else ("", "")
        self.say(
            self.word(f"{file}：{'，'.join(counts_zh)}{known_zh}。", f"{file}: {', '.join(counts)}{known_en}."), "bold"
        )


def _columns(tariff: tariffs.Compiled, vehicles: Sequence[SampleVehicle]) -> list[_Column]:
    """A column for each vehicle; of those paying by the bay, two bays where one costs what another column says."""
    columns: list[_Column] = []
    for sample in vehicles:
        column = _Column(sample.name_zh, sample.name_en, _fees(tariff, sample, bays=1))
        of_class = tariff.usual_class_of(sample.vehicle)
        by_bay = of_class >= 0 and tariff.tariff.classes[of_class].per_bay
        if by_bay and any(column.fees == other.fees for other in columns):
            names = f"{sample.name_zh}（2 个泊位）", f"{sample.name_en} (2 bays)"
            column = _Column(*names, _fees(tariff, sample, bays=2))
        columns.append(column)
    return columns


def _fees(tariff: tariffs.Compiled, sample: SampleVehicle, bays: int) -> list[list[int]]:
    """Fees by moment and length."""
    found = []
    for ahead, hour, _, _ in _MOMENTS:
        entry = _entry(tariff, ahead, hour)
        ends = [datetime.fromtimestamp(entry.timestamp() + minutes * 60, tariff.time_zone) for minutes in LENGTHS]
        visits = [tariffs.Visit(entry, left, sample.vehicle, bays) for left in ends]
        found.append([tariffs.calculate(tariff, visit).fee_fen for visit in visits])
    return found


def _entry(tariff: tariffs.Compiled, ahead: int, hour: int) -> datetime:
    day = TUESDAY + timedelta(days=ahead)
    return datetime(day.year, day.month, day.day, hour, tzinfo=tariff.time_zone)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _value(value: object) -> str:
    return "–" if value is None else str(value)
