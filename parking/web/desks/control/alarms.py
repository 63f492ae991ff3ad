"""Alarms in the control room: listed, and seen to step by step."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking import alarms
from parking.alarms import NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, Alarm, AlarmKind, AlarmState, AlarmTaken, Severity
from parking.decisions import DecisionUnfit
from parking.flow import alarms as flow
from parking.network import Network as Registered
from parking.scope import lots_named, lots_of
from parking.store import alarms as store
from parking.texts.alarms import KINDS, SEVERITIES, STATES
from parking.texts.pages import control as words
from parking.web.dependencies import Db, Network, Now, Principal
from parking.web.desks.control.frame import ACTORS, READERS, ROOT, parts
from parking.web.desks.frame import desk_page, lot_said, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, action, page, read
from parking.web.reader import Reader
from parking.web.response import moved
from parking.web.tables import Choice, Column, Filter, Kind, Row, State, Table, Tone
from payments.pages import ROWS_PER_PAGE

SHOWN_MAX = 200
_PATH = f"{ROOT}/alarms"
_SEVERE = {Severity.HIGH: Tone.BAD, Severity.MEDIUM: Tone.WAITS, Severity.LOW: Tone.QUIET}
_STATES = {
    AlarmState.OPEN: Tone.BAD,
    AlarmState.ACKNOWLEDGED: Tone.WAITS,
    AlarmState.DISPATCHED: Tone.WAITS,
    AlarmState.RESOLVED: Tone.GOOD,
}
# The form of each step, by its address.
_STEPS = {
    AlarmState.ACKNOWLEDGED: "acknowledge",
    AlarmState.DISPATCHED: "dispatch",
    AlarmState.RESOLVED: "resolve",
}


class Sent(Struct, frozen=True):
    """Who is sent."""

    to: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]


class Done(Struct, frozen=True):
    """What was done."""

    note: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS_MAX)]


class Step(Struct, frozen=True):
    """Something that happened to an alarm."""

    at: datetime
    said: str
    tone: Tone


def alarm_table(
    reader: Reader,
    network: Registered,
    found: Sequence[Alarm],
    now: datetime,
    *,
    caption: str,
    query: Mapping[str, str] | None = None,
    filters: Sequence[Filter] = (),
) -> Table:
    """Alarms as a table; the form of a row goes by `steps_of`."""
    columns = [
        Column("what", reader.word("what")),
        Column("severity", reader.word("severity"), Kind.STATE),
        Column("lot", reader.word("lot")),
        Column("gateway", reader.word("gateway")),
        Column("raised", reader.word("raised"), Kind.TIME),
        Column("age", reader.word("age"), Kind.LENGTH),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    rows = [
        Row(
            [
                reader.said(KINDS[each.kind]),
                State(reader.said(SEVERITIES[each.severity]), _SEVERE[each.severity]),
                lot_said(each.lot, network, reader),
                each.gateway,
                each.raised_at,
                _age(each, now),
                _state(reader, each),
            ],
            href=f"{_PATH}/{each.id}",
            key=str(each.id),
        )
        for each in found
    ]
    return Table(
        caption, _PATH, columns, rows, query or {}, filters, str(found[-1].id) if len(found) == ROWS_PER_PAGE else None
    )


def steps_of(found: Sequence[Alarm]) -> dict[str, str]:
    """The usual next step of each alarm, by the key of its row; those that are resolved have none."""
    return {str(each.id): _STEPS[step] for each in found if (step := each.next_step) is not None}


@page(_PATH, *READERS)
async def alarms_page(request: Shown, principal: Principal, network: Network, db: Db, now: Now) -> Response[bytes]:
    """Alarms, the newest first."""
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    query, lots = query_of(request), lots_to_choose(principal, snapshot, reader)
    resolved, kind = query.get("resolved", ""), query.get("kind", "")
    found = await store.find(
        db,
        lots_named(principal, snapshot, query.get("lot")),
        before=_after(query.get("after")),
        limit=ROWS_PER_PAGE,
        is_open=None if resolved not in ("yes", "no") else resolved == "no",
        kind=AlarmKind(kind) if kind in list(AlarmKind) else None,
    )
    filters = [
        Filter("lot", reader.word("lot"), query.get("lot", ""), lots),
        Filter("kind", reader.word("what"), kind, [Choice(each, reader.said(KINDS[each])) for each in AlarmKind]),
        Filter(
            "resolved", reader.word("resolved"), resolved, [Choice(each, reader.word(each)) for each in ("no", "yes")]
        ),
    ]
    return await table_page(
        request,
        "desks/control_alarms.html",
        reader,
        principal,
        snapshot,
        here="control",
        parts=parts(reader),
        part="alarms",
        may_act=principal.audience in ACTORS,
        table=alarm_table(reader, snapshot, found, now, caption=reader.word("alarms"), query=query, filters=filters),
        steps=steps_of(found),
        now=now,
    )


@page(f"{_PATH}/{{alarm_id:uuid}}", *READERS)
async def alarm_page(
    request: Shown, alarm_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now
) -> Response[bytes]:
    """An alarm, what happened to it, and what can be done.

    Raises:
        NoSuchAlarm: there is none of this identifier among the caller's.
    """
    snapshot = network.snapshot
    reader = reader_of(request, principal, snapshot, words.WORDS)
    alarm = await store.by_id(db, alarm_id, lots_of(principal, snapshot))
    if alarm is None:
        raise alarms.NoSuchAlarm("There is no such alarm.", alarm_id=str(alarm_id))
    usual = None if alarm.next_step is None else _STEPS[alarm.next_step]
    # Whoever is sent may be another, and what is mended is resolved at once.
    others = {"dispatch", "resolve"} - {usual} if usual else set()
    return desk_page(
        request,
        "desks/control_alarm.html",
        reader,
        principal,
        snapshot,
        here="control",
        parts=parts(reader),
        part="alarms",
        may_act=principal.audience in ACTORS,
        alarm=alarm,
        what=reader.said(KINDS[alarm.kind]),
        lot=lot_said(alarm.lot, snapshot, reader),
        severity=State(reader.said(SEVERITIES[alarm.severity]), _SEVERE[alarm.severity]),
        state=_state(reader, alarm),
        age=_age(alarm, now),
        happened=_happened(reader, alarm),
        usual=usual,
        others=sorted(others),
        is_taken="taken" in request.query_params,
    )


@action(f"{_PATH}/{{alarm_id:uuid}}/acknowledge", *ACTORS)
async def acknowledge(
    alarm_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now
) -> Response[bytes]:
    """Somebody has seen it."""
    try:
        await flow.acknowledge(db, alarm_id, lots_of(principal, network.snapshot), by=principal, now=now)
    except AlarmTaken:
        return _taken(alarm_id)
    return moved(f"{_PATH}/{alarm_id}")


@action(f"{_PATH}/{{alarm_id:uuid}}/dispatch", *ACTORS)
async def dispatch(
    request: Shown, alarm_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now
) -> Response[bytes]:
    """Somebody is sent."""
    said = await read(request, Sent)
    try:
        await flow.dispatch(db, alarm_id, lots_of(principal, network.snapshot), to=said.to, by=principal, now=now)
    except AlarmTaken:
        return _taken(alarm_id)
    return moved(f"{_PATH}/{alarm_id}")


@action(f"{_PATH}/{{alarm_id:uuid}}/resolve", *ACTORS)
async def resolve(
    request: Shown, alarm_id: FromPath[UUID], principal: Principal, network: Network, db: Db, now: Now
) -> Response[bytes]:
    """Somebody is done with it."""
    said = await read(request, Done)
    try:
        await flow.resolve(db, alarm_id, lots_of(principal, network.snapshot), note=said.note, by=principal, now=now)
    except AlarmTaken:
        return _taken(alarm_id)
    return moved(f"{_PATH}/{alarm_id}")


def _taken(alarm_id: UUID) -> Response[bytes]:
    return moved(f"{_PATH}/{alarm_id}?taken=1")


def _after(after: str | None) -> UUID | None:
    try:
        return None if after is None else UUID(after)
    except ValueError as e:
        raise DecisionUnfit("This is not the `next` of a page.", field="after") from e


def _age(alarm: Alarm, now: datetime) -> timedelta:
    """For how long it lasted, or has."""
    length = (alarm.resolved_at or now) - alarm.raised_at
    return max(timedelta(0), length) // timedelta(minutes=1) * timedelta(minutes=1)


def _state(reader: Reader, alarm: Alarm) -> State:
    return State(reader.said(STATES[alarm.state]), _STATES[alarm.state])


def _happened(reader: Reader, alarm: Alarm) -> list[Step]:
    """What happened to an alarm, in order of time."""
    by = reader.word("facts") if alarm.resolved_by == alarms.FACTS else alarm.resolved_by
    note = reader.word("cause_gone") if alarm.note == alarms.CAUSE_GONE else alarm.note
    told = [
        (alarm.raised_at, reader.word("was_raised"), Tone.BAD),
        (alarm.acknowledged_at, reader.word("was_acknowledged", alarm.acknowledged_by), Tone.WAITS),
        (alarm.dispatched_at, reader.word("was_dispatched", alarm.dispatched_by, alarm.dispatched_to), Tone.WAITS),
        (alarm.gone_at, reader.word("was_gone"), Tone.GOOD),
        (alarm.resolved_at, reader.word("was_resolved", by, note), Tone.GOOD),
    ]
    return sorted((Step(at, said, how) for at, said, how in told if at is not None), key=lambda each: each.at)


ROUTES: list[HTTPRouteHandler] = [alarms_page, alarm_page, acknowledge, dispatch, resolve]
