"""What a history is made of: vehicles, what they do, and what is seen, said and decided of it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from parking.decisions import Kind as Decided
from tests.conftest import NOW
from tests.district import Say

BEGINS = NOW - timedelta(days=4)
COUPON = "HALF"


class Can(StrEnum):
    """How a vehicle pays. gate: who drives pays at the exit. ticket: it has no plate, and a ticket for each visit."""

    GATE = "gate"
    ACCOUNT = "account"
    EXEMPT = "exempt"
    PASS = "pass"
    BOOKED = "booked"
    TICKET = "ticket"


# Of whose reads people decide; those of others their drivers pay for by them.
DECIDED_ABOUT = (Can.ACCOUNT, Can.EXEMPT, Can.PASS, Can.BOOKED, Can.TICKET)


class Car(Struct, frozen=True):
    """A vehicle. `plate`: without its province. `clean`: everything is seen of it, once and right. `banned`: from when
    until when it is let in nowhere, but by hand.
    """

    plate: str
    color: str
    can: Can
    clean: bool
    banned: tuple[datetime, datetime] | None = None

    def is_banned(self, at: datetime) -> bool:
        return self.banned is not None and self.banned[0] <= at < self.banned[1]


class Visit(Struct, frozen=True):
    """When a vehicle really was in a lot. `costs`: the price applies without any right."""

    car: Car
    lot: str
    entered_at: datetime
    left_at: datetime
    costs: bool


class Step(Struct):
    """Something that happens: `said` by a gateway, a driver who `pays` (so often) or `asks` inside and pays there, what
    a person `decides` about another step, or a right that is registered; of a booking, from when to when, and with
    `about` that it is cancelled. `ticket`: of a decision, which one is merged; `undoes`: of which kind the one is that
    holds no more. `binds`: what happened to its car until then has to be told before.
    """

    at: datetime
    car: Car
    lot: str
    said: Say | None = None
    pays: int = 0
    asks: bool = False
    decides: Decided | None = None
    about: "Step | None" = None
    plate: str | None = None
    right: Can | None = None
    booked: tuple[datetime, datetime] | None = None
    ticket: str | None = None
    undoes: Decided | None = None
    binds: bool = False


class History(Struct):
    """Steps in the order of time, the visits of clean cars, and the tickets: the car and the lot of each."""

    cars: list[Car]
    steps: list[Step]
    visits: list[Visit]
    tickets: dict[str, tuple[Car, str]]
