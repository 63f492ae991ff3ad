"""What somebody who watches the demo sees: a live board in a terminal, a line every few seconds elsewhere."""

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

CITY_TIME = timezone(timedelta(hours=8))
LINE_EACH_S = 5.0
RATE_WINDOW_S = 3.0


class Board(Struct):
    """The figures of the moment. Money in fen; None is what nobody has been asked yet.

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
    """An amount as people read it: ¥1,234.50."""
    return f"¥{fen // 100:,}.{fen % 100:02}"


def counted(number: int | None) -> str:
    """A number as people read it; … as long as nobody knows it."""
    return "…" if number is None else f"{number:,}"


def local(at: datetime) -> str:
    """An instant as the clocks of the city show it."""
    return f"{at.astimezone(CITY_TIME):%Y-%m-%d %H:%M}"


class Screen:
    """Shows a board for as long as a `with` lasts; `look` brings it up to date before each showing."""

    def __init__(self, console: Console, board: Board, look: Callable[[], None]) -> None:
        self._console = console
        self._board = board
        self._look = look
        self._rates: deque[tuple[float, int]] = deque()
        self._line_at = 0.0
        self._live = Live(console=console, get_renderable=self._render, auto_refresh=False, transient=False)

    def __enter__(self) -> "Screen":
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
        """Shows the board as it is now."""
        self._look()
        at = monotonic()
        self._rates.append((at, self._board.answered))
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
        if self._board.holds is None:
            return "…"
        return "in balance 账平" if self._board.holds else "NOT IN BALANCE 账不平"

    def _line(self) -> str:
        b = self._board
        return (
            f"{local(b.now)}  {b.share:4.0%}  {self._rate():5.0f} events/s  {counted(b.inside)} cars inside  "
            f"{counted(b.free)} free  {b.paid:,} fees paid ({yuan(b.paid_fen)})  ledger {self._balance()}  {b.activity}"
        ).rstrip()

    def _render(self) -> RenderableType:
        b = self._board
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim")
        table.add_column(justify="right", style="bold")
        table.add_column()
        odd = f"{b.review:,} for a person to look at, {b.rejected:,} rejected"
        table.add_row("gate events 过车", f"{self._rate():,.0f}/s", f"{b.answered:,} so far; {odd}")
        table.add_row("cars inside 在场", counted(b.inside), f"in {b.lots} lots with {b.capacity:,} spaces")
        full = ProgressBar(total=max(1, b.capacity), completed=b.inside or 0, width=32)
        table.add_row("free spaces 余位", counted(b.free), full)
        table.add_row("fees paid 已付", yuan(b.paid_fen), f"{b.paid:,} stays paid without stopping or at the gate")
        table.add_row("still owed 待收", yuan(b.due_fen), f"{b.due:,} charges")
        style = {None: "dim", True: "bold green", False: "bold white on red"}[b.holds]
        table.add_row("ledger 账本", Text(self._balance(), style), f"{b.invariants} invariants" if b.invariants else "")
        clock = Table.grid(padding=(0, 2))
        clock.add_row(
            Text(local(b.now), "bold cyan"),
            ProgressBar(total=1.0, completed=b.share, width=40),
            f"×{b.speed:,.0f}  {b.activity}",
        )
        links = Text.assemble(
            *(("live lots  ", "dim"), (f"{b.address}/", "underline")),
            *(("     API  ", "dim"), (f"{b.address}/schema", "underline"), ("     Ctrl-C ends it", "dim")),
        )
        return Panel(Group(clock, "", table, "", links), title="OneLot 一城一场", border_style="blue", padding=(1, 2))
