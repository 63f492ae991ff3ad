"""What of how vehicles leave is known where stays are derived and priced: what was paid, and quoted, and by whom."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sql
from parking.bills import Believed
from parking.derivation import Scope
from parking.exits import Exits
from parking.lots import Direction
from parking.network import Network
from parking.reads import Read
from parking.stays import State, Stay
from parking.store import events as store
from parking.store import prepayments as prepayment_store
from payments.charges import charge_id
from payments.store import charges as charge_store


async def known_at_exits(
    db: sql.Connection, before: Believed, scopes: Sequence[Scope], reads: Sequence[Read], network: Network
) -> Exits:
    """How the vehicles of reads leave, and what was paid for those that were read at exits more than once: of others it
    does not matter.
    """
    at_exits = [read.vehicle.number_plate for read in reads if read.direction is Direction.EXIT]
    texts = Counter(plate for plate, _ in at_exits)
    again = {each for each in at_exits if texts[each[0]] > 1}
    if not again:
        return Exits(network.lots)
    return Exits(network.lots, await _paid(db, before, scopes, reads), linked=await store.links(db, list(again)))


async def _paid(
    db: sql.Connection, before: Believed, scopes: Sequence[Scope], reads: Iterable[Read]
) -> dict[UUID, Sequence[datetime]]:
    """When the stays that reads may come to were paid without an account, by their numbers and those of the exits'
    halves. What is believed of a stay does not say whether it was: it may have been free or no stay since.
    """
    rows = [before.stays[stay.id] for scope in scopes for stay in scope.stays if stay.id in before.stays]
    wholes = {row.id: row.merged_into for row in rows if row.merged_into is not None}
    came = {read.id for read in reads if read.direction is Direction.ENTRY}
    found = await paid_without_account(db, came.union(wholes.values()))
    return found | {half: found[whole] for half, whole in wholes.items() if whole in found}


async def paid_without_account(db: sql.Connection, stay_ids: Iterable[UUID]) -> dict[UUID, Sequence[datetime]]:
    """When drivers without account paid for stays."""
    keys = {charge_id(id_, None): id_ for id_ in stay_ids}
    paid = await charge_store.paid_at(db, list(keys)) if keys else {}
    return {keys[key]: instants for key, instants in paid.items()}


async def quoted_before(db: sql.Connection, wanted: Sequence[Stay], before: Believed, network: Network) -> Exits:
    """How vehicles leave whose stays are priced, when they were quoted inside, and when that was paid. Of a stay that
    ends as an open one nothing is read, but where that was charged.
    """
    known = [
        stay.id
        for stay in wanted
        if stay.id in before.reopened or (stay.id in before.stays and before.stays[stay.id].state is not State.OPEN)
    ]
    quotes = await prepayment_store.asked(db, known) if known else {}
    # What it cost until now says nothing of that: a right may have made it free for a while.
    again = {stay.id for stay in wanted if stay.exits and stay.id in before.stays}
    asked = {id_: [each.asked_at for each in of_one] for id_, of_one in quotes.items()}
    return Exits(network.lots, await paid_without_account(db, again | asked.keys()), asked)
