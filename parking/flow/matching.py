"""Which entries exits belong to, as it was decided when; and what lots do with those that are only probable."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Raw, Struct

import sql
from parking import dated, derivation, matching
from parking.cases import Known, Reason
from parking.dated import Changed
from parking.dated import Outcome as ChangeOutcome
from parking.flow.network import record_change
from parking.likeness import Likeness
from parking.lots import ProbableMatch, UnknownLot
from parking.matching import CANDIDATES_MAX, PAIR_MAX, Matches, Outcome
from parking.plates import PlateColor
from parking.stays import State, Stay
from parking.store import cases as case_store
from parking.store import events as event_store
from parking.store import lots as lots_store
from parking.store import matching as store
from parking.store import stays as stay_store
from parking.store.tariffs import take_turns
from parking.texts.cases import OUTCOMES
from payments.identity import Principal, may_act_for


class Candidate(Struct, frozen=True):
    """The other half that may belong to the one in a case: a vehicle that came, or one that left."""

    stay_id: UUID
    event_id: UUID | None
    plate: str
    plate_color: PlateColor
    entered_at: datetime | None
    left_at: datetime | None
    likeness: str
    images: Raw | None


class MatchCandidate(Struct, frozen=True):
    """A stay that an exit may have ended; no plate where that stay has become part of another one."""

    stay_id: UUID
    plate: str | None
    likeness: str


class MatchShown(Struct, frozen=True):
    """Which entry an exit was taken to belong to for a while. `stay_id`: what it ended; `believed_until`: null while it
    holds.
    """

    outcome: Outcome
    outcome_zh: str
    outcome_en: str
    stay_id: UUID | None
    candidates: Sequence[MatchCandidate]
    believed_from: datetime
    believed_until: datetime | None


async def keep_matches(db: sql.Connection, matches: Matches, *, now: datetime) -> None:
    """Keeps what was decided of exits, as far as that is otherwise than before. Their lots are locked."""
    found = matching.changes(matches, await store.last_matches(db, list(matches)))
    if found.ended:
        await store.end_matches(db, found.ended, now=now)
    if found.made:
        await store.add_matches(db, found.made, now=now)


async def matches_shown(db: sql.Connection, facts: Sequence[UUID]) -> dict[UUID, list[MatchShown]]:
    """What was decided of each of these exits and is not told by its stay alone, the oldest first."""
    rows = await store.matches_of(db, facts) if facts else ()
    if not rows:
        return {}
    named = {each.stay_id for row in rows for each in row.kept.candidates}
    stays = await stay_store.found_stays(db, list(named)) if named else {}
    plates = {id_: stay.plate for id_, stay in stays.items() if stay.state is not State.MERGED}
    shown: dict[UUID, list[MatchShown]] = {}
    for row in rows:
        found = [
            MatchCandidate(each.stay_id, plates.get(each.stay_id), each.likeness.name.lower())
            for each in row.kept.candidates
        ]
        words = OUTCOMES[row.outcome]
        shown.setdefault(row.fact_id, []).append(
            MatchShown(row.outcome, *words, row.entry_id, found, row.believed_from, row.believed_until)
        )
    return shown


async def set_probable_match(
    db: sql.Connection,
    code: str,
    probable_match: ProbableMatch,
    *,
    valid_from: datetime | None,
    by: Principal,
    now: datetime,
) -> Changed:
    """From an instant on (None: now) the barriers of a lot open for probable matches, or hold them.

    Raises:
        UnknownLot: no lot has this code.
        NotYours: it is another operator's.
        RewritesThePast, TooFarAhead, BeginsOtherwise: see `dated.begin`; no exit that was read is decided anew.
    """
    await take_turns(db)
    lot = await lots_store.probable_match_to_change(db, code)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    may_act_for(by, lot.operator_id)
    # Nobody is read at an exit meanwhile, later than the instant.
    await event_store.lock_lots(db, [lot.id])
    versions = await lots_store.probable_matches(db, lot.id)
    begins = dated.begin(
        lot.probable_match,
        versions,
        probable_match,
        valid_from=valid_from,
        now=now,
        decided_until=await lots_store.last_read_at(db, [lot.id]),
    )
    if begins is None:
        return Changed(ChangeOutcome.UNCHANGED)
    await lots_store.add_probable_match(db, lot.id, begins)
    was = dated.at(lot.probable_match, versions, begins.valid_from)
    detail: dict[str, object] = {
        "before": {"probable_match": was},
        "after": {"probable_match": begins.value, "valid_from": begins.valid_from},
    }
    await record_change(
        db, by=by.subject, action="lot.probable_match", subject=f"lot:{lot.code}", detail=detail, now=now
    )
    return dated.changed(versions, begins)


# -- what else may belong to a half


async def candidates_of(db: sql.Connection, found: Sequence[Known]) -> dict[UUID, list[Candidate]]:
    """For each case about a half, or about two that were put together, the other halves that fit it."""
    windows: dict[int, tuple[datetime, datetime]] = {}
    asking = [case for case in found if case.stay_id is not None and _asks(case)]
    for case in asking:
        at = case.left_at or case.entered_at
        assert at is not None
        since, until = windows.get(case.lot_id, (at, at))
        windows[case.lot_id] = min(since, at - PAIR_MAX), max(until, at + PAIR_MAX)
    if not windows:
        return {}
    halves = await _halves(db, [(lot_id, *window) for lot_id, window in windows.items()])
    rivals = {case.id: _rivals(case, halves) for case in asking}
    facts = [fact for of_case in rivals.values() for _, half in of_case if (fact := _fact(half)) is not None]
    images = await case_store.images_of(db, facts) if facts else {}
    return {id_: [_candidate(like, half, images) for like, half in of_case] for id_, of_case in rivals.items()}


def _asks(case: Known) -> bool:
    return case.reason is Reason.MATCH_PROBABLE or case.state in (State.EXIT_ONLY, State.SUPERSEDED)


async def _halves(db: sql.Connection, windows: Sequence[tuple[int, datetime, datetime]]) -> dict[UUID, Stay]:
    rows = {stay.id: stay for stay, _ in await event_store.halves(db, windows)}
    others = {stay.matched_id or stay.merged_into for stay in rows.values()} - {None, *rows}
    if others:
        rows |= {s.id: s for s, _ in await event_store.stays_by_id(db, [each for each in others if each is not None])}
    rows = {stay.id: stay for stay in rows.values() if stay.matched_id is None or stay.matched_id in rows}
    return derivation.halves(rows) | {stay.id: stay for stay in await event_store.open_halves(db, windows)}


def _rivals(case: Known, halves: Mapping[UUID, Stay]) -> list[tuple[Likeness, Stay]]:
    """The halves that fit the one of a case, the likeliest first."""
    mine = _mine(case, halves)
    if mine is None:
        return []
    of_lot = [half for half in halves.values() if half.lot_id == case.lot_id]
    if mine.state is State.EXIT_ONLY:
        entries = [half for half in of_lot if half.state in (State.OPEN, State.SUPERSEDED)]
        found = matching.candidates(mine, entries)
    else:
        exits = [half for half in of_lot if half.state is State.EXIT_ONLY]
        found = matching.candidates_of_entry(mine, exits)
    return [(each.likeness, halves[each.stay_id]) for each in found[:CANDIDATES_MAX]]


def _mine(case: Known, halves: Mapping[UUID, Stay]) -> Stay | None:
    """The half that has the event of a case."""
    return next((half for half in halves.values() if case.event_id in half.facts), None)


def _fact(half: Stay) -> UUID | None:
    return half.exit_event_id or half.entry_event_id


def _candidate(like: Likeness, half: Stay, images: Mapping[UUID, str]) -> Candidate:
    fact = _fact(half)
    pictures = None if fact is None else images.get(fact)
    return Candidate(
        stay_id=half.id,
        event_id=fact,
        plate=half.plate,
        plate_color=half.plate_color,
        entered_at=half.entered_at,
        left_at=half.left_at,
        likeness=like.name.lower(),
        images=None if pictures is None else Raw(pictures.encode()),
    )
