"""A small city for the payments tests: an operator with a lot, accounts with money, charges, and the test channel."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

import msgspec

import sql
from payments import charges, ids, ledger, refunds
from payments.adjustments import Adjustment
from payments.channels import ChannelSettings, Provider, open_all, provider_named
from payments.charges import Charge, ChargeRequest
from payments.disputes import Dispute, DisputeState, Finding
from payments.errors import OneLotError
from payments.flow import accounts, collection, resolution
from payments.flow import adjustments as adjustments_flow
from payments.flow import charges as charges_flow
from payments.flow import disputes as disputes_flow
from payments.flow import refunds as refunds_flow
from payments.flow.charges import Paid
from seeds.city.network import lot_plan, small_city
from seeds.city.registration import register_network
from tests import held

LINES = msgspec.Raw(b'[{"kind":"units","units":2,"unit_fen":250,"amount_fen":500,"text_zh":"x","text_en":"y"}]')
DAY = date(2026, 11, 16)
LATER = timedelta(seconds=30)
# Before anything that a test does.
REGISTERED_AT = datetime(2026, 9, 1, tzinfo=UTC)
T = TypeVar("T")


async def registered(db: sql.Connection, *, lots: int = 0, fee_bps: int = 60) -> tuple[int, list[int]]:
    """A new operator of Jinan with lots at which nothing is priced: its number, and theirs."""
    code = f"op-{secrets.token_hex(4)}"
    plans = [lot_plan(f"{code}-{n}", code) for n in range(lots)]
    async with db.transaction():
        there = await register_network(
            db,
            small_city(plans, fees_bps={code: fee_bps}),
            now=REGISTERED_AT,
            random_bits=partial(secrets.randbits, 64),
        )
    return there.operators[code], [there.lots[plan.code] for plan in plans]


async def attempted(asked: Awaitable[T]) -> T | type[OneLotError]:
    """What was asked for, or the class of its refusal."""
    try:
        return await asked
    except OneLotError as refused:
        return type(refused)


class City:
    """What a test of this module's database asks for."""

    def __init__(self, pool: sql.Pool, owner: sql.Connection, now: datetime, random_bits: Callable[[], int]) -> None:
        self.pool, self.owner, self.random_bits, self.now = pool, owner, random_bits, now
        self.clock: Callable[[], datetime] = lambda: self.now
        self.channels = open_all(pool, self.clock, ChannelSettings(local=True))
        self.operator_id = self.lot_id = self.other_lot_id = 0

    @property
    def local(self) -> Provider:
        """The test channel."""
        return provider_named(self.channels, "local")

    async def account(self, wallet_fen: int = 0) -> int:
        """An account whose wallet holds this much."""
        async with self.pool.acquire() as db, db.transaction():
            account = await accounts.open_account(db, name="", now=self.now)
        if wallet_fen:
            await self.top_up(account.id, wallet_fen)
        return account.id

    async def top_up(
        self, account_id: int, amount_fen: int, *, payer: str = "ok", key: str | None = None, channel: str = "local"
    ) -> str:
        """Money into a wallet; returns the state it ended in."""
        key = key or str(self.random_bits())
        done = await accounts.top_up(
            self.pool,
            self.channels,
            account_id=account_id,
            amount_fen=amount_fen,
            request_key=key,
            payer=payer,
            channel=channel,
            now=self.now,
            random_bits=self.random_bits,
        )
        return done.state

    def request(self, account_id: int | None, amount_fen: int = 500, *, day: date = DAY) -> ChargeRequest:
        """What a new stay at the lot owes."""
        stay_id = ids.new(self.now, self.lot_id, self.random_bits())
        return ChargeRequest(
            self.lot_id, stay_id, self.operator_id, account_id, amount_fen, day, LINES, self.reference()
        )

    def reference(self) -> UUID:
        """A reference of a charge that no other has."""
        return charges.new_reference(self.random_bits(), self.random_bits())

    async def charge(self, account_id: int | None, amount_fen: int = 500, *, day: date = DAY) -> UUID:
        """A charge that is due."""
        request = self.request(account_id, amount_fen, day=day)
        async with self.pool.acquire() as db, db.transaction():
            await charges_flow.request_charges(db, [request], now=self.now)
        return charges.charge_id(request.stay_id, request.account_id)

    async def adjust(
        self, *wanted: tuple[UUID, int], asked_at: datetime | None = None, hold: str | None = None
    ) -> None:
        """What charges cost from now on, in one transaction, each for a fact of its own."""
        asked = [self.adjustment(charge_id, fen, asked_at=asked_at, hold=hold) for charge_id, fen in wanted]
        async with self.pool.acquire() as db, db.transaction():
            await adjustments_flow.adjust_charges(db, asked, now=self.now)

    def adjustment(
        self, charge_id: UUID, wanted_fen: int, *, asked_at: datetime | None = None, hold: str | None = None
    ) -> Adjustment:
        """What a charge costs from now on, for a fact of its own."""
        lines = b"[]" if not wanted_fen else b'[{"kind":"units","amount_fen":%d}]' % wanted_fen
        fact = ids.new(self.now, self.lot_id, self.random_bits())
        today = ledger.local_date(self.now, ledger.CITY_TIME_ZONE)
        return Adjustment(charge_id, wanted_fen, lines, fact, "passing", today, hold, asked_at)

    async def stands(self, charge_id: UUID) -> Charge:
        """A charge as it stands."""
        async with self.pool.acquire() as db:
            return await charges_flow.charge_by_id(db, charge_id)

    async def reference_of(self, charge_id: UUID) -> UUID:
        """The reference of a charge."""
        async with self.pool.acquire() as db:
            return (await charges_flow.charge_by_id(db, charge_id)).reference

    async def pay(
        self,
        charge_id: UUID,
        payer: str = "ok",
        *,
        channel: str = "local",
        account_id: int | None = None,
        key: str | None = None,
    ) -> Paid:
        """A payment through the test channel, if no other is named."""
        return await charges_flow.pay_charge(
            self.pool,
            self.channels,
            charge_id=charge_id,
            channel=channel,
            payer=payer,
            now=self.now,
            random_bits=self.random_bits,
            account_id=account_id,
            request_key=key,
        )

    async def collect(self, limit: int = 500) -> charges.Collected:
        """A round of the worker."""
        return await collection.collect_due(self.pool, now=self.now, random_bits=self.random_bits, limit=limit)

    async def refund(self, charge_id: UUID, amount_fen: int, *, key: str = "1") -> refunds.Refund:
        """A refund asked for by finance."""
        return await refunds_flow.refund_charge(
            self.pool,
            self.channels,
            charge_id=charge_id,
            amount_fen=amount_fen,
            reason="too much",
            request_key=key,
            actor="finance:li",
            now=self.now,
        )

    async def resolve(self) -> int:
        """A round of the worker half a minute later: how many payments were asked for again."""
        self.now += LATER
        return await self.resolve_now()

    async def resolve_now(self) -> int:
        """A round of the worker."""
        return await resolution.resolve_unknown(self.pool, self.channels, clock=self.clock)

    async def disputes(self, state: DisputeState = DisputeState.OPEN) -> Sequence[Dispute]:
        """The disputes of the test's own operator."""
        async with self.pool.acquire() as db:
            return await disputes_flow.disputes_page(
                db, operator_id=self.operator_id, state=state, after=ids.FIRST, limit=100
            )

    async def found(self, dispute: Dispute, finding: Finding, amount_fen: int | None = None) -> Dispute:
        """A person at finance says what they found."""
        async with self.pool.acquire() as db, db.transaction():
            return await disputes_flow.resolve_dispute(
                db,
                self.channels,
                dispute_id=dispute.id,
                finding=finding,
                amount_fen=amount_fen,
                note="as the bill says",
                actor="finance:li",
                now=self.now,
            )

    async def give_back(self, dispute: Dispute) -> refunds.Refund:
        """Money in suspense goes back."""
        return await disputes_flow.return_money(
            self.pool, self.channels, dispute_id=dispute.id, note="paid twice", actor="finance:li", now=self.now
        )

    async def executed(self, charge_id: UUID) -> int:
        """How many payments of a charge the test channel executed."""
        query = """select count(*) from channel_local_payment p join attempt a on a.request_no = p.number
                    where a.payable_id = $1 and p.state = 'succeeded'"""
        return await self.count(query, charge_id)

    async def state(self, charge_id: UUID) -> str:
        """How a charge stands."""
        async with self.pool.acquire() as db:
            return (await charges_flow.charge_by_id(db, charge_id)).state

    async def holds(self, account_id: int) -> tuple[int, int]:
        """What a wallet holds and its account owes, in fen."""
        async with self.pool.acquire() as db:
            standing = await accounts.standing(db, account_id)
        return standing.wallet_fen, standing.owed_fen

    async def book(self, owner_id: int, book: str) -> int:
        """Credits less debits of any book, summed over its transfers."""
        query = """select coalesce(sum(amount_fen) filter (where credit_owner = $1 and credit_book::text = $2), 0)
                        - coalesce(sum(amount_fen) filter (where debit_owner = $1 and debit_book::text = $2), 0)
                     from transfer"""
        return int(await self.owner.fetchval(query, owner_id, book))

    async def count(self, query: str, *args: object) -> int:
        """The single number of a query, seen by the owner."""
        return int(await self.owner.fetchval(query, *args))

    async def violations(self) -> dict[str, int]:
        """Which invariants of the books do not hold, with how many rows each."""
        return {name: rows for name, rows in (await held.broken(self.owner)).items() if name not in OF_PARKING}


# Tests of payments make charges without the stays they would belong to.
OF_PARKING = {"charge_without_stay", "fee_lines_differ"}


@asynccontextmanager
async def city_in(
    pool: sql.Pool, owner: sql.Connection, now: datetime, random_bits: Callable[[], int]
) -> AsyncIterator[City]:
    """A city with an operator and two lots; what it leaves in the books must hold."""
    city = City(pool, owner, now, random_bits)
    # Tests of a module share its database: what an earlier one left to the worker sleeps.
    for table, column in (("charge", "collect_at"), ("attempt", "query_at"), ("refund", "query_at")):
        await owner.execute(f"update {table} set {column} = $1 where {column} is not null", now + timedelta(days=900))
    city.operator_id, (city.lot_id, city.other_lot_id) = await registered(owner, lots=2)
    yield city
    assert await city.violations() == {}
