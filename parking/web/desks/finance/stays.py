"""A stay with its facts, the references of its pictures, and what was booked for it."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from parking.events import Image
from parking.flow import stays as stay_flow
from parking.flow.stays import StayInFull
from parking.scope import lots_of
from parking.texts.pages import finance as words
from parking.web.dependencies import Db, Network, Now, Principal, RandomBits
from parking.web.desks.finance.frame import READERS, ROOT, desk
from parking.web.desks.frame import reader_of
from parking.web.forms import Shown, page
from parking.web.reader import Reader
from parking.web.tables import Column, Kind, Row, Table
from payments.charges import Charge
from payments.reports.figures import Entry
from payments.reports.words import BOOKS, KINDS
from payments.store import charges as charge_store
from payments.store import reports as figures


@page(f"{ROOT}/stays/{{stay_id:uuid}}", *READERS)
async def stay(
    *,
    request: Shown,
    stay_id: FromPath[UUID],
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
) -> Response[bytes]:
    """A stay with its facts, the references of its pictures, and what was booked for it. Who looks is kept.

    Raises:
        UnknownStay: there is none of this number in the caller's lots.
    """
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    found = await stay_flow.stay_in_full(
        db,
        stay_id=stay_id,
        lot_ids=lots_of(principal, network.snapshot),
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    charge = None
    if found.charge is not None:
        charge = await charge_store.charge_by_reference(db, found.charge.reference)
    booked = [] if charge is None else await figures.entries_of_charge(db, _owners(charge), charge.id)
    lot = network.snapshot.lots_by_code.get(found.lot)
    return desk(
        request,
        "desks/finance_stay.html",
        reader,
        principal,
        network.snapshot,
        here="statements",
        stay=found,
        lot=found.lot if lot is None else reader.either(lot.name_zh, lot.name_en),
        facts=_facts(reader, found),
        journals=_journals(reader, stay_id, booked),
    )


def _journals(reader: Reader, stay_id: UUID, booked: Sequence[Entry]) -> Table:
    columns = [
        Column("at", reader.word("at"), Kind.TIME),
        Column("kind", reader.word("kind")),
        Column("debit", reader.word("debit")),
        Column("credit", reader.word("credit")),
        Column("amount", reader.word("amount"), Kind.FEN),
        Column("journal", reader.word("journal")),
    ]
    rows = []
    for each in booked:
        books = [reader.said(BOOKS[book]) for book in (each.debit_book, each.credit_book)]
        rows.append(Row([each.recorded_at, reader.said(KINDS[each.kind]), *books, each.amount_fen, str(each.id)]))
    return Table(reader.word("journals"), f"{ROOT}/stays/{stay_id}", columns, rows)


def _facts(reader: Reader, stay: StayInFull) -> list[dict[str, object]]:
    return [
        {
            "at": each.at,
            "said": reader.word(each.kind),
            "more": f"{each.lane or ''} {each.plate}".strip(),
            "pictures": [] if each.images is None else _pictures(bytes(each.images)),
        }
        for each in stay.facts
    ]


def _pictures(images: bytes) -> list[str]:
    return [f"{each.role}: {each.ref}" for each in msgspec.json.decode(images, type=list[Image])]


def _owners(charge: Charge) -> list[int]:
    return [charge.operator_id, *([] if charge.account_id is None else [charge.account_id])]


ROUTES: list[HTTPRouteHandler] = [stay]
