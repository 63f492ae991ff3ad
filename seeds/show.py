"""The demonstration itself: gateways play the day, a board shows what comes of it, and the books are closed."""

import asyncio
from asyncio import sleep
from collections.abc import Awaitable, Mapping
from datetime import datetime, time, timedelta
from itertools import chain
from time import monotonic

import httpx
from rich.console import Console

from seeds import books, day
from seeds.books import Books
from seeds.city import City
from seeds.embedded import Process
from seeds.gateways import Gateways, Refused
from seeds.screen import CITY_TIME, Board, Screen, local, yuan
from seeds.stage import Stage

SEED = 20261116
READY_TIMEOUT_S = 60.0
COLLECT_TIMEOUT_S = 90.0
SHOW_EACH_S = 0.5
LOOK_EACH_S = 1.0
VERIFY_EACH_S = 10.0
AFTER_MIDNIGHT = timedelta(minutes=1)
_CONNECTIONS = httpx.Limits(max_connections=40, max_keepalive_connections=40)


class ShowFailed(Exception):
    """The demonstration could not go on; the sentence says why."""


class Show:
    """One demonstration on a stage where OneLot was started and this city planted."""

    def __init__(
        self,
        console: Console,
        stage: Stage,
        planned: City,
        keys: Mapping[str, str],
        parts: Mapping[str, Process],
        *,
        scale: float,
    ) -> None:
        self._console = console
        self._stage = stage
        self._keys = keys
        self._parts = parts
        self._city = planned
        self._scale = scale
        self._board = Board(now=stage.starts_at, speed=stage.speed, address=stage.address)
        self._midnight = datetime.combine(stage.business_date, time(), CITY_TIME)

    async def run(self, *, ends_itself: bool) -> None:
        """Plays the day; then closes the books, and returns or stays up until it is cancelled.

        Raises:
            ShowFailed: a part of OneLot ended, refused what it must take, or did not come up in time.
        """
        address = self._stage.address
        async with (
            httpx.AsyncClient(base_url=address, limits=_CONNECTIONS, trust_env=False) as client,
            books.reading(self._stage.database_url) as db,
        ):
            self._client = client
            self._books = Books(db, client, self._stage.secret, self._stage.now)
            self._gateways = Gateways(client, self._keys, self._stage)
            traffic = await asyncio.to_thread(
                day.traffic, self._city, day=self._stage.business_date, seed=SEED, scale=self._scale
            )
            await self._ready()
            self._console.print(
                f"Live lots: {address}/    API: {address}/schema    (Ctrl-C ends it)", highlight=False, soft_wrap=True
            )
            with Screen(self._console, self._board, self._look_at_once) as screen:
                self._screen = screen
                await self._beside(self._story(traffic, ends_itself=ends_itself))

    async def _story(self, traffic: day.Day, *, ends_itself: bool) -> None:
        self._board.activity = "the day is played"
        await self._gateways.play(chain(traffic.evening, traffic.day))
        self._board.activity = "waiting for midnight"
        await sleep(max(0.0, self._stage.seconds_until(self._midnight + timedelta(days=1) + AFTER_MIDNIGHT)))
        await self._collect()
        await self._settle()
        if not ends_itself:
            self._board.activity = "the day is over and settled; all stays up until Ctrl-C"
            await asyncio.Event().wait()

    async def _beside(self, story: Awaitable[None]) -> None:
        """Shows and watches for as long as the story takes; whatever fails first ends both."""
        others = [asyncio.ensure_future(each) for each in (self._show(), self._look(), self._verify())]
        tasks = [asyncio.ensure_future(story), *others]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except* Refused as refused:
            raise ShowFailed(str(refused.exceptions[0])) from refused
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _ready(self) -> None:
        """Waits until the API answers."""
        deadline = monotonic() + READY_TIMEOUT_S
        while True:
            self._check_parts()
            try:
                response = await self._client.get("/readyz")
                if response.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if monotonic() > deadline:
                raise ShowFailed(f"{self._stage.address} did not answer within {READY_TIMEOUT_S:.0f} s.")
            await sleep(0.1)

    def _check_parts(self) -> None:
        for name, part in self._parts.items():
            if not part.running():
                raise ShowFailed(f"`onelot {name}` ended with exit code {part.exit_code}.")

    async def _show(self) -> None:
        while True:
            self._check_parts()
            self._screen.show()
            await sleep(SHOW_EACH_S)

    def _look_at_once(self) -> None:
        board, answers = self._board, self._gateways.answers
        board.now = self._stage.now()
        board.share = min(1.0, max(0.0, (board.now - self._midnight) / timedelta(days=1)))
        board.answered = answers.total()
        board.review = answers["review"]
        board.rejected = answers["rejected"]
        board.late_s = self._gateways.late_s

    async def _look(self) -> None:
        """Brings what has to be asked for up to date, and tells of the first stay that was paid."""
        told = False
        while True:
            response = await self._client.get("/v1/lots", params={"limit": 1})
            response.raise_for_status()
            page = response.json()
            self._board.capacity, self._board.free, self._board.lots = page["capacity"], page["free"], page["total"]
            figures = await self._books.figures()
            self._board.paid, self._board.paid_fen = figures.paid, figures.paid_fen
            self._board.due, self._board.due_fen = figures.due, figures.due_fen
            if not told and (first := await self._books.first_paid()):
                told = True
                self._screen.say(
                    f"First stay paid: {first.lot_zh} {first.lot_en}, in {local(first.entered_at)}, "
                    f"out {local(first.left_at)}, {yuan(first.amount_fen)} paid {local(first.paid_at)}."
                )
            await sleep(LOOK_EACH_S)

    async def _verify(self) -> None:
        """Asks the service now and then whether its books hold."""
        while True:
            await self._ask_invariants()
            await sleep(VERIFY_EACH_S)

    async def _ask_invariants(self) -> None:
        found = await self._books.invariants()
        self._board.holds, self._board.invariants = found.holds, len(found.invariants)

    async def _collect(self) -> None:
        """Waits until every charge a wallet can pay is paid and no payment is in doubt."""
        deadline = monotonic() + COLLECT_TIMEOUT_S
        while (await self._books.figures()).waiting or await self._books.unresolved():
            self._board.activity = "collecting the last charges"
            if monotonic() > deadline:
                self._screen.say(f"Some charges were not collected within {COLLECT_TIMEOUT_S:.0f} s; they stay due.")
                return
            await sleep(0.2)

    async def _settle(self) -> None:
        """Closes the business day and says what each operator is owed."""
        self._board.activity = "settling the day"
        business_date = self._stage.business_date
        for statement in await self._books.settle(business_date):
            if statement.business_date == business_date:
                self._screen.say(
                    f"Settled {business_date}, {statement.operator_code}: {statement.charges:,} charges, "
                    f"{yuan(statement.gross_fen)} gross, {yuan(statement.platform_fee_fen)} platform fee, "
                    f"{yuan(statement.net_fen)} to the operator."
                )
        await self._ask_invariants()
