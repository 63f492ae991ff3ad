"""The lots' gateways at work: each sends what its lanes saw when the clock comes to it, in order, with its own key."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import httpx
import msgspec
from msgspec import Struct

from parking.live.ending import end
from seeds.traffic.day import GateEvent, Sending

SENDERS = 8
PAYERS = 6
BATCH_EVENTS_MAX = 200
TICK_S = 0.02
RETRY_S = 0.5
# By the clock they go by.
BEAT_EVERY_S = 600.0
TIMEOUT_S = 30.0
# Now and then the channel's answer is lost on its way, as it is in life; the worker then asks what became of it.
LOST_ANSWER_EACH = 50


class Answer(Struct, frozen=True):
    """What of an answer to a gate event matters here."""

    status: str
    gate: str
    stay_id: UUID | None = None
    fee_fen: int | None = None
    payment: str | None = None
    charge_reference: UUID | None = None


class Refused(Exception):
    """The service refused what a gateway must be able to send; the sentence holds its answer."""


class Gateways:
    """Sends as the time comes; a gateway that waits for an answer gathers what it sees meanwhile into the next request.

    `now` is the clock they go by, which runs `speed` times as fast as ours. `answers` counts events by their status,
    `waiting` those seen and not yet answered; `late_s` is how far the last answer was behind, in seconds of the clock.
    """

    def __init__(
        self, client: httpx.AsyncClient, keys: Mapping[str, str], now: Callable[[], datetime], *, speed: float
    ) -> None:
        self.answers: Counter[str] = Counter()
        self.paid_at_gate = 0
        self.waiting = 0
        self.late_s = 0.0
        self._client = client
        self._keys = keys
        self._now = now
        self._speed = speed
        self._seen: defaultdict[str, deque[tuple[datetime, GateEvent]]] = defaultdict(deque)
        self._busy: set[str] = set()
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._bills: asyncio.Queue[UUID] = asyncio.Queue()
        self._decoder = msgspec.json.Decoder(list[Answer])

    async def play(self, sendings: Iterable[Sending]) -> None:
        """Plays what is sent (in order of time); returns when all is answered and all payments at gates are made.

        Raises:
            Refused: the service did not take a request.
        """
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._send_on()) for _ in range(SENDERS)]
            tasks += [group.create_task(self._pay_on()) for _ in range(PAYERS)]
            tasks.append(group.create_task(self._beat_on()))
            for sending in sendings:
                if (early := sending.at - self._now()) > timedelta():
                    await asyncio.sleep(max(TICK_S, early.total_seconds() / self._speed))
                self._see(sending)
            await self._ready.join()
            await self._bills.join()
            await end(tasks)

    def _see(self, sending: Sending) -> None:
        self.waiting += len(sending.events)
        self._seen[sending.gateway].extend((sending.at, event) for event in sending.events)
        if sending.gateway not in self._busy:
            self._busy.add(sending.gateway)
            self._ready.put_nowait(sending.gateway)

    async def _send_on(self) -> None:
        while True:
            gateway = await self._ready.get()
            seen = self._seen[gateway]
            batch = [seen.popleft() for _ in range(min(len(seen), BATCH_EVENTS_MAX))]
            for answer in await self._send(gateway, [event for _, event in batch]):
                self.answers[answer.status] += 1
                if (
                    answer.status in ("recorded", "review")
                    and answer.payment == "pay_at_gate"
                    and answer.charge_reference
                ):
                    self._bills.put_nowait(answer.charge_reference)
            self.waiting -= len(batch)
            self.late_s = (self._now() - batch[-1][0]).total_seconds()
            if seen:
                self._ready.put_nowait(gateway)
            else:
                self._busy.remove(gateway)
            self._ready.task_done()

    async def _send(self, gateway: str, events: list[GateEvent]) -> list[Answer]:
        body = msgspec.json.encode(events)
        headers = {"Authorization": f"Bearer {self._keys[gateway]}", "Content-Type": "application/json"}
        while True:
            # Sending again is safe: an event that was recorded is answered as it was the first time.
            try:
                response = await self._client.post("/v1/gate-events", content=body, headers=headers, timeout=TIMEOUT_S)
            except httpx.TransportError:
                await asyncio.sleep(RETRY_S)
                continue
            if response.status_code < 300:
                return self._decoder.decode(response.content)
            if response.status_code < 500:
                raise Refused(f"{gateway} was answered {response.status_code}: {response.text}")
            await asyncio.sleep(RETRY_S)

    async def _beat_on(self) -> None:
        """Each says now and then that it lives, so that a quiet lot is not taken for one that is cut off."""
        while True:
            for key in self._keys.values():
                await asyncio.sleep(max(TICK_S, BEAT_EVERY_S / self._speed / len(self._keys)))
                with suppress(httpx.TransportError):
                    await self._client.post(
                        "/v1/gateway/heartbeat",
                        json={"sent_at": self._now().isoformat()},
                        headers={"Authorization": f"Bearer {key}"},
                        timeout=TIMEOUT_S,
                    )

    async def _pay_on(self) -> None:
        """Drivers without an account pay at the gate, or the barrier stays down."""
        while True:
            charge = await self._bills.get()
            self.paid_at_gate += 1
            payer = "ok" if self.paid_at_gate % LOST_ANSWER_EACH else "lost-answer"
            try:
                await self._client.post(
                    f"/v1/charges/{charge}/pay", json={"channel": "local", "payer": payer}, timeout=TIMEOUT_S
                )
            except httpx.TransportError:
                await asyncio.sleep(RETRY_S)
            self._bills.task_done()
