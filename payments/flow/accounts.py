"""Accounts: opened, topped up through a channel, and shown with what they hold and owe."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from payments import accounts, ids
from payments.accounts import Account, AccountStatus, NoSuchAccount, NoSuchTopUp, Standing, TopUp
from payments.attempts import Attempt
from payments.channels import Channels, check_payer, provider_named
from payments.flow import attempts as attempts_flow
from payments.identity import AccountBarred
from payments.ledger import Book
from payments.store import accounts as store
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import identity as identity_store
from payments.store import ledger as books
from sql import Connection, Pool


async def open_account(
    db: Connection, *, name: str, now: datetime, actor: str | None = None, known_as: str | None = None
) -> Account:
    """A new account with an empty wallet; `actor`, if a person opened it, goes into the audit log. `known_as`: what it
    is called where it was brought from.
    """
    account = await store.open_account(db, name=name[: accounts.NAME_CHARACTERS_MAX], now=now)
    if known_as is not None:
        await store.call(db, account.id, known_as)
    if actor is not None:
        await audit_store.record(
            db,
            account.id,
            actor=actor,
            action="account.open",
            subject=f"account:{account.id}",
            detail={"name": account.name, **({} if known_as is None else {"known_as": known_as})},
            now=now,
        )
    return account


async def standing(db: Connection, account_id: int) -> Standing:
    """An account with what its wallet holds and what it owes.

    Raises:
        NoSuchAccount: there is none of this number.
    """
    account = _existing(await store.account_by_id(db, account_id), account_id)
    held = await books.balances_of(db, account_id)
    wallet_fen, owed_fen = held.get(Book.WALLET, 0), held.get(Book.RECEIVABLE, 0)
    return Standing(
        account.id, account.name, account.status, account.created_at, wallet_fen, owed_fen, account.debit_max_fen
    )


async def describe_account(
    db: Connection,
    account_id: int,
    *,
    name: str | None = None,
    known_as: str | None = None,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> None:
    """Another name of an account, or of what it is called where it was brought from; None: as it is. Saying the same
    again changes nothing.

    Raises:
        NoSuchAccount: there is none of this number.
        AccountBarred: it is closed.
    """
    account = await _open(db, account_id)
    called = (await store.known_as(db, [account_id])).get(account_id)
    before = {"name": account.name, "known_as": called}
    after = {name_: value for name_, value in (("name", name), ("known_as", known_as)) if value is not None}
    changed = [name_ for name_, value in after.items() if before[name_] != value]
    if "name" in changed:
        await store.rename(db, account_id, after["name"])
    if "known_as" in changed:
        await store.call(db, account_id, after["known_as"])
    if changed:
        detail: dict[str, object] = {
            "before": {name_: before[name_] for name_ in changed},
            "after": {name_: after[name_] for name_ in changed},
        }
        await _record(db, account_id, "account.change", detail, actor=actor, now=now, random_bits=random_bits)


async def set_debit_max(
    db: Connection,
    *,
    account_id: int,
    debit_max_fen: int,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Standing:
    """Up to how much a visit that was billed may become dearer without the driver being asked, from now on.

    Raises:
        NoSuchAccount: there is none of this number.
        AccountBarred: it is suspended or closed.
    """
    account = await _active(db, account_id)
    if account.debit_max_fen != debit_max_fen:
        await store.set_debit_max(db, account_id, debit_max_fen)
        detail: dict[str, object] = {
            "before": {"debit_max_fen": account.debit_max_fen},
            "after": {"debit_max_fen": debit_max_fen},
        }
        await _record(db, account_id, "account.debit_limit", detail, actor=actor, now=now, random_bits=random_bits)
    return await standing(db, account_id)


async def bar_account(
    db: Connection,
    *,
    account_id: int,
    barred: bool,
    reason: str,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Account:
    """Suspends an account, or lets it act again: within a second no token of a suspended one is good for anything.

    Raises:
        NoSuchAccount: there is none of this number.
        AccountBarred: it is closed, which is for ever.
    """
    account = await _open(db, account_id)
    status = AccountStatus.SUSPENDED if barred else AccountStatus.ACTIVE
    if account.status is status:
        return account
    await store.set_status(db, account_id, status)
    await identity_store.bump_version(db)
    action = "account.suspend" if barred else "account.resume"
    was_and_is = {"before": {"status": account.status}, "after": {"status": status}}
    detail: dict[str, object] = {"reason": reason, **was_and_is}
    await _record(db, account_id, action, detail, actor=actor, now=now, random_bits=random_bits)
    return msgspec.structs.replace(account, status=status)


async def close_account(
    db: Connection, *, account_id: int, actor: str, now: datetime, random_bits: Callable[[], int]
) -> Account:
    """Closes an account for ever: its name goes, its tokens end, and nothing is charged to it any more. Its money stays
    in the books, and the audit log stays. Who links plates has ended their links before, in the same transaction.

    Raises:
        NoSuchAccount: there is none of this number.
        AccountBarred: it is closed already.
        AccountNotSettled: something is owed, held or under way.
    """
    account = await _open(db, account_id)
    under_way = await store.has_open_top_ups(db, account_id)
    accounts.check_closable(await standing(db, account_id), payments_under_way=under_way)
    await store.close_account(db, account_id, now=now)
    await identity_store.revoke_tokens(db, token_id=None, account_id=account_id, subject=None, by=actor, now=now)
    await identity_store.bump_version(db)
    await _record(db, account_id, "account.close", {}, actor=actor, now=now, random_bits=random_bits)
    return msgspec.structs.replace(account, name="", status=AccountStatus.CLOSED)


async def top_up_by_id(db: Connection, *, account_id: int, top_up_id: UUID) -> Attempt:
    """How a top-up of an account stands: the attempt to collect it.

    Raises:
        NoSuchTopUp: the account has none of this identifier.
    """
    if await store.top_up_by_id(db, account_id, top_up_id) is None:
        raise NoSuchTopUp("There is no such top-up.", top_up_id=str(top_up_id))
    return await _attempt_of(db, top_up_id)


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
) -> Attempt:
    """Puts money into a wallet and wakes what the account owes. The same key is the same top-up, always.

    The rows are committed before the channel is asked. A top-up that ends here as unknown or accepted is ended by the
    worker. Returns the attempt to collect it.

    Raises:
        NoSuchAccount, UnknownChannel: there is none of this number or name.
        AccountBarred: the account is suspended or closed.
        TopUpOutOfRange, RequestKeyMalformed, PayerMalformed: an argument no channel would take.
        TopUpContradicted: the key was used for something else.
    """
    accounts.check_top_up(amount_fen)
    accounts.check_request_key(request_key)
    check_payer(payer)
    through = provider_named(channels, channel)
    digest = accounts.key_digest(account_id, request_key)

    async with pool.acquire() as db, db.transaction():
        await _active(db, account_id)
        known = await store.top_up_by_key(db, account_id, digest)
        if known is not None:
            attempt = await _attempt_of(db, known.id)
            accounts.same_top_up(attempt, amount_fen=amount_fen, channel=channel, payer=payer)
            return attempt
        wanted = TopUp(account_id, ids.new(now, account_id, random_bits()), amount_fen, now)
        await store.insert_top_up(db, wanted, digest)
        attempt = await attempts_flow.begin(db, wanted, channel=channel, payer=payer, now=now, random_bits=random_bits)

    return (await attempts_flow.submit(pool, through, attempt, now=now)).attempt


async def _attempt_of(db: Connection, top_up_id: UUID) -> Attempt:
    [attempt] = await attempt_store.attempts_of(db, top_up_id)
    return attempt


async def _open(db: Connection, account_id: int) -> Account:
    account = _existing(await store.lock_account(db, account_id), account_id)
    if account.status is AccountStatus.CLOSED:
        raise AccountBarred("This account is closed.", account_id=account_id)
    return account


async def _active(db: Connection, account_id: int) -> Account:
    account = await _open(db, account_id)
    if account.status is not AccountStatus.ACTIVE:
        raise AccountBarred("This account is suspended.", account_id=account_id)
    return account


async def _record(
    db: Connection,
    account_id: int,
    action: str,
    detail: dict[str, object],
    *,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> None:
    about = {"action": action, "subject": f"account:{account_id}", "actor": actor}
    await audit_store.record(db, account_id, **about, detail=detail, now=now, random_bits=random_bits())


def _existing(account: Account | None, account_id: int) -> Account:
    if account is None:
        raise NoSuchAccount("There is no such account.", account_id=account_id)
    return account
