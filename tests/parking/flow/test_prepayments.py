"""Paying inside, before going to the exit: quoted, paid, left in time or too late, or never paid; and what follows."""

from datetime import datetime, timedelta

import pytest

import sql
from parking import offline
from parking.barrier import Command
from parking.decisions import Kind
from parking.flow.inside import Inside, find_inside
from parking.flow.offline import make_pack
from parking.flow.prepayments import Prepayable, lapse, quote_inside
from parking.flow.repricing import catch_up
from parking.lots import Direction
from parking.offline import Entries
from parking.plates import PlateColor
from parking.prepayments import PAY_WITHIN_MIN, NothingToPay
from payments.charges import ChargeState
from payments.flow import charges as charges_flow
from payments.identity import Audience, Principal
from tests.conftest import NOW
from tests.district import QC, STATION, District, event
from tests.parking.deciding import decide, fact
from tests.parking.flow.test_exits import at_exit, enters, told
from tests.parking.flow.test_passages import passage

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KEYS = offline.keys_of(bytes(32))
LOTS = pytest.mark.parametrize(("number", "lot"), [("1", STATION), ("2", QC)])
CHARGE = (
    "select amount_fen, paid_fen - refunded_fen as paid_fen, owed_fen, state::text from charge where reference = $1"
)


@pytest.fixture(autouse=True)
async def telling(owner: sql.Connection, registered: dict[str, str]) -> None:
    """The station tells passages; the road does not."""
    since = "update lot set confirms_passages_since = '2026-01-01', leave_within_min = 15 where code = $1"
    await owner.execute(since, STATION)


async def quoted(district: District, plate: str, at: object, lot: str) -> Prepayable:
    """What somebody is quoted who has the plate and no token."""
    async with district.pool.acquire() as db, db.transaction():
        return await quote_inside(
            db,
            district.lot(lot),
            plate,
            None,
            asker=None,
            network=district.network,
            now=at,  # type: ignore[arg-type]
            random_bits=district.random_bits,
        )


async def pays(district: District, quote: Prepayable, at: object) -> None:
    async with district.pool.acquire() as db:
        assert quote.charge_reference is not None
        charge = await charges_flow.charge_named(db, quote.charge_reference, by_id=False)
    paid = await charges_flow.pay_charge(
        district.pool,
        district.channels(at),  # type: ignore[arg-type]
        charge_id=charge.id,
        channel="local",
        payer="ok",
        now=at,  # type: ignore[arg-type]
        random_bits=district.random_bits,
    )
    assert paid.charge_state is ChargeState.PAID


async def charge(district: District, quote: Prepayable) -> tuple[int, int, int, str]:
    """What it costs, what was paid and not given back, what is owed of it, and how it stands."""
    row = (await district.owner.fetch(CHARGE, quote.charge_reference))[0]
    return row["amount_fen"], row["paid_fen"], row["owed_fen"], row["state"]


@LOTS
async def test_who_paid_inside_is_let_out_in_time(district: District, number: str, lot: str) -> None:
    plate = f"鲁K1A00{number}"
    await enters(district, f"a{number}i", plate, lot=lot)
    quote = await quoted(district, plate, NOW, lot)
    assert (quote.amount_fen, quote.pay_by, quote.paid_until) == (600, NOW + PAY_WITHIN_MIN * MINUTE, None)
    assert await district.broken() == {}
    await pays(district, quote, NOW + 5 * MINUTE)
    assert (await quoted(district, plate, NOW + 6 * MINUTE, lot)).paid_until == NOW + 20 * MINUTE
    left = await at_exit(district, f"a{number}o", NOW + 20 * MINUTE, plate, lot=lot)
    assert (left.gate, left.fee_fen) == ("open", 600)
    assert await charge(district, quote) == (600, 600, 0, "paid")
    again = await at_exit(district, f"a{number}p", NOW + 20 * MINUTE + timedelta(seconds=5), plate, lot=lot)
    assert (again.gate, again.stay_id) == ("open", left.stay_id)
    assert await district.broken() == {}


@LOTS
async def test_who_stays_on_is_asked_for_the_rest(district: District, number: str, lot: str) -> None:
    plate = f"鲁K2B00{number}"
    await enters(district, f"b{number}i", plate, lot=lot)
    quote = await quoted(district, plate, NOW, lot)
    await pays(district, quote, NOW)
    assert await lapse(district.pool, network=district.network, now=NOW + HOUR)
    assert await charge(district, quote) == (600, 600, 0, "paid")
    more = await quoted(district, plate, NOW + HOUR, lot)
    assert (more.charge_reference, more.amount_fen, more.paid_fen) == (quote.charge_reference, 200, 600)
    assert await lapse(district.pool, network=district.network, now=NOW + 2 * HOUR)
    assert await charge(district, quote) == (600, 600, 0, "paid")
    left = await at_exit(district, f"b{number}o", NOW + 2 * HOUR, plate, lot=lot)
    assert (left.gate, left.fee_fen, left.charge_reference) == ("hold", 400, quote.charge_reference)
    assert await charge(district, quote) == (1000, 600, 400, "due")
    assert await district.broken() == {}


@LOTS
async def test_who_asked_and_did_not_pay_owes_nothing(district: District, number: str, lot: str) -> None:
    plate = f"鲁K3C00{number}"
    await enters(district, f"c{number}i", plate, lot=lot)
    first = await quoted(district, plate, NOW - HOUR, lot)
    assert await quoted(district, plate, NOW - HOUR + timedelta(seconds=30), lot) == first
    second = await quoted(district, plate, NOW - 52 * MINUTE, lot)
    assert first.charge_reference == second.charge_reference
    assert await charge(district, first) == (second.amount_fen, 0, second.amount_fen, "due")
    assert second.amount_fen > first.amount_fen
    assert await lapse(district.pool, network=district.network, now=NOW)
    assert await charge(district, first) == (0, 0, 0, "paid")
    assert await district.broken() == {}
    left = await at_exit(district, f"c{number}o", NOW, plate, lot=lot)
    assert (left.gate, left.fee_fen, left.charge_reference) == ("hold", 600, first.charge_reference)
    assert await district.broken() == {}


async def test_no_account_is_debited_by_a_quote(district: District) -> None:
    account = await district.account("鲁K4D001", wallet_fen=0)
    await enters(district, "d1i", "鲁K4D001", lot=QC)
    with pytest.raises(NothingToPay):
        await quoted(district, "鲁K4D001", NOW, QC)
    assert await district.count("select count(*) from charge where account_id = $1", account) == 0


async def test_nothing_is_told_of_who_is_free_or_not_there(district: District) -> None:
    await enters(district, "e1i", "鲁K5E001", NOW - 5 * MINUTE, lot=QC)
    for plate in ("鲁K5E001", "鲁K5E999"):
        with pytest.raises(NothingToPay):
            await quoted(district, plate, NOW, QC)


@LOTS
async def test_what_was_paid_goes_back_where_an_account_pays_after_all(
    district: District, number: str, lot: str
) -> None:
    plate = f"鲁K6F00{number}"
    await enters(district, f"f{number}i", plate, lot=lot)
    quote = await quoted(district, plate, NOW - HOUR, lot)
    await pays(district, quote, NOW - HOUR)
    await district.account(plate, linked_at=NOW - 30 * MINUTE)
    left = await at_exit(district, f"f{number}o", NOW, plate, lot=lot)
    assert (left.gate, left.payment) == ("open", "will_be_charged")
    assert await charge(district, quote) == (0, 0, 0, "paid")
    assert await district.broken() == {}


@LOTS
async def test_who_left_unseen_after_paying_has_paid(district: District, number: str, lot: str) -> None:
    plate = f"鲁K7G00{number}"
    await enters(district, f"g{number}i", plate, NOW - 5 * HOUR, lot=lot)
    quote = await quoted(district, plate, NOW - 2 * HOUR, lot)
    await pays(district, quote, NOW - 2 * HOUR)
    await enters(district, f"g{number}j", plate, NOW - HOUR, lot=lot)
    assert (await charge(district, quote))[1:] == (quote.amount_fen, 0, "paid")
    assert await district.broken() == {}
    # Its exit is told late: it left in time.
    await told_late(district, event(f"g{number}o", "exit", NOW - 110 * MINUTE, plate, lot=lot, replay=True))
    assert await charge(district, quote) == (quote.amount_fen, quote.amount_fen, 0, "paid")
    assert await district.broken() == {}


async def told_late(district: District, said: dict[str, object]) -> None:
    await district.record(said, received_at=NOW)


@LOTS
async def test_an_unpaid_quote_of_who_left_unseen_is_owed_by_nobody(district: District, number: str, lot: str) -> None:
    plate = f"鲁K8H00{number}"
    await enters(district, f"h{number}i", plate, NOW - 5 * HOUR, lot=lot)
    quote = await quoted(district, plate, NOW - HOUR, lot)
    await enters(district, f"h{number}j", plate, NOW - 55 * MINUTE, lot=lot)
    assert await charge(district, quote) == (0, 0, 0, "paid")
    assert await lapse(district.pool, network=district.network, now=NOW)
    assert await district.broken() == {}


@LOTS
async def test_who_had_left_before_it_was_asked_gets_back_what_was_too_much(
    district: District, number: str, lot: str
) -> None:
    plate = f"鲁K9J00{number}"
    await enters(district, f"j{number}i", plate, NOW - 6 * HOUR, lot=lot)
    quote = await quoted(district, plate, NOW - HOUR, lot)
    await pays(district, quote, NOW - HOUR)
    await told_late(district, event(f"j{number}o", "exit", NOW - 4 * HOUR, plate, lot=lot, replay=True))
    amount_fen, paid_fen, owed_fen, _ = await charge(district, quote)
    assert amount_fen == paid_fen
    # Where it has to be seen to pass it was inside still, and only at the exit by then.
    assert (paid_fen < quote.amount_fen) == (lot == QC)
    assert owed_fen == 0
    assert await district.broken() == {}


async def test_what_people_decide_moves_what_was_paid(district: District) -> None:
    await enters(district, "l1i", "鲁K2M001", NOW - 2 * HOUR, lot=QC)
    quote = await quoted(district, "鲁K2M001", NOW - 5 * MINUTE, QC)
    await pays(district, quote, NOW - 5 * MINUTE)
    entry = await fact(district, "l1i")
    # It was another plate: what was paid is the car's still.
    await decide(district, Kind.PLATE, about=entry, plate="鲁K2M009", plate_color="blue")
    assert await charge(district, quote) == (quote.amount_fen, quote.amount_fen, 0, "paid")
    left = await at_exit(district, "l1o", NOW, "鲁K2M009", lot=QC)
    assert (left.gate, left.fee_fen) == ("open", quote.amount_fen)
    assert await district.broken() == {}
    # It was no car: all of it goes back.
    await decide(district, Kind.VOID, about=entry)
    assert await charge(district, quote) == (0, 0, 0, "paid")
    assert await district.broken() == {}


@pytest.mark.parametrize("is_paid", [True, False])
async def test_an_entry_that_was_none_gives_all_back(district: District, *, is_paid: bool) -> None:
    plate = f"鲁K3N00{int(is_paid)}"
    await enters(district, f"m{is_paid}i", plate, NOW - 2 * HOUR, lot=QC)
    quote = await quoted(district, plate, NOW - 5 * MINUTE, QC)
    if is_paid:
        await pays(district, quote, NOW - 5 * MINUTE)
    await decide(district, Kind.VOID, about=await fact(district, f"m{is_paid}i"))
    assert await charge(district, quote) == (0, 0, 0, "paid")
    assert await district.broken() == {}


# -- who was at the exit and drove back in, though nobody told that


async def seen_inside(district: District, plate: str) -> list[Inside]:
    """Whom the booth of the station finds."""
    reader = Principal(Audience.BOOTH, "booth:test")
    async with district.pool.acquire() as db, db.transaction():
        return await find_inside(
            db, district.lot(STATION), plate, reader=reader,
            network=district.network, now=NOW, random_bits=district.random_bits,
        )  # fmt: skip


async def packed(district: District, plate: str, at: datetime) -> Command:
    """What a gateway that is cut off since now does for a vehicle at the exit."""
    async with district.pool.acquire() as db, db.transaction():
        made = await make_pack(
            db, district.gateway(STATION), KEYS, key_id="k", since=None, network=district.network, now=NOW
        )
    assert isinstance(made.entries, Entries)
    return offline.decide(made.entries, KEYS, Direction.EXIT, plate, PlateColor.BLUE, at=at)


async def test_who_drove_back_from_the_exit_is_inside_and_pays_there(district: District) -> None:
    plate = "鲁K4P001"
    await enters(district, "n1i", plate)
    held = await at_exit(district, "n1o", NOW - 2 * HOUR, plate)
    assert (held.gate, held.fee_fen) == ("hold", 200)
    (shown,) = await seen_inside(district, plate)
    assert (shown.stay_id, shown.fee_fen, shown.gate, shown.paid_until) == (held.stay_id, 600, "hold", None)
    assert await packed(district, plate, NOW + MINUTE) is Command.HOLD
    quote = await quoted(district, plate, NOW, STATION)
    assert (quote.charge_reference, quote.amount_fen, quote.paid_fen) == (held.charge_reference, 600, 0)
    assert await charge(district, quote) == (600, 0, 600, "due")
    assert await district.broken() == {}
    await pays(district, quote, NOW + MINUTE)
    (shown,) = await seen_inside(district, plate)
    assert (shown.gate, shown.paid_until) == ("open", NOW + 16 * MINUTE)
    assert [await packed(district, plate, NOW + after * MINUTE) for after in (2, 15, 17)] == ["open", "open", "hold"]
    left = await at_exit(district, "n1p", NOW + 15 * MINUTE, plate)
    assert (left.gate, left.fee_fen, left.stay_id) == ("open", 600, held.stay_id)
    await told(district, passage("n1~", "exit", NOW + 16 * MINUTE, "passed", lot=STATION, of="n1p"))
    assert await charge(district, quote) == (600, 600, 0, "paid")
    assert await seen_inside(district, plate) == []
    assert await district.broken() == {}


async def test_who_paid_inside_and_comes_to_the_exit_too_late_owes_what_is_beyond(district: District) -> None:
    plate = "鲁K4P002"
    await enters(district, "n2i", plate)
    await at_exit(district, "n2o", NOW - 2 * HOUR, plate)
    quote = await quoted(district, plate, NOW - HOUR, STATION)
    await pays(district, quote, NOW - HOUR)
    assert await charge(district, quote) == (400, 400, 0, "paid")
    left = await at_exit(district, "n2p", NOW, plate)
    assert (left.gate, left.fee_fen) == ("hold", 200)
    assert await district.broken() == {}


@pytest.mark.parametrize("is_paid", [True, False])
async def test_a_quote_of_who_was_at_the_exit_counts_if_it_is_paid(district: District, *, is_paid: bool) -> None:
    plate, number = f"鲁K4P01{int(is_paid)}", f"n3{int(is_paid)}"
    await enters(district, f"{number}i", plate)
    held = await at_exit(district, f"{number}o", NOW - 2 * HOUR, plate)
    quote = await quoted(district, plate, NOW - HOUR, STATION)
    assert quote.amount_fen == 400
    if is_paid:
        await pays(district, quote, NOW - HOUR)
    await lapse(district.pool, network=district.network, now=NOW)
    await catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)
    await lapse(district.pool, network=district.network, now=NOW)
    fee_fen = "select fee_fen from stay where id = $1"
    assert await district.count(fee_fen, held.stay_id) == (400 if is_paid else 200)
    assert await charge(district, quote) == ((400, 400, 0, "paid") if is_paid else (200, 0, 200, "due"))
    waiting = "select count(*) from prepayment where ended_at is null and stay_id = $1"
    assert await district.count(waiting, held.stay_id) == 0
    assert await district.broken() == {}


async def test_whose_account_pays_is_asked_for_nothing_after_the_exit_either(district: District) -> None:
    await district.account("鲁K4P020", wallet_fen=0)
    await enters(district, "n4i", "鲁K4P020")
    opened = await at_exit(district, "n4o", NOW - 2 * HOUR, "鲁K4P020")
    assert opened.gate == "open"
    (shown,) = await seen_inside(district, "鲁K4P020")
    assert (shown.fee_fen, shown.payment, shown.gate) == (600, "will_be_charged", "open")
    assert await packed(district, "鲁K4P020", NOW + 20 * HOUR) is Command.OPEN
    with pytest.raises(NothingToPay):
        await quoted(district, "鲁K4P020", NOW, STATION)
    assert await district.broken() == {}


async def test_who_turned_back_has_paid_still(district: District) -> None:
    await enters(district, "k1i", "鲁K1L001")
    quote = await quoted(district, "鲁K1L001", NOW - HOUR, STATION)
    await pays(district, quote, NOW - HOUR)
    left = await at_exit(district, "k1o", NOW - 50 * MINUTE, "鲁K1L001")
    assert (left.gate, left.fee_fen) == ("open", 400)
    await told(district, passage("k1t", "exit", NOW - 49 * MINUTE, "turned_back", lot=STATION, of="k1o"))
    assert await charge(district, quote) == (400, 400, 0, "paid")
    again = await at_exit(district, "k1p", NOW, "鲁K1L001")
    assert (again.gate, again.fee_fen) == ("hold", 200)
    assert await district.broken() == {}
