"""A decision of whatever kind that is undone leaves nothing behind: stays, money, counts, cases and tickets."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from parking.barrier import Command, Payment
from parking.cases import Reason
from parking.decisions import DecisionUnfit, Kind
from parking.flow import tickets as tickets_flow
from parking.flow.decisions import Decided
from parking.plates import PlateColor
from parking.stays import State
from parking.tickets import Ticket
from tests.conftest import NOW
from tests.district import QC, District, event, visit
from tests.parking.deciding import HOUR, LI, MINUTE, MORNING, case_of, decide, fact
from tests.parking.flow.test_device_decisions import case_about
from tests.parking.flow.test_device_facts import said
from tests.parking.flow.test_passages import passage

PAYERS = "select account_id from charge where stay_id = $1 and amount_fen > 0 and state <> 'void'"
# What a person is about to decide of.
Of: TypeAlias = dict[str, Any]


async def a_misread_exit(district: District) -> Of:
    await district.record(event("ai", "entry", MORNING, "鲁U10001"), event("ao", "exit", NOW, "鲁U77777"))
    return {"about": await fact(district, "ao"), "plate": "鲁U10001"}


async def an_exit_of_a_visit(district: District) -> Of:
    await district.record(*visit("b", "鲁U20002", MORNING, NOW))
    return {"about": await fact(district, "bo")}


async def a_void_entry(district: District) -> Of:
    await district.record(event("ci", "entry", MORNING, "鲁U30003"))
    await decide(district, Kind.VOID, about=await fact(district, "ci"))
    return {"about": await fact(district, "ci"), "undoes": 1}


async def a_doubtful_read(district: District) -> Of:
    await district.account("鲁U40004")
    await district.record(event("di", "entry", MORNING, "鲁U40004"))
    await district.record(event("do", "exit", NOW, "鲁U40004", confidence=0.4))
    return {"case": (await case_of(district, "鲁U40004", Reason.LOW_CONFIDENCE)).id}


async def a_probable_match(district: District) -> Of:
    await district.account("鲁UB1234")
    await district.record(event("ei", "entry", MORNING, "鲁UB1234"))
    await district.record(event("eo", "exit", NOW, "鲁U81234", confidence=0.8))
    return {"case": (await case_of(district, "鲁U81234", Reason.MATCH_PROBABLE)).id}


async def halves(district: District) -> Of:
    entered = await district.answer(event("fi", "entry", MORNING, "鲁U50001"))
    await district.record(event("fo", "exit", NOW, "鲁U50002"))
    return {"about": await fact(district, "fo"), "stay_id": entered.stay_id}


async def nobody_saw_it_come(district: District) -> Of:
    await district.record(event("go", "exit", NOW, "鲁U60006"))
    return {"about": await fact(district, "go"), "entered_at": MORNING}


async def nobody_saw_it_leave(district: District) -> Of:
    await district.record(event("hi", "entry", MORNING, "鲁U70007"))
    return {"about": await fact(district, "hi"), "left_at": NOW - HOUR}


async def held_at_the_exit(district: District) -> Of:
    await district.record(*visit("i", "鲁U80008", MORNING, NOW))
    return {"about": await fact(district, "io")}


async def held_and_asked_for_another_amount(district: District) -> Of:
    await district.record(*visit("j", "鲁U80009", MORNING, NOW))
    return {"about": await fact(district, "jo"), "amount_fen": 300}


async def held_and_never_seen(district: District) -> Of:
    await district.record(event("ko", "exit", NOW, "鲁U90009"))
    return {"about": await fact(district, "ko"), "entered_at": MORNING}


async def by_ticket(district: District) -> Of:
    ticket = await handed_out(district, "t1")
    await district.account("鲁UT0001")
    await district.record(*visit("l", "无牌", MORNING, NOW, ticket=ticket.number))
    return {"ticket": ticket, "plate": "鲁UT0001"}


async def merged_with_the_wrong_plate(district: District) -> Of:
    ticket = await handed_out(district, "t4")
    await district.account("鲁UT0004")
    await district.record(*visit("m", "无牌", MORNING, NOW, ticket=ticket.number))
    await claim(district, ticket, "鲁UT0004")
    about = await fact(district, "mi")
    await decide(district, Kind.UNDO, about=about, undoes=1)
    return {"about": about, "undoes": 2}


async def merged_and_never_come(district: District) -> Of:
    ticket = await handed_out(district, "t5")
    await district.account("鲁UT0005")
    await district.record(*visit("s", "无牌", MORNING, NOW, ticket=ticket.number))
    await claim(district, ticket, "鲁UT0005")
    return {"about": await fact(district, "si")}


async def a_passage_of_nobody(district: District) -> Of:
    await district.answer(passage("mp", "exit", NOW - HOUR, "passed"))
    return {"about": (await case_about(district, "mp")).event_id}


async def a_passage_that_was_none(district: District) -> Of:
    await district.record(*visit("n", "鲁UA0001", MORNING, NOW - 2 * HOUR))
    await district.answer(passage("np", "exit", NOW - 2 * HOUR + MINUTE, "turned_back", of="no"))
    return {"about": await device_fact(district, "np")}


async def a_passage_unread(district: District) -> Of:
    await district.record(event("oi", "entry", MORNING, "鲁UA0002"))
    await district.answer(passage("op", "exit", NOW - 3 * HOUR / 2, "passed"))
    return {"about": await device_fact(district, "op"), "plate": "鲁UA0002"}


async def cash_of_nobody(district: District) -> Of:
    await district.answer(said("pc", "cash", NOW, lot=QC, amount_fen=600, person="li", plate="鲁UA0003"))
    return {"about": await device_fact(district, "pc")}


SCENES: list[tuple[Kind, Callable[[District], Awaitable[Of]]]] = [
    (Kind.PLATE, a_misread_exit),
    (Kind.VOID, an_exit_of_a_visit),
    (Kind.UNDO, a_void_entry),
    (Kind.RIGHT, a_doubtful_read),
    (Kind.RIGHT, a_probable_match),
    (Kind.PAIR, halves),
    (Kind.MANUAL_ENTRY, nobody_saw_it_come),
    (Kind.MANUAL_EXIT, nobody_saw_it_leave),
    (Kind.LET_OUT_FREE, held_at_the_exit),
    (Kind.LET_OUT_AND_CHARGE, held_and_asked_for_another_amount),
    (Kind.LET_OUT_AND_CHARGE, held_and_never_seen),
    (Kind.TICKET, by_ticket),
    (Kind.UNDO, merged_with_the_wrong_plate),
    (Kind.VOID, merged_and_never_come),
    (Kind.RIGHT, a_passage_of_nobody),
    (Kind.VOID, a_passage_that_was_none),
    (Kind.MANUAL_EXIT, a_passage_unread),
    (Kind.VOID, cash_of_nobody),
]


@pytest.mark.parametrize(("kind", "scene"), SCENES, ids=[scene.__name__ for _, scene in SCENES])
async def test_what_is_undone_leaves_nothing_behind(
    district: District, kind: Kind, scene: Callable[[District], Awaitable[Of]]
) -> None:
    of = await scene(district)
    before = await state(district)
    about, n = await decided(district, kind, of)
    assert await state(district) != before
    await decide(district, Kind.UNDO, about=about, undoes=n)
    assert await state(district) == before


def test_every_kind_of_decision_is_undone() -> None:
    assert {kind for kind, _ in SCENES} == set(Kind)


async def decided(district: District, kind: Kind, of: Of) -> tuple[UUID, int]:
    """Decides; the fact and the number of the decision."""
    if kind is Kind.TICKET:
        await claim(district, of["ticket"], of["plate"])
        by_ticket = "select fact_id, n from decision where about_id = $1 limit 1"
        row = await district.owner.fetchrow(by_ticket, of["ticket"].id)
        assert row is not None
        return row["fact_id"], row["n"]
    made: Decided = await decide(district, kind, **of)
    return made.decision.fact_id, made.decision.n


async def state(district: District) -> dict[str, list[tuple[Any, ...]]]:
    """All that is believed of the lot, owed, held back, counted, before a person and known of tickets."""
    asked = {
        "stays": "select plate, state, entered_at, left_at, let_out, set_fen, fee_fen, at_exit, facts, matched_id"
        " from stay where state not in ('merged', 'open')",
        "inside": "select plate, entered_at, confidence, facts from open_stay",
        "charges": "select stay_id, amount_fen, owed_fen, state, account_id from charge"
        " where state <> 'void' and amount_fen > 0",
        "holds": "select charge_id, reason from charge_hold where released_at is null",
        "cases": "select event_id, reason from parking_case where resolved_at is null",
        "counts": "select lot_id, inside from lot_occupancy",
        "tickets": "select number, plate, plate_color, claimed_at, claimed_by from ticket",
    }
    return {
        name: sorted((tuple(row) for row in await district.owner.fetch(query)), key=str)
        for name, query in asked.items()
    }


async def device_fact(district: District, event_id: str) -> UUID:
    found: UUID = await district.owner.fetchval("select id from device_fact where event_id = $1", event_id)
    return found


# -- tickets


async def handed_out(district: District, number: str) -> Ticket:
    async with district.pool.acquire() as db, db.transaction():
        lane = district.network.lanes[f"{QC}-in"]
        return await tickets_flow.hand_out(
            db, district.gateway(), lane, number, now=district.now, random_bits=district.random_bits
        )


async def claim(district: District, ticket: Ticket, plate: str) -> tickets_flow.Merged:
    async with district.pool.acquire() as db, db.transaction():
        return await tickets_flow.claim(
            db,
            district.lot(),
            ticket.shown,
            plate,
            PlateColor.BLUE,
            by=LI,
            network=district.network,
            now=district.now,
            random_bits=district.random_bits,
        )


async def test_a_ticket_is_merged_again_once_its_merging_is_undone(district: District) -> None:
    ticket = await handed_out(district, "t2")
    await district.account("鲁UT0002")
    driver = await district.account("鲁UT0003")
    await district.record(event("qi", "entry", MORNING, "无牌", ticket=ticket.number))
    await claim(district, ticket, "鲁UT0002")
    left = await district.answer(event("qo", "exit", NOW, "无牌", ticket=ticket.shown))
    assert (left.gate, left.payment) == (Command.OPEN, Payment.WILL_BE_CHARGED)
    about = await fact(district, "qo")
    # Read by the ticket that was merged, it is of the plate by a decision as well, and so can be undone.
    undone = await decide(district, Kind.UNDO, about=about, undoes=1)
    assert undone.stay is not None
    assert (undone.stay.state, undone.stay.plate) == (State.CLOSED, f"票{ticket.number}")
    assert [row["account_id"] for row in await district.owner.fetch(PAYERS, left.stay_id)] == [None]
    merged = await claim(district, ticket, "鲁UT0003")
    assert merged.stay is not None
    assert (merged.stay.id, merged.stay.plate) == (left.stay_id, "鲁UT0003")
    assert [row["account_id"] for row in await district.owner.fetch(PAYERS, left.stay_id)] == [driver]
    assert await district.broken() == {}


async def test_a_ticket_with_which_nobody_came_is_merged_with_no_plate(district: District) -> None:
    ticket = await handed_out(district, "t6")
    await district.account("鲁UT0006")
    driver = await district.account("鲁UT0007")
    await district.record(event("ti", "entry", MORNING, "无牌", ticket=ticket.number))
    await claim(district, ticket, "鲁UT0006")
    about = await fact(district, "ti")
    inside = await district.inside()
    await decide(district, Kind.VOID, about=about)
    assert await district.inside() == inside - 1
    # Whoever finds it drives out at nobody's cost.
    left = await district.answer(event("to", "exit", NOW, "无牌", ticket=ticket.number))
    assert left.gate is Command.HOLD
    # It may be merged with another plate; that it was of a vehicle after all is of that one then.
    await claim(district, ticket, "鲁UT0007")
    undone = await decide(district, Kind.UNDO, about=about, undoes=3)
    assert undone.stay is not None
    stay = undone.stay
    assert (stay.plate, stay.state, stay.entered_at) == ("鲁UT0007", State.CLOSED, MORNING)
    assert [row["account_id"] for row in await district.owner.fetch(PAYERS, stay.id)] == [driver]
    assert await district.broken() == {}


async def test_reads_since_are_of_a_ticket_that_is_merged_again(district: District) -> None:
    ticket = await handed_out(district, "t8")
    await district.record(event("ui", "entry", MORNING, "无牌", ticket=ticket.number))
    await claim(district, ticket, "鲁UT0008")
    about = await fact(district, "ui")
    void = await decide(district, Kind.VOID, about=about)
    await district.record(event("uo", "exit", NOW, "无牌", ticket=ticket.number))
    undone = await decide(district, Kind.UNDO, about=about, undoes=void.decision.n)
    assert undone.stay is not None
    assert (undone.stay.plate, undone.stay.state, undone.stay.left_at) == ("鲁UT0008", State.CLOSED, NOW)


async def test_who_turned_back_is_of_the_plate_of_its_ticket_too(district: District) -> None:
    ticket = await handed_out(district, "t9")
    await district.record(event("vi", "entry", MORNING, "无牌", ticket=ticket.number))
    await district.record(passage("vp", "entry", MORNING + MINUTE, "turned_back", of="vi"))
    merged = await claim(district, ticket, "鲁UT0009")
    assert merged.stay is None
    await decide(district, Kind.VOID, about=await device_fact(district, "vp"))
    inside = "select plate from open_stay where entry_event_id = $1"
    assert await district.owner.fetchval(inside, await fact(district, "vi")) == "鲁UT0009"
    assert await district.broken() == {}


# -- exits made by hand


async def test_who_left_unread_is_inside_until_a_person_says_when_it_left(district: District) -> None:
    entered = await district.answer(event("ri", "entry", MORNING, "鲁UE0001"))
    about = await fact(district, "ri")
    for left_at in (MORNING, NOW + HOUR, None):
        with pytest.raises(DecisionUnfit):
            await decide(district, Kind.MANUAL_EXIT, about=about, left_at=left_at)
    with pytest.raises(DecisionUnfit):
        await decide(district, Kind.MANUAL_EXIT, about=about, left_at=NOW - HOUR, lane=f"{QC}-in")
    before = await district.inside()
    made = await decide(district, Kind.MANUAL_EXIT, about=about, left_at=NOW - HOUR, key="once")
    again = await decide(district, Kind.MANUAL_EXIT, about=about, left_at=NOW - HOUR, key="once")
    assert again.decision == made.decision
    assert made.stay is not None
    assert (made.stay.id, made.stay.state, made.stay.left_at) == (entered.stay_id, State.CLOSED, NOW - HOUR)
    assert await district.inside() == before - 1
    owed = "select owed_fen from charge where stay_id = $1 and state = 'due'"
    assert await district.count(owed, entered.stay_id) == 400
    # It has left, and an exit has no exit.
    for wrong in (about, made.decision.fact_id):
        with pytest.raises(DecisionUnfit):
            await decide(district, Kind.MANUAL_EXIT, about=wrong, left_at=NOW - MINUTE)
    assert await district.broken() == {}


# -- one of several decisions


@pytest.mark.parametrize(
    ("tag", "steps", "is_open"),
    [
        ("a", ["plate", "plate", "undo 2"], False),
        ("b", ["plate", "plate", "undo 1"], False),
        ("c", ["plate", "plate", "undo 1", "undo 2"], True),
        ("d", ["plate", "plate", "undo 2", "undo 1"], True),
        ("e", ["plate", "undo 1", "undo 2"], False),
        ("f", ["plate", "undo 1", "undo 2", "undo 3"], True),
        # That a doubtful read is right is two decisions: it was this plate, and what follows is right.
        ("g", ["right", "plate", "undo 3"], False),
        ("h", ["right", "plate", "undo 2", "undo 3"], True),
    ],
)
async def test_a_case_is_open_if_nothing_that_holds_has_decided_it(
    district: District, tag: str, steps: list[str], is_open: bool
) -> None:
    # Nothing a camera takes for another's.
    digit = ord(tag) % 10
    plate = f"鲁V{digit}{digit}{tag.upper()}{digit}4"
    await district.record(event(f"w{tag}", "entry", MORNING, plate, confidence=0.3))
    case = await case_of(district, plate, Reason.LOW_CONFIDENCE)
    for step in steps:
        kind, _, n = step.partition(" ")
        more: dict[str, Any] = {"plate": plate} if kind == "plate" else {"undoes": int(n)} if n else {}
        await decide(district, Kind(kind), case=case.id, **more)
    query = "select count(*) from parking_case where id = $1 and resolved_at is null"
    assert await district.count(query, case.id) == is_open
    assert await district.broken() == {}
