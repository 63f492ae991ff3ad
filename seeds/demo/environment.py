"""Where a demonstration runs: its servers, the clock that all of OneLot goes by, and how a part of it is started."""

import signal
import sys
from datetime import date, datetime
from pathlib import Path

from msgspec import Struct, structs

from parking import clock
from seeds.servers.process import Process, environment_without, temporary_folder

_ROOT = Path(__file__).parents[2]


class Environment(Struct, frozen=True):
    """`starts_at` is what the clock showed at the instant `started` (Unix seconds); it runs `speed` times as fast."""

    database_url: str
    redis_url: str
    port: int
    secret: str
    business_date: date
    starts_at: datetime
    speed: float
    started: float

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    def running_at(self, speed: float, *, started: float) -> "Environment":
        """The same with another clock."""
        return structs.replace(self, speed=speed, started=started)

    def now(self) -> datetime:
        """The time of the demonstration."""
        return clock.accelerated(self.starts_at, self.speed, started=self.started)()

    def seconds_until(self, at: datetime) -> float:
        """How long it is, for a person who waits, until the clock shows `at`."""
        return (at - self.now()).total_seconds() / self.speed

    def settings(self) -> dict[str, str]:
        """The settings of every process of OneLot."""
        return {
            "ONELOT_DATABASE_URL": self.database_url,
            "ONELOT_REDIS_URL": self.redis_url,
            "ONELOT_TOKEN_SECRETS": self.secret,
            "ONELOT_PORT": str(self.port),
            # All of the city's drivers call from this one address.
            "ONELOT_ADDRESS_REQUESTS_MAX": "1000000",
            "ONELOT_CLOCK_START": self.starts_at.isoformat(),
            "ONELOT_CLOCK_SPEED": str(self.speed),
            "ONELOT_CLOCK_STARTED": str(self.started),
            "ONELOT_TEST_CHANNEL": "true",
            # Its server and its books are made for it and go with it.
            "ONELOT_ALLOW_OWNER": "true",
        }

    def variables(self) -> dict[str, str]:
        """The caller's environment with these settings in place of the caller's own for OneLot."""
        return {**environment_without("ONELOT_"), **self.settings(), "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}

    def start(self, command: str) -> Process:
        """Starts `onelot COMMAND` in a temporary folder that holds its log."""
        program = [sys.executable, "-m", "parking", command]
        return Process(temporary_folder(command), program, stop_signal=signal.SIGTERM, env=self.variables())
