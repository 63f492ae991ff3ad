"""Evidence is never dropped: what cannot be followed is before a person, and money that came goes back."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from payments.attempts import ASK_MAX, Accepted, Attempt, Failed, Succeeded
from payments.channels import LocalChannel
from payments.disputes import DisputeResolved, DisputeState, Finding, FindingUnfit, NothingToReturn
from payments.flow import attempts as attempts_flow
from payments.flow import disputes as disputes_flow
from payments.flow import refunds as refunds_flow
from payments.refunds import NotRefundable, Refund, RefundClosed, Refunded, RefundOutcome, RefundPending, RefundRequest
from payments.store import attempts as attempt_store
from tests.payments.city import City, attempted

F = Finding


class Refunds(LocalChannel):
    """The test channel, which says of refunds what it is set to."""

    said: list[RefundOutcome]
    asked: list[RefundRequest]

    async def refund(self, request: RefundRequest) -> RefundOutcome:
        self.asked.append(request)
        return self.said.pop(0) if self.said else await super().refund(request)


def refunds_say(city: City, *said: RefundOutcome) -> Refunds:
    channel = Refunds(city.pool, city.clock)
    channel.said, channel.asked = list(said), []
    city.channels["local"] = channel
    return channel


async def attempts_of(city: City, payable_id: UUID) -> list[Attempt]:
    async with city.pool.acquire() as db:
        return list(await attempt_store.attempts_of(db, payable_id))


async def top_up_of(city: City, account_id: int) -> UUID:
    """The only top-up of an account."""
    query = "select payable_id from attempt where shard = $1 and kind = 'top_up'"
    top_up: UUID = await city.owner.fetchval(query, account_id)
    return top_up


async def told(city: City, attempt: Attempt, outcome: Any) -> Attempt:
    """What a channel says of an attempt, whenever."""
    return (await attempts_flow.take_answer(city.pool, city.local, attempt, outcome, now=city.now)).attempt


async def paid_by_another(city: City) -> tuple[UUID, Attempt, Attempt]:
    """A charge that li paid after zhang's payment had failed, and both attempts; zhang's money came all the same."""
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "fail-later:zhang")
    await city.resolve()
    await city.pay(charge_id, "ok:li")
    zhang, li = await attempts_of(city, charge_id)
    await city.owner.execute("update channel_local_payment set state = 'succeeded' where number = $1", zhang.request_no)
    await told(city, zhang, Succeeded(zhang.request_no, 500))
    return charge_id, zhang, li


async def test_a_refund_goes_to_who_paid_and_not_to_the_oldest_success(city: City) -> None:
    charge_id, zhang, li = await paid_by_another(city)
    channel = refunds_say(city)
    refund = await city.refund(charge_id, 500)
    assert (refund.state, refund.attempt_id) == ("succeeded", li.id)
    assert [asked.payment_number for asked in channel.asked] == [li.request_no]
    assert await city.book(city.operator_id, "suspense") == 500
    # And zhang's waits, until somebody gives it back: to zhang.
    [dispute] = await city.disputes()
    assert (dispute.kind, dispute.attempt_id, dispute.held_fen) == ("overpaid", zhang.id, 500)
    assert (await city.give_back(dispute)).state == "succeeded"
    assert channel.asked[-1].payment_number == zhang.request_no
    assert await city.book(city.operator_id, "suspense") == 0
    assert await city.book(city.operator_id, "payable") == 0


async def test_a_refund_into_the_wallet_names_the_attempt_too(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "decline")
    await city.collect()
    refund = await city.refund(charge_id, 200)
    *_, wallet = await attempts_of(city, charge_id)
    assert (refund.channel, refund.attempt_id, wallet.channel) == ("wallet", wallet.id, "wallet")


async def test_money_in_suspense_goes_back_once(city: City) -> None:
    _, _, _ = await paid_by_another(city)
    [dispute] = await city.disputes()
    with pytest.raises(FindingUnfit):
        await city.found(dispute, F.DISMISSED)
    done = await asyncio.gather(*(attempted(city.give_back(dispute)) for _ in range(6)))
    assert {each.id for each in done if isinstance(each, Refund)} != set()
    assert {each for each in done if not isinstance(each, Refund)} <= {DisputeResolved}
    with pytest.raises(DisputeResolved):
        await city.give_back(dispute)
    assert await city.book(city.operator_id, "suspense") == 0
    assert (
        await city.count(
            "select count(*) from channel_local_refund where amount_fen = 500 and payment_number = "
            "(select request_no from attempt where id = $1)",
            dispute.attempt_id,
        )
        == 1
    )
    [ended] = await city.disputes(DisputeState.RESOLVED)
    assert (ended.resolution, ended.resolved_by, ended.note) == ("returned", "finance:li", "paid twice")
    audited = "select count(*) from audit where subject = $1 and action = 'dispute.return'"
    assert await city.count(audited, str(dispute.id)) == 1


async def test_a_return_that_the_channel_closes_may_be_started_anew(city: City) -> None:
    await paid_by_another(city)
    [dispute] = await city.disputes()
    channel = refunds_say(city, RefundClosed("NO_FUNDS"), RefundPending("processing"))
    assert (await city.give_back(dispute)).state == "closed"
    assert [d.id for d in await city.disputes()] == [dispute.id]
    waiting = await city.give_back(dispute)
    # The same again is the same as long as it is under way.
    assert waiting.state == "unknown"
    assert await city.give_back(dispute) == waiting
    assert len({asked.number for asked in channel.asked}) == len(channel.asked) == 2
    await city.resolve()
    assert await city.disputes() == []
    assert await city.book(city.operator_id, "suspense") == 0


async def test_the_database_takes_no_second_way_back(city: City) -> None:
    await paid_by_another(city)
    [dispute] = await city.disputes()
    refund = await city.give_back(dispute)
    with pytest.raises(asyncpg.UniqueViolationError):
        await city.owner.execute(
            "insert into refund select (jsonb_populate_record(r, jsonb_build_object('id', gen_random_uuid()))).* "
            "from refund r where id = $1", refund.id,
        )  # fmt: skip


async def test_success_of_a_declined_payment_is_believed(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "decline")
    [declined] = await attempts_of(city, charge_id)
    assert (await told(city, declined, Succeeded(declined.request_no, 500))).state == "succeeded"
    assert await city.state(charge_id) == "paid"
    # A declined payment of a charge that was paid since: the money waits.
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "decline")
    [declined] = await attempts_of(city, charge_id)
    await city.pay(charge_id, "ok")
    assert (await told(city, declined, Succeeded(declined.request_no, 500))).state == "succeeded"
    [dispute] = await city.disputes()
    assert (dispute.kind, dispute.held_fen) == ("overpaid", 500)
    # And of a top-up.
    account_id = await city.account()
    assert await city.top_up(account_id, 700, payer="decline") == "declined"
    top_up = await top_up_of(city, account_id)
    [declined] = await attempts_of(city, top_up)
    await told(city, declined, Succeeded(declined.request_no, 700))
    assert await city.holds(account_id) == (700, 0)


@pytest.mark.parametrize(("payer", "state"), [("decline", "declined"), ("fail-later", "failed"), ("ok", "succeeded")])
async def test_other_evidence_about_what_has_ended_is_in_dispute(city: City, payer: str, state: str) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, payer)
    await city.resolve()
    [attempt] = await attempts_of(city, charge_id)
    assert attempt.state == state
    before = await city.count("select count(*) from journal where ref = $1", charge_id)
    for _ in range(3):
        for outcome in (Succeeded(attempt.request_no, 501), Succeeded("another", 500)):
            assert (await told(city, attempt, outcome)).state == state
    assert sorted(d.kind for d in await city.disputes()) == ["other_amount", "other_number"]
    assert await city.count("select count(*) from journal where ref = $1", charge_id) == before


async def test_what_was_received_is_booked_and_goes_back_to_the_number_it_came_with(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    [attempt] = await attempts_of(city, charge_id)
    other = "number-of-another-payment"
    await city.owner.execute(
        "insert into channel_local_payment values ($1, 501, 'ok', 'succeeded', null, $2)", other, city.now
    )
    await told(city, attempt, Succeeded(other, 501))
    [dispute] = await city.disputes()
    with pytest.raises(NothingToReturn):
        await city.give_back(dispute)
    for wrong in ((F.PAID, None), (F.RECEIVED, None), (F.DISMISSED, 501)):
        with pytest.raises(FindingUnfit):
            await city.found(dispute, *wrong)
    held = await city.found(dispute, F.RECEIVED, 501)
    assert (held.state, held.held_fen) == ("open", 501)
    assert await city.book(city.operator_id, "suspense") == 501
    # The attempt has ended: the driver can pay.
    assert [a.state for a in await attempts_of(city, charge_id)] == ["failed"]
    assert (await city.pay(charge_id, "ok")).charge_state == "paid"
    channel = refunds_say(city)
    assert (await city.give_back(held)).state == "succeeded"
    assert [asked.payment_number for asked in channel.asked] == [other]
    assert await city.book(city.operator_id, "suspense") == 0


async def test_a_dismissed_contradiction_is_asked_for_again(city: City) -> None:
    account_id = await city.account()
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "slow")
    [attempt] = await attempts_of(city, charge_id)
    await told(city, attempt, Succeeded(attempt.request_no, 5))
    assert await city.resolve() == 0
    [dispute] = await city.disputes()
    assert (await city.found(dispute, F.DISMISSED)).resolution == "dismissed"
    with pytest.raises(DisputeResolved):
        await city.found(dispute, F.DISMISSED)
    # It said the same once more: that is a new dispute, or nobody would see it.
    await city.owner.execute("update attempt set tries = tries + 1 where id = $1", attempt.id)
    await told(city, attempt, Succeeded(attempt.request_no, 5))
    [again] = await city.disputes()
    assert again.id != dispute.id
    await city.found(again, F.DISMISSED)
    assert await city.resolve() == 1
    assert await city.state(charge_id) == "paid"


@pytest.mark.parametrize("state", ["void", "superseded"])
async def test_a_dismissed_contradiction_of_what_gave_way_is_asked_for_again(city: City, state: str) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    [attempt] = await attempts_of(city, charge_id)
    await city.owner.execute("update attempt set state = $2::text::attempt_state where id = $1", attempt.id, state)
    for _ in range(2):
        # The same words after another question are another dispute.
        assert (await told(city, attempt, Succeeded(attempt.request_no, 5))).query_at is None
        [dispute] = await city.disputes()
        await city.found(dispute, F.DISMISSED)
        [waits] = await attempts_of(city, charge_id)
        assert (waits.state, waits.query_at) == (state, city.now)
        await city.owner.execute("update attempt set tries = tries + 1 where id = $1", attempt.id)
    assert await city.resolve() == 1
    assert await city.state(charge_id) == "paid"


async def test_what_gave_way_long_ago_is_not_asked_for_again(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "slow")
    [attempt] = await attempts_of(city, charge_id)
    await city.owner.execute("update attempt set state = 'void' where id = $1", attempt.id)
    await told(city, attempt, Succeeded(attempt.request_no, 5))
    [dispute] = await city.disputes()
    city.now += ASK_MAX
    await city.found(dispute, F.DISMISSED)
    [ended] = await attempts_of(city, charge_id)
    assert (ended.state, ended.query_at) == ("void", None)


async def test_a_failure_of_what_has_succeeded_is_in_dispute(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "ok")
    [attempt] = await attempts_of(city, charge_id)
    assert (await told(city, attempt, Failed("REVERSED"))).state == "succeeded"
    [dispute] = await city.disputes()
    assert dispute.kind == "denied"
    assert (await city.found(dispute, F.DISMISSED)).state == "resolved"


async def test_a_payment_without_an_end_is_before_a_person_and_blocks_nobody(city: City) -> None:
    account_id = await city.account(500)
    charge_id = await city.charge(account_id, 500)
    await city.pay(charge_id, "slow")
    [attempt] = await attempts_of(city, charge_id)
    city.now += ASK_MAX
    ended = await told(city, attempt, Accepted())
    assert (ended.state, ended.query_at) == ("void", None)
    [dispute] = await city.disputes()
    assert dispute.kind == "no_answer"
    assert (await city.collect()).paid == 1
    await city.found(dispute, F.RECEIVED, 500)
    assert await city.book(account_id, "suspense") == 500
    await city.resolve()  # the channel's own clock
    await city.local.query(attempt.request_no)
    assert (await city.give_back(dispute)).state == "succeeded"
    assert await city.holds(account_id) == (0, 0)


async def refund_told(city: City, refund: Refund, outcome: RefundOutcome) -> str:
    return (await refunds_flow.take_answer(city.pool, city.local, refund, outcome, now=city.now)).state


async def test_a_refund_paid_after_it_was_closed(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "no-refund")
    closed = await city.refund(charge_id, 500)
    assert closed.state == "closed"
    for _ in range(2):
        assert await refund_told(city, closed, Refunded(closed.id.hex, 500)) == "closed"
    [dispute] = await city.disputes()
    assert (dispute.kind, dispute.refund_id) == ("refund_after_closed", closed.id)
    assert (await city.found(dispute, F.PAID)).resolution == "paid"
    # It is in the books, and cannot be refunded a second time.
    assert await city.book(city.operator_id, "payable") == 0
    assert await city.count("select refunded_fen from charge where id = $1", charge_id) == 500
    with pytest.raises(NotRefundable):
        await city.refund(charge_id, 1, key="again")


async def test_a_closed_return_was_paid_while_another_is_under_way(city: City) -> None:
    await paid_by_another(city)
    [dispute] = await city.disputes()
    refunds_say(city, RefundClosed("NO_FUNDS"), RefundPending("processing"))
    closed, under_way = await city.give_back(dispute), await city.give_back(dispute)
    assert (closed.state, under_way.state) == ("closed", "unknown")
    await refund_told(city, closed, Refunded(closed.id.hex, 500))
    [after_closed] = [each for each in await city.disputes() if each.refund_id is not None]
    with pytest.raises(FindingUnfit) as refused:
        await city.found(after_closed, F.PAID)
    assert refused.value.facts["refund_id"] == str(under_way.id)
    # Once it has not gone back either, the first is booked.
    assert await refund_told(city, under_way, RefundClosed("NO_FUNDS")) == "closed"
    assert (await city.found(after_closed, F.PAID)).resolution == "paid"
    assert await city.book(city.operator_id, "suspense") == 0


@pytest.mark.parametrize(
    ("finding", "state", "payable_fen"),
    [(F.PAID, "succeeded", 0), (F.NOT_PAID, "closed", 500), (F.DISMISSED, "succeeded", 0)],
)
async def test_a_contradicted_refund_ends_as_a_person_found(
    city: City, finding: Finding, state: str, payable_fen: int
) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "ok")
    refunds_say(city, RefundPending("processing"))
    refund = await city.refund(charge_id, 500)
    assert await refund_told(city, refund, Refunded(refund.id.hex, 400)) == "unknown"
    assert await city.resolve() == 0
    [dispute] = await city.disputes()
    assert dispute.kind == "refund_mismatch"
    await city.found(dispute, finding)
    # Dismissed means asked again.
    assert await city.resolve() == (1 if finding is F.DISMISSED else 0)
    assert await city.owner.fetchval("select state::text from refund where id = $1", refund.id) == state
    assert await city.book(city.operator_id, "payable") == payable_fen
    assert await city.book(city.operator_id, "refund_payable") == 0


async def test_a_closed_answer_about_a_paid_refund_is_in_dispute(city: City) -> None:
    charge_id = await city.charge(None, 500)
    await city.pay(charge_id, "ok")
    refund = await city.refund(charge_id, 500)
    assert await refund_told(city, refund, RefundClosed("no")) == "succeeded"
    assert [d.kind for d in await city.disputes()] == ["refund_denied"]


async def test_a_disputed_top_up_goes_back(city: City) -> None:
    account_id = await city.account()
    await city.top_up(account_id, 500, payer="slow")
    top_up = await top_up_of(city, account_id)
    [attempt] = await attempts_of(city, top_up)
    city.now += timedelta(seconds=5)
    await city.local.query(attempt.request_no)
    await told(city, attempt, Succeeded(attempt.request_no, 400))
    assert await city.disputes() == []  # no operator's staff sees it
    dispute_id = await city.owner.fetchval("select id from dispute where attempt_id = $1", attempt.id)
    async with city.pool.acquire() as db:
        dispute = await disputes_flow.dispute_by_id(db, dispute_id)
    await city.found(dispute, F.RECEIVED, 400)
    assert await city.book(account_id, "suspense") == 400
    assert (await city.give_back(dispute)).state == "succeeded"
    assert await city.book(account_id, "suspense") == 0
    assert await city.holds(account_id) == (0, 0)
