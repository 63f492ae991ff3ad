"""Which vehicle an exit belongs to that fits no stay: the halves of stays in one lot, put together where that is sure.

Exact texts are matched by `stays.derive` already. What is left are vehicles that came and were not seen to leave, and
such that left and were not seen to come. Most of these are one vehicle of which one read is wrong in a character.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from parking.likeness import Likeness, likeness
from parking.plates import PlateForm, VehicleClass, form
from parking.stays import Doubt, State, Stay

# Halves that lie further apart are not put together: a missing exit never becomes a month's bill.
PAIR_MAX = timedelta(hours=72)
CANDIDATES_MAX = 10


class Outcome(StrEnum):
    """How sure it is which vehicle left. certain: a person said so, or there is nothing to compare."""

    CERTAIN = "certain"
    PROBABLE = "probable"
    AMBIGUOUS = "ambiguous"
    NONE = "none"


class Candidate(Struct, frozen=True):
    """A vehicle that came and may be the one that left."""

    stay_id: UUID
    likeness: Likeness


class Match(Struct, frozen=True):
    """What an exit without an entry was matched with. `entry_id`: the stay it ends, if that is probable or certain.

    `candidates`: the likeliest first, and of equal ones the latest to have come.
    """

    exit_id: UUID
    outcome: Outcome
    entry_id: UUID | None = None
    candidates: tuple[Candidate, ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether it left as the text that it came as: the stay itself tells that."""
        return self.exit_id == self.entry_id


# What exits were matched with, by the first read at each; None: that read is no exit of its own (any more).
Matches: TypeAlias = Mapping[UUID, Match | None]


class KeptMatch(Struct, frozen=True):
    """The last decision that was kept of an exit, by the first read there. `holds`: nothing replaced it yet."""

    fact_id: UUID
    n: int
    outcome: Outcome
    entry_id: UUID | None
    candidates: tuple[Candidate, ...]
    holds: bool = True

    def says(self, match: Match) -> bool:
        """Whether it is this decision."""
        return (self.outcome, self.entry_id, self.candidates) == (match.outcome, match.entry_id, match.candidates)


class MatchChanges(Struct, frozen=True):
    """Decisions that hold no more, and those that hold from now on."""

    ended: list[KeptMatch]
    made: list[KeptMatch]


def changes(matches: Matches, kept: Mapping[UUID, KeptMatch]) -> MatchChanges:
    """What is to be written. `kept`: the last decision of each of these exits. That an exit is of the entry with its
    own text is kept only where it replaces something else, and as over at once: from then on its stay tells.
    """
    found = MatchChanges([], [])
    for fact_id, match in matches.items():
        last = kept.get(fact_id)
        was = last if last is not None and last.holds else None
        if was is not None and match is not None and was.says(match) and not match.is_exact:
            continue
        if was is not None:
            found.ended.append(was)
        if match is None or (was is None and match.is_exact):
            continue
        n = 1 if last is None else last.n + 1
        found.made.append(
            KeptMatch(fact_id, n, match.outcome, match.entry_id, match.candidates, holds=not match.is_exact)
        )
    return found


def match(entries: Sequence[Stay], exits: Sequence[Stay], pairs: Mapping[UUID, UUID] | None = None) -> list[Match]:
    """A match for each exit, by all halves of a lot together. Neither the order of these nor their turn matters.

    `pairs`: what people decided, the entry by the exit.
    """
    decided = dict(pairs or {})
    taken = set(decided.values())
    free = [entry for entry in entries if entry.id not in taken]
    found = {leaving.id: candidates(leaving, free) for leaving in exits if leaving.id not in decided}
    wanted = _wanted(found.values())
    return [
        Match(leaving.id, Outcome.CERTAIN, decided[leaving.id])
        if leaving.id in decided
        else _outcome(leaving.id, found[leaving.id], wanted)
        for leaving in exits
    ]


def pairs_of(halves: Mapping[UUID, Stay], decided: Iterable[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """Which entry halves people gave to which exit halves, by the exit's number. `decided`: the entry's read by the
    exit's, in the order in which it was decided; of two exits of one entry the later decided holds. A pair of what are
    no halves (any more), or lie apart as no pair may, is moot.
    """
    home = {fact: stay for stay in halves.values() for fact in stay.facts}
    found: dict[UUID, UUID] = {}
    for exit_fact, entry_fact in decided:
        leaving, entry = home.get(exit_fact), home.get(entry_fact)
        if leaving is None or entry is None or leaving.state is not State.EXIT_ONLY:
            continue
        if entry.state in (State.OPEN, State.SUPERSEDED) and may_pair(entry.first_at, leaving.last_at):
            found = {exit_id: entry_id for exit_id, entry_id in found.items() if entry_id != entry.id}
            found[leaving.id] = entry.id
    return found


def may_pair(entered_at: datetime, left_at: datetime) -> bool:
    """Whether an exit may be given to an entry of another text."""
    return entered_at <= left_at <= entered_at + PAIR_MAX


def fits(entry: Stay, leaving: Stay) -> bool:
    """Whether an exit may be that of an entry at all."""
    return _likeness(entry, leaving) is not Likeness.NONE


def candidates(leaving: Stay, entries: Iterable[Stay]) -> list[Candidate]:
    """The entries that an exit may be that of, the likeliest first."""
    near = [(_likeness(entry, leaving), entry) for entry in entries]
    likely = [(like, entry) for like, entry in near if like is not Likeness.NONE]
    likely.sort(key=lambda each: (-each[0], -each[1].first_at.timestamp(), each[1].id))
    return [Candidate(entry.id, like) for like, entry in likely]


def candidates_of_entry(entry: Stay, exits: Iterable[Stay]) -> list[Candidate]:
    """The exits that may be that of an entry, the likeliest first, and of equal ones the first to have left."""
    near = [(_likeness(entry, leaving), leaving) for leaving in exits]
    likely = [(like, leaving) for like, leaving in near if like is not Likeness.NONE]
    likely.sort(key=lambda each: (-each[0], each[1].last_at.timestamp(), each[1].id))
    return [Candidate(leaving.id, like) for like, leaving in likely]


def _wanted(found: Iterable[Sequence[Candidate]]) -> dict[UUID, list[Likeness]]:
    """By entry, how alike the exits are that may be its own."""
    wanted: dict[UUID, list[Likeness]] = {}
    for of_exit in found:
        for candidate in of_exit:
            wanted.setdefault(candidate.stay_id, []).append(candidate.likeness)
    return wanted


def _outcome(exit_id: UUID, candidates: Sequence[Candidate], wanted: Mapping[UUID, Sequence[Likeness]]) -> Match:
    if not candidates:
        return Match(exit_id, Outcome.NONE)
    best = candidates[0]
    rivals = [each for each in candidates[1:] if each.likeness is best.likeness]
    other_exits = sum(like >= best.likeness for like in wanted[best.stay_id]) - 1
    listed = tuple(candidates[:CANDIDATES_MAX])
    # Any one character may be read wrongly, but a changed plate is the oldest way not to pay: that is for a person.
    if rivals or other_exits or best.likeness <= Likeness.ONE_OFF:
        return Match(exit_id, Outcome.AMBIGUOUS, None, listed)
    return Match(exit_id, Outcome.PROBABLE, best.stay_id, listed)


def _likeness(entry: Stay, leaving: Stay) -> Likeness:
    """How well an entry and an exit fit: by time, by class, and by their texts."""
    if entry.vehicle == leaving.vehicle:
        # What `stays.derive` did not put together does not belong together: one of the two was another vehicle.
        return Likeness.NONE
    came, left = entry.first_at, leaving.last_at
    if not came <= left <= came + PAIR_MAX or (entry.seen_again_at is not None and left > entry.seen_again_at):
        return Likeness.NONE
    if _is_trailer(entry) or _is_trailer(leaving):
        return _of_trailers(entry, leaving)
    if not _same_class(entry.vehicle_class, leaving.vehicle_class):
        return Likeness.NONE
    return likeness(entry.plate, leaving.plate)


def _is_trailer(stay: Stay) -> bool:
    return form(stay.plate) is PlateForm.TRAILER


def _of_trailers(entry: Stay, leaving: Stay) -> Likeness:
    """A tractor is read in front and its trailer behind: two plates of one large vehicle, for a person to say."""
    alike = likeness(entry.plate, leaving.plate)
    if alike is not Likeness.NONE or (_is_trailer(entry) and _is_trailer(leaving)):
        return alike
    large = {entry.vehicle_class, leaving.vehicle_class} <= {VehicleClass.LARGE, VehicleClass.UNKNOWN}
    return Likeness.PERHAPS if large else Likeness.NONE


def _same_class(one: VehicleClass, other: VehicleClass) -> bool:
    return one is other or VehicleClass.UNKNOWN in (one, other)


def joined(entry: Stay, leaving: Stay, outcome: Outcome) -> tuple[Stay, Stay]:
    """The whole stay of two halves, and what becomes of the exit's: `entry_half` and `exit_half` undo it."""
    doubts = (Doubt.MATCH_PROBABLE,) if outcome is Outcome.PROBABLE else ()
    whole = structs.replace(
        entry,
        state=State.CLOSED,
        left_at=leaving.left_at,
        exit_lane_id=leaving.exit_lane_id,
        exit_event_id=leaving.exit_event_id,
        facts=(*entry.facts, *leaving.facts),
        doubts=(Doubt.LOOKED_AT,) if Doubt.LOOKED_AT in leaving.doubts else doubts,
        matched_id=leaving.id,
        matched_half=entry.state,
        let_out=leaving.let_out,
        set_fen=leaving.set_fen,
        at_exit=leaving.at_exit,
        exits=tuple(at for at in leaving.exits if at >= entry.first_at),
    )
    return whole, structs.replace(leaving, state=State.MERGED, merged_into=entry.id)


def entry_half(whole: Stay, leaving: Stay) -> Stay:
    """The entry's half of a stay that `joined` made with `leaving`."""
    assert whole.matched_half is not None
    exit_facts = set(leaving.facts)
    return structs.replace(
        whole,
        state=whole.matched_half,
        left_at=None,
        exit_lane_id=None,
        exit_event_id=None,
        facts=tuple(fact for fact in whole.facts if fact not in exit_facts),
        doubts=(),
        matched_id=None,
        matched_half=None,
        let_out=None,
        set_fen=None,
        at_exit=False,
        exits=(),
    )


def exit_half(merged: Stay) -> Stay:
    """The exit's half again."""
    return structs.replace(merged, state=State.EXIT_ONLY, merged_into=None)


def as_billed(entry: Stay, leaving: Stay, whole: Stay) -> Stay:
    """A stay of two halves as the vehicle whose plate was read more surely, for the tariff and for who pays."""
    surest = max((entry, leaving), key=lambda half: (form(half.plate) is not PlateForm.UNKNOWN, half.confidence))
    known = leaving.vehicle_class if entry.vehicle_class is VehicleClass.UNKNOWN else entry.vehicle_class
    return structs.replace(whole, plate=surest.plate, plate_color=surest.plate_color, vehicle_class=known)
