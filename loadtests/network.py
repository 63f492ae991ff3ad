"""The city of a run: lots with their gateways' keys, and accounts for the drivers who have one."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import sql
from loadtests import traffic
from loadtests.traffic import Lot
from parking import tariffs
from parking.flow.lots import issue_gateway_key, register_lot, register_operator
from parking.flow.prices import apply_to_lot
from parking.flow.tariffs import publish_tariff
from parking.lots import Direction, LanePlan, LotKind, LotPlan
from payments import ids, ledger
from payments.ledger import Book, Funds
from payments.store import ledger as books

TARIFF = Path(__file__).parent.parent / "seeds" / "tariffs" / "jinan_road.toml"
OPERATORS = 5
WALLET_FEN = 100_00
CLEARING = Funds(2, Book.CLEARING)
_POST_JOURNALS = 1000
_NUMBERS = "select nextval('owner_id') from generate_series(1, $1)"


async def register(db: sql.Connection, *, lots: int, now: datetime) -> list[Lot]:
    """Registers operators and `lots` lots of theirs with a gateway, two lanes and Jinan's roadside tariff each."""
    tariff = tariffs.to_json(tariffs.from_toml(TARIFF.read_bytes()))
    registered = []
    async with db.transaction():
        tariff_id = (await publish_tariff(db, document=tariff, by="load test", now=now, findings=())).id
        for n in range(OPERATORS):
            names = {"name_zh": f"经营单位{n}", "name_en": f"Operator {n}"}
            await register_operator(db, code=f"OP{n}", **names, platform_fee_bps=300, by="load test", now=now)
        for n in range(lots):
            plan = _plan(n)
            await register_lot(db, plan, by="load test", now=now)
            since = now - timedelta(days=100)
            await apply_to_lot(db, lot_code=plan.code, tariff_id=tariff_id, valid_from=since, by="load test", now=now)
            key = await issue_gateway_key(
                db, gateway_code=plan.gateway, by="load test", now=now, secret=secrets.token_bytes(32)
            )
            registered.append(Lot(plan.code, key, plan.lanes[0].code, plan.lanes[1].code))
    return registered


def _plan(n: int) -> LotPlan:
    code = f"L{n:03}"
    return LotPlan(
        code=code,
        operator_code=f"OP{n % OPERATORS}",
        name_zh=f"停车场{n}",
        name_en=f"Lot {n}",
        district_zh="历下区",
        district_en="Lixia",
        kind=LotKind.ROAD,
        capacity=2000,
        longitude=117.0 + n / 1000,
        latitude=36.65,
        gateway=f"{code}-G",
        lanes=(LanePlan(f"{code}-E1", "1", Direction.ENTRY), LanePlan(f"{code}-X1", "1", Direction.EXIT)),
    )


async def open_accounts(db: sql.Connection, *, vehicles: int, now: datetime) -> None:
    """An account for each linked plate of the vehicles, with WALLET_FEN in every second wallet.

    By COPY and in large postings: opened one at a time they would take longer than the run.
    """
    linked = [traffic.plate(number) for number in range(vehicles) if traffic.is_linked(number)]
    async with db.transaction():
        accounts = [row[0] for row in await db.fetch(_NUMBERS, len(linked))]
        await _copy(db, "account", ("id", "name", "created_at"), ((id_, "", now) for id_ in accounts))
        plates = ((text, "blue", id_, now - timedelta(days=100)) for text, id_ in zip(linked, accounts, strict=True))
        await _copy(db, "account_plate", ("plate", "plate_color", "account_id", "linked_at"), plates)
        await db.execute("select open_balances(id) from account")
        await _top_up(db, accounts[::2], now)


async def _top_up(db: sql.Connection, accounts: Sequence[int], now: datetime) -> None:
    top_ups = [(account, ids.new(now, account, account)) for account in accounts]
    rows = ((account, id_, id_.hex, WALLET_FEN, now) for account, id_ in top_ups)
    await _copy(db, "top_up", ("account_id", "id", "key_digest", "amount_fen", "created_at"), rows)
    made = (
        "shard",
        "payable_id",
        "id",
        "kind",
        "request_no",
        "channel",
        "amount_fen",
        "state",
        "created_at",
        "updated_at",
    )
    ended = (
        (account, id_, id_, "top_up", id_.hex, "local", WALLET_FEN, "succeeded", now, now) for account, id_ in top_ups
    )
    await _copy(db, "attempt", made, ended)
    for at in range(0, len(top_ups), _POST_JOURNALS):
        some = top_ups[at : at + _POST_JOURNALS]
        journals = [ledger.topped_up(account, id_, CLEARING, WALLET_FEN, now.date()) for account, id_ in some]
        await books.post(db, journals, now=now)


async def _copy(db: sql.Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    await db.copy_records_to_table(table, columns=list(columns), records=list(rows))
