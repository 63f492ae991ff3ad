"""Whatever is believed of stays, paid and given back, in whatever order: the books are what a plain model says."""

from typing import TypeAlias
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.store import charges as charge_store
from tests.payments.city import City, attempted

LIMIT_FEN = 5_000
FIRST_FEN = (1_000, 800, 600, 400)
WALLET_FEN = 3_000
REAL_DATABASE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
# Charges 0 and 1 are casual, 2 and 3 of one account.
WHICH, FEN = st.integers(0, 3), st.integers(0, 6_500)
Step: TypeAlias = tuple[str, list[tuple[int, int]]]
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.tuples(
        st.sampled_from(["adjust", "adjust", "adjust", "pay", "collect", "give back", "top up", "resolve"]),
        st.lists(st.tuples(WHICH, FEN), min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=9,
)


class Bill:
    """What is known of a charge, without a state: what its stay costs, what is kept of it, and what was paid so far."""

    def __init__(self, first_fen: int, *, casual: bool) -> None:
        self.first_fen, self.casual = first_fen, casual
        self.wanted_fen = self.kept_fen = first_fen
        self.net_fen = self.accepted_fen = 0
        self.ever_paid = False
        self.left_by_person: int | None = None

    @property
    def owed_fen(self) -> int:
        return max(self.kept_fen - self.net_fen, 0)

    def adjust(self, wanted_fen: int) -> int:
        """Returns what goes back."""
        if wanted_fen == self.wanted_fen:
            return 0
        self.wanted_fen = wanted_fen
        bounds = [wanted_fen]
        if not self.casual:
            bounds.append(max(self.first_fen, self.accepted_fen, LIMIT_FEN))
        elif self.ever_paid:
            bounds.append(self.accepted_fen)
        if self.left_by_person is not None:
            bounds.append(self.left_by_person)
        self.kept_fen = min(bounds)
        back_fen = max(self.net_fen - self.kept_fen, 0)
        self.net_fen -= back_fen
        return back_fen

    def pay(self) -> int:
        """Returns what was paid."""
        paid_fen = self.owed_fen
        self.net_fen += paid_fen
        self.ever_paid = self.ever_paid or paid_fen > 0
        self.accepted_fen = max(self.accepted_fen, self.net_fen)
        return paid_fen

    def give_back(self, fen: int) -> None:
        self.net_fen -= fen
        self.kept_fen = self.left_by_person = self.net_fen


class Street:
    """Four charges of a city, each with its bill in the model, and a wallet."""

    def __init__(self, city: City, account_id: int, made: list[UUID], bills: list[Bill]) -> None:
        self.city, self.account_id, self.made, self.bills = city, account_id, made, bills
        self.wallet_fen = WALLET_FEN

    async def take(self, n: int, step: str, named: list[tuple[int, int]]) -> None:
        """A step, in the city and in the model."""
        which, fen = named[0]
        match step:
            case "adjust":
                await self.adjust(named)
            case "pay" if self.bills[which].casual:
                await attempted(self.city.pay(self.made[which]))
                self.bills[which].pay()
            case "collect":
                await self.collect()
            case "give back" if fen and not self.bills[which].owed_fen:
                await self.give_back(which, fen, str(n))
            case "top up" if fen:
                await self.city.top_up(self.account_id, fen)
                self.wallet_fen += fen
            case "resolve":
                await self.city.resolve()

    async def adjust(self, named: list[tuple[int, int]]) -> None:
        await self.city.adjust(*((self.made[each], wanted) for each, wanted in named))
        for each, wanted in dict(named).items():
            back_fen = self.bills[each].adjust(wanted)
            self.wallet_fen += 0 if self.bills[each].casual else back_fen

    async def collect(self) -> None:
        async with self.city.pool.acquire() as db:
            await charge_store.wake_account(db, self.account_id, now=self.city.now)
        await self.city.collect()
        for each in self.bills[2:]:
            self.wallet_fen -= each.pay() if self.wallet_fen >= each.owed_fen else 0

    async def give_back(self, which: int, fen: int, key: str) -> None:
        done = await attempted(self.city.refund(self.made[which], fen, key=key))
        if not isinstance(done, type):
            self.bills[which].give_back(fen)
            self.wallet_fen += 0 if self.bills[which].casual else fen


@given(steps=STEPS)
@REAL_DATABASE
async def test_the_books_are_what_a_plain_model_says(city: City, steps: list[Step]) -> None:
    account_id, before_fen = await city.account(WALLET_FEN), await city.book(city.operator_id, "payable")
    receivable_fen = await city.book(city.operator_id, "casual_receivable")
    made = await billed(city, account_id)
    bills = [Bill((await city.stands(each)).first_fen, casual=n < 2) for n, each in enumerate(made)]
    street = Street(city, account_id, made, bills)
    for n, (step, named) in enumerate(steps):
        await street.take(n, step, named)
        assert await city.holds(account_id) == (street.wallet_fen, sum(each.owed_fen for each in bills[2:]))
        assert await city.book(city.operator_id, "payable") - before_fen == sum(each.kept_fen for each in bills)
        owed_fen = receivable_fen - await city.book(city.operator_id, "casual_receivable")
        assert owed_fen == sum(each.owed_fen for each in bills[:2])
    await city.resolve()
    assert await city.book(city.operator_id, "refund_payable") == 0
    for charge_id, bill in zip(made[:2], bills[:2], strict=True):
        assert await at_channel(city, charge_id) == bill.net_fen <= max(bill.accepted_fen, bill.wanted_fen)
    assert await city.violations() == {}


async def billed(city: City, account_id: int) -> list[UUID]:
    """Four new charges: two of casual drivers, and two of an account in the order in which its wallet pays them."""
    casual = [await city.charge(None, fen) for fen in FIRST_FEN[:2]]
    return casual + sorted([await city.charge(account_id, fen) for fen in FIRST_FEN[2:]])


async def at_channel(city: City, charge_id: UUID) -> int:
    """What the test channel took for a charge and still has, by its own books."""
    query = """select coalesce(sum(p.amount_fen), 0)
                    - coalesce(sum((select sum(r.amount_fen) from channel_local_refund r
                                     where r.payment_number = p.number)), 0)
                 from channel_local_payment p join attempt a on a.request_no = p.number
                where a.payable_id = $1 and p.state = 'succeeded'"""
    return await city.count(query, charge_id)


@given(
    causes=st.lists(st.tuples(WHICH, FEN), min_size=1, max_size=8),
    cuts=st.lists(st.booleans(), min_size=8, max_size=8),
    paid=st.booleans(),
)
@REAL_DATABASE
async def test_in_whatever_batches_the_same_is_said_the_same_stands(
    city: City, causes: list[tuple[int, int]], cuts: list[bool], paid: bool
) -> None:
    """Once with all at a time, once cut anywhere and everything said twice. What had gone back on the way is owed
    again: what is kept in the end is the same, and a wallet pays it by itself.
    """
    standings = []
    for split in (False, True):
        account_id = await city.account(8 * LIMIT_FEN)
        made = [await city.charge((None, account_id)[n // 2], fen) for n, fen in enumerate(FIRST_FEN)]
        if paid:
            await city.pay(made[0])
            await city.collect()
        for batch in batches(causes, cuts if split else []):
            for _ in range(1 + split):
                await city.adjust(*((made[which], fen) for which, fen in batch))
        await city.collect()
        await city.resolve()
        there = [await city.stands(each) for each in made]
        kept = [(c.amount_fen, c.waived_fen, c.owed_fen + c.paid_fen - c.refunded_fen) for c in there]
        standings.append((kept, await city.holds(account_id)))
    assert standings[0] == standings[1]


def batches(causes: list[tuple[int, int]], cuts: list[bool]) -> list[list[tuple[int, int]]]:
    """The causes in order, in one batch or cut behind those whose turn is true."""
    found: list[list[tuple[int, int]]] = [[]]
    for n, cause in enumerate(causes):
        found[-1].append(cause)
        if n < len(cuts) and cuts[n] and n < len(causes) - 1:
            found.append([])
    return found
