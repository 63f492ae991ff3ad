"""Putting lines of the audit log into its chain, and working the chain out again."""

from collections.abc import Callable, Sequence
from datetime import datetime

from payments import audit_chain
from payments.audit_chain import START, Checked, Fault, Found, Head
from payments.store import audit_chain as store
from sql import Pool

LINES_PER_ROUND, LINES_PER_LOOK = 1_000, 5_000
# What is wrong is looked at by people: so many are named.
FAULTS_MAX = 100


async def link_waiting(pool: Pool, *, now: datetime, random_bits: Callable[[], int]) -> int:
    """Puts the first lines that wait into the chain; how many. What was committed is there, in whatever order it was
    written, and whoever writes lines waits for none of it.
    """
    async with pool.acquire() as db, db.transaction():
        head = await store.locked_head(db)
        lines = await store.waiting(db, LINES_PER_ROUND)
        if not lines:
            return 0
        salts = [b"".join(random_bits().to_bytes(8, "big") for _ in range(2)) for _ in lines]
        await store.put(db, audit_chain.linked(head, lines, salts), now=now)
    return len(lines)


async def verify(
    pool: Pool, *, heads: Sequence[Head] = (), now: datetime, seen: Callable[[int, int], None] = lambda _at, _end: None
) -> Checked:
    """Works the whole chain out again from the lines that are there, on one snapshot. `heads`: where it once ended, as
    somebody has kept it elsewhere. `seen` is told how far it is, and how far it goes.
    """
    found: list[Found] = []
    at, lines, forgotten = START, 0, 0
    async with pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
        end = await store.head(db)
        while places := await store.kept(db, at.position, LINES_PER_LOOK):
            found += audit_chain.faults(places, at)
            lines += len(places)
            forgotten += sum(each.link.salt is None for each in places)
            at = Head(places[-1].link.position, places[-1].link.hash)
            seen(at.position, max(end.position, at.position))
            if len(found) >= FAULTS_MAX or any(each.fault is Fault.BROKEN for each in found):
                break
        else:
            found += [Found(Fault.CUT_OFF, at.position + 1)] if at.position < end.position else []
            found += [Found(Fault.ANOTHER, at.position)] if at.position == end.position and at != end else []
        for known in heads:
            found += await _against(known, await store.hash_at(db, known.position) if known.position else START.hash)
        found += [Found(Fault.NOT_IN_IT, 0, each) for each in await store.not_in_it(db, FAULTS_MAX)]
        return Checked(at, lines, forgotten, await store.count_waiting(db), now, found[:FAULTS_MAX])


async def _against(known: Head, there: bytes | None) -> Sequence[Found]:
    """What a head that was kept elsewhere says of the chain."""
    if there is None:
        return [Found(Fault.CUT_OFF, known.position)]
    return [] if there == known.hash else [Found(Fault.ANOTHER, known.position)]
