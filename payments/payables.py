"""What can be paid through a channel, a charge or a top-up of a wallet, and what follows for it when an attempt moves.

A payable is not to be taken for the book `payable`, which holds what an operator is owed.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from payments import attempts, disputes, ledger
from payments.accounts import TopUp
from payments.attempts import ASKED_FOR, LIVE, Attempt, AttemptState, PayableKind
from payments.charges import Charge, ChargeState
from payments.disputes import Dispute, DisputeKind, Doubt
from payments.ledger import Funds, Journal

Payable: TypeAlias = Charge | TopUp


class Effects(msgspec.Struct, frozen=True):
    """What the move of an attempt changes besides the attempt, in the order in which rows are locked.

    `pays`: the charge is paid. `collects`: the charge is due to be collected again. `wakes`: the account whose due
    charges are tried again, because its wallet holds more. `journal`: what is booked. `dispute`: what a person is to
    look at.
    """

    pays: Charge | None = None
    collects: Charge | None = None
    wakes: int | None = None
    journal: Journal | None = None
    dispute: Dispute | None = None


def new_attempt(
    payable: Payable,
    *,
    channel: str,
    payer: str,
    now: datetime,
    random_bits: int,
    account_id: int | None = None,
    key_digest: str | None = None,
) -> Attempt:
    """An attempt to take the whole amount through a channel."""
    return attempts.new(
        kind_of(payable),
        payable.id,
        payable.amount_fen,
        channel=channel,
        payer=payer,
        now=now,
        random_bits=random_bits,
        account_id=account_id,
        key_digest=key_digest,
    )


def kind_of(payable: Payable) -> PayableKind:
    """What kind of payable it is."""
    return PayableKind.CHARGE if isinstance(payable, Charge) else PayableKind.TOP_UP


def owner_of(payable: Payable) -> int:
    """In whose books its money stands."""
    return payable.owner_id if isinstance(payable, Charge) else payable.account_id


def time_zone_of(payable: Payable) -> str:
    """By whose clock its days go."""
    return payable.time_zone if isinstance(payable, Charge) else ledger.CITY_TIME_ZONE


def dispute(payable: Payable, attempt: Attempt, doubt: Doubt, *, held_fen: int = 0, now: datetime) -> Dispute:
    """What a person is to look at about an attempt to pay this."""
    return disputes.new(
        doubt,
        payable=kind_of(payable),
        payable_id=payable.id,
        attempt_id=attempt.id,
        operator_id=payable.operator_id if isinstance(payable, Charge) else None,
        channel=attempt.channel,
        asked_fen=attempt.amount_fen,
        held_fen=held_fen,
        asked_times=attempt.tries if attempt.state in ASKED_FOR else 0,
        now=now,
    )


def effects(payable: Payable, attempt: Attempt, state: AttemptState, *, funds: Funds | None, now: datetime) -> Effects:
    """What follows when `attempt`, as it stands, moves to `state`. `funds`: where the money stands its channel took,
    without which nothing succeeds.
    """
    if state is AttemptState.SUCCEEDED:
        assert funds is not None
        if isinstance(payable, TopUp):
            return _of_top_up(payable, funds, now)
        return _of_charge(payable, attempt, funds, now)
    if isinstance(payable, TopUp):
        return Effects()
    if attempt.state not in LIVE or state in LIVE or payable.account_id is None:
        return Effects()
    # The channel did not take it: the wallet is tried again.
    return Effects(collects=payable)


def _of_charge(charge: Charge, attempt: Attempt, funds: Funds, now: datetime) -> Effects:
    today = ledger.local_date(now, charge.time_zone)
    if charge.state is ChargeState.DUE:
        journal = ledger.charge_paid(charge.id, attempt.id, charge, funds, today)
        return Effects(pays=charge, journal=journal)
    # Late evidence for a charge that was paid another way: the money is here and has to go back.
    doubt = Doubt(DisputeKind.OVERPAID, {"number": attempt.request_no, "amount_fen": attempt.amount_fen})
    return Effects(
        journal=ledger.overpaid(charge.id, attempt.id, charge, funds, today),
        dispute=dispute(charge, attempt, doubt, held_fen=attempt.amount_fen, now=now),
    )


def _of_top_up(top_up: TopUp, funds: Funds, now: datetime) -> Effects:
    today = ledger.local_date(now, ledger.CITY_TIME_ZONE)
    journal = ledger.topped_up(top_up.account_id, top_up.id, funds, top_up.amount_fen, today)
    return Effects(wakes=top_up.account_id, journal=journal)
