"""A payment channel that runs in this database, for demonstrations and tests. It moves no real money.

It behaves as an outside provider does, on connections and transactions of its own: it is strict about what it is sent,
takes a number once, and answers as the payer's token says:

    ok             pays at once                        decline       refuses for certain
    slow           accepts, pays three seconds later   fail-later    accepts, refuses three seconds later
    lost-answer    pays, and the answer is lost        lost-request  the first request is lost before it is read
    no-refund      pays, and closes every refund       redirect      as slow, and sends the payer to an address

A token may carry a name after a colon, as in "ok:zhang".
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

import asyncpg
import msgspec

import sql
from payments.attempts import Accepted, Declined, Failed, NotFound, Outcome, PayRequest, Succeeded
from payments.channels.port import NumberReused, RequestRefused
from payments.ledger import Book, Funds
from payments.refunds import RefundClosed, Refunded, RefundNotFound, RefundOutcome, RefundRequest

AMOUNT_FEN_MAX = 10_000_000
REDIRECT = "https://pay.example/"
SLOW = timedelta(seconds=3)
_OWNER = 2
_CHANNEL = sql.load("payments/channel_local")
_NUMBER = re.compile(r"[0-9A-Za-z_\-*]{6,32}")
_PAYER = re.compile(r"(ok|decline|slow|fail-later|lost-answer|lost-request|no-refund|redirect)(:[\w\-]{1,32})?")
# What each kind of payer makes of a request on arrival.
_ON_ARRIVAL = {
    "decline": "failed",
    "unknown": "failed",
    "slow": "accepted",
    "fail-later": "accepted",
    "redirect": "accepted",
}
_DECLINED = {"decline": "PAYER_DECLINED", "unknown": "PAYER_UNKNOWN"}


class _Payment(msgspec.Struct, frozen=True):
    number: str
    amount_fen: int
    payer: str
    state: Literal["accepted", "succeeded", "failed"]
    code: str | None
    at: datetime

    @property
    def kind(self) -> str:
        return self.payer.partition(":")[0]


class _Refund(msgspec.Struct, frozen=True):
    number: str
    payment_number: str
    amount_fen: int


class LocalChannel:
    """The local test channel. `clock` gives the time (aware)."""

    name = "local"
    takes_orders = True

    def __init__(self, pool: sql.Pool, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._clock = clock
        self._lost: set[str] = set()

    def funds(self, account_id: int | None, operator_id: int | None = None) -> Funds:  # noqa: ARG002 - one book for all
        """Its clearing book."""
        return Funds(_OWNER, Book.CLEARING)

    async def pay(self, request: PayRequest) -> Outcome:
        """Takes the money as the payer's token says.

        Raises:
            channels.RequestRefused: the request is malformed.
            channels.NumberReused: its number came before with other content.
            TimeoutError: the answer, or the request, was lost.
        """
        _check(request.number, request.amount_fen)
        known = _PAYER.fullmatch(request.payer)
        kind = known[1] if known else "unknown"
        if kind == "lost-request" and request.number not in self._lost:
            self._lost.add(request.number)
            raise TimeoutError("the request was lost")
        state = _ON_ARRIVAL.get(kind, "succeeded")
        code = _DECLINED.get(kind)
        async with self._connection() as db:
            await db.execute(
                _CHANNEL["execute_payment"],
                request.number,
                request.amount_fen,
                request.payer,
                state,
                code,
                self._clock(),
            )
            payment = await self._settled(db, request.number)
        assert payment is not None
        if (payment.amount_fen, payment.payer) != (request.amount_fen, request.payer):
            raise NumberReused("This number came before with other content.", code="NUMBER_REUSED")
        if kind == "lost-answer" and request.number not in self._lost:
            self._lost.add(request.number)
            raise TimeoutError("the answer was lost")
        return _outcome(payment)

    async def query(self, number: str) -> Outcome:
        """What became of a number; NotFound if it never came."""
        async with self._connection() as db:
            payment = await self._settled(db, number)
        return NotFound() if payment is None else _outcome(payment)

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        """Gives money back, at most what the payment brought, in any number of parts.

        Raises:
            channels.RequestRefused: the request is malformed.
            channels.NumberReused: its number came before with other content.
        """
        _check(request.number, request.amount_fen)
        async with self._connection() as db, db.transaction():
            payment = await sql.one(db, _Payment, _CHANNEL["lock_payment"], request.payment_number)
            if payment is None or payment.state != "succeeded":
                raise RequestRefused("There is no such payment to refund.", code="PAYMENT_NOT_FOUND")
            before = await sql.one(db, _Refund, _CHANNEL["refund"], request.number)
            if before is not None:
                if (before.payment_number, before.amount_fen) != (request.payment_number, request.amount_fen):
                    raise NumberReused("This number came before with other content.", code="NUMBER_REUSED")
                return Refunded(before.number, before.amount_fen)
            refunded_fen: int = await db.fetchval(_CHANNEL["refunded_fen"], request.payment_number)
            if payment.kind == "no-refund" or refunded_fen + request.amount_fen > payment.amount_fen:
                return RefundClosed("REFUND_NOT_POSSIBLE")
            key = (request.number, request.payment_number)
            await db.execute(_CHANNEL["execute_refund"], *key, request.amount_fen, self._clock())
        return Refunded(request.number, request.amount_fen)

    async def query_refund(self, number: str) -> RefundOutcome:
        """What became of a refund; RefundNotFound if it never came or was closed, for only what was paid is stored."""
        async with self._connection() as db:
            refund = await sql.one(db, _Refund, _CHANNEL["refund"], number)
        return RefundNotFound() if refund is None else Refunded(refund.number, refund.amount_fen)

    async def _settled(self, db: sql.Connection, number: str) -> _Payment | None:
        """The payment as it stands now: a slow one ends when its time has come."""
        payment = await sql.one(db, _Payment, _CHANNEL["payment"], number)
        if payment is None or payment.state != "accepted" or self._clock() - payment.at < SLOW:
            return payment
        ended = ("failed", "PAYER_DECLINED") if payment.kind == "fail-later" else ("succeeded", None)
        await db.execute(_CHANNEL["finish_payment"], number, *ended)
        return await sql.one(db, _Payment, _CHANNEL["payment"], number)

    def _connection(self) -> "asyncpg.pool.PoolAcquireContext[asyncpg.Record]":
        return self._pool.acquire()


def _check(number: str, amount_fen: int) -> None:
    if _NUMBER.fullmatch(number) is None:
        raise RequestRefused("A number has 6 to 32 characters of 0-9 A-Z a-z _ - *.", code="PARAM_ERROR")
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise RequestRefused("An amount is 0.01 to 100,000.00 yuan.", code="PARAM_ERROR")


def _outcome(payment: _Payment) -> Outcome:
    if payment.state == "succeeded":
        return Succeeded(payment.number, payment.amount_fen)
    if payment.state == "accepted":
        return Accepted({"redirect_url": REDIRECT + payment.number} if payment.kind == "redirect" else None)
    code = payment.code or "PAYER_DECLINED"
    return Failed(code) if payment.kind == "fail-later" else Declined(code)
