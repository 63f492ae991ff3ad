"""Watching what gateways bill, in the transaction that bills it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking import billings
from parking.billings import Alarm
from parking.lots import Lot
from parking.store import billings as store
from payments.charges import ChargeRequest


async def watch_charges(
    db: sql.Connection,
    requests: Sequence[ChargeRequest],
    gateways: Mapping[UUID, int],
    lots: Mapping[int, Lot],
    *,
    now: datetime,
) -> tuple[Sequence[ChargeRequest], Sequence[Alarm]]:
    """The charges with a reason to hold back those that go beyond their gateway's history, and the alarms to raise.

    `gateways`: whose event ended a stay, by the stay's number. The lots are locked: nobody else bills for them.
    """
    keys = {(each.lot_id, gateways[each.stay_id]) for each in requests if each.account_id is not None}
    if not keys:
        return requests, ()
    watched = billings.watch(requests, gateways, await store.billings(db, keys), lots, now)
    await store.put_billings(db, watched.billings)
    return watched.requests, watched.alarms
