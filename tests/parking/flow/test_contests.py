"""Links of plates: what they show, that they tell nobody of accounts, and how they are contested and resolved."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import pytest

import sql
from parking import contests
from parking.answers import Answer
from parking.contests import PRESENCE_HOLDS, Contest, ContestResolved, Link, NoSuchContest, NotContestable
from parking.flow import accounts as flow_of_accounts
from parking.flow import contests as flow
from parking.flow import plates as plates_flow
from parking.plates import LinkedPlate, PlateColor
from parking.store import contests as store
from parking.store import plates as plate_store
from parking.store.events import lock_plates
from payments import charges, ids
from payments.adjustments import ChargeOfDriver
from payments.charges import NoSuchCharge, charge_id
from payments.flow import accounts as accounts_flow
from payments.identity import AccountBarred
from payments.store import charges as charge_store
from tests.conftest import NOW
from tests.district import District, event, visit
from tests.patience import PATIENCE_S

T = TypeVar("T")
ENTERED = NOW - timedelta(hours=3)


async def done(district: District, do: Callable[[sql.Connection], Awaitable[T]]) -> T:
    """What a use case returns, in a transaction of its own."""
    async with district.pool.acquire() as db, db.transaction():
        return await do(db)


async def leaves(district: District, number: str, plate: str) -> Answer:
    """The answer to the exit of a car that came three hours ago."""
    entry, exit_ = visit(number, plate, ENTERED, NOW)
    await district.record(entry)
    return await district.answer(exit_)


async def contest(district: District, reference: UUID | None, *, later: timedelta = timedelta()) -> UUID:
    assert reference is not None
    made = await done(
        district,
        lambda db: flow.contest_by_reference(db, reference, now=NOW + later, random_bits=district.random_bits),
    )
    return made.id


async def resolve(district: District, contest_id: UUID, *, link_stands: bool) -> None:
    await done(
        district,
        lambda db: flow.resolve_contest(
            db,
            contest_id=contest_id,
            link_stands=link_stands,
            note="seen",
            actor="li",
            now=NOW,
            random_bits=district.random_bits,
        ),
    )


async def link(district: District, account_id: int, plate: str) -> LinkedPlate:
    return await done(
        district,
        lambda db: plates_flow.link_plate(
            db,
            account_id=account_id,
            plate=plate,
            plate_color=PlateColor.BLUE,
            now=NOW,
            random_bits=district.random_bits,
            actor="driver",
        ),
    )


async def hidden(district: District, answer: Answer) -> bool:
    """Whether the driver sees neither where nor when."""
    reference = answer.charge_reference
    assert reference is not None
    charge = await done(district, lambda db: charge_store.charge_by_reference(db, reference))
    assert charge is not None
    return charge.place_hidden


async def test_a_driver_sees_only_stays_that_began_after_the_link(district: District) -> None:
    await district.account("鲁A61001", linked_at=NOW - timedelta(hours=1))
    before = await leaves(district, "pa", "鲁A61001")
    await district.account("鲁A61002")
    after = await leaves(district, "pb", "鲁A61002")
    assert (before.payment, after.payment) == ("will_be_charged", "will_be_charged")
    assert (await hidden(district, before), await hidden(district, after)) == (True, False)


async def test_linking_tells_nobody_which_plates_have_accounts(district: District) -> None:
    holder = await district.account("鲁A62001")
    stranger = await district.account()
    held, free = await link(district, stranger, "鲁A62001"), await link(district, stranger, "鲁A62002")
    assert (held.linked_at, held.contested) == (free.linked_at, free.contested)
    assert await link(district, stranger, "鲁A62001") == held
    listed = await done(district, lambda db: plate_store.plates_of(db, stranger))
    assert [each.plate for each in listed] == ["鲁A62001", "鲁A62002"]
    # The holder goes on to pay, until the plate is let go: then who waited has it.
    payer = "select account_id from stay where plate = '鲁A62001' order by id desc limit 1"
    await leaves(district, "pc", "鲁A62001")
    assert await district.count(payer) == holder
    for account_id in (holder, stranger):
        await done(
            district,
            lambda db, account_id=account_id: plates_flow.unlink_plate(  # type: ignore[misc]
                db,
                account_id=account_id,
                plate="鲁A62001",
                plate_color=PlateColor.BLUE,
                now=NOW,
                random_bits=district.random_bits,
                actor="driver",
            ),
        )
        link_now = await done(district, lambda db: store.link(db, "鲁A62001", PlateColor.BLUE))
        assert (link_now and link_now.account_id) == (stranger if account_id == holder else None)


async def export(district: District, account_id: int) -> dict[str, Any]:
    """What the holder of an account takes along, as JSON values."""
    whole = await done(
        district,
        lambda db: flow_of_accounts.export_account(
            db, account_id=account_id, actor="driver", now=NOW, random_bits=district.random_bits
        ),
    )
    taken: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return taken


async def test_an_export_shows_of_a_hidden_charge_nothing_that_tells_where_or_when(district: District) -> None:
    account_id = await district.account("鲁A66001", linked_at=NOW - timedelta(hours=1))
    left = await leaves(district, "pm", "鲁A66001")
    taken = await export(district, account_id)
    [row] = taken["charges"]
    assert set(row) == {f.name for f in msgspec.structs.fields(ChargeOfDriver)}
    assert (row["reference"], row["lot_id"], row["created_at"], row["paid_at"]) == (
        str(left.charge_reference), None, None, None,
    )  # fmt: skip
    for text in map(str, row.values()):
        for found in re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text):
            assert not ids.is_ours(UUID(found)) or charges.is_reference(UUID(found))
    assert taken["stays"] == []


async def test_an_export_does_not_tell_which_plates_have_accounts(district: District) -> None:
    await district.account("鲁A67001")
    waiting, linked = await district.account(), await district.account()
    for account_id, plate in ((waiting, "鲁A67001"), (linked, "鲁A67002")):
        await link(district, account_id, plate)

    async def shape(account_id: int, plate: str) -> str:
        taken = await export(district, account_id)
        assert [each["action"] for each in taken["audit"]] == ["plate.link"]
        assert [each["plate"] for each in taken["links"]] == [plate]
        # The identifiers of lines say whose they are, and nothing else.
        for each in taken["audit"]:
            assert ids.shard_of(UUID(each.pop("id"))) == account_id
        text = msgspec.json.encode(taken).decode()
        return text.replace(str(account_id), "account").replace(plate, "plate")

    assert await shape(waiting, "鲁A67001") == await shape(linked, "鲁A67002")

    # When the plate is let go, nothing says that the account had waited, nor for whom.
    holder = await district.owner.fetchval("select account_id from account_plate where plate = '鲁A67001'")
    await done(
        district,
        lambda db: plates_flow.end_link(
            db, "鲁A67001", PlateColor.BLUE, holder, now=NOW, random_bits=district.random_bits
        ),
    )
    lines = [each for each in (await export(district, waiting))["audit"] if each["action"] != "account.export"]
    assert [(each["action"], each["detail"]) for each in lines] == [
        ("plate.link", {"plate": "鲁A67001", "plate_color": "blue"})
    ]


async def test_a_contested_link_neither_pays_nor_shows_until_it_is_resolved(district: District) -> None:
    account_id = await district.account("鲁A63001")
    left = await leaves(district, "pd", "鲁A63001")
    assert left.charge_reference is not None
    contested = await contest(district, left.charge_reference)
    assert await contest(district, left.charge_reference) == contested
    assert await hidden(district, left)
    (mine,) = await done(district, lambda db: plate_store.plates_of(db, account_id))
    assert mine.contested
    entry = event("pe", "entry", NOW, "鲁A63001")
    await district.record(entry)
    answer = await district.answer(
        event("pf", "exit", NOW + timedelta(hours=2), "鲁A63001"), received_at=NOW + timedelta(hours=2)
    )
    assert (answer.payment, answer.gate) == ("pay_at_gate", "hold")

    await resolve(district, contested, link_stands=True)
    assert not await hidden(district, left)
    with pytest.raises(ContestResolved):
        await resolve(district, contested, link_stands=False)
    # A link that staff confirmed is not contested by strangers again, only by staff.
    with pytest.raises(NotContestable):
        await contest(district, left.charge_reference)
    again = await done(
        district,
        lambda db: flow.contest_by_staff(
            db,
            plate="鲁A63001",
            plate_color=PlateColor.BLUE,
            note="licence seen",
            actor="li",
            now=NOW,
            random_bits=district.random_bits,
        ),
    )
    waiting = await district.account()
    await link(district, waiting, "鲁A63001")
    await resolve(district, again.id, link_stands=False)
    now = await done(district, lambda db: store.link(db, "鲁A63001", PlateColor.BLUE))
    assert now is not None
    assert now.account_id == waiting
    assert await hidden(district, left)
    # What the vehicle did before is recorded late: the account whose link was found wrong does not pay for it.
    late = [
        {**each, "replay": True} for each in visit("pl", "鲁A63001", NOW - timedelta(days=2), NOW - timedelta(days=1))
    ]
    await district.record(*late)
    payer = "select count(*) from stay where plate = '鲁A63001' and left_at = $1 and account_id is null"
    assert await district.count(payer, NOW - timedelta(days=1)) == 1
    actions = await district.owner.fetch(
        "select action from audit where owner_id = $1 and action like 'plate.contest%' order by id", account_id
    )
    assert sorted(row["action"] for row in actions) == [
        "plate.contest", "plate.contest", "plate.contest-resolve", "plate.contest-resolve",
    ]  # fmt: skip


async def test_contesting_and_resolving_lock_the_plate_before_anything_else(district: District) -> None:
    plate = "鲁A69001"
    account_id = await district.account(plate)
    left = await leaves(district, "po", plate)

    async def by_staff() -> object:
        return await done(
            district,
            lambda db: flow.contest_by_staff(
                db, plate=plate, plate_color=PlateColor.BLUE, note="seen", actor="li", now=NOW,
                random_bits=district.random_bits,
            ),
        )  # fmt: skip

    async def resolved() -> object:
        await resolve(district, made, link_stands=False)
        return made

    async def by_reference() -> object:
        return await contest(district, left.charge_reference)

    made = UUID(int=0)
    for table, work in (("account_plate", by_reference), ("account_plate", by_staff), ("plate_contest", resolved)):
        async with district.pool.acquire() as db, db.transaction():
            await lock_plates(db, [(plate, PlateColor.BLUE)])
            task = asyncio.create_task(work())
            assert not (await asyncio.wait({task}, timeout=0.2))[0], "it did not wait"
            await db.execute(f"select 1 from {table} where account_id = $1 for update nowait", account_id)
        await asyncio.wait_for(task, PATIENCE_S)
        made = await district.owner.fetchval("select id from plate_contest where account_id = $1", account_id)
    assert await done(district, lambda db: store.link(db, plate, PlateColor.BLUE)) is None


def test_an_open_contest_outlives_its_link() -> None:
    link_ = Link(1001, NOW)
    last = Contest(UUID(int=1), "鲁A68001", PlateColor.BLUE, 1001, NOW - timedelta(days=1), NOW, "presence")
    assert contests.open_contest(last, link_, NOW) is last
    stands = msgspec.structs.replace(last, resolved_at=NOW, resolved_by="li", link_stands=True)
    assert contests.open_contest(stands, link_, NOW) is None
    with pytest.raises(NotContestable):
        contests.open_contest(stands, msgspec.structs.replace(link_, linked_at=last.linked_at), NOW)


async def test_a_plate_linked_again_has_the_contest_that_is_open(district: District) -> None:
    account_id = await district.account("鲁A68002")
    left = await leaves(district, "pn", "鲁A68002")
    first = await contest(district, left.charge_reference)
    await done(
        district,
        lambda db: plates_flow.end_link(
            db, "鲁A68002", PlateColor.BLUE, account_id, now=NOW, random_bits=district.random_bits
        ),
    )
    await link(district, account_id, "鲁A68002")
    assert await contest(district, left.charge_reference) == first


async def test_presence_is_a_charge_of_the_last_day_to_that_account(district: District) -> None:
    await district.account("鲁A64001")
    left = await leaves(district, "pg", "鲁A64001")
    assert left.charge_reference is not None
    assert left.stay_id is not None
    with pytest.raises(NotContestable):
        await contest(district, left.charge_reference, later=PRESENCE_HOLDS + timedelta(seconds=1))
    # An identifier that follows from the stay's proves nothing.
    with pytest.raises(NoSuchCharge):
        await contest(district, charge_id(left.stay_id, None))
    casual = await leaves(district, "ph", "鲁A64002")
    with pytest.raises(NotContestable):
        await contest(district, casual.charge_reference)
    with pytest.raises(NoSuchContest):
        await resolve(district, UUID(int=0), link_stands=True)


async def test_a_closed_account_gives_its_plates_to_who_waited(district: District) -> None:
    holder, waiting = await district.account("鲁A65001"), await district.account()
    await link(district, waiting, "鲁A65001")
    closed = await done(
        district,
        lambda db: flow_of_accounts.close_account(
            db, account_id=holder, actor="driver", now=NOW, random_bits=district.random_bits
        ),
    )
    assert (closed.status, closed.name) == ("closed", "")
    link_now = await done(district, lambda db: store.link(db, "鲁A65001", PlateColor.BLUE))
    assert link_now is not None
    assert link_now.account_id == waiting
    standing = await done(district, lambda db: accounts_flow.standing(db, holder))
    assert (standing.status, standing.name) == ("closed", "")


async def test_a_plate_that_is_linked_while_its_account_closes_goes_too(district: District) -> None:
    account_id, other = await district.account("鲁A65002"), await district.account()
    async with district.pool.acquire() as db, db.transaction():
        await lock_plates(db, [("鲁A65002", PlateColor.BLUE)])
        closing = asyncio.create_task(
            done(
                district,
                lambda db: flow_of_accounts.close_account(
                    db, account_id=account_id, actor="driver", now=NOW, random_bits=district.random_bits
                ),
            )
        )
        assert not (await asyncio.wait({closing}, timeout=0.2))[0], "it did not wait"
        await link(district, account_id, "鲁A65003")
        second = await district.pool.acquire()
        other_plate = second.transaction()
        await other_plate.start()
        await lock_plates(second, [("鲁A65003", PlateColor.BLUE)])
    try:
        # It waits for the other plate now, and not with the account in its hands: plates come first.
        assert not (await asyncio.wait({closing}, timeout=0.2))[0], "it did not wait"
        await second.execute("select 1 from account where id = $1 for no key update nowait", account_id)
    finally:
        await other_plate.rollback()
        await district.pool.release(second)
    assert (await asyncio.wait_for(closing, PATIENCE_S)).status == "closed"
    links = "select count(*) from account_plate where account_id = $1 and unlinked_at is null"
    assert await district.count(links, account_id) == 0
    with pytest.raises(AccountBarred):
        await link(district, account_id, "鲁A65004")
    assert (await link(district, other, "鲁A65003")).plate == "鲁A65003"
