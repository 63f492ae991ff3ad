"""Holding stays, cases and charges against the facts they follow from: a lot after the other, some facts at a time.

A city's facts of three days do not fit a round of a job. Where one stopped is stored, and the next goes on from there.
"""

from collections.abc import Callable
from datetime import datetime
from time import monotonic
from uuid import UUID

import sql
from parking import derivation, discrepancies
from parking.bills import Believed
from parking.derivation import Matched
from parking.discrepancies import DISCREPANCIES_PER_SLICE_MAX, LOOKED_AT, Discrepancy, Seen
from parking.flow.derivation import derive_again
from parking.lookback import ids_within
from parking.network import Network
from parking.store import discrepancies as store
from parking.store import events as event_store
from parking.store import matching as match_store
from parking.store import prepayments as prepayment_store
from parking.store import sweeps as sweep_store
from parking.store.sweeps import Position, beginning
from payments import ids
from payments.store import charges as charge_store
from payments.store import holds as hold_store

FACTS_PER_SLICE_MAX = 500
ROUND = "discrepancies"


async def look_on(pool: sql.Pool, *, network: Network, clock: Callable[[], datetime], limit_s: float) -> int:
    """Goes on where the last look stopped, for so many seconds and a slice, but not further than once round.

    Returns how many discrepancies were found.
    """
    async with pool.acquire() as db:
        at = await sweep_store.position(db, ROUND) or beginning(clock())
    until, found = monotonic() + limit_s, 0
    begun, is_round = (at.lot_id, at.after), False
    while True:
        at, differing, is_last = await _slice(pool, at, network, clock())
        found += differing
        is_round = is_round or is_last
        if monotonic() >= until or (is_round and (at.lot_id, at.after) >= begun):
            return found


async def look_at_all(pool: sql.Pool, *, network: Network, clock: Callable[[], datetime]) -> int:
    """Looks at all lots from the first on, however long that takes. Returns how many discrepancies were found."""
    async with pool.acquire() as db:
        before = await sweep_store.position(db, ROUND)
    at, found, is_last = beginning(clock(), before), 0, False
    while not is_last:
        at, differing, is_last = await _slice(pool, at, network, clock())
        found += differing
    return found


async def _slice(pool: sql.Pool, at: Position, network: Network, now: datetime) -> tuple[Position, int, bool]:
    """Looks at the next facts; the new position, how much differs, and whether that was the end of the last lot."""
    async with pool.acquire() as db:
        async with db.transaction(isolation="repeatable_read", readonly=True):
            facts = await _next_facts(db, at, network, now)
            found = await _differing(db, at, facts, network, now) if at.lot_id in network.lots else []
        async with db.transaction():
            if found:
                await store.put_discrepancies(db, found[:DISCREPANCIES_PER_SLICE_MAX], at.turn, now=now)
            if len(facts) == FACTS_PER_SLICE_MAX:
                following = Position(at.lot_id, facts[-1], at.began_at, at.turn)
                await sweep_store.put_position(db, ROUND, following)
                return following, len(found), False
            await store.drop_discrepancies(db, at.lot_id, at.turn)
            lot_id = await sweep_store.next_lot(db, at.lot_id)
            following = beginning(now, at) if lot_id is None else Position(lot_id, ids.FIRST, at.began_at, at.turn + 1)
            await sweep_store.put_position(db, ROUND, following, whole_at=at.began_at if lot_id is None else None)
            return following, len(found), lot_id is None


async def _next_facts(db: sql.Connection, at: Position, network: Network, now: datetime) -> list[UUID]:
    # A lot that was registered a moment ago is not known here yet and has its turn in the next round.
    if at.lot_id not in network.lots:
        return []
    first, last = ids_within(now, LOOKED_AT)
    return await store.facts_after(db, at.lot_id, max(at.after, first), last, FACTS_PER_SLICE_MAX)


async def _differing(
    db: sql.Connection, at: Position, facts: list[UUID], network: Network, now: datetime
) -> list[Discrepancy]:
    """What is stored otherwise than it follows from these facts of a lot."""
    first, last = ids_within(now, LOOKED_AT)
    through = facts[-1] if len(facts) == FACTS_PER_SLICE_MAX else last
    stored = await store.stays_between(db, at.lot_id, max(at.after, first), through)
    if not facts and not stored:
        return []
    reads = list((await event_store.reads_by_id(db, [at.lot_id] * len(facts), facts)).values())
    again = await derive_again(db, reads, reads, network, now, is_told=False) if reads else None
    before, known, matched = again or (Believed({}, {}), (), Matched({}))
    stays = matched.stays
    seen = Seen(
        lot=network.lots[at.lot_id],
        facts=frozenset(facts),
        believed=before,
        stays=stays | derivation.remains(before.stays, stays),
        reads=known,
        stored=stored,
        matches=matched.matches,
    )
    cases = await store.cases_about(db, at.lot_id, {fact for stay in seen.homes for fact in stay.facts} | seen.facts)
    kept = await match_store.last_matches(db, facts)
    since = await match_store.kept_since(db, at.lot_id, ids.floor(now - 2 * LOOKED_AT))
    wanted = list(discrepancies.charges_wanted(seen))
    charges = await charge_store.charges_by_id(db, wanted)
    held = await hold_store.holds_of(db, wanted)
    asked = await prepayment_store.asked(db, [stay.id for stay in seen.homes]) if seen.homes else {}
    quoted = {id_: quotes[-1].fee_fen for id_, quotes in asked.items() if quotes[-1].ended_at is None}
    return [
        *discrepancies.of_stays(seen, now),
        *discrepancies.of_cases(seen, cases),
        *discrepancies.of_matches(seen, kept, since),
        *discrepancies.of_charges(seen, charges, held, quoted),
    ]
