"""How a history is told: as it happens, or late, again, in any parts, by wrong clocks, with servers that die."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from msgspec import structs

from parking import bans
from parking.bans import Ban
from parking.bookings import Wish
from parking.clocks import READINGS_MIN
from parking.coupons import CouponPlan
from parking.decisions import DecisionUnfit
from parking.decisions import Kind as Decided
from parking.entitlements import NewVehicle, Reach
from parking.flow import bookings, coupons, entitlements, passes, repricing, tickets
from parking.flow.arrears import look_for_unpaid
from parking.flow.elsewhere import look_on
from parking.flow.events import record_events
from parking.flow.facts import decide_event
from parking.jobs import LookElsewhere
from parking.live.clocks import LiveClocks
from parking.passes import PassPlan
from parking.plates import PlateColor
from parking.verdicts import Verdict
from payments.flow import accounts
from payments.flow.collection import collect_due
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import District
from tests.parking.flow.histories.dying import Dying, died
from tests.parking.flow.histories.paying import asked, paid
from tests.parking.flow.histories.places import LOTS, code_of
from tests.parking.flow.histories.steps import BEGINS, COUPON, Can, History, Step
from tests.parking.flow.histories.told import Told

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
OFFSETS = (timedelta(0), *(sign * each for sign in (-1, 1) for each in (10 * MINUTE, 8 * HOUR)))
ADMIN = Principal(Audience.ADMIN, "admin:test")


async def prepared(told: Told) -> None:
    """Before the first car: nobody has looked at anything; the accounts with their wallets, and the coupon."""
    district = told.district
    await district.owner.execute("delete from sweep")
    district.now = BEGINS - timedelta(days=1)
    for car in told.history.cars:
        if car.can is Can.ACCOUNT:
            account = await district.account(told.plate(car.plate), color=car.color)
            await filled(district, account)
    district.network = structs.replace(district.network, bans=bans.by_plate(_bans(told)))
    plan = CouponPlan(
        "half", [district.lot(code_of(lot, told.of)) for lot in ("mall", "cellar")], 1000,
        district.now, NOW + timedelta(days=9), None, "x", codes=[f"{COUPON}-{told.of}"],
    )  # fmt: skip
    async with district.pool.acquire() as db, db.transaction():
        await coupons.hand_out(
            db, plan, principal=ADMIN, network=district.network, now=district.now, random_bits=district.random_bits
        )
    for key, (_, lot) in told.history.tickets.items():
        # Its number is the same on both sides.
        bits, code = random.Random(key), code_of(lot, told.of)
        lane = district.network.lanes[f"{code}-in"]
        async with district.pool.acquire() as db, db.transaction():
            told.tickets[key] = await tickets.hand_out(
                db, district.gateway(code), lane, key, now=district.now, random_bits=partial(bits.getrandbits, 64)
            )


def _bans(told: Told) -> list[Ban]:
    """Those of the whole history, known from the beginning; they reach all lots."""
    return [
        Ban(uuid4(), None, None, told.plate(car.plate), PlateColor(car.color), *car.banned, "x", "admin:test", BEGINS)
        for car in told.history.cars
        if car.banned is not None
    ]


async def filled(district: District, account: int) -> None:
    await accounts.top_up(
        district.pool,
        district.channels(district.now),
        account_id=account,
        amount_fen=100_000,
        request_key="first",
        payer="ok",
        channel="local",
        now=district.now,
        random_bits=district.random_bits,
    )


async def in_order(told: Told) -> None:
    """Everything once, as it happens."""
    await prepared(told)
    for step in told.history.steps:
        told.district.now = step.at
        if step.said is None:
            await done(told, step)
        else:
            await told.district.record(told.say(step, replay=False), received_at=step.at)
    await ended(told)


async def anyhow(told: Told, chance: random.Random) -> None:
    """Late, again, in any batches, by wrong clocks, by servers that die; but who pays has been asked to before."""
    await prepared(told)
    ahead = {lot: chance.choice(OFFSETS) for lot in LOTS}
    clocks = LiveClocks(told.district.pool, clock=lambda: told.district.now, random_bits=told.district.random_bits)
    await clocks_known(told, clocks, ahead)
    waiting = scheduled(told.history, chance)
    while waiting:
        size = chance.randint(1, 12)
        at, step = waiting[0]
        if step.said is None:
            told.district.now = max(told.district.now, at)
            waiting.pop(0)
            await done(told, step, chance)
            continue
        batch: list[tuple[datetime, Step]] = []
        while waiting and waiting[0][1].said is not None and len(batch) < size:
            batch.append(waiting.pop(0))
        told.district.now = max(told.district.now, batch[-1][0])
        chance.shuffle(batch)
        await handed_in(told, [step for _, step in batch], ahead, clocks, chance)
        if chance.random() < 0.1:
            await worked(told)
    await ended(told)


def scheduled(history: History, chance: random.Random) -> list[tuple[datetime, Step]]:
    """When each step is told: some when they happen, most late, some twice; not later than what is paid after it."""
    due: dict[int, datetime] = {}
    by_car: dict[str, list[Step]] = {}
    for step in history.steps:
        by_car.setdefault(step.car.plate, []).append(step)
    for steps in by_car.values():
        until = NOW
        for step in reversed(steps):
            due[id(step)] = until
            if step.binds:
                until = step.at
    told: list[tuple[datetime, Step]] = []
    at: dict[int, datetime] = {}
    for step in history.steps:
        since, until = step.at, due[id(step)]
        if step.about is not None:
            since = max(since, at[id(step.about)], *(at[id(each)] for each in _decided_before(history, step)), since)
        luck = chance.random()
        when = since if luck < 0.2 or step.binds else until if luck < 0.5 else since + chance.random() * (until - since)
        at[id(step)] = when
        told.append((when, step))
        if step.said is not None and chance.random() < 0.25:
            told.append((when + chance.random() * (NOW - when), step))
    chance.shuffle(told)
    return sorted(
        told, key=lambda each: (each[0], each[1].binds, each[1].about is not None, each[1].decides is Decided.UNDO)
    )


def _decided_before(history: History, step: Step) -> list[Step]:
    return [
        each for each in history.steps if each.about is step.about and each.decides is not None and each.at < step.at
    ]


async def clocks_known(told: Told, clocks: LiveClocks, ahead: dict[str, timedelta]) -> None:
    """The gateways are heard of before the first car."""
    for _ in range(READINGS_MIN):
        told.district.now += MINUTE
        for lot, off in ahead.items():
            gateway = told.district.gateway(code_of(lot, told.of))
            clocks.hear_heartbeat(gateway, told.district.now + off, told.district.now)
    await clocks.refresh()


async def handed_in(
    told: Told, steps: Sequence[Step], ahead: dict[str, timedelta], clocks: LiveClocks, chance: random.Random
) -> None:
    """Steps that are told together, by a server that may die over them before it is told them again."""
    district = told.district
    batch = []
    for step in steps:
        said = told.say(step, ahead[step.lot], replay=district.now - step.at > 5 * SECOND)
        lane = None if "lane" not in said else district.network.lanes[said["lane"]]
        spells = clocks.spells_of(district.gateway(code_of(step.lot, told.of)), lane)
        batch.append(district.passing(said, received_at=district.now, spells=spells))
    clocks.hear(batch)
    if chance.random() < 0.1:
        await clocks.refresh()
    dies_at = chance.randrange(25) if chance.random() < 0.2 else None
    while True:
        try:
            async with district.pool.acquire() as db, db.transaction():
                dying: Any = db if dies_at is None else Dying(db, dies_at)
                await record_events(
                    dying, batch, network=district.network, now=district.now, random_bits=district.random_bits
                )
                if dies_at is not None:
                    died()
        except ConnectionError:
            dies_at = None
            continue
        return


# -- what is no event


async def done(told: Told, step: Step, chance: random.Random | None = None) -> None:
    if step.pays:
        await paid(told, step)
    elif step.asks:
        await asked(told, step)
    elif step.decides is not None:
        await decided(told, step)
    elif step.right is not None:
        await entitled(told, step)


FACT = """
select id from gate_event
 where lot_id = $1 and event_id = $2 and effective_at = $3 and first_id is null
"""


DECIDED = "select max(n) from decision where lot_id = $1 and fact_id = $2 and kind = $3::decision_kind"


async def decided(told: Told, step: Step) -> None:
    assert step.decides is not None
    assert step.about is not None
    assert step.about.said is not None
    district = told.district
    lot = district.lot(code_of(step.lot, told.of))
    if step.ticket is not None:
        await merged(told, step)
        return
    fact = await district.owner.fetchval(FACT, lot.id, step.about.said["event_id"], step.about.at)
    assert fact is not None, (step.about.said, step.about.at)
    named = told.plate(step.plate) if step.decides is Decided.PLATE and step.plate else None
    undoes = None
    if step.undoes is not None:
        undoes = await district.owner.fetchval(DECIDED, lot.id, fact, step.undoes)
    verdict = Verdict(kind=step.decides, note="seen on the picture", plate=named, undoes=undoes)
    try:
        await decide_event(
            district.pool, verdict, event_id=fact, lot_ids=None, by=ADMIN, request_key=None,
            network=district.network, now=district.now, random_bits=district.random_bits,
        )  # fmt: skip
    except DecisionUnfit as e:
        told.refused.append((step.at, step.lot, str(e)))


async def merged(told: Told, step: Step) -> None:
    """A ticket is merged with the plate of its car."""
    assert step.ticket is not None
    district, car = told.district, step.car
    lot, number = district.lot(code_of(step.lot, told.of)), told.tickets[step.ticket].number
    async with district.pool.acquire() as db, db.transaction():
        await tickets.claim(
            db, lot, number, told.plate(car.plate), PlateColor(car.color), by=ADMIN,
            network=district.network, now=district.now, random_bits=district.random_bits,
        )  # fmt: skip


async def entitled(told: Told, step: Step) -> None:
    """A vehicle is known for something, or has a pass, for two of the days, or a booking."""
    district, car, right = told.district, step.car, step.right
    lot = district.lot(code_of("mall", told.of))
    since = BEGINS + timedelta(days=1)
    about: Any = {
        "principal": ADMIN, "network": district.network, "now": district.now, "random_bits": district.random_bits,
    }  # fmt: skip
    plate = told.plate(car.plate)
    if right is Can.EXEMPT:
        vehicle = NewVehicle(
            plate,
            "x",
            PlateColor(car.color),
            tags=("ambulance",),
            valid_from=since,
            valid_until=since + timedelta(days=2),
        )
        await entitlements.register_vehicles(district.pool, [vehicle], Reach(lot.operator_id, lot.id), **about)
    elif step.about is not None:
        assert step.about.booked is not None
        await bookings.cancel(district.pool, lot, f"{plate}{step.about.booked[0]:%d%H%M%S}", reason="x", **about)
    elif step.booked is not None:
        starts_at, ends_at = step.booked
        wish = Wish(f"{plate}{starts_at:%d%H%M%S}", plate, PlateColor(car.color), starts_at, ends_at, "x")
        await bookings.book(district.pool, lot, wish, **about)
    else:
        first = since.date()
        plan = PassPlan("month", [(plate, PlateColor(car.color))], None, [lot], first, first + timedelta(days=1), "x")
        await passes.sell(district.pool, plan, **about)


async def worked(told: Told) -> None:
    """A round of the worker."""
    district = told.district
    look = LookElsewhere(district.pool, lambda: district.now)
    await repricing.catch_up(
        district.pool, network=district.network, now=district.now, random_bits=district.random_bits
    )
    await collect_due(district.pool, now=district.now, random_bits=district.random_bits, limit=500, look=look)


async def ended(told: Told) -> None:
    """All is told: what waits for the worker is done."""
    district = told.district
    district.now = NOW
    while await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits):
        pass
    await look_on(district.pool, network=district.network, clock=lambda: NOW)
    await look_for_unpaid(district.pool, now=NOW)
    await worked(told)
