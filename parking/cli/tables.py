"""How findings, bills, prices and differences of tariffs look on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from parking import tariffs
from parking.tariffs.comparison import TUESDAY, Change, PriceChange
from parking.tariffs.engine.quote import FeeLine
from parking.tariffs.lint import Bill, Finding
from parking.tariffs.lint.vehicles import SampleVehicle
from parking.tariffs.notice import notice
from parking.texts import amounts, durations

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


class Printer:
    """Prints in one language, or in both if none was chosen."""

    def __init__(self, console: Console, lang: str | None) -> None:
        self._console = console
        self.zh, self.en = lang != "en", lang != "zh"

    def say(self, text: str, style: str = "") -> None:
        """A line as it is, however long."""
        self._console.print(escape(text), style=style, highlight=False, soft_wrap=True)

    def both(self, zh: str, en: str, indent: str = "") -> None:
        """A sentence in the language chosen."""
        if self.en:
            self.say(f"{indent}{en}")
        if self.zh:
            self.say(f"{indent}{zh}")

    def finding(self, finding: Finding, currency: str, reason: str | None) -> None:
        """A finding with its bills and, if it was accepted, the reason."""
        accepted = finding.severity == "warning" and reason is not None
        style = "green" if accepted else {"error": "red", "warning": "yellow"}[finding.severity]
        self.say(f"{finding.severity} {finding.kind} at {finding.path}", style)
        self.both(finding.text_zh, finding.text_en, "  ")
        if accepted:
            self.say(f"  accepted: {reason}")
        for bill in finding.bills:
            self.bill(bill, currency)

    def bill(self, bill: Bill, currency: str) -> None:
        """The visits of a vehicle with their fee."""
        self.times(bill.vehicle_en if self.en else bill.vehicle_zh, bill.visits)
        self.lines(bill.lines, currency, bill.fee_fen)

    def times(self, name: str, visits: Sequence[tuple[datetime, datetime]]) -> None:
        """The visits of a vehicle; a date is written where it changes."""
        times: list[str] = []
        shown = None
        for entered, left in visits:
            begins = f"{entered:%H:%M}" if entered.date() == shown else _at(entered)
            ends = f"{left:%H:%M}" if entered.date() == left.date() else _at(left)
            times.append(f"{begins} – {ends}")
            shown = left.date()
        self.say(f"{name}: {', '.join(times)}")

    def lines(self, lines: Iterable[FeeLine], currency: str, fee_fen: int) -> None:
        """The lines of a fee and its sum."""
        table = Table(show_footer=True)
        if self.en:
            table.add_column("for", "fee", overflow="fold")
        if self.zh:
            table.add_column("项目", "" if self.en else "应付", overflow="fold")
        table.add_column(currency, amounts.number(fee_fen, currency), justify="right", no_wrap=True)
        for line in lines:
            texts = [line.text_en] * self.en + [line.text_zh] * self.zh
            table.add_row(*map(escape, texts), amounts.number(line.amount_fen, currency))
        self._console.print(table)

    def notice(self, tariff: tariffs.Tariff) -> None:
        """The sentences of the tariff notice."""
        sentences = notice(tariff)
        names = [tariff.name_en] * self.en + [tariff.name_zh] * self.zh
        self.say(f"{' '.join(names)} ({tariff.code})", "bold")
        for sentence in (*(sentences.en if self.en else ()), *(sentences.zh if self.zh else ())):
            self.say(f"- {sentence}")

    def prices(self, tariff: tariffs.Compiled, vehicles: Sequence[SampleVehicle]) -> None:
        """Fees of stays of usual lengths by class, from a forenoon, an evening and a weekend on."""
        currency = tariff.tariff.currency
        for ahead, hour, zh, en in _MOMENTS:
            day = TUESDAY + timedelta(days=ahead)
            entry = datetime(day.year, day.month, day.day, hour, tzinfo=tariff.time_zone)
            self.say(f"{en if self.en else zh}, {_at(entry)} ({currency})")
            table = Table()
            table.add_column("", no_wrap=True)
            shown = vehicles[:CLASSES_SHOWN]
            for sample in shown:
                name = escape(sample.name_en if self.en else sample.name_zh)
                # So wide that no amount of it is cut; the name goes on in the next line.
                table.add_column(name, justify="right", overflow="fold", min_width=_AMOUNT_CHARS)
            for minutes in LENGTHS:
                left = datetime.fromtimestamp(entry.timestamp() + minutes * 60, tariff.time_zone)
                fees = [
                    tariffs.calculate(tariff, tariffs.Visit(entry, left, sample.vehicle)).fee_fen for sample in shown
                ]
                length_zh, length_en = durations.short(minutes)
                table.add_row(
                    length_en if self.en else length_zh, *[amounts.number(fee_fen, currency) for fee_fen in fees]
                )
            self._console.print(table)

    def changes(self, changes: Sequence[Change]) -> None:
        """Where two documents differ."""
        table = Table()
        for name in ("path", "before", "after"):
            table.add_column(name, overflow="fold")
        for change in changes:
            table.add_row(*map(escape, (change.path, _value(change.before), _value(change.after))))
        self._console.print(table)

    def price_changes(
        self, changes: Sequence[tuple[SampleVehicle, Sequence[PriceChange]]], old: tariffs.Tariff, new: tariffs.Tariff
    ) -> None:
        """Typical stays that cost another fee."""
        table = Table()
        for name in ("vehicle", "entered", "stay"):
            table.add_column(name, overflow="fold")
        for name in (f"before ({old.currency})", f"after ({new.currency})"):
            table.add_column(name, justify="right", no_wrap=True)
        rows = [(sample, change) for sample, price_changes in changes for change in price_changes]
        for sample, change in rows[:DIFFERENCES_SHOWN]:
            minutes = int((change.visit.left_at - change.visit.entered_at).total_seconds() // 60)
            entered = change.visit.entered_at.astimezone(ZoneInfo(new.time_zone))
            fees = amounts.number(change.before_fen, old.currency), amounts.number(change.after_fen, new.currency)
            table.add_row(escape(sample.name_en), _at(entered), durations.short(minutes)[1], *fees)
        self._console.print(table)
        if len(rows) > DIFFERENCES_SHOWN:
            self.say(f"{len(rows) - DIFFERENCES_SHOWN} more; --json tells them all.")

    def outcome(self, file: Path, findings: Sequence[Finding], accepted: Mapping[str, str]) -> None:
        """How many errors and warnings a file has."""
        errors = sum(finding.severity == "error" for finding in findings)
        warnings = len(findings) - errors
        known = sum(finding.severity == "warning" and finding.kind in accepted for finding in findings)
        if not findings:
            self.say(f"{file}: nothing found.", "green")
            return
        counts = [_count(errors, "error")] * bool(errors) + [_count(warnings, "warning")] * bool(warnings)
        self.say(f"{file}: {', '.join(counts)}{f', {known} of them accepted' if known else ''}.", "bold")


def _at(at: datetime) -> str:
    return f"{at:%a %Y-%m-%d %H:%M}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _value(value: object) -> str:
    return "–" if value is None else str(value)
