"""The desk at which cases are decided: by one key where the usual is right, and undone as easily."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking import plates, verdicts
from parking.cases import Filter, Reason, State
from parking.decisions import Kind
from parking.flow import cases as flow
from parking.flow.cases import CaseShown
from parking.plates import PlateColor
from parking.scope import lots_named, lots_of
from parking.texts.cases import REASONS
from parking.texts.pages import cases as words
from parking.verdicts import Verdict
from parking.web.dependencies import Db, Dialogue, LiveCounts, Network, Now, Pool, Principal, RandomBits
from parking.web.desks.frame import DESKS, desk_page, lot_said, lots_to_choose, query_of, reader_of, table_page
from parking.web.forms import Shown, action, fields, fitting, page, read
from parking.web.reader import Reader
from parking.web.response import moved
from parking.web.tables import Choice, Column, Plate, Row, Table, Tone
from parking.web.tables import Filter as Field
from parking.web.tables import Kind as Column_
from parking.web.tables import State as Shown_
from payments import ids
from payments.errors import OneLotError

CASES_PER_PAGE = 50
AUDIENCE = DESKS["cases"]


class Said(Struct, frozen=True):
    """What a form says of a case."""

    kind: Kind
    note: Annotated[str, Meta(max_length=verdicts.NOTE_CHARACTERS_MAX)] = ""
    plate: Annotated[str, Meta(max_length=32)] | None = None
    plate_color: PlateColor | None = None
    stay_id: UUID | None = None
    undoes: int | None = None


class Asked(Struct, frozen=True):
    """Which cases are wanted."""

    state: State = State.OPEN
    lot: Annotated[str, Meta(max_length=64)] | None = None
    reason: Reason | None = None
    plate: Annotated[str, Meta(max_length=32)] | None = None
    day: date | None = None
    after: UUID | None = None


@page("/desk/cases", *AUDIENCE)
async def cases(
    request: Shown, principal: Principal, network: Network, db: Db, now: Now, random_bits: RandomBits
) -> Response[bytes]:
    """The oldest first."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    query = query_of(request)
    asked = fitting({name: value for name, value in query.items() if name in Asked.__struct_fields__}, Asked)
    wanted = Filter(
        lot_ids=lots_named(principal, network.snapshot, asked.lot),
        state=asked.state,
        reason=asked.reason,
        plate=plates.looked_for(asked.plate),
        day=asked.day,
    )
    found = await flow.find_cases(
        db,
        wanted,
        after=asked.after or ids.FIRST,
        limit=CASES_PER_PAGE,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    table = Table(
        reader.word("title"),
        "/desk/cases",
        _columns(reader),
        [_row(reader, each, lot_said(each.lot, network.snapshot, reader)) for each in found],
        query,
        _filters(reader, asked, lots_to_choose(principal, network.snapshot, reader)),
        str(found[-1].id) if len(found) == CASES_PER_PAGE else None,
    )
    return await table_page(
        request,
        "desks/cases.html",
        reader,
        principal,
        network.snapshot,
        here="cases",
        table=table,
        now=now,
        bulk=request.query_params.get("done", ""),
    )


@page("/desk/cases/{case_id:uuid}", *AUDIENCE)
async def case(
    *,
    request: Shown,
    case_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """All that helps to decide, and the usual decision first."""
    found = await flow.case_by_id(
        db,
        case_id=case_id,
        lot_ids=lots_of(principal, network.snapshot),
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    undone = {each.undoes for each in found.decisions if each.undoes is not None}
    return desk_page(
        request,
        "desks/case.html",
        reader,
        principal,
        network.snapshot,
        here="cases",
        case=found,
        why=reader.either(found.reason_zh, found.reason_en),
        lot=lot_said(found.lot, network.snapshot, reader),
        age=timedelta(seconds=found.age_s),
        pictures=_pictures(found.images),
        candidates=[(each, _pictures(each.images)) for each in found.candidates],
        colors=[each for each in PlateColor if each is not PlateColor.UNKNOWN],
        undone=undone,
        done=request.query_params.get("done"),
    )


@action("/desk/cases/{case_id:uuid}/decide", *AUDIENCE)
async def decide(
    *,
    request: Shown,
    case_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """Decides, and shows the case as it stands since."""
    said = await read(request, Said)
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    decided = await flow.decide_case(
        pool,
        _verdict(said, reader),
        case_id=case_id,
        lot_ids=lots_of(principal, network.snapshot),
        by=principal,
        request_key=None,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    live_counts.queue(decided.counts)
    dialogue.ring(decided.told)
    done = "" if said.kind is Kind.UNDO else f"?done={decided.decision.n}"
    return moved(f"/desk/cases/{case_id}{done}")


@action("/desk/cases/decide", *AUDIENCE)
async def decide_many(
    *,
    request: Shown,
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """Finds several cases right; what is refused keeps no other from being decided."""
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    said = _verdict(Said(Kind.RIGHT), reader)
    done = left = 0
    for number in (await fields(request, "case"))[: verdicts.CASES_AT_ONCE_MAX]:
        try:
            decided = await flow.decide_case(
                pool,
                said,
                case_id=msgspec.convert(number, UUID),
                lot_ids=lots_of(principal, network.snapshot),
                by=principal,
                request_key=None,
                network=network.snapshot,
                now=now,
                random_bits=random_bits,
            )
        except (OneLotError, msgspec.ValidationError):
            left += 1
        else:
            live_counts.queue(decided.counts)
            dialogue.ring(decided.told)
            done += 1
    return moved(f"/desk/cases?done={done}.{left}")


def _verdict(said: Said, reader: Reader) -> Verdict:
    return Verdict(
        kind=said.kind,
        note=said.note or reader.word("note_usual"),
        plate=said.plate,
        plate_color=said.plate_color,
        stay_id=said.stay_id,
        undoes=said.undoes,
    )


def _columns(reader: Reader) -> Sequence[Column]:
    return [
        Column("why", reader.word("why")),
        Column("plate", reader.word("plate"), Column_.PLATE),
        Column("lot", reader.word("lot")),
        Column("happened", reader.word("happened"), Column_.TIME),
        Column("age", reader.word("age"), Column_.LENGTH),
        Column("stake", reader.word("at_stake"), Column_.FEN),
        Column("state", reader.word("state"), Column_.STATE),
    ]


def _row(reader: Reader, found: CaseShown, lot: str) -> Row:
    plate = None if found.kind is None else Plate(found.plate or None, found.plate_color or PlateColor.UNKNOWN)
    state = Shown_(reader.word("open"), Tone.WAITS)
    if found.resolved_at is not None:
        state = Shown_(reader.word("resolved"), Tone.GOOD)
    values = [
        *(reader.either(found.reason_zh, found.reason_en), plate, lot, found.occurred_at or found.opened_at),
        *(timedelta(seconds=found.age_s), found.at_stake_fen, state),
    ]
    return Row(values, f"/desk/cases/{found.id}", str(found.id))


def _filters(reader: Reader, asked: Asked, lots: Sequence[Choice]) -> Sequence[Field]:
    reasons = [Choice(reason, reader.said(said)) for reason, said in REASONS.items()]
    states = [Choice(each, reader.word(each)) for each in State]
    return [
        Field("state", reader.word("state"), asked.state, states),
        Field("reason", reader.word("why"), asked.reason or "", reasons),
        Field("lot", reader.word("lot"), asked.lot or "", lots),
        Field("plate", reader.word("plate"), asked.plate or ""),
        Field("day", reader.word("happened"), "" if asked.day is None else asked.day.isoformat(), kind="date"),
    ]


def _pictures(images: msgspec.Raw | None) -> list[str]:
    """References of pictures, as a camera gave them."""
    said: Any = None if images is None else msgspec.json.decode(images)
    if isinstance(said, Mapping):
        said = list(said.values())
    return [str(each) for each in said] if isinstance(said, list) else []


ROUTES: list[HTTPRouteHandler] = [cases, decide_many, case, decide]
