"""Events that staff look up, and deciding about one that is no case."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Raw, Struct

from parking import plates
from parking.api.cases import DecidedNow, RequestKey, decided_now
from parking.api.dependencies import Dialogue, LiveCounts, Network
from parking.cases import FoundEvent, Reason
from parking.decisions import DecisionUnfit
from parking.flow import facts as flow
from parking.scope import lots_named, lots_of
from parking.verdicts import Verdict
from payments.api.dependencies import Db, Now, Pool, Principal, RandomBits
from payments.api.pages import Page
from payments.identity import STAFF

LOOK_UP_DAYS_MAX = 7
_STAFF = {"audience": STAFF}


class Found(Struct, frozen=True):
    """An event that was looked up. `plate_now`: as a person decided; `counts`: whether it is a read of a vehicle."""

    id: UUID
    lot: str
    lane: str
    kind: str
    at: datetime
    received_at: datetime
    replay: bool
    plate: str
    plate_read: str
    plate_color: plates.PlateColor
    confidence: float
    images: Raw | None
    gate: str
    fee_fen: int | None
    reason: Reason | None
    stay_id: UUID | None
    plate_now: str | None
    counts: bool


class EventPage(Struct, frozen=True):
    """Events in the order of their times; `next` is null on the last page."""

    events: Sequence[Found]
    next: UUID | None


@get("/v1/events", operation_id="findEvents", summary="Look up events", tags=["operators"], opt=_STAFF)
async def find_events(
    *,
    principal: Principal,
    network: Network,
    db: Db,
    now: Now,
    random_bits: RandomBits,
    page: Page,
    since: Annotated[datetime, QueryParameter(name="from", description="From when on.")],
    until: Annotated[datetime, QueryParameter(name="to", description="Until when, at most seven days later.")],
    lot: Annotated[str, QueryParameter(min_length=1, max_length=64, description="A lot's code.")],
    lane: Annotated[str | None, QueryParameter(min_length=1, max_length=64, description="A lane's code.")] = None,
    plate: Annotated[
        str | None, QueryParameter(min_length=1, max_length=32, description="A plate, or three characters of one.")
    ] = None,
) -> EventPage:
    """What the cameras of a lot saw within a time, with their pictures; who looks is kept in the audit log."""
    if (
        since.tzinfo is None
        or until.tzinfo is None
        or not timedelta(0) < until - since <= timedelta(days=LOOK_UP_DAYS_MAX)
    ):
        raise DecisionUnfit(
            "Times have an offset, and lie at most so many days apart.", field="to", days_max=LOOK_UP_DAYS_MAX
        )
    text = plates.looked_for(plate)
    if text is not None and len(text) < plates.PART_CHARACTERS_MIN:
        raise DecisionUnfit("Name more of the plate.", field="plate", characters_min=plates.PART_CHARACTERS_MIN)
    lot_ids = lots_named(principal, network.snapshot, lot) or []
    lanes = network.snapshot.lanes.values()
    found = await flow.find_events(
        db,
        [(each.lot_id, each.id) for each in lanes if each.lot_id in lot_ids and lane in (None, each.code)],
        since=since,
        until=until,
        after=page.after,
        plate=text,
        limit=page.limit,
        reader=principal,
        now=now,
        random_bits=random_bits,
    )
    return EventPage([_found(each) for each in found], page.next([each.id for each in found]))


@post(
    "/v1/events/{event_id:uuid}/decide",
    operation_id="decideEvent",
    summary="Decide about an event that is no case",
    tags=["operators"],
    opt=_STAFF,
    status_code=200,
)
async def decide_event(
    *,
    event_id: FromPath[UUID],
    data: JSONBody[Verdict],
    principal: Principal,
    network: Network,
    live_counts: LiveCounts,
    dialogue: Dialogue,
    pool: Pool,
    now: Now,
    random_bits: RandomBits,
    idempotency_key: RequestKey = None,
) -> DecidedNow:
    """As of a case. The event is one that a look-up named, or an entry that was made by hand."""
    decided = await flow.decide_event(
        pool,
        data,
        event_id=event_id,
        lot_ids=lots_of(principal, network.snapshot),
        by=principal,
        request_key=idempotency_key,
        network=network.snapshot,
        now=now,
        random_bits=random_bits,
    )
    live_counts.queue(decided.counts)
    dialogue.ring(decided.told)
    return decided_now(decided)


def _found(event: FoundEvent) -> Found:
    fields = {name: getattr(event, name) for name in FoundEvent.__struct_fields__}
    fields["images"] = None if event.images is None else Raw(event.images.encode())
    fields["confidence"] = round(event.confidence, 3)
    return Found(**fields)


ROUTES: list[HTTPRouteHandler] = [find_events, decide_event]
