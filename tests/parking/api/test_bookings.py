"""Bookings over HTTP: told at the gate, kept until somebody comes, priced, changed and cancelled late."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

import sql
from parking import occupancy
from parking.flow.occupancy import keep_booked_spaces
from parking.occupancy import LotStatus
from parking.store import occupancy as store
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, STATION, District, Say, event, token, visit
from tests.parking.api.problem import problem
from tests.parking.rights import charged_by, takes_bookings
from tests.parking.rounds import round_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CLERK = running.bearer(token(Audience.CLERK, now=NOW))
BOOKED = """
[booking]
grace_min = 30
"""


@pytest.fixture(scope="module")
async def client(
    pool: sql.Pool, database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process; the hospital's price knows bookings, the station only keeps spaces."""
    await charged_by(pool, database_url, HOSPITAL, "booked", BOOKED)
    await takes_bookings(pool, HOSPITAL, 50)
    await takes_bookings(pool, STATION, 2)
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def at(hours: float) -> str:
    return (NOW + hours * HOUR).isoformat()


async def put(
    client: httpx.AsyncClient,
    reference: str,
    plate: str,
    begins: float,
    ends: float,
    *,
    lot: str = HOSPITAL,
    **more: Any,
) -> httpx.Response:
    """Books from so many hours after now until others."""
    said = {"plate": plate, "from": at(begins), "until": at(ends)}
    return await client.put(f"/v1/lots/{lot}/bookings/{reference}", json=said, headers=CLERK)


async def book(client: httpx.AsyncClient, reference: str, plate: str, begins: float, ends: float, **more: Any) -> Any:
    answer = await put(client, reference, plate, begins, ends, **more)
    return answer.raise_for_status().json()


async def say(client: httpx.AsyncClient, district: District, *said: Say, lot: str = HOSPITAL) -> list[dict[str, Any]]:
    answer = await client.post("/v1/gate-events", json=list(said), headers=running.bearer(district.keys[lot]))
    answers: list[dict[str, Any]] = answer.raise_for_status().json()
    return answers


def late(said: Sequence[Say]) -> list[Say]:
    return [{**each, "replay": True} for each in said]


async def fee(client: httpx.AsyncClient, district: District, number: str, plate: str, came: float, left: float) -> int:
    """What a stay costs that is told late."""
    said = late(visit(number, plate, NOW + came * HOUR, NOW + left * HOUR, lot=HOSPITAL))
    _, out = await say(client, district, *said)
    found: int = out["fee_fen"]
    return found


async def fee_now(district: District, plate: str) -> int:
    """What its stay costs as it is stored."""
    return await district.count("select fee_fen from stay where plate = $1 and state = 'closed'", plate)


async def test_the_gate_is_told_of_a_booking_and_nothing_is_paid_for_its_time(
    client: httpx.AsyncClient, district: District
) -> None:
    made = await book(client, "told", "鲁A71012", 0.1, 2)
    assert (made["state"], made["came_at"]) == ("waits", None)
    (inside,) = await say(client, district, event("told", "entry", NOW, "鲁A71012", lot=HOSPITAL))
    assert (inside["gate"], inside["booking"]["reference"]) == ("open", "told")
    assert inside["display"] == {"zh": "预约车辆 欢迎光临", "en": "Booked, welcome"}
    assert inside["booking"] == {"reference": "told", "from": made["from"], "until": made["until"]}
    # Another car is told nothing of it, and so is the same one in another lot.
    for number, plate, lot in (("t2", "鲁A71013", HOSPITAL), ("t3", "鲁A71012", STATION)):
        (other,) = await say(client, district, event(number, "entry", NOW, plate, lot=lot), lot=lot)
        assert "booking" not in other
    shown = await client.get(f"/v1/lots/{HOSPITAL}/bookings", params={"plate": "鲁A71012"}, headers=CLERK)
    assert [each["state"] for each in shown.json()["bookings"]] == ["came"]


# Booked from -6 h to -4 h, kept from a quarter of an hour before it; half an hour of grace; 2 yuan a begun hour.
@pytest.mark.parametrize(
    ("number", "came", "left", "fee_fen"),
    [
        (1, -6.25, -4, 0),  # as early as may be
        (2, -6, -3.5, 0),  # to the end of the grace
        (3, -7, -4, 200),  # earlier: that is paid
        (4, -6, -3, 200),  # stays on: from the grace on
        (5, -5, -4, 200),  # too late, it is any car
        (6, -5.6, -3.6, 0),  # late, and in time
    ],
)
async def test_who_comes_before_a_booking_or_stays_on_pays_for_that(
    client: httpx.AsyncClient, district: District, number: int, came: float, left: float, fee_fen: int
) -> None:
    plate = f"鲁A7202{number}"
    await book(client, f"early-{number}", plate, -6, -4)
    assert await fee(client, district, f"early-{number}", plate, came, left) == fee_fen


async def test_a_booking_over_midnight_is_one(client: httpx.AsyncClient, district: District) -> None:
    # From 20:00 of the day before to 08:00 in Jinan.
    await book(client, "night", "鲁A72031", -14, -2)
    assert await fee(client, district, "night", "鲁A72031", -14, -2) == 0
    lines = "select count(*) from charge c join stay s on s.id = c.stay_id where s.plate = $1"
    assert await district.count(lines, "鲁A72031") == 0


async def test_a_price_without_a_word_of_bookings_keeps_spaces_alone(
    client: httpx.AsyncClient, district: District
) -> None:
    await book(client, "plain", "鲁A73012", -6, -4, lot=STATION)
    said = late(visit("plain", "鲁A73012", NOW - 6 * HOUR, NOW - 4 * HOUR, lot=STATION))
    _, out = await say(client, district, *said, lot=STATION)
    assert out["fee_fen"] > 0


async def test_what_is_booked_changed_and_cancelled_late_corrects_what_a_stay_cost(
    client: httpx.AsyncClient, district: District
) -> None:
    assert await fee(client, district, "corr", "鲁A74012", -6, -3) == 600
    await book(client, "corr", "鲁A74012", -6, -4)
    assert await fee_now(district, "鲁A74012") == 200
    changed = await book(client, "corr", "鲁A74012", -6, -3)
    assert (changed["changed_by"], await fee_now(district, "鲁A74012")) == (changed["added_by"], 0)
    # Of another vehicle: the first one pays again, as far as it accepted.
    await book(client, "corr", "鲁A74013", -6, -3)
    rights = "select count(*) from stay_rights r join stay s on s.id = r.stay_id where s.plate = $1"
    assert await district.count(rights, "鲁A74012") == 0
    await book(client, "corr", "鲁A74012", -6, -3)
    assert await district.count(rights, "鲁A74012") == 1
    path = f"/v1/lots/{HOSPITAL}/bookings/corr"
    for _ in range(2):
        gone = await client.delete(path, params={"reason": "not needed"}, headers=CLERK)
        assert gone.status_code == 204
    assert await district.count(rights, "鲁A74012") == 0
    problem(await put(client, "corr", "鲁A74012", -6, -3), 409)
    actions = "select array_agg(action order by id) from audit where subject = $1"
    assert await district.owner.fetchval(actions, changed["id"]) == [
        "booking.add", *["booking.change"] * 3, "booking.cancel",
    ]  # fmt: skip


async def test_the_same_again_is_one_booking(client: httpx.AsyncClient, district: District) -> None:
    first = await book(client, "again", "鲁A75012", 1, 2)
    assert await book(client, "again", "鲁A75012", 1, 2) == first
    assert await district.count("select count(*) from booking where reference = 'again'") == 1
    problem(await put(client, "overlap", "鲁A75012", 1.5, 3), 409, "from")
    await book(client, "after", "鲁A75012", 2, 3)


async def test_a_space_is_kept_until_its_car_comes_or_is_too_late(
    client: httpx.AsyncClient, district: District, redis_server_url: str
) -> None:
    async def shown() -> tuple[int, int]:
        """How many spaces of the station are kept, and how many are free."""
        await round_of(district, redis_server_url, "repair", "bookings")
        lot = (await client.get(f"/v1/lots/{STATION}")).raise_for_status().json()
        return lot["booked"], lot["free"]

    await say(client, district, event("heard-of-too", "entry", NOW - MINUTE, "鲁A76111", lot=STATION), lot=STATION)
    booked, free = await shown()
    await book(client, "comes", "鲁A76112", -0.2, 2, lot=STATION)
    # 36 minutes after it began nobody waits for it any more.
    await book(client, "missed", "鲁A76114", -0.6, 2, lot=STATION)
    assert await shown() == (booked + 1, free - 1)
    (inside,) = await say(client, district, event("comes", "entry", NOW, "鲁A76112", lot=STATION), lot=STATION)
    assert inside["booking"]["reference"] == "comes"
    assert await shown() == (booked, free - 1)
    gateway = running.bearer(district.keys[STATION])
    owed = (await client.get("/v1/arrears", params={"plate": "鲁A76114"}, headers=gateway)).raise_for_status().json()
    assert owed["owed_fen"] == 0


async def test_spaces_are_kept_until_somebody_comes_or_does_not(client: httpx.AsyncClient, district: District) -> None:
    """The station has two spaces to book."""
    lot = district.lot(STATION)
    await district.record(event("heard-of", "entry", NOW - MINUTE, "鲁A76011", lot=STATION))
    await book(client, "kept-1", "鲁A76012", 30, 32, lot=STATION)
    await book(client, "kept-2", "鲁A76013", 30, 32, lot=STATION)
    problem(await put(client, "kept-3", "鲁A76014", 31, 33, lot=STATION), 409, "from")

    async def published(after: timedelta) -> occupancy.Published:
        await keep_booked_spaces(district.pool, now=NOW + after)
        async with district.pool.acquire() as db:
            (count,) = await store.counts_of(db, [lot.id])
        return occupancy.publish(count, lot.capacity, now=NOW)

    before = await published(29 * HOUR)
    assert before.booked == 0
    held = await published(30 * HOUR - 10 * MINUTE)
    assert (held.booked, held.free, held.occupied) == (2, before.certain_free - 2, before.occupied)
    district.now = NOW + 30 * HOUR
    await district.record(event("kept", "entry", NOW + 30 * HOUR, "鲁A76012", lot=STATION))
    come = await published(30 * HOUR + MINUTE)
    assert (come.booked, come.free, come.occupied) == (1, before.certain_free - 2, before.occupied + 1)
    missed = await published(30 * HOUR + 30 * MINUTE)
    assert (missed.booked, missed.free) == (0, before.certain_free - 1)
    assert missed.certain_free + missed.occupied + missed.booked == missed.capacity
    # A no-show owes nothing.
    assert await district.count("select count(*) from stay where plate = '鲁A76013'") == 0


async def test_who_booked_comes_into_a_lot_that_is_full(client: httpx.AsyncClient, district: District) -> None:
    await book(client, "full", "鲁A77012", 0, 2)
    said = {**event("full-0", "entry", NOW, "鲁A77013", lot=HOSPITAL), "remaining_spaces": 0}
    _, booked = await say(client, district, said, event("full", "entry", NOW, "鲁A77012", lot=HOSPITAL))
    assert (booked["gate"], booked["booking"]["reference"]) == ("open", "full")
    await keep_booked_spaces(district.pool, now=NOW)
    async with district.pool.acquire() as db:
        (count,) = await store.counts_of(db, [district.lot(HOSPITAL).id])
    published = occupancy.publish(count, district.lot(HOSPITAL).capacity, now=NOW)
    assert (published.free, published.booked, published.status) == (0, 0, LotStatus.FULL)


async def test_what_does_not_fit_is_refused(client: httpx.AsyncClient, district: District) -> None:
    problem(await put(client, "no-rule", "鲁A78012", 1, 2, lot=QC), 422)
    problem(await put(client, "w", "无牌", 1, 2), 422, "plate")
    problem(await put(client, "w", "鲁A78012", 2, 1), 422, "until")
    problem(await put(client, "w", "鲁A78012", -24 * 60, 1), 422, "until")
    problem(await put(client, "w", "鲁A78012", 24 * 365, 24 * 366), 422, "from")
    naive = {"plate": "鲁A78012", "from": "2026-11-16T10:00:00", "until": "2026-11-16T11:00:00"}
    problem(await client.put(f"/v1/lots/{HOSPITAL}/bookings/w", json=naive, headers=CLERK), 400, "from")
    path = f"/v1/lots/{HOSPITAL}/bookings/unknown"
    problem(await client.delete(path, params={"reason": "x"}, headers=CLERK), 404)
    too_many = {"spaces": 100_000}
    answer = await client.put(f"/v1/lots/{HOSPITAL}/booking-rule", json=too_many, headers=CLERK)
    problem(answer, 422, "spaces")


async def test_staff_of_one_operator_book_in_its_lots(client: httpx.AsyncClient, district: District) -> None:
    lot = district.lot(HOSPITAL)
    own = running.bearer(token(Audience.CLERK, now=NOW, operator_id=lot.operator_id))
    others = running.bearer(token(Audience.CLERK, now=NOW, operator_id=lot.operator_id + 90))
    said = {"plate": "鲁A79012", "from": at(1), "until": at(2)}
    door = f"/v1/lots/{HOSPITAL}/bookings"
    assert (await client.put(f"{door}/mine", json=said, headers=own)).status_code == 200
    for answer in (
        await client.put(f"{door}/theirs", json=said, headers=others),
        await client.get(door, headers=others),
        await client.delete(f"{door}/mine", params={"reason": "x"}, headers=others),
        await client.put(f"/v1/lots/{HOSPITAL}/booking-rule", json={"spaces": 1}, headers=others),
    ):
        problem(answer, 403)
    page = (await client.get(door, params={"limit": 1}, headers=own)).json()
    assert len(page["bookings"]) == 1
    assert page["next"] == page["bookings"][0]["id"]
    looks = "select count(*) from audit where action = 'personal.read' and subject = 'bookings'"
    assert await district.count(looks) >= 1


async def test_two_at_once_do_not_book_the_same_space(client: httpx.AsyncClient, district: District) -> None:
    answers = await asyncio.gather(*(put(client, f"race-{n}", f"鲁A7951{n}", 50, 52, lot=STATION) for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 409, 409, 409]
