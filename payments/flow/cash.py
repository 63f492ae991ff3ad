"""Cash that was taken for charges: booked as it came, in the transaction of whoever tells of it."""

from collections.abc import Sequence
from datetime import datetime

from payments import attempts, payables
from payments.attempts import AttemptState
from payments.cash import Receipt
from payments.channels.cash import CASH
from payments.flow import attempts as attempts_flow
from payments.flow.charges import lock_charge
from payments.store import attempts as store
from sql import Connection


async def take_cash(db: Connection, receipts: Sequence[Receipt], *, now: datetime) -> None:
    """Pays charges with cash: as much of each as is owed, and the rest waits in suspense, before a person. A part
    leaves it due for the rest. The same receipt again is nothing.

    Raises:
        NoSuchCharge: there is none of a receipt's.
    """
    # Charges are locked in the one order all take.
    for receipt in sorted(receipts, key=lambda each: (each.charge_id.int, each.id.int)):
        charge = await lock_charge(db, receipt.charge_id)
        digest = attempts.key_digest(charge.id, f"cash {receipt.id}")
        if await store.attempt_by_key(db, charge.id, digest) is not None:
            continue
        attempt = attempts.taken(
            charge.id, receipt.id, receipt.amount_fen, channel=CASH.name, key_digest=digest, now=now
        )
        funds = CASH.funds(charge.account_id, charge.operator_id)
        follows = payables.effects(charge, attempt, AttemptState.SUCCEEDED, funds=funds, now=now)
        if follows.collects is not None and await store.live_attempt(db, charge.id) is not None:
            # The wallet goes on waiting for a payment that is under way.
            follows = payables.not_collected(follows)
        await store.insert_taken(db, attempt, paid_fen=follows.paid_fen)
        await attempts_flow.write(db, follows, payable=charge, attempt=attempt, now=now)
