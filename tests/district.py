"""A small district of Jinan: two operators and three lots, registered the way a city registers them."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

import sql
from parking import bans, closures, device_facts, events, prices
from parking import facts as facts_
from parking.answers import Answer
from parking.clocks import Spell
from parking.device_events import DeviceEvent
from parking.device_facts import Told
from parking.flow.discrepancies import look_at_all
from parking.flow.events import record_events
from parking.flow.network import read_network
from parking.flow.plates import link_plate
from parking.gateways import Gateway
from parking.ingest.batch import GroupCommit
from parking.ingest.queue import TURN_EVENTS
from parking.live.network import LiveNetwork
from parking.live.redis import LiveCounts
from parking.lots import Lot, LotKind
from parking.network import Network
from parking.plates import PlateColor
from payments import ids
from payments.channels import ChannelSettings, open_all
from payments.channels.port import Channel
from payments.flow import accounts as accounts_flow
from payments.identity import Audience, Principal, sign_token
from seeds.city.jinan import tariff
from seeds.city.network import lot_plan, small_city
from seeds.city.registration import register_network
from sql import invariants
from tests import held

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN_SECRET = "a secret that is long enough for tests"
# Lots by their operator: Quancheng Road, the provincial hospital; the East railway station.
QC, HOSPITAL, STATION = "qc-road", "qc-hospital", "east-station"
Say = dict[str, Any]


PLANS = (
    lot_plan(QC, "jn-static"),
    lot_plan(HOSPITAL, "jn-static", kind=LotKind.HOSPITAL, capacity=200),
    lot_plan(STATION, "sd-rail", kind=LotKind.STATION, capacity=500),
)
CITY = small_city(PLANS, fees_bps={"jn-static": 300, "sd-rail": 60}, tariff=tariff("jinan_road"))


async def register(db: sql.Connection, *, now: datetime) -> dict[str, str]:
    """Registers the district; the bearer key of each lot's gateway, by lot."""
    registered = await register_network(
        db, CITY, now=now, random_bits=partial(secrets.randbits, 64), prices_since=FIRST_DAY
    )
    return {plan.code: registered.keys[plan.gateway] for plan in PLANS}


def token(
    audience: Audience,
    *,
    now: datetime,
    id: int = 0,  # noqa: A002
    operator_id: int | None = None,
    lot_id: int | None = None,
) -> str:
    """A day's token for a driver or for staff."""
    principal = Principal(audience, f"{audience}:test", id, operator_id, lot_id)
    return sign_token(principal, token_id=uuid4(), secret=TOKEN_SECRET, now=now, life=timedelta(days=1))


def event(event_id: str, kind: str, at: datetime, plate: str = "鲁A12345", *, lot: str = QC, **more: object) -> Say:
    """What the gateway of a lot says when a blue car passes its lane in or out."""
    lane = f"{lot}-{'in' if kind == 'entry' else 'out'}"
    said: Say = {"event_id": event_id, "kind": kind, "lane": lane, "occurred_at": at.isoformat(), "plate": plate}
    return {**said, "plate_color": "blue", "vehicle_class": "small", "confidence": 0.95, **more}


def visit(number: str, plate: str, entered: datetime, left: datetime, *, lot: str = QC, **more: object) -> list[Say]:
    """The two events of a visit."""
    return [
        event(f"{number}i", "entry", entered, plate, lot=lot, **more),
        event(f"{number}o", "exit", left, plate, lot=lot, **more),
    ]


async def hand_in(commit: GroupCommit, told: Sequence[Told]) -> list[Answer]:
    """Events of one gateway that came together, recorded as a process does it."""
    async with commit.place(told[0].gateway_id, len(told), live=any(map(device_facts.is_at_gate, told))) as until:
        pieces = [told[at : at + TURN_EVENTS] for at in range(0, len(told), TURN_EVENTS)]
        return [answer for piece in pieces for answer in await commit.record(piece, until)]


def facts(answer: Answer) -> tuple[object, ...]:
    """An answer in short: what became of the event and what the barrier does, and what it costs."""
    return answer.status, answer.gate, answer.fee_fen, answer.payment, answer.reason


class District(Struct):
    """The registered district in the test module's database; what a test asks for, with the clock at `now`."""

    pool: sql.Pool
    owner: sql.Connection
    keys: dict[str, str]
    network: Network
    random_bits: Callable[[], int]
    now: datetime
    database_url: str
    inside_before: dict[int, int]
    # The days for tests of this database that want one for themselves.
    days: Iterator[datetime]

    def later(self) -> datetime:
        """The lanes for this test alone: it is a day after all tests before it in this database."""
        self.now = next(self.days)
        return self.now

    def lot(self, code: str = QC) -> Lot:
        """A lot."""
        return self.network.lots_by_code[code]

    def gateway(self, code: str = QC) -> Gateway:
        """The gateway of a lot."""
        return next(gateway for gateway in self.network.gateways.values() if gateway.lot_id == self.lot(code).id)

    def group_commit(self, network: LiveNetwork, redis: Redis) -> GroupCommit:
        """What records the events of a process with this network."""
        return GroupCommit(
            self.pool,
            network,
            LiveCounts(redis),
            clock=lambda: self.now,
            random_bits=self.random_bits,
            batch_events_max=500,
        )

    def passing(self, said: Say, *, received_at: datetime | None = None, spells: Sequence[Spell] = ()) -> Told:
        """What the service makes of an event of the gateway whose lane it names, or of that of `lot`. If nothing is
        said, a live one arrives when it happens, a replay now. `spells`: what is known of the clock.
        """
        lot = self.network.lots_by_code[said["lot"]] if "lot" in said else None
        body = {name: value for name, value in said.items() if name != "lot"}
        submission = events.read(msgspec.json.encode(body), ZoneInfo("Asia/Shanghai"))
        event = submission.event
        assert event is not None, submission.refused
        lane = None if event.lane is None else self.network.lanes[event.lane]
        lot = lot or self.network.lots[lane.lot_id]  # type: ignore[union-attr]
        happened = self.now if event.replay else event.occurred_at.astimezone(UTC)
        received_at = received_at or happened
        gateway = self.gateway(lot.code) if lane is None else self.network.gateways[lane.gateway_id]
        id_ = ids.new(received_at, lot.id, self.random_bits())
        if isinstance(event, DeviceEvent):
            return device_facts.accept(
                event,
                lane=lane,
                gateway=gateway,
                lot=lot,
                received_at=received_at,
                id=id_,
                doubts=submission.doubts,
                spells=spells,
            )
        fact = facts_.accept(
            event,
            lane=lane,
            gateway=gateway,
            received_at=received_at,
            id=id_,
            doubts=submission.doubts,
            way_of_lane=submission.way_of_lane,
            no_plate_texts=self.network.no_plate_texts.get(lot.operator_id, ()),
            capacity=lot.capacity,
            spells=spells,
        )
        assert lane is not None
        fact = bans.noticed(closures.noticed(fact, lot, lane), lot, self.network.bans)
        return prices.noticed(fact, self.network.prices[lot.id].tariffs)

    def channels(self, at: datetime) -> dict[str, Channel]:
        """The ways to pay, at an instant."""
        return open_all(self.pool, lambda: at, ChannelSettings(local=True))

    async def record(
        self, *said: Say, received_at: datetime | None = None, spells: Sequence[Spell] = ()
    ) -> Sequence[Answer]:
        """The answers to events that arrive together."""
        passings_ = [self.passing(each, received_at=received_at, spells=spells) for each in said]
        async with self.pool.acquire() as db, db.transaction():
            recorded = await record_events(
                db, passings_, network=self.network, now=received_at or self.now, random_bits=self.random_bits
            )
        return recorded.answers

    async def answer(self, said: Say, *, received_at: datetime | None = None) -> Answer:
        """The answer to an event that arrives alone."""
        (answer,) = await self.record(said, received_at=received_at)
        return answer

    async def account(
        self, *plates: str, color: str = "blue", wallet_fen: int = 0, linked_at: datetime | None = None
    ) -> int:
        """An account that pays for plates, and has for a month if nothing else is said."""
        async with self.pool.acquire() as db, db.transaction():
            account = await accounts_flow.open_account(db, name="", now=self.now)
            for plate in plates:
                await link_plate(
                    db,
                    account_id=account.id,
                    plate=plate,
                    plate_color=PlateColor(color),
                    now=linked_at or self.now - timedelta(days=30),
                    random_bits=self.random_bits,
                    actor="driver",
                )
        return account.id

    async def inside(self, code: str = QC) -> int:
        """How many more cars the lot counts inside than before the test."""
        inside = await self.owner.fetchval("select inside from lot_occupancy where lot_id = $1", self.lot(code).id)
        return int(inside) - self.inside_before[self.lot(code).id]

    async def count(self, query: str, *args: object) -> int:
        """The single number of a query, seen by the owner of the database."""
        return int(await self.owner.fetchval(query, *args))

    async def broken(self) -> dict[str, int]:
        """The invariants that do not hold, with the number of their rows; what is stored is derived again for them."""
        await look_at_all(self.pool, network=self.network, clock=lambda: self.now)
        await invariants.set_clock(self.owner, self.now)
        return await held.broken(self.owner)


async def district_in(
    pool: sql.Pool,
    owner: sql.Connection,
    keys: dict[str, str],
    random_bits: Callable[[], int],
    now: datetime,
    database_url: str = "",
    days: Iterator[datetime] | None = None,
) -> District:
    """The registered district as a service sees it now."""
    counts = await owner.fetch("select lot_id, inside from lot_occupancy")
    inside = {row["lot_id"]: row["inside"] for row in counts}
    async with pool.acquire() as db:
        network = await read_network(db, now)
    return District(
        pool, owner, keys, network, random_bits, now, database_url, inside, iter(()) if days is None else days
    )
