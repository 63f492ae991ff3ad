"""What drivers without an account pay in a history: at the gate, and inside."""

from contextlib import suppress
from uuid import UUID

from parking import plates
from parking.flow.prepayments import quote_inside
from parking.plates import PlateColor
from parking.prepayments import NothingToPay
from payments.charges import ChargeNotDue
from payments.flow import charges as charges_flow
from tests.parking.flow.histories.places import code_of
from tests.parking.flow.histories.steps import Step
from tests.parking.flow.histories.told import Told

DUE = """
select c.id from charge c join stay s on s.lot_id = c.lot_id and s.id = c.stay_id
 where s.lot_id = $1 and s.plate = any($2) and c.account_id is null and c.owed_fen > 0 and c.state = 'due'
   and s.left_at between $3::timestamptz - interval '10 minutes' and $3
"""


async def paid(told: Told, step: Step) -> None:
    """The driver pays what is asked for at the gate, if anything is; some try twice."""
    district = told.district
    lot = district.lot(code_of(step.lot, told.of))
    of_car = [key for key, (car, _) in told.history.tickets.items() if car is step.car]
    named = [told.plate(step.car.plate), *(plates.of_ticket(told.tickets[key].number) for key in of_car)]
    due = await district.owner.fetchval(DUE, lot.id, named, step.at)
    for _ in range(step.pays if due is not None else 0):
        # The second time it is paid already.
        with suppress(ChargeNotDue):
            await _pay(told, due, step)


async def asked(told: Told, step: Step) -> None:
    """The driver asks inside what is to be paid, and pays it."""
    district, lot = told.district, told.district.lot(code_of(step.lot, told.of))
    with suppress(NothingToPay):
        async with district.pool.acquire() as db, db.transaction():
            quote = await quote_inside(
                db, lot, told.plate(step.car.plate), PlateColor(step.car.color), asker=None,
                network=district.network, now=step.at, random_bits=district.random_bits,
            )  # fmt: skip
        if quote.amount_fen:
            assert quote.charge_reference is not None
            async with district.pool.acquire() as db:
                charge = await charges_flow.charge_named(db, quote.charge_reference, by_id=False)
            await _pay(told, charge.id, step)


async def _pay(told: Told, charge_id: UUID, step: Step) -> None:
    district = told.district
    await charges_flow.pay_charge(
        district.pool,
        district.channels(step.at),
        charge_id=charge_id,
        channel="local",
        payer="ok",
        now=step.at,
        random_bits=district.random_bits,
    )
