"""Publication checks for the HTTP service: one at a time in a process, and away from the loop that gates wait for."""

import asyncio
from datetime import datetime
from time import thread_time
from zoneinfo import ZoneInfo

from parking.tariffs import Tariff, lint
from parking.tariffs.lint import Finding
from payments.errors import OneLotError

WAIT_S = 5.0


class CheckUnderWay(OneLotError):
    """This process is checking another tariff, and was not done within the time a caller waits."""


class TariffLint:
    """Runs one check at a time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)

    async def findings(self, tariff: Tariff, now: datetime, *, wait_s: float = WAIT_S) -> list[Finding]:
        """What the publication check finds.

        Raises:
            CheckUnderWay: another was not done within `wait_s`.
        """
        try:
            await asyncio.wait_for(self._free.acquire(), wait_s)
        except TimeoutError:
            raise CheckUnderWay("Another tariff is being checked. Try again in a few seconds.") from None
        today = now.astimezone(ZoneInfo(tariff.time_zone)).date()
        check = asyncio.create_task(asyncio.to_thread(lint.check, tariff, today=today, clock=thread_time))
        # A thread cannot be stopped: the caller may go away, and the next check waits until this one is done.
        check.add_done_callback(self._done)
        return await asyncio.shield(check)

    def _done(self, checked: "asyncio.Task[list[Finding]]") -> None:
        self._free.release()
        if not checked.cancelled():
            checked.exception()
