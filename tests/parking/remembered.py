"""What the database remembers of a lot, in memory: reads are added in any batches, stays derived from the tail."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from msgspec import structs

from parking import decisions, derivation, matching, passings
from parking.decisions import Ruling, Standing
from parking.exits import NOWHERE, Exits
from parking.matching import KeptMatch, Matches
from parking.reads import Read, Vehicle
from parking.stays import State, Stay


def whole(reads: Iterable[Read], pairs: Iterable[tuple[UUID, UUID]] = (), exits: Exits = NOWHERE) -> dict[UUID, Stay]:
    """The stays of one lot, from all of its reads at once. `pairs`: the entries that people gave to exits."""
    return whole_with_matches(reads, pairs, exits).stays


def whole_with_matches(
    reads: Iterable[Read], pairs: Iterable[tuple[UUID, UUID]] = (), exits: Exits = NOWHERE
) -> derivation.Matched:
    """The same with the entries that were decided for exits."""
    parts = derivation.derive(reads, exits)
    return derivation.matched(parts, matching.pairs_of(parts, pairs))


def decided(
    reads: Iterable[Read], pairs: Iterable[tuple[UUID, UUID]] = (), exits: Exits = NOWHERE
) -> dict[UUID, KeptMatch]:
    """What is decided of exits, from all reads of one lot at once (see `Remembered.decided`)."""
    found = matching.changes(whole_with_matches(reads, pairs, exits).matches, {})
    return {each.fact_id: each for each in found.made}


class Remembered:
    """One lot. `rows` are its stays as they are believed, with what is left of such that are no more."""

    def __init__(self, exits: Exits = NOWHERE) -> None:
        self.exits = exits
        self.facts: dict[UUID, Read] = {}
        self.rows: dict[UUID, Stay] = {}
        self.facts_read = 0
        self.recorded: dict[UUID, Read] = {}
        self.rulings: dict[UUID, list[Ruling]] = {}
        self.pairs: dict[UUID, UUID] = {}
        self.matches: dict[UUID, KeptMatch] = {}

    def decide(self, fact: UUID, ruling: Ruling) -> None:
        """A person decides about a read that was added."""
        rulings = self.rulings.setdefault(fact, [])
        was = decisions.standing(Standing(self.recorded[fact], counts=True), rulings)
        rulings.append(ruling)
        now = decisions.standing(Standing(self.recorded[fact], counts=True), rulings)
        self.pairs.pop(fact, None)
        if now.pair_id is not None:
            self.pairs[fact] = now.pair_id
        self.facts.pop(fact, None)
        self._derive([now.read] if now.counts else [], [was.read] if was.counts else [])

    def add(self, new: Sequence[Read]) -> None:
        """Reads that arrive together."""
        new = [read for read in new if read.id not in self.recorded]
        self.recorded |= {read.id: read for read in new}
        if new:
            self._derive(new, [])

    def _derive(self, new: Sequence[Read], gone: Sequence[Read]) -> None:
        if not new and not gone:
            return
        near = [*gone, *self._near([*new, *gone])]
        known = self._believed(new, near)
        parted = derivation.halves(known)
        scopes = derivation.scopes(parted, new, near, gone)
        self.facts |= {read.id: read for read in new}
        self.facts_read += sum(len(scope.facts) for scope in scopes)
        after = derivation.rederived(parted, scopes, [*derivation.reads_of(scopes, self.facts), *new], self.exits)
        decided = derivation.with_facts(after.values(), {read.id for read in gone})
        changed = [*derivation.changed_halves(parted, after), *decided]
        exits = [stay for stay in derivation.halves(self.rows).values() if stay.state is State.EXIT_ONLY]
        if derivation.lots_that_match(changed, exits, set(self.pairs.values())):
            since, until = derivation.window(changed)
            lot = {i: row for i, row in self.rows.items() if i not in known and self._is_half(row)}
            stored = derivation.halves(known | lot)
            lot = {i: row for i, row in lot.items() if since <= stored[i].last_at and stored[i].first_at <= until}
            lot |= self._partners(known | lot)
            known |= lot
            stored = derivation.halves(known)
            after |= {i: stored[i] for i in lot if i in stored}
            pairs = matching.pairs_of(after, self.pairs.items())
            found = derivation.matched_in({1}, known, stored, after, changed, pairs)
            after = found.stays
            self._keep(found.matches)
        else:
            after = derivation.as_it_was(known, parted, after)
        self.rows |= after | derivation.remains(known, after)

    def _keep(self, matches: Matches) -> None:
        """As `flow.matching.keep_matches`."""
        found = matching.changes(matches, self.matches)
        self.matches |= {each.fact_id: structs.replace(each, holds=False) for each in found.ended}
        self.matches |= {each.fact_id: each for each in found.made}

    def decided(self) -> dict[UUID, KeptMatch]:
        """The decisions that hold, all as the first of their exits."""
        return {fact: structs.replace(kept, n=1) for fact, kept in self.matches.items() if kept.holds}

    def _believed(self, new: Sequence[Read], near: Sequence[Read]) -> dict[UUID, Stay]:
        """What is believed of the vehicles of reads."""
        return self._rows_of({read.vehicle for read in (*new, *near)})

    def _is_half(self, row: Stay) -> bool:
        if row.state is State.MERGED:
            return bool(row.facts)
        return row.state is not State.CLOSED or row.matched_id is not None

    def _near(self, new: Sequence[Read]) -> list[Read]:
        near: dict[UUID, Read] = {}
        edge = list(new)
        while edge:
            found = {
                read.id: read
                for read in self.facts.values()
                if read.id not in near and any(passings.belong_together(read, each) for each in edge)
            }
            near |= found
            edge = list(found.values())
        return list(near.values())

    def _rows_of(self, vehicles: set[Vehicle]) -> dict[UUID, Stay]:
        rows = {i: row for i, row in self.rows.items() if row.vehicle in vehicles and row.facts}
        return rows | self._partners(rows)

    def _partners(self, rows: dict[UUID, Stay]) -> dict[UUID, Stay]:
        partners = {row.matched_id or row.merged_into for row in rows.values()} - {None}
        return {i: self.rows[i] for i in partners if i is not None and i not in rows}
