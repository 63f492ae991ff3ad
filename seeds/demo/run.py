"""The run of a demonstration: gateways send the day, figures show what comes of it, and the day is settled."""

import asyncio
from asyncio import sleep
from collections.abc import Awaitable, Mapping
from datetime import datetime, time, timedelta
from time import monotonic

import httpx
from rich.console import Console

from parking.cli.spoken import chosen, sentence, word
from parking.live.ending import end
from parking.texts.durations import in_seconds
from seeds.demo import ledger_figures
from seeds.demo.environment import Environment
from seeds.demo.ledger_figures import LedgerFigures, Statement
from seeds.demo.terminal import CITY_TIME, Figures, Terminal, local, yuan
from seeds.servers.process import Process
from seeds.traffic.day import Day
from seeds.traffic.gateways import Gateways, Refused

SEED = 20261116
READY_TIMEOUT_S = 60.0
COLLECT_TIMEOUT_S = 90.0
SHOW_EACH_S = 0.5
LOOK_EACH_S = 1.0
VERIFY_EACH_S = 10.0
AFTER_MIDNIGHT = timedelta(minutes=1)
_CONNECTIONS = httpx.Limits(max_connections=40, max_keepalive_connections=40)


class RunFailed(Exception):
    """The demonstration could not go on; the sentence says why."""


class Run:
    """One run of a day in an environment where OneLot was started, its city registered and the day before recorded."""

    def __init__(
        self,
        console: Console,
        environment: Environment,
        traffic: Day,
        keys: Mapping[str, str],
        processes: Mapping[str, Process],
    ) -> None:
        self._console = console
        self._environment = environment
        self._keys = keys
        self._processes = processes
        self._traffic = traffic
        self._figures = Figures(now=environment.starts_at, speed=environment.speed, address=environment.address)
        self._midnight = datetime.combine(environment.business_date, time(), CITY_TIME)

    async def run(self, *, ends_itself: bool) -> None:
        """Plays the day and settles it; then returns, or stays up until it is cancelled.

        Raises:
            RunFailed: a process of OneLot ended, refused what it must take, or did not come up in time.
        """
        address = self._environment.address
        async with (
            httpx.AsyncClient(base_url=address, limits=_CONNECTIONS, trust_env=False) as client,
            ledger_figures.read_only(self._environment.database_url) as db,
        ):
            self._client = client
            self._ledger = LedgerFigures(db, client, self._environment.secret, self._environment.now)
            self._gateways = Gateways(client, self._keys, self._environment.now, speed=self._environment.speed)
            await self._ready()
            template = "Live lots: {address}/    API: {address}/schema    (Ctrl-C ends it)"
            self._console.print(sentence(template, address=address), highlight=False, soft_wrap=True)
            with Terminal(self._console, self._figures, self._refresh) as terminal:
                self._terminal = terminal
                await self._with_terminal(self._play(ends_itself=ends_itself))

    async def _play(self, *, ends_itself: bool) -> None:
        day_s = self._environment.seconds_until(self._midnight + timedelta(days=1))
        length = chosen(in_seconds(round(day_s)))
        self._figures.activity = sentence("playing the day, which takes {length}", length=length)
        await self._gateways.play(self._traffic.day)
        self._figures.activity = word("waiting for midnight")
        await sleep(max(0.0, self._environment.seconds_until(self._midnight + timedelta(days=1) + AFTER_MIDNIGHT)))
        await self._collect()
        await self._settle()
        if not ends_itself:
            self._figures.activity = word("the day is over and settled; all stays up until Ctrl-C")
            await asyncio.Event().wait()

    async def _with_terminal(self, play: Awaitable[None]) -> None:
        """Shows and watches for as long as the play takes; whatever fails first ends both."""
        others = [asyncio.ensure_future(each) for each in (self._show(), self._look(), self._verify())]
        tasks = [asyncio.ensure_future(play), *others]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except* Refused as refused:
            raise RunFailed(str(refused.exceptions[0])) from refused
        finally:
            await end(tasks)

    async def _ready(self) -> None:
        """Waits until the API answers."""
        deadline = monotonic() + READY_TIMEOUT_S
        while True:
            self._check_processes()
            try:
                response = await self._client.get("/readyz")
                if response.status_code == 200:
                    return
            except httpx.TransportError:
                pass
            if monotonic() > deadline:
                about = {"address": self._environment.address, "length": chosen(in_seconds(READY_TIMEOUT_S))}
                raise RunFailed(sentence("{address} did not answer within {length}.", **about))
            await sleep(0.1)

    def _check_processes(self) -> None:
        for name, process in self._processes.items():
            if not process.running():
                about = {"name": name, "code": process.exit_code}
                raise RunFailed(sentence("`onelot {name}` ended with exit code {code}.", **about))

    async def _show(self) -> None:
        while True:
            self._check_processes()
            self._terminal.show()
            await sleep(SHOW_EACH_S)

    def _refresh(self) -> None:
        figures, answers = self._figures, self._gateways.answers
        figures.now = self._environment.now()
        figures.share = min(1.0, max(0.0, (figures.now - self._midnight) / timedelta(days=1)))
        figures.answered = answers.total()
        figures.review = answers["review"]
        figures.rejected = answers["rejected"]
        figures.late_s = self._gateways.late_s

    async def _look(self) -> None:
        """Brings what has to be asked for up to date, and says which stay was paid first."""
        first_said = False
        while True:
            response = await self._client.get("/v1/lots", params={"limit": 1})
            response.raise_for_status()
            page = response.json()
            self._figures.capacity, self._figures.free, self._figures.lots = (
                page["capacity"],
                page["free"],
                page["total"],
            )
            charges = await self._ledger.charges()
            self._figures.paid, self._figures.paid_fen = charges.paid, charges.paid_fen
            self._figures.due, self._figures.due_fen = charges.due, charges.due_fen
            if not first_said and (first := await self._ledger.first_paid()):
                first_said = True
                times = {"entered": local(first.entered_at), "left": local(first.left_at), "paid": local(first.paid_at)}
                about = {"lot": f"{first.lot_zh} {first.lot_en}", "amount": yuan(first.amount_fen), **times}
                template = "First stay paid: {lot}, in {entered}, out {left}, {amount} paid {paid}."
                self._terminal.say(sentence(template, **about))
            await sleep(LOOK_EACH_S)

    async def _verify(self) -> None:
        """Asks the service now and then whether its invariants hold."""
        while True:
            await self._ask_invariants()
            await sleep(VERIFY_EACH_S)

    async def _ask_invariants(self) -> None:
        answer = await self._ledger.invariants()
        self._figures.holds, self._figures.invariants = answer.holds, len(answer.invariants)

    async def _collect(self) -> None:
        """Waits until every charge a wallet can pay is paid and no payment is in doubt."""
        deadline = monotonic() + COLLECT_TIMEOUT_S
        while (await self._ledger.charges()).waiting or await self._ledger.unresolved():
            self._figures.activity = word("collecting the last charges")
            if monotonic() > deadline:
                length = chosen(in_seconds(COLLECT_TIMEOUT_S))
                template = "Some charges were not collected within {length}; they stay due."
                self._terminal.say(sentence(template, length=length))
                return
            await sleep(0.2)

    async def _settle(self) -> None:
        """Closes the business day and says what each operator is owed."""
        self._figures.activity = word("settling the day")
        business_date = self._environment.business_date
        for statement in await self._ledger.settle(business_date):
            if statement.business_date == business_date:
                self._terminal.say(_settled(statement))
        await self._ask_invariants()


def _settled(statement: Statement) -> str:
    template = (
        "Settled {day}, {operator}: {charges:,} charges, {gross} gross, {fee} platform fee, {net} to the operator."
    )
    amounts = {"gross": statement.gross_fen, "fee": statement.platform_fee_fen, "net": statement.net_fen}
    about = {"day": statement.business_date, "operator": statement.operator_code, "charges": statement.charges}
    return sentence(template, **about, **{name: yuan(fen) for name, fen in amounts.items()})
