"""The figures of the demo while it runs: live in a terminal, a line every few seconds elsewhere."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from time import monotonic

from msgspec import Struct
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from parking.cli.spoken import sentence, word
from parking.texts import amounts

CITY_TIME = timezone(timedelta(hours=8))
LINE_EACH_S = 5.0
RATE_WINDOW_S = 3.0


class Figures(Struct):
    """The figures of the moment. Money in fen; None is what is not known yet.

    `holds`: whether all invariants held when last asked.
    """

    now: datetime
    speed: float
    address: str
    share: float = 0.0
    activity: str = ""
    answered: int = 0
    review: int = 0
    rejected: int = 0
    late_s: float = 0.0
    capacity: int = 0
    free: int | None = None
    lots: int = 0
    paid: int = 0
    paid_fen: int = 0
    due: int = 0
    due_fen: int = 0
    holds: bool | None = None
    invariants: int = 0

    @property
    def inside(self) -> int | None:
        """How many cars are inside."""
        return None if self.free is None else self.capacity - self.free


def yuan(fen: int) -> str:
    """An amount of the city's money."""
    return amounts.grouped_with_symbol(fen, "CNY")


def counted(number: int | None) -> str:
    """A number as people read it; … while it is not known."""
    return "…" if number is None else f"{number:,}"


def local(at: datetime) -> str:
    """An instant as the clocks of the city show it."""
    return f"{at.astimezone(CITY_TIME):%Y-%m-%d %H:%M}"


class Terminal:
    """Shows figures for as long as a `with` lasts; `refresh` brings them up to date before they are shown."""

    def __init__(self, console: Console, figures: Figures, refresh: Callable[[], None]) -> None:
        self._console = console
        self._figures = figures
        self._refresh = refresh
        self._rates: deque[tuple[float, int]] = deque()
        self._line_at = 0.0
        self._live = Live(console=console, get_renderable=self._render, auto_refresh=False, transient=False)

    def __enter__(self) -> "Terminal":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self.show()
            self._live.stop()
        else:
            self._line_at = 0.0
            self.show()

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, highlight=False, soft_wrap=True)

    def show(self) -> None:
        """Shows the figures as they are now."""
        self._refresh()
        at = monotonic()
        self._rates.append((at, self._figures.answered))
        while at - self._rates[0][0] > RATE_WINDOW_S:
            self._rates.popleft()
        if self._console.is_terminal:
            self._live.refresh()
        elif at >= self._line_at:
            self._line_at = at + LINE_EACH_S
            self._console.print(self._line(), highlight=False, soft_wrap=True)

    def _rate(self) -> float:
        if not self._rates:
            return 0.0
        (since, before), (at, answered) = self._rates[0], self._rates[-1]
        return (answered - before) / (at - since) if at > since else 0.0

    def _balance(self) -> str:
        if self._figures.holds is None:
            return "…"
        return word("in balance 账平" if self._figures.holds else "NOT IN BALANCE 账不平")

    def _line(self) -> str:
        f = self._figures
        template = (
            "{now}  {share:4.0%}  {rate:5.0f} events/s  {inside} cars inside  {free} free  {paid:,} fees paid "
            "({amount})  ledger {balance}  {activity}"
        )
        cars = {"inside": counted(f.inside), "free": counted(f.free)}
        books = {"paid": f.paid, "amount": yuan(f.paid_fen), "balance": self._balance(), "activity": f.activity}
        return sentence(template, now=local(f.now), share=f.share, rate=self._rate(), **cars, **books).rstrip()

    def _render(self) -> RenderableType:
        f = self._figures
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(justify="right", style="bold")
        table.add_column()
        template = "{answered:,} so far; {review:,} for a person to look at, {rejected:,} rejected"
        events = sentence(template, answered=f.answered, review=f.review, rejected=f.rejected)
        table.add_row(word("gate events 过车"), f"{self._rate():,.0f}/s", events)
        city = sentence("in {lots} lots with {spaces:,} spaces", lots=f.lots, spaces=f.capacity)
        table.add_row(word("cars inside 在场"), counted(f.inside), city)
        full = ProgressBar(total=max(1, f.capacity), completed=f.inside or 0, width=32)
        table.add_row(word("free spaces 余位"), counted(f.free), full)
        paid = sentence("{count:,} stays paid without stopping or at the gate", count=f.paid)
        table.add_row(word("fees paid 已付"), yuan(f.paid_fen), paid)
        table.add_row(word("still owed 待收"), yuan(f.due_fen), sentence("{count:,} charges", count=f.due))
        style = {None: "dim", True: "bold green", False: "bold white on red"}[f.holds]
        checked = sentence("{count} invariants", count=f.invariants) if f.invariants else ""
        table.add_row(word("ledger 账本"), Text(self._balance(), style), checked)
        clock = Table.grid(padding=(0, 2))
        clock.add_row(
            Text(local(f.now), "bold cyan"),
            ProgressBar(total=1.0, completed=f.share, width=40),
            f"×{f.speed:,.0f}  {f.activity}",
        )
        links = Text.assemble(
            *((f"{word('live lots')}  ", "dim"), (f"{f.address}/", "underline")),
            *((f"     {word('API')}  ", "dim"), (f"{f.address}/schema", "underline")),
            (f"     {word('Ctrl-C ends it')}", "dim"),
        )
        return Panel(Group(clock, "", table, "", links), title="OneLot 一城一场", border_style="blue", padding=(1, 2))
