"""What can be paid through a channel, a charge or a top-up of a wallet, and what follows for it when an attempt moves.

A payable is not to be taken for the book `payable`, which holds what an operator is owed.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from payments import attempts, disputes, ledger, refunds
from payments.accounts import TopUp
from payments.attempts import ASKED_FOR, LIVE, Attempt, AttemptState, PayableKind
from payments.charges import Charge
from payments.disputes import Dispute, DisputeKind, Doubt
from payments.ledger import Funds, Journal
from payments.refunds import BY_ADJUSTMENT, Refund

Payable: TypeAlias = Charge | TopUp


class Effects(msgspec.Struct, frozen=True):
    """What the move of an attempt changes besides the attempt, in the order in which rows are locked.

    `pays`: the charge is paid, by `paid_fen`. `collects`: the charge is due to be collected again. `wakes`: the
    account whose due charges are tried again, because its wallet holds more. `journals`: what is booked. `dispute`:
    what a person is to look at. `returns`: what goes back by itself out of its suspense.
    """

    pays: Charge | None = None
    paid_fen: int = 0
    collects: Charge | None = None
    wakes: int | None = None
    journals: tuple[Journal, ...] = ()
    dispute: Dispute | None = None
    returns: Refund | None = None


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
    """An attempt to take all that is owed through a channel."""
    return attempts.new(
        kind_of(payable),
        payable.id,
        payable.owed_fen if isinstance(payable, Charge) else payable.amount_fen,
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


def operator_of(payable: Payable) -> int | None:
    """Whom it is owed to, if to an operator."""
    return payable.operator_id if isinstance(payable, Charge) else None


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
        operator_id=operator_of(payable),
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


def not_collected(follows: Effects) -> Effects:
    """The same, and what is left of the charge is not taken from its account for now."""
    return msgspec.structs.replace(follows, collects=None)


def _of_charge(charge: Charge, attempt: Attempt, funds: Funds, now: datetime) -> Effects:
    """What is owed is paid as far as the money goes. What it costs may have changed since the attempt was made."""
    today = ledger.local_date(now, charge.time_zone)
    paid_fen = min(charge.owed_fen, attempt.amount_fen)
    left_fen = attempt.amount_fen - paid_fen
    journals = []
    if paid_fen:
        journals.append(ledger.charge_paid(charge.id, attempt.id, charge, paid_fen, funds, today))
    if left_fen:
        journals.append(ledger.overpaid(charge.id, attempt.id, charge, left_fen, funds, today))
    over = _too_much(charge, attempt, left_fen, now) if left_fen else None
    return Effects(
        pays=charge if paid_fen else None,
        paid_fen=paid_fen,
        collects=charge if paid_fen < charge.owed_fen and charge.account_id is not None else None,
        journals=tuple(journals),
        dispute=over,
        # Money for a charge that was paid another way is looked at; what a correction made too much is not.
        returns=_return(attempt, over, now) if over is not None and charge.adjustments else None,
    )


def _too_much(charge: Charge, attempt: Attempt, left_fen: int, now: datetime) -> Dispute:
    """The money is here, more than is owed, and has to go back."""
    doubt = Doubt(DisputeKind.OVERPAID, {"number": attempt.request_no, "amount_fen": attempt.amount_fen})
    return dispute(charge, attempt, doubt, held_fen=left_fen, now=now)


def _return(attempt: Attempt, over: Dispute, now: datetime) -> Refund:
    return refunds.new(
        attempt,
        refunds.return_id(attempt.payable_id, over.id, 0),
        over.held_fen,
        "overpaid",
        asked_by=BY_ADJUSTMENT,
        dispute_id=over.id,
        now=now,
    )


def _of_top_up(top_up: TopUp, funds: Funds, now: datetime) -> Effects:
    today = ledger.local_date(now, ledger.CITY_TIME_ZONE)
    journal = ledger.topped_up(top_up.account_id, top_up.id, funds, top_up.amount_fen, today)
    return Effects(wakes=top_up.account_id, journals=(journal,))
