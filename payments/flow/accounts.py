"""Accounts: opened, topped up through a channel, and shown with what they hold and owe."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from payments import accounts, attempts, ids, ledger
from payments.accounts import Account, NoSuchAccount, NoSuchOperator, NoSuchTopUp, Standing, TopUp
from payments.attempts import AttemptState, Outcome
from payments.channels import Channel, Channels, PayRequest, answer, channel_named, check_payer
from payments.identity import Audience, Principal
from payments.ledger import Book
from payments.store import accounts as store
from payments.store import audit as audit_store
from payments.store import charges as charge_store
from payments.store import ledger as books
from payments.store import settlement as settlement_store
from sql import Connection, Pool


async def open_account(db: Connection, *, name: str, now: datetime, actor: str | None = None) -> Account:
    """A new account with an empty wallet; `actor`, if a person opened it, goes into the audit trail."""
    account = await store.open_account(db, name=name[: accounts.NAME_CHARACTERS_MAX], now=now)
    if actor is not None:
        audit_id = ids.new(now, account.id, account.id)
        about = {"action": "account.open", "subject": f"account:{account.id}", "actor": actor}
        await audit_store.record(db, account.id, audit_id, **about, detail={"name": account.name}, now=now)
    return account


async def token_holder(
    db: Connection,
    *,
    audience: Audience,
    subject: str,
    account_id: int | None,
    operator_id: int | None,
    issuer: Principal,
    now: datetime,
    random_bits: Callable[[], int],
) -> Principal:
    """Whom a token is to speak for; that `issuer` asked for it goes into the audit trail.

    Raises:
        HolderUnclear: drivers have an account, clerks and finance officers perhaps an operator, nobody else either.
        NotYours: the issuer is limited to an operator and the token would reach beyond it.
        NoSuchAccount, NoSuchOperator: there is none of this number.
    """
    holder = accounts.token_holder(audience, subject=subject, account_id=account_id, operator_id=operator_id)
    accounts.may_issue(issuer, holder)
    if account_id is not None and await store.account_by_id(db, account_id) is None:
        raise NoSuchAccount("There is no such account.", field="account_id", account_id=account_id)
    if operator_id is not None and operator_id not in {one.id for one in await settlement_store.operators(db)}:
        raise NoSuchOperator("There is no such operator.", field="operator_id", operator_id=operator_id)
    owner = account_id or operator_id or ledger.PLATFORM
    about = {"action": "token.issue", "subject": f"{audience}:{subject}", "actor": issuer.subject}
    detail: dict[str, object] = {"account_id": account_id, "operator_id": operator_id}
    await audit_store.record(db, owner, ids.new(now, owner, random_bits()), **about, detail=detail, now=now)
    return holder


async def standing(db: Connection, account_id: int) -> Standing:
    """An account with what its wallet holds and what it owes.

    Raises:
        NoSuchAccount: there is none of this number.
    """
    account = _existing(await store.account_by_id(db, account_id), account_id)
    held = await books.balances_of(db, account_id)
    wallet_fen, owed_fen = held.get(Book.WALLET, 0), held.get(Book.RECEIVABLE, 0)
    return Standing(account.id, account.name, account.status, account.created_at, wallet_fen, owed_fen)


async def top_up_by_id(db: Connection, *, account_id: int, top_up_id: UUID) -> TopUp:
    """A top-up of an account.

    Raises:
        NoSuchTopUp: the account has none of this identifier.
    """
    found = await store.top_up_by_id(db, account_id, top_up_id)
    if found is None:
        raise NoSuchTopUp("There is no such top-up.", top_up_id=str(top_up_id))
    return found


async def top_up(
    pool: Pool,
    channels: Channels,
    *,
    account_id: int,
    amount_fen: int,
    request_key: str,
    payer: str,
    now: datetime,
    random_bits: Callable[[], int],
    channel: str = "local",
) -> TopUp:
    """Puts money into a wallet and wakes what the account owes. The same key is the same top-up, always.

    The row is committed before the channel is asked. A top-up that ends here as unknown or accepted is ended by
    `resolve_unknown`.

    Raises:
        NoSuchAccount, UnknownChannel: there is none of this number or name.
        TopUpOutOfRange, RequestKeyMalformed, PayerMalformed: an argument no channel would take.
        TopUpContradicted: the key was used for something else.
    """
    accounts.check_top_up(amount_fen)
    accounts.check_request_key(request_key)
    check_payer(payer)
    through = channel_named(channels, channel)
    number = accounts.top_up_number(account_id, request_key)
    asked = PayRequest(number, amount_fen, payer)
    sent = msgspec.json.encode(asked).decode()

    async with pool.acquire() as db, db.transaction():
        _existing(await store.lock_account(db, account_id), account_id)
        known = await store.top_up_by_request_no(db, account_id, number)
        if known is not None:
            accounts.same_top_up(known, amount_fen=amount_fen, channel=channel, request=sent)
            return known
        started = TopUp(
            account_id=account_id,
            id=ids.new(now, account_id, random_bits()),
            request_no=number,
            channel=channel,
            amount_fen=amount_fen,
            state=AttemptState.SUBMITTING,
            code=None,
            request=sent,
            created_at=now,
            updated_at=now,
            query_at=now + attempts.QUERY_FIRST_AFTER,
        )
        await store.insert_top_up(db, started)

    outcome = await answer(through.pay(asked))
    return await take_answer(pool, through, started, outcome, now=now)


async def take_answer(pool: Pool, channel: Channel, top_up: TopUp, outcome: Outcome, *, now: datetime) -> TopUp:
    """Writes what a channel said of a top-up; whoever hears the same twice changes nothing the second time."""
    step = attempts.step(
        outcome,
        state=top_up.state,
        number=top_up.request_no,
        amount_fen=top_up.amount_fen,
        created_at=top_up.created_at,
        now=now,
        jitter=attempts.jitter_of(top_up.id),
    )
    async with pool.acquire() as db, db.transaction():
        moved = await store.move_top_up(db, top_up, step, now=now)
        if moved and step.state is AttemptState.SUCCEEDED:
            # Charges before balances: the order in which everybody locks.
            await charge_store.wake_account(db, top_up.account_id, now=now)
            today = ledger.local_date(now, ledger.CITY_TIME_ZONE)
            journal = ledger.topped_up(top_up.account_id, top_up.id, channel.owner_id, top_up.amount_fen, today)
            await books.post(db, [journal], now=now)
        return await top_up_by_id(db, account_id=top_up.account_id, top_up_id=top_up.id)


async def ask_again(pool: Pool, channels: Channels, top_up: TopUp, *, now: datetime) -> None:
    """Asks a channel what became of a top-up, sends it again if it never arrived, and writes the answer."""
    channel = channel_named(channels, top_up.channel)
    outcome = await answer(channel.query(top_up.request_no))
    if attempts.to_be_sent_again(outcome, state=top_up.state, created_at=top_up.created_at, now=now):
        outcome = await answer(channel.pay(msgspec.json.decode(top_up.request, type=PayRequest)))
    await take_answer(pool, channel, top_up, outcome, now=now)


def _existing(account: Account | None, account_id: int) -> Account:
    if account is None:
        raise NoSuchAccount("There is no such account.", account_id=account_id)
    return account
