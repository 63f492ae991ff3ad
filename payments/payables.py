"""What can be paid through a channel, a charge or a top-up of a wallet, and what follows for it when an attempt moves.

A payable is not to be taken for the book `payable`, which holds what an operator is owed.
"""

from datetime import datetime
from typing import TypeAlias

import msgspec

from payments import attempts, ledger
from payments.accounts import TopUp
from payments.attempts import LIVE, Attempt, AttemptState, PayableKind
from payments.charges import Charge, ChargeState
from payments.ledger import Funds, Journal

Payable: TypeAlias = Charge | TopUp


class Effects(msgspec.Struct, frozen=True):
    """What the move of an attempt changes besides the attempt, in the order in which rows are locked.

    `pays`: the charge is paid. `collects`: the charge is due to be collected again. `wakes`: the account whose due
    charges are tried again, because its wallet holds more. `journal`: what is booked.
    """

    pays: Charge | None = None
    collects: Charge | None = None
    wakes: int | None = None
    journal: Journal | None = None


def new_attempt(payable: Payable, *, channel: str, payer: str, now: datetime, random_bits: int) -> Attempt:
    """An attempt to take the whole amount through a channel."""
    kind = PayableKind.CHARGE if isinstance(payable, Charge) else PayableKind.TOP_UP
    return attempts.new(
        kind, payable.id, payable.amount_fen, channel=channel, payer=payer, now=now, random_bits=random_bits
    )


def effects(payable: Payable, attempt: Attempt, state: AttemptState, *, funds: Funds, now: datetime) -> Effects:
    """What follows when `attempt` moves to `state`. `funds`: where the money stands that its channel took."""
    if isinstance(payable, TopUp):
        return _of_top_up(payable, funds, now) if state is AttemptState.SUCCEEDED else Effects()
    if state is AttemptState.SUCCEEDED:
        return _of_charge(payable, attempt, funds, now)
    if state in LIVE or payable.account_id is None:
        return Effects()
    # The channel did not take it: the wallet is tried again.
    return Effects(collects=payable)


def _of_charge(charge: Charge, attempt: Attempt, funds: Funds, now: datetime) -> Effects:
    today = ledger.local_date(now, charge.time_zone)
    if charge.state is ChargeState.DUE:
        journal = ledger.charge_paid(charge.id, attempt.id, charge, funds, today)
        return Effects(pays=charge, journal=journal)
    # Late evidence for a charge that was paid another way: the money is here and has to go back.
    return Effects(journal=ledger.overpaid(charge.id, attempt.id, charge, funds, today))


def _of_top_up(top_up: TopUp, funds: Funds, now: datetime) -> Effects:
    today = ledger.local_date(now, ledger.CITY_TIME_ZONE)
    journal = ledger.topped_up(top_up.account_id, top_up.id, funds, top_up.amount_fen, today)
    return Effects(wakes=top_up.account_id, journal=journal)
