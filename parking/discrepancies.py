"""Discrepancies: what is stored otherwise than it follows from facts, found by deriving it again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from msgspec import Struct

from parking import stays as rules
from parking.bills import Believed
from parking.cases import OF_A_READ, Case, Reason
from parking.effects import doubt_of_read, is_clear
from parking.lots import LONGEST_USUAL, Lot
from parking.matching import KeptMatch, Matches
from parking.reads import Read
from parking.stays import State, Stay
from payments import ids
from payments.charges import Charge, ChargeState, charge_id

# How far back facts are derived again, by when they were recorded; what they reach is derived with them.
LOOKED_AT = timedelta(hours=72)
DISCREPANCIES_PER_SLICE_MAX = 100
# What gives a person to look at a stay, whatever else is odd about its events.
_OF_STAYS = frozenset(
    (
        Reason.LONG_STAY,
        Reason.ENTRY_WHILE_INSIDE,
        Reason.EXIT_WITHOUT_ENTRY,
        Reason.TURNED_ROUND,
        Reason.INSIDE_TOO_LONG,
        Reason.MATCH_PROBABLE,
        *OF_A_READ,
    )
)
_BY_FACTS = "facts"


class Kind(StrEnum):
    """What is wrong: a stay is stored otherwise, not at all, or stands on nothing; a car does not
    count that should; a case is missing, or open and moot; a charge is over another fee, or not held back in doubt; of
    an exit another entry is kept than follows, or none.
    """

    STAY_OTHERWISE = "stay_otherwise"
    STAY_MISSING = "stay_missing"
    STAY_UNFOUNDED = "stay_unfounded"
    COUNTED_WRONGLY = "counted_wrongly"
    CASE_MISSING = "case_missing"
    CASE_MOOT = "case_moot"
    CHARGE_OTHERWISE = "charge_otherwise"
    HOLD_MISSING = "hold_missing"
    MATCH_OTHERWISE = "match_otherwise"
    MATCH_MISSING = "match_missing"


class Discrepancy(Struct, frozen=True):
    """Something that is stored otherwise than it follows. `says` names what differs, and no plate."""

    lot_id: int
    kind: Kind
    subject_id: UUID
    says: str


class KnownCase(Struct, frozen=True):
    """A case as it is stored, as far as it matters here."""

    id: UUID
    event_id: UUID
    reason: Reason
    resolved_by: str | None


class Seen(Struct, frozen=True):
    """Some facts of a lot, and what is stored around them: what was `believed`, the `stays` that follow, all `reads`
    these were derived from, and the `stored` numbers of stays among those of the facts. `matches`: which entries the
    exits among the facts belong to that are not of the text they came as.
    """

    lot: Lot
    facts: frozenset[UUID]
    believed: Believed
    stays: Mapping[UUID, Stay]
    reads: Sequence[Read]
    stored: Collection[UUID]
    matches: Matches = {}

    @property
    def homes(self) -> list[Stay]:
        """The stays that stand on one of the facts, as they follow."""
        return [
            stay
            for stay in self.stays.values()
            if stay.state is not State.MERGED and not self.facts.isdisjoint(stay.facts)
        ]


def of_stays(seen: Seen, now: datetime) -> list[Discrepancy]:
    """Stays that are stored otherwise than they follow, and cars that should count."""
    before, lot_id = seen.believed.stays, seen.lot.id
    found = [
        Discrepancy(lot_id, kind, id_, says)
        for id_ in before.keys() | seen.stays.keys()
        if (wrong := _differs(before.get(id_), seen.stays.get(id_))) is not None
        for kind, says in (wrong,)
    ]
    unknown = set(seen.stored) - before.keys()
    found += [Discrepancy(lot_id, Kind.STAY_UNFOUNDED, id_, "no fact leads to it") for id_ in unknown]
    for stay in seen.homes:
        # Who is inside too long leaves the count by the clock, sooner or later.
        if stay.state is State.OPEN and not stay.counted and now - stay.first_at <= LONGEST_USUAL[seen.lot.kind]:
            found.append(Discrepancy(lot_id, Kind.COUNTED_WRONGLY, stay.id, "it does not count and should"))
    return found


def _differs(stored: Stay | None, follows: Stay | None) -> tuple[Kind, str] | None:
    if stored == follows or follows is None:
        return None
    if stored is None:
        return (Kind.STAY_MISSING, f"it is {follows.state}") if follows.facts else None
    if follows.state is State.MERGED and not follows.facts:
        return Kind.STAY_UNFOUNDED, "its facts belong to another stay or are none"
    other = [name for name in Stay.__struct_fields__ if getattr(stored, name) != getattr(follows, name)]
    return Kind.STAY_OTHERWISE, ", ".join(other)


def of_matches(seen: Seen, kept: Mapping[UUID, KeptMatch], since: datetime | None) -> list[Discrepancy]:
    """Exits of which another entry is kept than follows, or none. `kept`: the last decisions of exits among the facts.
    `since`: when the first was kept in the lot; what was recorded before that is older than decisions are.
    """
    found = list[Discrepancy]()
    for fact in sorted(seen.facts):
        last, follows = kept.get(fact), seen.matches.get(fact)
        stored = last if last is not None and last.holds else None
        if follows is not None and follows.is_exact:
            follows = None
        if stored is None:
            if follows is not None and since is not None and fact >= ids.floor(since):
                found.append(Discrepancy(seen.lot.id, Kind.MATCH_MISSING, fact, f"it is {follows.outcome}"))
        elif follows is None or not stored.says(follows):
            what = "told by its stay" if follows is None else follows.outcome
            says = f"{stored.outcome} is kept, it is {what}"
            found.append(Discrepancy(seen.lot.id, Kind.MATCH_OTHERWISE, fact, says))
    return found


def cases_that_follow(seen: Seen) -> dict[UUID, Case]:
    """The cases that must be, or have been, before a person: of the stays of these facts, and of doubtful reads."""
    found = [case for stay in seen.homes for case in rules.cases_of(stay, seen.lot.kind)]
    clear = {fact for stay in seen.homes if is_clear(stay, seen.lot) for fact in stay.facts}
    found += [
        Case(seen.lot.id, read.id, reason, None)
        for read in seen.reads
        if read.id in seen.facts and read.id not in clear and (reason := doubt_of_read(read)) is not None
    ]
    return {case.id: case for case in found}


def of_cases(seen: Seen, known: Iterable[KnownCase]) -> list[Discrepancy]:
    """Cases that are missing, and such that are open though nothing gives rise to them. `known`: about the facts of the
    stays in sight.
    """
    follow, by_id = cases_that_follow(seen), {case.id: case for case in known}
    lot_id = seen.lot.id
    missing = [
        Discrepancy(lot_id, Kind.CASE_MISSING, id_, f"{case.reason} of event {case.event_id}")
        for id_, case in follow.items()
        if id_ not in by_id or by_id[id_].resolved_by == _BY_FACTS
    ]
    moot = [
        Discrepancy(lot_id, Kind.CASE_MOOT, case.id, f"{case.reason} of event {case.event_id}")
        for case in by_id.values()
        if case.resolved_by is None and case.event_id in seen.facts and case.reason in _OF_STAYS
        if case.id not in follow
    ]
    return missing + moot


def charges_wanted(seen: Seen) -> dict[UUID, Stay]:
    """The closed stays of these facts that have a bill, by their charge."""
    bills = seen.believed.bills
    return {charge_id(stay.id, bills[stay.id].account_id): stay for stay in seen.homes if stay.id in bills}


def of_charges(
    seen: Seen,
    charges: Mapping[UUID, Charge],
    held: Mapping[UUID, Collection[str]],
    quoted: Mapping[UUID, int] = MappingProxyType({}),
) -> list[Discrepancy]:
    """Charges over something else than their stay's fee, and such that are not held back though their stay is in doubt.

    `held`: the reasons for which each is held back, or was until a person released it. `quoted`: what vehicles that
    stand at an exit were quoted inside, as long as that waits to be paid, by their stays.
    """
    found, lot_id = [], seen.lot.id
    for key, stay in charges_wanted(seen).items():
        charge, fee_fen = charges.get(key), seen.believed.bills[stay.id].fee_fen
        if charge is None:
            if fee_fen:
                found.append(Discrepancy(lot_id, Kind.CHARGE_OTHERWISE, key, f"there is none over {fee_fen}"))
            continue
        asked_fen = charge.amount_fen + charge.waived_fen
        is_quote = charge.account_id is None and asked_fen == quoted.get(stay.id)
        if charge.state is not ChargeState.VOID and asked_fen != fee_fen and not is_quote:
            found.append(Discrepancy(lot_id, Kind.CHARGE_OTHERWISE, key, f"over {asked_fen}, the fee is {fee_fen}"))
        doubt = rules.doubt_of(stay, seen.lot.kind)
        may_be_taken = charge.state is ChargeState.DUE and charge.account_id is not None
        if may_be_taken and doubt is not None and doubt not in held.get(key, ()):
            found.append(Discrepancy(lot_id, Kind.HOLD_MISSING, key, f"{doubt}"))
    return found
