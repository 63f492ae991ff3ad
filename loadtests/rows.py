"""The rows a batch of events becomes, made without reading: what is written when PostgreSQL is measured alone."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

import sql
from loadtests.environment import TARIFF
from loadtests.traffic import Event, Lot
from parking import tariffs
from parking.fees import Bill
from parking.plates import PlateColor, VehicleClass
from parking.reads import Vehicle
from parking.stays import State, Stay
from parking.tariffs import Visit
from payments import ids
from payments.charges import ChargeRequest, new_reference
from seeds.city.jinan import tariff

_TARIFF_ID = 1
_HASH = bytes(16)
_ZONE = ZoneInfo("Asia/Shanghai")
_NETWORK = """
select l.code, l.id as lot_id, l.operator_id, w.id as gateway_id,
       min(n.id) filter (where n.direction = 'entry') as entry_lane_id,
       min(n.id) filter (where n.direction = 'exit') as exit_lane_id
  from lot l join gateway w on w.lot_id = l.id join lane n on n.gateway_id = w.id
 group by l.id, w.id
"""
_PAYERS = "select plate, account_id from account_plate where unlinked_at is null"


class Place(Struct, frozen=True):
    """A lot by its numbers."""

    code: str
    lot_id: int
    operator_id: int
    gateway_id: int
    entry_lane_id: int
    exit_lane_id: int


class Batch(Struct):
    """Rows of a batch of events, ready to be written."""

    lot_ids: set[int]
    events: list[tuple[object, ...]]
    opened: list[Stay]
    ended: list[Vehicle]
    finished: list[tuple[Stay, Bill | None]]
    charges: list[ChargeRequest]
    moves: dict[int, int]


async def places(db: sql.Connection) -> dict[str, Place]:
    """The lots by their codes."""
    return {row["code"]: sql.row(Place, row) for row in await db.fetch(_NETWORK)}


async def payers(db: sql.Connection) -> dict[str, int]:
    """The accounts by the plates they pay for."""
    return {row["plate"]: row["account_id"] for row in await db.fetch(_PAYERS)}


class Rows:
    """Turns traffic into rows, remembering who is inside."""

    def __init__(self, places: Mapping[str, Place], payers: Mapping[str, int], now: datetime) -> None:
        self._places = places
        self._payers = payers
        self._now = now
        self._inside: dict[tuple[int, str], Stay] = {}
        self._tariff = tariffs.Compiled(tariff(TARIFF))

    def batch(self, seen: Iterator[tuple[Lot, Event]]) -> Batch:
        """The rows of these events. A vehicle that enters and leaves within them is never inside."""
        batch = Batch(set(), [], [], [], [], [], {})
        for lot, event in seen:
            place = self._places[lot.code]
            batch.lot_ids.add(place.lot_id)
            id_ = ids.new(self._now, place.lot_id, secrets.randbits(64))
            at = datetime.fromisoformat(event["occurred_at"])
            if event["kind"] == "entry":
                self._enter(batch, place, event, id_, at)
            else:
                self._leave(batch, place, event, id_, at)
        return batch

    def _enter(self, batch: Batch, place: Place, event: Event, id_: UUID, at: datetime) -> None:
        stay = Stay(
            *(place.lot_id, id_, event["plate"], PlateColor.BLUE, VehicleClass.SMALL, State.OPEN),
            *(at, None, place.entry_lane_id, None, id_, None),
            facts=(id_,),
            confidence=event["confidence"],
            read_until=at,
        )
        self._inside[place.lot_id, event["plate"]] = stay
        batch.opened.append(stay)
        batch.moves[place.lot_id] = batch.moves.get(place.lot_id, 0) + 1
        batch.events.append(self._event(place, event, id_, at, id_))

    def _leave(self, batch: Batch, place: Place, event: Event, id_: UUID, at: datetime) -> None:
        entered = self._inside.pop((place.lot_id, event["plate"]))
        assert entered.entered_at is not None
        fee = tariffs.price([(entered.entered_at, self._tariff)], Visit(entered.entered_at, at))
        account_id = self._payers.get(event["plate"])
        stay = Stay(
            *(place.lot_id, entered.id, entered.plate, entered.plate_color, entered.vehicle_class, State.CLOSED),
            *(entered.entered_at, at, entered.entry_lane_id, place.exit_lane_id, entered.entry_event_id, id_),
            facts=(*entered.facts, id_),
            confidence=entered.confidence,
            read_until=at,
        )
        batch.finished.append((stay, Bill(_TARIFF_ID, fee.fee_fen, account_id, fee.uses)))
        if entered in batch.opened:
            batch.opened.remove(entered)
        else:
            batch.ended.append(entered.vehicle)
        batch.moves[place.lot_id] = batch.moves.get(place.lot_id, 0) - 1
        payment = "not_needed" if not fee.fee_fen else "will_be_charged" if account_id else "pay_at_gate"
        reference = new_reference(secrets.randbits(64), secrets.randbits(64)) if fee.fee_fen else None
        batch.events.append(self._event(place, event, id_, at, entered.id, fee.fee_fen, payment, reference))
        if reference is not None:
            lines = msgspec.json.encode(fee.lines)
            day = at.astimezone(_ZONE).date()
            batch.charges.append(
                ChargeRequest(
                    *(place.lot_id, entered.id, place.operator_id, account_id, fee.fee_fen, day, lines),
                    reference=reference,
                )
            )

    def _event(
        self,
        place: Place,
        event: Event,
        id_: UUID,
        at: datetime,
        stay_id: UUID,
        fee_fen: int | None = None,
        payment: str | None = None,
        reference: UUID | None = None,
    ) -> tuple[object, ...]:
        lane_id = place.entry_lane_id if event["kind"] == "entry" else place.exit_lane_id
        gate = "hold" if payment == "pay_at_gate" else "open"
        images = msgspec.json.encode(event["images"]).decode()
        return (
            *(place.lot_id, id_, place.gateway_id, event["event_id"], lane_id, event["kind"], at, self._now, at, False),
            *(event["plate"], event["plate"], event["plate_color"], event["plate_color"]),
            *(event["vehicle_class"], event["confidence"]),
            *(images, None, _HASH, "recorded", None, gate, stay_id, fee_fen, payment, reference),
            *(None, None, None),
        )
