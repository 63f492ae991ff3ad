"""Looking whether vehicles were in two lots at once, before anything is taken from their accounts and by the clock.

Two lots are recorded in two transactions, of which neither need see the other. So nothing is asked there: the look
comes after both, and no account is charged before it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from datetime import datetime
from time import monotonic
from uuid import UUID

from msgspec import Struct, structs

import sql
from parking import elsewhere
from parking.cases import Known, Reason
from parking.discrepancies import LOOKED_AT
from parking.elsewhere import REACH, Findings, Kind, KnownCase
from parking.facts import REPEATS_KEPT
from parking.fees import Bill
from parking.lookback import ids_within
from parking.network import Network
from parking.reads import NumberPlate, Vehicle
from parking.stays import HISTORY_WINDOW, Stay
from parking.store import cases as case_store
from parking.store import elsewhere as store
from parking.store import events as event_store
from parking.store import sweeps as sweep_store
from parking.store.elsewhere import Place
from parking.store.sweeps import Position, beginning
from parking.surroundings import in_nests
from payments import ids
from payments.charges import AboutToBeTaken, charge_id
from payments.flow import holds as holds_flow

FACTS_PER_SLICE_MAX = 500
CASES_PER_PAGE_MAX = 200
ROUND = "elsewhere"
CASES_ROUND = "elsewhere_cases"


class Elsewhere(Struct, frozen=True):
    """The stay in another lot that cannot be of the same vehicle, and how it contradicts this one."""

    kind: Kind | None
    stay_id: UUID
    lot: str
    stay_state: str
    entered_at: datetime | None
    left_at: datetime | None


async def look_at_charges(
    pool: sql.Pool, charges: Sequence[AboutToBeTaken], *, network: Network, now: datetime
) -> None:
    """Looks where else the vehicles of charges were that are about to be taken; what contradicts is held back."""
    async with pool.acquire() as db:
        began = await store.vehicles_of_stays(db, [(charge.lot_id, charge.stay_id) for charge in charges])
        await _look(db, {plate: since - REACH for plate, since in began.items()}, network, now)


async def look_at_stays(pool: sql.Pool, stay_ids: Sequence[UUID], *, network: Network, now: datetime) -> None:
    """Looks again where else the vehicles of stays were, and what is left of the cases that name these."""
    async with pool.acquire() as db:
        known = await store.cases_of_stays(db, stay_ids)
        await _look_at_cases(db, known, network, now)


async def look_on(
    pool: sql.Pool, *, network: Network, clock: Callable[[], datetime], limit_s: float | None = None
) -> None:
    """Goes on where the last look stopped, for so many seconds (None: for as long as a round takes).

    It looks at open cases again, of which some are moot by now, and takes no more than half of the time for these; and
    at vehicles of accounts, of which a read may have been told late, and at all that were in a lot inside of another or
    around one.
    """
    begun_s = monotonic()
    await _round(pool, CASES_ROUND, _page, network, clock, None if limit_s is None else begun_s + limit_s / 2)
    await _round(pool, ROUND, _slice, network, clock, None if limit_s is None else begun_s + limit_s)


async def _round(
    pool: sql.Pool,
    name: str,
    look: Callable[[sql.Connection, Position, Network, datetime], Awaitable[Position | None]],
    network: Network,
    clock: Callable[[], datetime],
    until_s: float | None,
) -> None:
    """Goes on with a round until a time, or until it has come round. `look` takes a position and returns the next one,
    or None at the end.
    """
    begun: Position | None = None
    is_round = False
    while True:
        async with pool.acquire() as db:
            at = await sweep_store.position(db, name) or beginning(clock())
            following = await look(db, at, network, clock())
            whole_at = at.began_at if following is None else None
            next_at = following or beginning(clock(), at)
            await sweep_store.put_position(db, name, next_at, whole_at=whole_at)
        begun, is_round = begun or at, is_round or following is None
        is_over = until_s is not None and monotonic() >= until_s
        if is_over or (is_round and (next_at.lot_id, next_at.after) >= (begun.lot_id, begun.after)):
            return


async def _page(db: sql.Connection, at: Position, network: Network, now: datetime) -> Position | None:
    """Looks at the next open cases again."""
    known = await store.open_after(db, at.after, CASES_PER_PAGE_MAX)
    await _look_at_cases(db, known, network, now)
    return structs.replace(at, after=known[-1].id) if len(known) == CASES_PER_PAGE_MAX else None


async def _slice(db: sql.Connection, at: Position, network: Network, now: datetime) -> Position | None:
    """Looks at the vehicles of a lot's next facts: of what was told in the time before the last whole round, or since,
    however long ago that was.
    """
    whole_at = await sweep_store.whole_at(db, ROUND)
    first = ids.FIRST if whole_at is None else ids.floor(min(whole_at, now) - LOOKED_AT)
    last = ids_within(now, LOOKED_AT)[1]
    facts = await store.facts_after(db, at.lot_id, max(at.after, first), last, FACTS_PER_SLICE_MAX)
    since: dict[NumberPlate, datetime] = {}
    is_nested = at.lot_id in in_nests(network.lots)
    for fact in facts:
        if fact.is_linked or is_nested:
            plate = fact.plate, fact.plate_color
            since[plate] = min(since.get(plate, fact.at), fact.at - HISTORY_WINDOW)
    await _look(db, since, network, now)
    if len(facts) == FACTS_PER_SLICE_MAX:
        return structs.replace(at, after=facts[-1].id)
    lot_id = await sweep_store.next_lot(db, at.lot_id)
    return None if lot_id is None else structs.replace(at, lot_id=lot_id, after=ids.FIRST)


async def _look_at_cases(db: sql.Connection, known: Sequence[KnownCase], network: Network, now: datetime) -> None:
    named = {stay_id for case in known for stay_id in (case.stay_id, case.other_stay_id)}
    if not named:
        return
    there = await store.places_of_stays(db, named)
    await _look(db, {(place.plate, place.plate_color): now for place in there}, network, now, also=named)


async def _look(
    db: sql.Connection,
    since: Mapping[NumberPlate, datetime],
    network: Network,
    now: datetime,
    *,
    also: Set[UUID] = frozenset(),
) -> None:
    """What follows from where vehicles were since an instant. `also`: stays that matter however long ago they were.

    Nearly no vehicle was in two lots, and nothing is locked for one that was not.
    """
    if not since and not also:
        return
    places, known = await _known(db, since, also, now)
    lots: dict[NumberPlate, set[int]] = {}
    for place in places.values():
        lots.setdefault((place.plate, place.plate_color), set()).add(place.lot_id)
    if not known and all(len(of_plate) == 1 for of_plate in lots.values()):
        return
    async with db.transaction():
        await event_store.lock_plates(db, sorted(lots))
        places, known = await _known(db, since, also, now)
        stays, bills = await _stays(db, places)
        by_vehicle: dict[NumberPlate, list[Stay]] = {}
        for stay in stays.values():
            by_vehicle.setdefault(stay.vehicle.number_plate, []).append(stay)
        found = [each for of_one in by_vehicle.values() for each in elsewhere.contradictions(of_one, network.lots)]
        linked = await store.linked(db, {each.stay.vehicle.number_plate for each in found}) if found else frozenset()
        matter = elsewhere.that_matter(found, linked, network.lots)
        await _write(db, elsewhere.findings(matter, known), stays, bills, now)


async def _known(
    db: sql.Connection, since: Mapping[NumberPlate, datetime], also: Set[UUID], now: datetime
) -> tuple[dict[UUID, Place], Sequence[KnownCase]]:
    """Where the vehicles were, and the cases of these stays with the other stays that those name."""
    earliest = min(since.values(), default=now)
    found = await store.places(db, since, ids_within(now, now - earliest + REPEATS_KEPT)) if since else ()
    places = {place.id: place for place in found}
    if also - places.keys():
        places |= {place.id: place for place in await store.places_of_stays(db, also - places.keys())}
    known = await store.cases_of_stays(db, places.keys() | also) if places or also else ()
    others = {each for case in known for each in (case.stay_id, case.other_stay_id)} - places.keys() - also
    if others:
        places |= {place.id: place for place in await store.places_of_stays(db, others)}
    return places, known


async def _stays(db: sql.Connection, places: Mapping[UUID, Place]) -> tuple[dict[UUID, Stay], dict[UUID, Bill]]:
    ended = [place.id for place in places.values() if not place.is_open]
    inside = [Vehicle(each.lot_id, each.plate, each.plate_color) for each in places.values() if each.is_open]
    billed = await event_store.stays_by_id(db, ended) if ended else []
    stays = {stay.id: stay for stay, _ in billed}
    stays |= {stay.id: stay for stay in (await event_store.open_stays(db, inside) if inside else ())}
    return stays, {stay.id: bill for stay, bill in billed if bill is not None}


async def _write(
    db: sql.Connection, found: Findings, stays: Mapping[UUID, Stay], bills: Mapping[UUID, Bill], now: datetime
) -> None:
    if found.moot:
        await case_store.settle_cases(db, found.moot, now=now)
    if found.opened:
        await case_store.open_cases(db, found.opened, now=now)
    named = elsewhere.held(stays.values(), await store.cases_of_stays(db, stays.keys()))
    charged = {id_: charge_id(id_, bill.account_id) for id_, bill in bills.items() if bill.account_id is not None}
    held = {key for id_, key in charged.items() if id_ in named}
    await holds_flow.change_holds(db, held, set(charged.values()) - held, Reason.ELSEWHERE, now=now)


# -- what is shown


async def others_of(db: sql.Connection, found: Sequence[Known]) -> dict[UUID, Elsewhere]:
    """The other stays that cases name, by the case."""
    named = {case.other_stay_id for case in found if case.other_stay_id is not None}
    others = {stay.id: stay for stay in (await store.stays_shown(db, named) if named else ())}
    return {
        case.id: Elsewhere(
            kind=other.contradicts(case.state, case.entered_at, case.left_at),
            stay_id=other.id,
            lot=other.lot,
            stay_state=other.state,
            entered_at=other.entered_at,
            left_at=other.left_at,
        )
        for case in found
        if case.other_stay_id is not None and (other := others.get(case.other_stay_id)) is not None
    }
