"""Where a demonstration runs: its servers, the clock that all of OneLot goes by, and how a part of it is started."""

import signal
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from msgspec import Struct, structs

from parking import clock
from parking.settings import LANGUAGE, language
from payments.identity import Principal, sign_token
from seeds.city.jinan import CITY_BOX
from seeds.servers.process import Process, environment_without, temporary_folder

# The clock runs fast, and nobody should have to fetch a token twice. What is told of the day before has its own clock.
TOKEN_LIFE, TOKEN_BEFORE = timedelta(days=300), timedelta(days=1)
_ROOT = Path(__file__).parents[2]


class Environment(Struct, frozen=True):
    """`starts_at` is what the clock shows up to the instant `started` (Unix seconds); then it runs `speed` times as
    fast, and from `until` on as any other.
    """

    database_url: str
    redis_url: str
    port: int
    secret: str
    business_date: date
    starts_at: datetime
    speed: float
    started: float
    until: datetime | None = None

    @property
    def address(self) -> str:
        """Where a browser finds it."""
        return f"http://127.0.0.1:{self.port}"

    def running_at(self, speed: float, *, started: float, until: datetime) -> "Environment":
        """The same with another clock."""
        return structs.replace(self, speed=speed, started=started, until=until)

    def now(self) -> datetime:
        """The time of the demonstration."""
        return clock.accelerated(self.starts_at, self.speed, started=self.started, until=self.until)()

    def seconds_until(self, at: datetime) -> float:
        """How long it is, for a person who waits, until the clock shows `at`."""
        return (at - self.now()).total_seconds() / self.speed

    def token(self, principal: Principal) -> str:
        """A bearer token for somebody, for as long as anybody looks at a demonstration."""
        return sign_token(
            principal, token_id=uuid4(), secret=self.secret, now=self.starts_at - TOKEN_BEFORE, life=TOKEN_LIFE
        )

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
            **({} if self.until is None else {"ONELOT_CLOCK_UNTIL": self.until.isoformat()}),
            "ONELOT_TEST_CHANNEL": "true",
            "ONELOT_CITY_BOX": CITY_BOX,
            # Its server and its books are made for it and go with it.
            "ONELOT_ALLOW_OWNER": "true",
        }

    def variables(self) -> dict[str, str]:
        """The caller's environment with these settings in place of the caller's own for OneLot."""
        return {
            **environment_without("ONELOT_"),
            **self.settings(),
            LANGUAGE: language(),
            "PYTHONPATH": str(_ROOT),
            "PYTHONUTF8": "1",
        }

    def start(self, command: str) -> Process:
        """Starts `onelot COMMAND` in a temporary folder that holds its log."""
        program = [sys.executable, "-m", "parking", command]
        return Process(temporary_folder(command), program, stop_signal=signal.SIGTERM, env=self.variables())
