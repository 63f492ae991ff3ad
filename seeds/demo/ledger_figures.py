"""What the demo reads of the ledger: by a connection that can only read, and from finance's part of the API."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from uuid import uuid4

import asyncpg
import httpx
import msgspec
from msgspec import Struct

import sql
from payments.identity import Audience, Principal, sign_token

TOKEN_LIFE = timedelta(days=300)
SETTLE_TIMEOUT_S = 120.0
_SQL = sql.load("seeds/ledger_figures")


class ChargeTotals(Struct, frozen=True):
    """Charges by how they stand, money in fen. `waiting`: those a wallet could pay or that were never tried."""

    paid: int
    paid_fen: int
    due: int
    due_fen: int
    waiting: int


class FirstPaid(Struct, frozen=True):
    """The first stay that went all the way from the entry to money."""

    lot_zh: str
    lot_en: str
    entered_at: datetime
    left_at: datetime
    amount_fen: int
    paid_at: datetime


class Invariants(Struct, frozen=True):
    """Whether all invariants hold, and how many there are."""

    holds: bool
    invariants: list[msgspec.Raw]


class Statement(Struct, frozen=True):
    """What an operator is owed for a day, in fen."""

    operator_code: str
    business_date: date
    charges: int
    gross_fen: int
    platform_fee_fen: int
    net_fen: int


class LedgerFigures:
    """The ledger of a running demo, read as finance reads it; several tasks may ask at once."""

    def __init__(
        self, db: sql.Connection, client: httpx.AsyncClient, secret: str, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        # A connection answers one question at a time, and the terminal asks while the run waits for charges.
        self._turn = asyncio.Lock()
        self._client = client
        self._secret = secret
        self._clock = clock

    async def charges(self) -> ChargeTotals:
        """How the charges stand."""
        async with self._turn:
            totals = await sql.one(self._db, ChargeTotals, _SQL["charges"])
        assert totals is not None
        return totals

    async def first_paid(self) -> FirstPaid | None:
        """The first stay that was paid for, if any was."""
        async with self._turn:
            return await sql.one(self._db, FirstPaid, _SQL["first_paid"])

    async def unresolved(self) -> int:
        """How many payments have no known outcome yet."""
        async with self._turn:
            return int(await self._db.fetchval(_SQL["unresolved"]))

    async def invariants(self) -> Invariants:
        """Asks the service whether all invariants hold."""
        response = await self._client.get("/v1/admin/invariants", headers=self._headers(), timeout=SETTLE_TIMEOUT_S)
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=Invariants)

    async def settle(self, business_date: date) -> list[Statement]:
        """Settles a business day that is over."""
        response = await self._client.post(
            "/v1/settlements",
            json={"business_date": business_date.isoformat()},
            headers=self._headers(),
            timeout=SETTLE_TIMEOUT_S,
        )
        response.raise_for_status()
        return msgspec.json.decode(response.content, type=list[Statement])

    def _headers(self) -> dict[str, str]:
        principal = Principal(Audience.ADMIN, "demo")
        token = sign_token(principal, token_id=uuid4(), secret=self._secret, now=self._clock(), life=TOKEN_LIFE)
        return {"Authorization": f"Bearer {token}"}


@asynccontextmanager
async def read_only(database_url: str) -> AsyncIterator[sql.Connection]:
    """A connection in the service's role that cannot write."""
    db = await asyncpg.connect(
        database_url, server_settings={"role": "onelot_service", "default_transaction_read_only": "on"}
    )
    try:
        yield db
    finally:
        await db.close()
