"""Telling gateways: what follows for a car that is held when it is paid, decided about or known better, and from afar.

Each command is written in the transaction of its cause. What payments clear they note in theirs (`charge_cleared`), and
`pass_on_cleared` passes that on. Who is told of a gateway's commands wakes it after the commit (`live/commands.py`).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

import sql
from parking import commands
from parking.commands import (
    STANDS_AT_LANE_MAX,
    Acknowledgement,
    AtLane,
    CommandContradicted,
    GatewayCommand,
    Standing,
    UnknownCommand,
)
from parking.lanes import Lane
from parking.lots import Direction
from parking.network import Network
from parking.stays import Doubt, Stay
from parking.store import commands as store
from parking.store import events as event_store
from parking.store import lots as lots_store
from parking.store.commands import Waiting
from payments import ids
from payments.identity import Principal
from payments.store import audit as audit_store
from payments.store import charges as charge_store

CLEARED_MAX = 500
_MERGED_STEPS_MAX = 20
RandomBits = Callable[[], int]


class Opened(Struct, frozen=True):
    """A command to open a lane from afar. `again`: it waited already."""

    command_id: UUID
    gateway_id: int
    event_id: str | None
    again: bool


async def tell_exits(
    db: sql.Connection, standing: Sequence[Standing], *, now: datetime, random_bits: RandomBits
) -> set[int]:
    """Tells the lanes at which cars of these stays are held what follows for them now; returns their gateways."""
    reads = [(each.stay.lot_id, each.stay.id, fact) for each in standing for fact in each.stay.facts]
    cars = await _held(db, reads, now)
    by_stay = {each.stay.id: each for each in standing}
    cars = [car for car in cars if car.direction is Direction.EXIT]
    keys = [key for car in cars if (key := commands.charge_of(by_stay[_stay_of(car)])) is not None]
    charges = await charge_store.charges_by_id(db, keys) if keys else {}
    unsure = await _unsure(db, [each.stay for each in standing])
    made = [commands.at_exit(car, by_stay[_stay_of(car)], charges, unsure=_stay_of(car) in unsure) for car in cars]
    return await _add(db, [each for each in made if each is not None], now, random_bits)


async def _unsure(db: sql.Connection, stays: Sequence[Stay]) -> set[UUID]:
    """Those of stays whose vehicles their lots hold until a person has looked, by what held when they left."""
    probable = [(stay.lot_id, stay.id, stay.left_at) for stay in stays if Doubt.MATCH_PROBABLE in stay.doubts]
    return await lots_store.holding(db, probable) if probable else set()


async def tell_entry(
    db: sql.Connection, lot_id: int, fact_id: UUID, stay_id: UUID, *, now: datetime, random_bits: RandomBits
) -> set[int]:
    """Tells the lane at which a car is held that comes in, since a person said which it is; returns its gateway."""
    cars = await _held(db, [(lot_id, stay_id, fact_id)], now)
    made = [commands.at_entry(car) for car in cars if car.direction is Direction.ENTRY]
    return await _add(db, made, now, random_bits)


async def pass_on_cleared(pool: sql.Pool, *, now: datetime, random_bits: RandomBits) -> set[int]:
    """Tells the lanes of cars whose charges were paid or withdrawn meanwhile; returns the gateways. Any number of
    processes may do this side by side, and what one could not end the next one does.
    """
    async with pool.acquire() as db, db.transaction():
        cleared = await charge_store.take_cleared(db, limit=CLEARED_MAX)
        if not cleared:
            return set()
        standing = await _standing(db, [each.stay_id for each in cleared])
        return await tell_exits(db, standing, now=now, random_bits=random_bits)


async def open_lane(
    pool: sql.Pool, lane: Lane, *, reason: str, by: Principal, network: Network, now: datetime, random_bits: RandomBits
) -> Opened:
    """Opens a lane from afar for the car that was last read there, or for whoever stands there. The same again before
    the gateway has answered is one.
    """
    async with pool.acquire() as db, db.transaction():
        # In turn with the lot's events, so that the car is the one that was read last, and with others who open.
        await event_store.lock_lots(db, [lane.lot_id])
        car = await store.last_at_lane(db, lane.lot_id, lane.id, now - STANDS_AT_LANE_MAX)
        fact_id = None if car is None else car.fact_id
        event_id = None if car is None else car.event_id
        known = await store.opening_at_lane(db, lane.lot_id, lane.id, fact_id, now=now)
        if known is not None:
            return Opened(known, lane.gateway_id, event_id, again=True)
        command = commands.from_afar(
            lot_id=lane.lot_id,
            gateway_id=lane.gateway_id,
            lane_id=lane.id,
            direction=lane.direction_at(now),
            car=car,
            reason=reason,
            asked_by=by.subject,
        )
        command_id = ids.new(now, lane.lot_id, random_bits())
        await store.add_commands(db, [(command_id, command)], now=now)
        await audit_store.record(
            db,
            network.lots[lane.lot_id].operator_id,
            actor=by.subject,
            action="lane.open",
            subject=f"lane:{lane.code}",
            detail={"command_id": str(command_id), "event_id": event_id, "reason": reason},
            now=now,
            random_bits=random_bits(),
        )
    return Opened(command_id, lane.gateway_id, event_id, again=False)


async def waiting(db: sql.Connection, seen: Mapping[int, int], *, now: datetime) -> list[Waiting]:
    """What waits for gateways beyond the numbers they have seen, in the order of these: nothing that is moot."""
    found = await store.waiting_commands(db, seen, now=now)
    cars = [(each.lot_id, each.fact_id, each.stay_id) for each in found if each.fact_id is not None]
    since = await store.reads_since(db, cars)
    return [each for each in found if each.fact_id is None or commands.stands_there(since.get(each.fact_id, ()))]


async def _held(db: sql.Connection, reads: Sequence[tuple[int, UUID, UUID]], now: datetime) -> list[AtLane]:
    """The cars that are held at a lane, of stays with their reads (lot, stay, read)."""
    if not reads:
        return []
    cars = await store.cars_at_lanes(db, reads, now - STANDS_AT_LANE_MAX, now=now)
    since = await store.reads_since(db, [(car.lot_id, car.fact_id, car.stay_id) for car in cars])
    return [car for car in cars if commands.stands_there(since.get(car.fact_id, ()))]


async def acknowledge(
    db: sql.Connection, said: Acknowledgement, *, gateway_id: int, command_id: UUID, now: datetime
) -> None:
    """Writes what a gateway says became of a command; the same again is nothing.

    Raises:
        UnknownCommand: the gateway has no such command.
        CommandContradicted: it said something else before.
    """
    told = await store.acknowledge(db, ids.shard_of(command_id), command_id, gateway_id, said.outcome, said.detail, now)
    if told is None:
        raise UnknownCommand("This gateway has no command of this id.", command_id=str(command_id))
    if told is not said.outcome:
        raise CommandContradicted("Another outcome was told before.", command_id=str(command_id), outcome=told)


async def _standing(db: sql.Connection, stay_ids: Sequence[UUID]) -> list[Standing]:
    """The stays that these numbers lead to."""
    found: dict[UUID, Standing] = {}
    wanted = list(dict.fromkeys(stay_ids))
    for _ in range(_MERGED_STEPS_MAX):
        if not wanted:
            break
        rows = await event_store.stays_by_id(db, wanted)
        found |= {stay.id: Standing(stay, bill) for stay, bill in rows if stay.merged_into is None}
        wanted = [
            stay.merged_into for stay, _ in rows if stay.merged_into is not None and stay.merged_into not in found
        ]
    return list(found.values())


async def _add(db: sql.Connection, made: Sequence[GatewayCommand], now: datetime, random_bits: RandomBits) -> set[int]:
    if made:
        await store.add_commands(db, [(ids.new(now, each.lot_id, random_bits()), each) for each in made], now=now)
    return {each.gateway_id for each in made}


def _stay_of(car: AtLane) -> UUID:
    assert car.stay_id is not None
    return car.stay_id
