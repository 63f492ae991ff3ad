"""Taking many things of a kind from a file, all of them or none, and writing down what there is in the same form.

A kind says in a module of its own how one row is taken, and which rows there are; what holds for all kinds stands here.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from asyncpg import DataError
from msgspec import Struct

import sql
from parking.flow.derivation import RandomBits
from parking.flow.tariffs import Lint
from parking.imports import Fault, Form, Planned
from parking.network import Network
from parking.positions import Box
from parking.store.tariffs import take_turns
from payments.errors import OneLotError
from payments.identity import Principal
from payments.ledger import PLATFORM
from payments.store import audit

T = TypeVar("T")


class State(StrEnum):
    """What became of a row."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    SKIPPED = "skipped"
    REFUSED = "refused"


class Line(Struct, frozen=True):
    """What became of a row. `changed`: what was changed; `faults`: why it was not taken, or what was left out."""

    line: int
    code: str
    state: State
    changed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class Imported(Struct, frozen=True):
    """What became of a file. `is_kept`: not if a row was refused, or if nothing was to be kept."""

    rows: int
    counts: dict[State, int]
    is_kept: bool
    lines: Sequence[Line]


class At(Struct, frozen=True):
    """Who does it, when, and on which network. `lint`: what checks a tariff before it is published."""

    by: Principal
    now: datetime
    random_bits: RandomBits
    network: Network
    lint: Lint
    city: Box | None = None


class Taken(NamedTuple):
    """What became of one row that was taken; `changed`: which of its fields were otherwise."""

    state: State
    changed: tuple[str, ...] = ()


class RowRefused(Exception):
    """A row that no use case refuses, but what it is compared with."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(allowed)
        self.field, self.value = field, str(value)


Progress = Callable[[int, int], object]
# How one row is taken.
Take = Callable[[T], Awaitable[Taken]]


class Kind(Struct, Generic[T], frozen=True):
    """A kind of thing. `action`: of the audit log's line about a file; `begin`: locks what all rows need, in the order
    of all locks, and gives how one is taken; `rows`: what there is, as far as it is this operator's (None: all);
    `ready`: what takes long and is done before anything is locked; `in_order`: what has to come before what.
    """

    form: Form[T]
    action: str
    begin: Callable[[sql.Connection, Sequence[T], At], Awaitable[Take[T]]]
    rows: Callable[[sql.Connection, str | None, At], Awaitable[list[dict[str, object]]]]
    ready: Callable[[sql.Connection, Sequence[Planned[T]], At, Progress], Awaitable[Sequence[Planned[T]]]] | None = None
    in_order: Callable[[Sequence[Planned[T]]], list[Planned[T]]] = list


class _TakenBack(Exception):
    """Ends a transaction of which nothing is kept."""

    def __init__(self, imported: Imported) -> None:
        super().__init__()
        self.imported = imported


async def import_all(
    db: sql.Connection,
    kind: Kind[T],
    planned: Sequence[Planned[T]],
    at: At,
    *,
    source: str,
    dry_run: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> Imported:
    """Takes the rows of a file in one transaction: all of them, or none if one is refused or if it is a `dry_run`. The
    same file again changes nothing. `source`: what the audit log calls the file. `db`: outside of a transaction.
    """
    lines = [_not_taken(each) for each in planned if each.plan is None]
    good = [each for each in planned if each.plan is not None]
    if kind.ready is not None:
        good = [*await kind.ready(db, good, at, progress)]
    ordered = kind.in_order(good)
    try:
        async with db.transaction():
            # What is compared with a row must not be registered or changed meanwhile; files take turns.
            await take_turns(db)
            take = await kind.begin(db, [each.plan for each in good if each.plan is not None], at)
            for done, each in enumerate(ordered, 1):
                lines.append(await _take(db, take, each))
                progress(done, len(ordered))
            return await _ended(db, kind, _summed(lines, dry_run=dry_run), at, source=source)
    except _TakenBack as e:
        return e.imported


def _not_taken(each: Planned[Any]) -> Line:
    state = State.SKIPPED if each.is_skipped else State.REFUSED
    return Line(each.line, each.code, state, faults=each.faults)


def _summed(lines: Sequence[Line], *, dry_run: bool) -> Imported:
    counts = {state: sum(line.state is state for line in lines) for state in State}
    kept = not dry_run and not counts[State.REFUSED]
    return Imported(len(lines), counts, kept, sorted(lines, key=lambda line: line.line))


async def _ended(db: sql.Connection, kind: Kind[T], imported: Imported, at: At, *, source: str) -> Imported:
    if not imported.is_kept:
        raise _TakenBack(imported)
    if imported.counts[State.NEW] or imported.counts[State.CHANGED]:
        detail: dict[str, object] = {"source": source, "rows": imported.rows, "counts": imported.counts}
        about = {"actor": at.by.subject, "action": kind.action, "subject": kind.form.noun}
        await audit.record(
            db, at.by.operator_id or PLATFORM, **about, detail=detail, now=at.now, random_bits=at.random_bits()
        )
    return imported


async def _take(db: sql.Connection, take: Take[T], each: Planned[T]) -> Line:
    """One row; what is refused leaves no trace, so that the next ones are looked at as well."""
    assert each.plan is not None
    try:
        async with db.transaction():
            state, changed = await take(each.plan)
            return Line(each.line, each.code, state, changed, each.faults)
    except RowRefused as e:
        field, value, allowed = e.field, e.value, str(e)
    except OneLotError as e:
        field, allowed = str(e.facts.get("field", "")), e.sentence
        value = _said(each.plan, field)
    except DataError as e:
        # A character that no text of the database has.
        field, value, allowed = "", "", str(e)
    fault = Fault(field, each.columns.get(field, ""), value, allowed)
    return Line(each.line, each.code, State.REFUSED, faults=(*each.faults, fault))


def _said(plan: object, field: str) -> str:
    """What a row said of the field that does not fit, if it is one word."""
    value = getattr(getattr(plan, "plan", plan), field, "")
    return str(value) if isinstance(value, str | int | float) else ""
