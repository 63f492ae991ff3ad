"""Charges: written in the transaction that closes the stays, paid through a channel, voided where they are wrong."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import msgspec

from payments import adjustments, attempts, charges, ids, ledger, tries
from payments.accounts import check_request_key
from payments.adjustments import ChargeOfDriver
from payments.attempts import Attempt, AttemptState, PaymentInProgress
from payments.channels import Channels, check_payer, provider_named
from payments.charges import Charge, ChargeContradicted, ChargeRequest, ChargeState, NoSuchCharge
from payments.flow import attempts as attempts_flow
from payments.ledger import Journal
from payments.store import adjustments as adjustment_store
from payments.store import attempts as attempt_store
from payments.store import audit as audit_store
from payments.store import charges as store
from payments.store import holds as hold_store
from payments.store import ledger as books
from payments.visits import Visit
from payments.wording import Wording
from sql import Connection, Pool

# What is known of stays, each asked for by its lot and number: of whoever keeps them, over the asker's connection.
VisitsOf: TypeAlias = Callable[[Connection, Sequence[tuple[int, UUID]]], Awaitable[Mapping[UUID, Visit]]]


class Paid(msgspec.Struct, frozen=True, omit_defaults=True):
    """How an attempt to pay a charge stands after the channel was asked, and what the payer has to do, if anything."""

    charge_id: UUID
    charge_reference: UUID
    attempt_id: UUID
    state: AttemptState
    code: str | None
    charge_state: ChargeState
    next_action: dict[str, str] | None = None


async def request_charges(db: Connection, requests: Sequence[ChargeRequest], *, now: datetime) -> None:
    """Writes what finished stays owe, with its journals: two statements, whatever the number, and a third where some
    were written before. Repeats change nothing.

    Raises:
        ChargeContradicted: one stay is charged twice here, or was charged before, with other content.
        ledger.JournalContradicted: the books hold another billing of a stay.
        ledger.BookMissing: an account has no books. These three refuse all of the requests.
    """
    wanted = {charges.charge_id(request.stay_id, request.account_id): request for request in requests}
    if not wanted:
        return
    if len(wanted) < len(requests):
        _refuse_contradictions(wanted, requests)
    if await store.insert_charges(db, wanted, now=now) < len(wanted):
        there = await store.charges_by_id(db, wanted)
        for key, request in wanted.items():
            _refuse_another_charge(there[key], request)
    if held := {key: request for key, request in wanted.items() if request.hold is not None}:
        await hold_store.insert_holds(db, held, now=now)
    journals = [ledger.stay_billed(key, request, request.business_date) for key, request in wanted.items()]
    await books.post(db, journals, now=now)


async def charge_by_id(db: Connection, charge_id: UUID) -> Charge:
    """A charge.

    Raises:
        NoSuchCharge: there is none of this identifier.
    """
    found = (await store.charges_by_id(db, [charge_id])).get(charge_id)
    if found is None:
        raise NoSuchCharge("There is no such charge.", charge_id=str(charge_id))
    return found


async def charge_named(db: Connection, name: UUID, *, by_id: bool) -> Charge:
    """The charge of a reference; `by_id`: its identifier will do as well, as for staff and gateways.

    Raises:
        NoSuchCharge: there is none of this name.
    """
    if charges.is_reference(name):
        found = await store.charge_by_reference(db, name)
        if found is not None:
            return found
    elif by_id:
        return await charge_by_id(db, name)
    raise NoSuchCharge("There is no such charge.", charge=str(name))


async def charges_of_driver(
    db: Connection, account_id: int, *, before: UUID | None, limit: int, wording: Wording, visits_of: VisitsOf
) -> list[ChargeOfDriver]:
    """A page of an account's charges as its driver sees them, the newest stay first; `before` is the reference of the
    last one before it. `wording`: of what they were corrected by.
    """
    found = await store.charges_of_account(db, account_id, before=before, limit=limit)
    return await _of_driver(db, found, wording, visits_of)


async def charge_of_driver(
    db: Connection, account_id: int, reference: UUID, *, wording: Wording, visits_of: VisitsOf
) -> ChargeOfDriver:
    """A charge of an account as its driver sees it.

    Raises:
        NoSuchCharge: the account has none of this reference.
    """
    charge = await charge_named(db, reference, by_id=False)
    if charge.account_id != account_id:
        raise NoSuchCharge("There is no such charge.", charge=str(reference))
    (shown,) = await _of_driver(db, [charge], wording, visits_of)
    return shown


async def _of_driver(
    db: Connection, found: Sequence[Charge], wording: Wording, visits_of: VisitsOf
) -> list[ChargeOfDriver]:
    corrections = await adjustment_store.corrections_of(db, found)
    visits = await visits_of(db, [(charge.lot_id, charge.stay_id) for charge in found if not charge.place_hidden])
    return [
        adjustments.of_driver(charge, corrections[charge.id], wording, visits.get(charge.stay_id)) for charge in found
    ]


async def pay_charge(
    pool: Pool,
    channels: Channels,
    *,
    charge_id: UUID,
    channel: str,
    payer: str,
    now: datetime,
    random_bits: Callable[[], int],
    account_id: int | None = None,
    request_key: str | None = None,
) -> Paid:
    """Pays a due charge through a channel. An answer that says nothing yet (accepted, unknown) is followed up by the
    worker; until it has ended the same payer starts no other attempt. Another payer waits a little (`payments.tries`);
    should both be taken, what came second waits in suspense. The same `request_key` is the same payment, however often
    it comes.

    `account_id`: the account that asks, which goes before strangers where it is the one that owes.

    Raises:
        NoSuchCharge, UnknownChannel: there is none of this identifier or name.
        PayerMalformed, RequestKeyMalformed: no channel takes such a token, or the key cannot be stored.
        PaymentContradicted: the key was used for another channel or payer.
        ChargeNotDue: it is paid or void.
        PaymentInProgress: an earlier attempt has not ended.
        TooManyAttempts: so many were made of late that this one has to wait.
    """
    check_payer(payer)
    if request_key is not None:
        check_request_key(request_key)
    digest = None if request_key is None else attempts.key_digest(charge_id, request_key)
    through = provider_named(channels, channel)
    async with pool.acquire() as db, db.transaction():
        charge = await lock_charge(db, charge_id)
        known = None if digest is None else await attempt_store.attempt_by_key(db, charge_id, digest)
        if known is not None:
            attempts.same_payment(known, channel=channel, payer=payer)
            return _paid(known, charge)
        charges.check_due(charge)
        attempt = await attempts_flow.begin(
            db,
            charge,
            channel=channel,
            payer=payer,
            now=now,
            random_bits=random_bits,
            account_id=account_id if account_id == charge.account_id else None,
            key_digest=digest,
        )
        await _let_wallet_wait(db, charge, attempt, now=now)

    done = await attempts_flow.submit(pool, through, attempt, now=now)
    assert isinstance(done.payable, Charge)
    return _paid(done.attempt, done.payable)


async def void_charge(db: Connection, *, charge_id: UUID, reason: str, actor: str, now: datetime) -> Charge:
    """Makes a due charge void: its billing is reversed and the operator is no longer owed it. Twice is once. One of
    which a part was paid owes no more than that, and so is paid.

    Raises:
        NoSuchCharge: there is none of this identifier.
        AlreadyVoid: it is void for another reason.
        ChargeNotDue: it is paid; give the money back instead.
        PaymentInProgress: an attempt to pay it has not ended.
    """
    charge = await lock_charge(db, charge_id)
    if charge.state is ChargeState.VOID:
        charges.same_void(charge, reason)
        return charge
    charges.check_due(charge)
    if await attempt_store.live_attempt(db, charge.id) is not None:
        raise PaymentInProgress("A payment of this charge has not ended.", charge_reference=str(charge.reference))
    await books.post(db, [await _withdraw(db, charge, reason, now=now)], now=now)
    if charge.account_id is None:
        await store.note_cleared(db, [charge], now=now)
    await audit_store.record(
        db,
        charge.operator_id,
        actor=actor,
        action="charge.void",
        subject=str(charge.id),
        detail={"reason": reason},
        now=now,
    )
    return await charge_by_id(db, charge_id)


async def lock_charge(db: Connection, charge_id: UUID) -> Charge:
    """The charge, locked until the transaction ends.

    Raises:
        NoSuchCharge: there is none of this identifier.
    """
    charge = await store.lock_charge(db, charge_id) if ids.is_ours(charge_id) else None
    if charge is None:
        raise NoSuchCharge("There is no such charge.", charge_id=str(charge_id))
    return charge


async def _withdraw(db: Connection, charge: Charge, reason: str, *, now: datetime) -> Journal:
    """Takes off what is owed of a due charge. What was billed once is reversed as it is; after corrections it is
    another one.
    """
    if not charge.adjustments:
        await store.mark_void(db, charge, reason)
        return ledger.charge_voided(charge.id, charge, ledger.local_date(now, charge.time_zone))
    # Read again, for its lines.
    made = adjustments.withdrawn(await charge_by_id(db, charge.id), now=now)
    await adjustment_store.insert_adjustments(db, [made], now=now)
    await store.mark_withdrawn(db, charge, reason)
    return ledger.charge_adjusted(made.id, charge, made.change.owed_fen, made.business_date)


async def _let_wallet_wait(db: Connection, charge: Charge, attempt: Attempt, *, now: datetime) -> None:
    """Keeps the wallet from paying beside an attempt, unless strangers have kept it waiting long enough."""
    if charge.account_id is None:
        return
    since, until = now - tries.WALLET_WAITS_AGAIN_AFTER, now - tries.WALLET_WAITS
    waits = attempt.account_id is not None or not await attempt_store.tried_by_strangers(
        db, charge.id, since=since, until=until
    )
    # The worker leaves a charge without a time to be collected alone.
    await store.set_collect_at(db, charge, None if waits else now)


def _paid(attempt: Attempt, charge: Charge) -> Paid:
    return Paid(
        charge_id=charge.id,
        charge_reference=charge.reference,
        attempt_id=attempt.id,
        state=attempt.state,
        code=attempt.code,
        charge_state=charge.state,
        next_action=attempts.next_action(attempt),
    )


def _refuse_another_charge(there: Charge, request: ChargeRequest) -> None:
    # Lines are words: a later release may put them otherwise, and a repeat is still the same charge. What it costs
    # since then is a matter of adjustments.
    was = (there.stay_id, there.operator_id, there.account_id, there.first_fen)
    if was != (request.stay_id, request.operator_id, request.account_id, request.first_fen):
        raise ChargeContradicted("This stay was charged before with other content.", stay_id=str(request.stay_id))


def _refuse_contradictions(wanted: dict[UUID, ChargeRequest], requests: Sequence[ChargeRequest]) -> None:
    for request in requests:
        if wanted[charges.charge_id(request.stay_id, request.account_id)] != request:
            raise ChargeContradicted("One stay is charged twice with other content.", stay_id=str(request.stay_id))
