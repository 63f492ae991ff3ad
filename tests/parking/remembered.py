"""What the database remembers of a lot, in memory: reads are added in any batches, stays derived from the tail."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from parking import derivation, groups
from parking.facts import Read, Vehicle
from parking.stays import State, Stay


def whole(reads: Iterable[Read]) -> dict[UUID, Stay]:
    """The stays of one lot, from all of its reads at once."""
    return derivation.matched(derivation.derive(reads))


class Remembered:
    """One lot. `rows` are its stays as they are believed, with what is left of such that are no more."""

    def __init__(self) -> None:
        self.facts: dict[UUID, Read] = {}
        self.rows: dict[UUID, Stay] = {}
        self.facts_read = 0

    def add(self, new: Sequence[Read]) -> None:
        """Reads that arrive together."""
        new = [read for read in new if read.id not in self.facts]
        if not new:
            return
        near = self._near(new)
        known = self._rows_of({read.vehicle for read in (*new, *near)})
        parted = derivation.halves(known)
        scopes = derivation.scopes(parted, new, near)
        self.facts |= {read.id: read for read in new}
        self.facts_read += sum(len(scope.facts) for scope in scopes)
        after = derivation.rederived(parted, scopes, [*derivation.reads_of(scopes, self.facts), *new])
        changed = derivation.changed_halves(parted, after)
        exits = [stay for stay in derivation.halves(self.rows).values() if stay.state is State.EXIT_ONLY]
        if derivation.lots_that_match(changed, exits):
            since, until = derivation.window(changed)
            lot = {i: row for i, row in self.rows.items() if i not in known and self._is_half(row)}
            stored = derivation.halves(known | lot)
            lot = {i: row for i, row in lot.items() if since <= stored[i].last_at and stored[i].first_at <= until}
            known |= lot
            after |= {i: stored[i] for i in lot}
            after = derivation.matched(after)
        else:
            after = derivation.as_it_was(known, parted, after)
        self.rows |= after | derivation.remains(known, after)

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
                if read.id not in near and any(groups.belong_together(read, each) for each in edge)
            }
            near |= found
            edge = list(found.values())
        return list(near.values())

    def _rows_of(self, vehicles: set[Vehicle]) -> dict[UUID, Stay]:
        rows = {i: row for i, row in self.rows.items() if row.vehicle in vehicles and row.facts}
        partners = {row.matched_id or row.merged_into for row in rows.values()} - {None}
        return rows | {i: self.rows[i] for i in partners if i is not None}
