"""Shifts at booths and what is handed over of them."""

import io
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from parking.api.dependencies import Network
from parking.decisions import DecisionUnfit
from parking.flow import shifts as flow
from parking.lots import Code
from parking.scope import lots_named, lots_of
from parking.shifts import COUNTED_FEN_MAX, NAME_CHARACTERS_MAX, Shift
from payments.api.dependencies import Db, Now, Principal, RandomBits
from payments.api.pages import Page
from payments.flow.reports import Form, write
from payments.identity import STAFF
from payments.reports.table import Language


class ShiftToOpen(Struct, frozen=True, forbid_unknown_fields=True):
    """A shift of a lot: `name` is what its booth says with its cash, as `shift` or, without that, as `person`."""

    lot: Code
    name: Annotated[str, Meta(min_length=1, max_length=NAME_CHARACTERS_MAX)]


class Counted(Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted in the drawer, in fen."""

    counted_fen: Annotated[int, Meta(ge=0, le=COUNTED_FEN_MAX)]


class ShiftPage(Struct, frozen=True):
    """Shifts in the order in which they began to be known; `next` is null on the last page."""

    shifts: Sequence[Shift]
    next: UUID | None


@get(
    "/v1/shifts",
    operation_id="listShifts",
    summary="Shifts at booths and their cash",
    tags=["operators"],
    opt={"audience": STAFF},
)
async def list_shifts(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    page: Page,
    lot: Annotated[str | None, QueryParameter(max_length=64, description="A lot's code.")] = None,
    since: Annotated[datetime | None, QueryParameter(name="from", description="Known from when on.")] = None,
) -> ShiftPage:
    """What was taken in each, what of it waits for a charge, and how it was handed over. A booth sees its own lot."""
    if since is not None and since.tzinfo is None:
        raise DecisionUnfit("Times have an offset.", field="from")
    lots = lots_named(principal, network.snapshot, lot)
    found = await flow.find_shifts(db, lots, since=since, after=page.above, limit=page.limit)
    return ShiftPage(found, page.next([each.id for each in found]))


@get(
    "/v1/shifts/{shift_id:uuid}/cash.csv",
    operation_id="getShiftCsv",
    summary="The cash of a shift as CSV",
    tags=["operators"],
    opt={"audience": STAFF},
    media_type="text/csv",
)
async def get_shift_csv(
    *,
    shift_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    lang: Annotated[Language, QueryParameter(description="Of headings and names.")] = "zh",
) -> Response[bytes]:
    """UTF-8 with a byte order mark: a line per payment with the charge that it paid, in yuan."""
    lots = lots_of(principal, network.snapshot)
    report = await flow.report_of(db, lots, shift_id, network.snapshot, by=principal, now=now)
    out = io.BytesIO()
    await write(report, Form.CSV, lang, out)
    name = f'attachment; filename="shift-{shift_id}.csv"'
    return Response(out.getvalue(), media_type="text/csv", headers={"Content-Disposition": name}, status_code=200)


@post(
    "/v1/shifts",
    operation_id="openShift",
    summary="Open a shift at a booth",
    tags=["operators"],
    opt={"audience": STAFF},
    status_code=200,
)
async def open_shift(
    *,
    data: JSONBody[ShiftToOpen],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Shift:
    """One of this name that is open already is that one. The first cash of a name opens one, too."""
    (lot_id,) = lots_named(principal, network.snapshot, data.lot) or [0]
    return await flow.open_shift(
        db, lot_id, data.name, by=principal, network=network.snapshot, now=now, random_bits=random_bits
    )


@post(
    "/v1/shifts/{shift_id:uuid}/hand-over",
    operation_id="handOverShift",
    summary="Sign for the cash, the lifts and the open cases of a shift",
    tags=["operators"],
    opt={"audience": STAFF},
    status_code=200,
)
async def hand_over_shift(
    *,
    shift_id: FromPath[UUID],
    data: JSONBody[Counted],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Shift:
    """It takes no more cash: what is told later of it stands in the next one of its name, as late. The difference
    between counted and taken is named, and all of it is in the audit log; the same again is the same. `GET
    /v1/cases?shift=` lists the cases that were handed over with it.
    """
    return await flow.hand_over(
        db,
        lots_of(principal, network.snapshot),
        shift_id,
        counted_fen=data.counted_fen,
        by=principal,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )


ROUTES: list[HTTPRouteHandler] = [list_shifts, get_shift_csv, open_shift, hand_over_shift]
