"""What is derived again when reads are added: which stays, from which facts, and what has changed in the end.

Deriving the tail of a vehicle's history gives what deriving all of it gives: a stay begins with a passing that no
earlier one changes, so everything from the beginning of a stay on can be derived without what was before.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from msgspec import Struct, structs

from parking import matching, passings, stays
from parking.exits import NOWHERE, Exits
from parking.lots import Direction
from parking.matching import PAIR_MAX, Match, Matches, Outcome
from parking.passings import SECOND_LOOK
from parking.reads import Read, Vehicle
from parking.spans import STANDS_MAX
from parking.stays import State, Stay

# How far a half that changes matters: to the exits that it may be matched with or that it vies with, and where it makes
# what people gave to one of these hold or hold no more, to those that this one vies with.
_MATTERS_MAX = 2 * PAIR_MAX


class Scope(Struct, frozen=True):
    """What is derived again of one vehicle: these stays of it, with the new reads. `facts`: what has to be read first.

    Where `facts` is empty the reads of the stays follow from the stays themselves.
    """

    stays: tuple[Stay, ...]
    facts: tuple[UUID, ...] = ()


class Matched(Struct, frozen=True):
    """Stays, and the decisions which entries exits among them belong to, as far as that was decided anew."""

    stays: dict[UUID, Stay]
    matches: Matches = {}


# -- one vehicle


def halves(rows: Mapping[UUID, Stay]) -> dict[UUID, Stay]:
    """Stored stays before any were matched: those that are put together are two again. Remains without facts go."""
    parted: dict[UUID, Stay] = {}
    for row in rows.values():
        if row.matched_id is not None:
            parted[row.id] = matching.entry_half(row, rows[row.matched_id])
        elif row.state is State.MERGED:
            if row.facts:
                parted[row.id] = matching.exit_half(row)
        else:
            parted[row.id] = row
    return parted


def touched(new: Sequence[Read], near: Sequence[Read], gone: Sequence[Read] = ()) -> dict[Vehicle, list[datetime]]:
    """When something may be otherwise for vehicles of which reads are `gone`, or may belong to one passing with them or
    with `new` ones.
    """
    instants: dict[Vehicle, list[datetime]] = {}
    for read in gone:
        instants.setdefault(read.vehicle, []).append(read.at)
    no_more = {read.id for read in gone}
    others = [read for read in near if read.id not in no_more] if gone else near
    # A read that is corrected stands beside the others twice: as it was, and as it is.
    for together in ([*new, *others], [*gone, *others]) if gone else ([*new, *others],):
        for passing in passings.group(_close_together(together)):
            if len(passing.reads) > 1:
                for read in passing.reads:
                    instants.setdefault(read.vehicle, []).append(passing.at)
    return instants


def _close_together(reads: Sequence[Read]) -> list[Read]:
    """Those that have a neighbour at their lane which may be of the same passing; nearly always there are none."""
    if len(reads) == 1:
        return []
    ordered = sorted(reads, key=lambda read: (read.lane_id, read.at))
    found: dict[UUID, Read] = {}
    for one, other in pairwise(ordered):
        if one.lane_id == other.lane_id and other.at - one.at <= SECOND_LOOK:
            found[one.id], found[other.id] = one, other
    return list(found.values())


def scope(known: Sequence[Stay], new: Sequence[Read], touched_at: Sequence[datetime] = ()) -> Scope:
    """What of a vehicle's `known` stays (halves) is derived again for `new` reads of it, and for what is touched."""
    if new and not touched_at and _is_next(known, new):
        return Scope(tuple([stay for stay in known if stay.state is State.OPEN]))
    instants = sorted([*(read.at for read in new), *touched_at])
    begins = max((stay.first_at for stay in known if stay.first_at < instants[0]), default=instants[0])
    chosen = [stay for stay in known if _reaches(stay, begins)]
    while len(chosen) < len(known):
        begins = min([begins, *(stay.first_at for stay in chosen)])
        more = [stay for stay in known if _reaches(stay, begins)]
        if len(more) == len(chosen):
            break
        chosen = more
    return Scope(tuple(chosen), tuple(fact for stay in chosen for fact in stay.facts))


def _reaches(stay: Stay, begins: datetime) -> bool:
    """Whether a vehicle was still in a stay, as far as was seen, at an instant or after it."""
    return stay.state is State.OPEN or (stay.seen_again_at or stay.last_at) >= begins or _read_until(stay) >= begins


def _read_until(stay: Stay) -> datetime:
    return stay.read_until or stay.last_at


def _is_next(known: Sequence[Stay], new: Sequence[Read]) -> bool:
    """Whether the reads follow on all that is known, as nearly all do: an exit of who is inside, or a new arrival."""
    inside = next((stay for stay in known if stay.state is State.OPEN), None)
    first = new[0] if len(new) == 1 else min(new, key=lambda read: (read.at, _turn(read, inside)))
    if not known:
        return first.direction is Direction.ENTRY
    if any(stay.at_exit or _may_come_again(stay) for stay in known):
        return False
    if inside is not None:
        follows = len(inside.facts) == 1 and first.direction is Direction.EXIT and inside.first_at < first.at
        return follows and all(stay is inside or _read_until(stay) < inside.first_at for stay in known)
    return first.direction is Direction.ENTRY and all(_read_until(stay) + STANDS_MAX < first.at for stay in known)


def _may_come_again(stay: Stay) -> bool:
    """Whether a vehicle was kept out and is not known to have come since."""
    return stay.state is State.SUPERSEDED and not stay.counted and stay.seen_again_at is None


def _turn(read: Read, inside: Stay | None) -> bool:
    """Whether of the reads of one instant others come first, as `spans.spans_of` takes them."""
    return read.direction is (Direction.EXIT if inside is None else Direction.ENTRY)


def scopes(
    parts: Mapping[UUID, Stay], new: Sequence[Read], near: Sequence[Read], gone: Sequence[Read] = ()
) -> list[Scope]:
    """What is derived again of each vehicle of which there are `new` reads, such `near` them, or such that are `gone`.

    `parts` are halves; those that are gone are near as well.
    """
    known: dict[Vehicle, list[Stay]] = {}
    for stay in parts.values():
        known.setdefault(stay.vehicle, []).append(stay)
    arrived: dict[Vehicle, list[Read]] = {}
    for read in new:
        arrived.setdefault(read.vehicle, []).append(read)
    instants = touched(new, near, gone)
    return [
        scope(known.get(vehicle, ()), arrived.get(vehicle, ()), instants.get(vehicle, ()))
        for vehicle in dict.fromkeys([*arrived, *instants])
    ]


def rederived(
    parts: Mapping[UUID, Stay], scopes_: Sequence[Scope], reads: Iterable[Read], exits: Exits = NOWHERE
) -> dict[UUID, Stay]:
    """The halves with the stays in scope as `reads` have it: those of the scopes, and the new ones."""
    again = {stay.id: stay for each in scopes_ for stay in each.stays}
    after = {id_: stay for id_, stay in parts.items() if id_ not in again}
    derived = derive(reads, exits)
    for id_, was in again.items():
        now = derived.get(id_)
        if not was.counted and now is not None and _may_be_inside(was) and _may_be_inside(now):
            derived[id_] = structs.replace(now, counted=False)
    return after | derived


def _may_be_inside(stay: Stay) -> bool:
    return stay.state is State.OPEN or stay.at_exit


def reads_of(scopes: Iterable[Scope], facts: Mapping[UUID, Read]) -> Iterator[Read]:
    """The reads of the stays in these scopes, out of `facts` or as the stays tell them."""
    for each in scopes:
        if each.facts:
            yield from (facts[fact] for fact in each.facts if fact in facts)
        else:
            yield from (_read_of(stay) for stay in each.stays)


def _read_of(inside: Stay) -> Read:
    """The one read of a vehicle that is inside."""
    assert inside.entered_at is not None
    assert inside.entry_lane_id is not None
    assert inside.entry_event_id is not None
    return Read(
        lot_id=inside.lot_id,
        id=inside.entry_event_id,
        lane_id=inside.entry_lane_id,
        direction=Direction.ENTRY,
        at=inside.entered_at,
        plate=inside.plate,
        plate_color=inside.plate_color,
        vehicle_class=inside.vehicle_class,
        confidence=inside.confidence,
    )


def derive(reads: Iterable[Read], exits: Exits = NOWHERE) -> dict[UUID, Stay]:
    """The stays (halves) that reads of any number of vehicles and lots come to."""
    by_lot: dict[int, dict[UUID, Read]] = {}
    for read in reads:
        by_lot.setdefault(read.lot_id, {})[read.id] = read
    by_vehicle: dict[Vehicle, list[passings.Passing]] = {}
    for of_lot in by_lot.values():
        for passing in passings.group(of_lot.values()):
            by_vehicle.setdefault(passing.vehicle, []).append(passing)
    return {stay.id: stay for passings in by_vehicle.values() for stay in stays.derive(passings, exits)}


# -- the halves of a lot


def changed_halves(before: Mapping[UUID, Stay], after: Mapping[UUID, Stay]) -> list[Stay]:
    """The halves that are new, gone or otherwise than before: both what they were and what they are."""
    changed = []
    for one, other in ((before, after), (after, before)):
        changed += [stay for stay in one.values() if stay.state is not State.CLOSED and other.get(stay.id) != stay]
    return changed


def lots_that_match(changed: Sequence[Stay], exits: Iterable[Stay], paired: Collection[UUID] = frozenset()) -> set[int]:
    """The lots in which changed halves may change what belongs together. `exits`: those there without an entry.
    `paired`: the reads of entries that people gave to these.
    """
    lots = {
        stay.lot_id for stay in changed if stay.state is State.EXIT_ONLY or any(fact in paired for fact in stay.facts)
    }
    for leaving in exits:
        if any(entry.lot_id == leaving.lot_id and matching.fits(entry, leaving) for entry in changed):
            lots.add(leaving.lot_id)
    return lots


def window(changed: Sequence[Stay]) -> tuple[datetime, datetime]:
    """From when to when halves may matter to what is matched anew: to all exits to which changed ones matter."""
    within = _MATTERS_MAX + PAIR_MAX
    return min(stay.first_at for stay in changed) - within, max(stay.last_at for stay in changed) + within


def matched(
    parts: Mapping[UUID, Stay], pairs: Mapping[UUID, UUID] | None = None, apart: Collection[UUID] = ()
) -> Matched:
    """Halves of one lot, and what else is known there, with those put together that belong together.

    `apart`: exits that are left as they are.
    """
    whole, matches = dict(parts), dict[UUID, Match | None]()
    entries = [stay for stay in parts.values() if stay.state in (State.OPEN, State.SUPERSEDED)]
    exits = [stay for stay in parts.values() if stay.state is State.EXIT_ONLY]
    for found in matching.match(entries, exits, pairs):
        if found.exit_id in apart:
            continue
        leaving = parts[found.exit_id]
        matches[_exit_of(leaving)] = found
        if found.entry_id is not None:
            whole |= {stay.id: stay for stay in matching.joined(parts[found.entry_id], leaving, found.outcome)}
    return Matched(whole, matches)


def _exit_of(leaving: Stay) -> UUID:
    assert leaving.exit_event_id is not None
    return leaving.exit_event_id


def matched_in(
    lots: Collection[int],
    rows: Mapping[UUID, Stay],
    before: Mapping[UUID, Stay],
    after: Mapping[UUID, Stay],
    changed: Sequence[Stay],
    pairs: Mapping[UUID, UUID] | None = None,
) -> Matched:
    """The stays `after`, matched anew in some lots around the halves that `changed`, and as they were elsewhere."""
    whole = as_it_was(rows, before, {id_: stay for id_, stay in after.items() if stay.lot_id not in lots})
    matches = dict[UUID, Match | None]()
    for lot in lots:
        of_lot = {id_: stay for id_, stay in after.items() if stay.lot_id == lot}
        far = _too_far(rows, of_lot, [stay for stay in changed if stay.lot_id == lot])
        found = matched(of_lot, pairs, far)
        whole |= found.stays | far
        exits = [half for half in before.values() if half.lot_id == lot and half.id not in far]
        matches |= _no_more(exits, found)
        matches |= found.matches
    return Matched(whole, matches)


def _no_more(before: Iterable[Stay], found: Matched) -> dict[UUID, Match | None]:
    """What became of the exits among halves that were without an entry and are no such exits any more: each left as the
    text that it came as, or its read is none of an exit of its own.
    """
    gone = [_exit_of(half) for half in before if half.state is State.EXIT_ONLY]
    gone = [fact for fact in gone if fact not in found.matches]
    if not gone:
        return {}
    left = {stay.exit_event_id: stay.id for stay in found.stays.values() if stay.state is State.CLOSED}
    return {fact: None if (home := left.get(fact)) is None else Match(home, Outcome.CERTAIN, home) for fact in gone}


def _too_far(rows: Mapping[UUID, Stay], of_lot: Mapping[UUID, Stay], changed: Sequence[Stay]) -> dict[UUID, Stay]:
    """The exits to which nothing that changed matters, with their entries, as they were: not all that matters to them
    was read.
    """
    since = min(stay.first_at for stay in changed) - _MATTERS_MAX
    until = max(stay.last_at for stay in changed) + _MATTERS_MAX
    kept = {}
    for stay in of_lot.values():
        if stay.state is State.EXIT_ONLY and not since <= stay.last_at <= until:
            row = rows[stay.id]
            kept[row.id] = row
            if row.merged_into is not None:
                kept[row.merged_into] = rows[row.merged_into]
    return kept


def with_facts(stays_: Iterable[Stay], facts: Collection[UUID]) -> list[Stay]:
    """The exits without an entry that stand on one of these facts."""
    return [stay for stay in stays_ if stay.state is State.EXIT_ONLY and not set(facts).isdisjoint(stay.facts)]


def left_alone(
    rows: Mapping[UUID, Stay], after: Mapping[UUID, Stay], again: Collection[UUID]
) -> list[tuple[int, UUID]]:
    """The entries, with their lots, of who is inside since the exit that it was matched with is none or another's: who
    came again after that exit is to be derived with it. `again`: reads of entries of which that is done.
    """
    return [
        (stay.lot_id, stay.entry_event_id)
        for id_, stay in after.items()
        if stay.state is State.OPEN and stay.entry_event_id is not None and stay.entry_event_id not in again
        if id_ in rows and rows[id_].matched_id is not None
    ]


def as_it_was(rows: Mapping[UUID, Stay], before: Mapping[UUID, Stay], after: Mapping[UUID, Stay]) -> dict[UUID, Stay]:
    """Halves where nothing new belongs together: what was put together and has not changed stays so."""
    return {id_: rows[id_] if before.get(id_) == stay else stay for id_, stay in after.items()}


def remains(rows: Mapping[UUID, Stay], after: Mapping[UUID, Stay]) -> dict[UUID, Stay]:
    """What is left of stays that are no more: their numbers lead to where their reads are now."""
    gone = [row for id_, row in rows.items() if id_ not in after]
    if not gone:
        return {}
    home = {fact: stay.id for stay in after.values() for fact in stay.facts if stay.state is not State.MERGED}
    return {
        row.id: structs.replace(
            row,
            state=State.MERGED,
            facts=(),
            doubts=(),
            seen_again_at=None,
            matched_id=None,
            matched_half=None,
            at_exit=False,
            exits=(),
            merged_into=next((home[fact] for fact in row.facts if fact in home), row.merged_into),
        )
        for row in gone
    }
