"""The command line as people type it: what it prints, and the code it ends with."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import asyncpg
import httpx
import msgspec
import pytest
from redis.asyncio import Redis

import sql
from parking import tariffs
from parking.api.authentication import gateway_of_key
from parking.live.network import LiveNetwork
from payments.flow import audit_chain
from payments.identity import Audience, read_token
from seeds.city.jinan import TARIFFS
from seeds.city.network import lot_plan
from seeds.servers.process import free_port
from tests import running
from tests.conftest import NOW, new_database
from tests.district import QC, TOKEN_SECRET, District, visit

NO_DATABASE, NO_REDIS = "postgresql://127.0.0.1:1/onelot", "redis://127.0.0.1:1"
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def env(database_url: str, redis_url: str) -> dict[str, str]:
    """An installation whose clock stands at the day after the tests' day."""
    return running.environment(database_url, redis_url, ONELOT_CLOCK_START=TOMORROW.isoformat())


@pytest.fixture
async def empty_database(server_url: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    async with new_database(server_url) as url:
        yield url


async def test_the_audit_log_is_worked_out_again(empty_database: str, redis_url: str) -> None:
    env = running.environment(empty_database, redis_url)
    await running.onelot(env, "migrate")
    for login in ("li.na", "zhang.wei"):
        code, printed = await running.onelot(env, "staff", "add", login, "--role", "clerk")
        assert code == 0, printed
    owner = await asyncpg.connect(empty_database)
    try:
        async with await asyncpg.create_pool(empty_database, min_size=1, max_size=2) as pool:
            assert await audit_chain.link_waiting(pool, now=NOW, random_bits=lambda: 7) >= 2
        code, head = await running.onelot(env, "audit", "head")
        assert code == 0, head
        code, printed = await running.onelot(env, "audit", "verify", "--head", head.strip())
        assert (code, f"ends at {head.strip()}" in printed) == (0, True), printed
        code, printed = await running.onelot(env, "audit", "--action", "staff.add")
        assert (code, "li.na" in printed) == (0, True), printed
        await owner.execute("update audit set subject = 'staff:nobody' where subject = 'staff:li.na'")
        code, printed = await running.onelot(env, "audit", "verify", "--json")
        assert (code, [each["fault"] for each in msgspec.json.decode(printed)["found"]]) == (1, ["changed"]), printed
        code, printed = await running.onelot(env, "audit", "verify", "--head", "5")
        assert (code, "POSITION:HASH" in printed) == (2, True), printed
    finally:
        await owner.close()


async def test_help() -> None:
    code, printed = await running.onelot({}, "--help")
    assert code == 0
    running_it = ("demo", "migrate", "rebuild-occupancy", "serve", "settle", "token", "verify", "work")
    for command in (*running_it, "cases", "disputes", "holds", "operator", "operators", "lot", "gateway", "tariff"):
        assert f"\n  {command} " in printed


async def test_migrate_then_verify_an_empty_city(empty_database: str, redis_url: str) -> None:
    env = running.environment(empty_database, redis_url)
    code, printed = await running.onelot(env, "migrate")
    assert (code, "migrations applied" in printed) == (0, True), printed
    assert not printed.startswith("0 ")
    code, printed = await running.onelot(env, "migrate")
    assert (code, printed.strip()) == (0, "0 migrations applied")
    code, printed = await running.onelot(env, "verify")
    assert code == 0, printed


async def test_a_database_of_another_version_is_left_alone(empty_database: str, redis_url: str) -> None:
    env = running.environment(empty_database, redis_url)
    assert (await running.onelot(env, "migrate"))[0] == 0
    db = await asyncpg.connect(empty_database)
    await db.execute("update schema_migration set sha256 = 'edited' where number = 1")
    await db.close()
    code, printed = await running.onelot(env, "migrate")
    assert code == 2
    assert "was changed after it was applied" in printed
    assert "Traceback" not in printed


async def test_a_database_that_is_not_there() -> None:
    env = running.environment(f"postgresql://127.0.0.1:{free_port()}/onelot", NO_REDIS)
    for words in (("migrate",), ("verify",), ("settle", "--date", "2026-11-16")):
        code, printed = await running.onelot(env, *words)
        assert code == 2
        assert "Traceback" not in printed, printed


async def test_verify_ends_with_1_when_an_invariant_is_broken(district: District, env: dict[str, str]) -> None:
    assert (await running.onelot(env, "verify"))[0] == 0
    await district.owner.execute("update lot_occupancy set inside = 7 where lot_id = $1", district.lot().id)
    try:
        code, printed = await running.onelot(env, "verify")
    finally:
        await district.owner.execute("update lot_occupancy set inside = 0")
    assert code == 1
    assert "count_differs_from_stays: The count of every lot is the number of vehicles inside." in printed
    assert f"lot_id={district.lot().id}, inside=7, stays=0" in printed


async def test_settle_twice(district: District, env: dict[str, str]) -> None:
    await district.record(*visit("a", "鲁A10001", NOW - timedelta(hours=3), NOW))
    day = str(date(2026, 11, 16))
    code, printed = await running.onelot(env, "settle", "--date", day)
    assert code == 0, printed
    row = next(line for line in printed.splitlines() if "jn-static" in line)
    assert [cell.strip() for cell in row.strip("│┃ ").split("│")] == [
        *("jn-static", day, "1", "6.00", "0.00", "0.18", "5.82")
    ]
    assert await running.onelot(env, "settle", "--date", day) == (0, printed)


async def test_a_day_that_is_not_over_is_refused_in_a_sentence(district: District, env: dict[str, str]) -> None:
    code, printed = await running.onelot(env, "settle", "--date", str(TOMORROW.date()))
    assert code == 2
    assert printed.startswith("DayNotOver: ")
    assert "Traceback" not in printed


async def test_a_token_that_the_service_takes(district: District, env: dict[str, str]) -> None:
    operator = district.lot().operator_id
    words = ("--role", "clerk", "--subject", "li", "--operator", "jn-static", "--hours", "1")
    code, printed = await running.onelot(env, "token", *words)
    assert code == 0, printed
    token_id, token = printed.splitlines()[0].split()[0], printed.split()[-1]
    read = read_token(token, secrets=(TOKEN_SECRET,), now=TOMORROW)
    principal = read.principal
    assert str(read.id) == token_id
    assert (principal.audience, principal.subject, principal.operator_id) == (Audience.CLERK, "li", operator)
    account = await district.account()
    code, printed = await running.onelot(
        env, "token", "--role", "driver", "--subject", "wang", "--account", str(account)
    )
    assert code == 0, printed
    principal = read_token(printed.split()[-1], secrets=(TOKEN_SECRET,), now=TOMORROW).principal
    assert (principal.audience, principal.id) == (Audience.DRIVER, account)
    trail = "select subject from audit where action = 'token.issue' and actor = 'command line: tests' order by subject"
    assert [row["subject"] for row in await district.owner.fetch(trail)] == ["clerk:li", "driver:wang"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--role", "driver"), "HolderUnclear"),
        (("--role", "driver", "--account", "999999"), "NoSuchAccount"),
        (("--role", "driver", "--account", "0"), "--account"),
        (("--role", "clerk", "--account", "1001"), "HolderUnclear"),
        (("--role", "finance", "--operator", "a b"), "--operator"),
        (("--role", "finance", "--operator", "jn-statc"), "UnknownOperator"),
        (("--role", "admin", "--operator", "jn-static"), "HolderUnclear"),
    ],
)
async def test_a_token_for_nobody(district: District, env: dict[str, str], words: tuple[str, ...], says: str) -> None:
    code, printed = await running.onelot(env, "token", "--subject", "li", *words)
    assert (code, says in printed, "Traceback" in printed) == (2, True, False), printed


async def test_what_cameras_say_without_a_plate(district: District, env: dict[str, str]) -> None:
    text = ("plate", "no-plate-text", "jn-static", "车位-空7")
    assert await running.onelot(env, *text) == (0, "车位空7\n")
    assert "车位空7" in (await running.onelot(env, "plate", "no-plate-texts"))[1]
    assert (await running.onelot(env, *text, "--drop"))[0] == 0
    assert "车位空7" not in (await running.onelot(env, "plate", "no-plate-texts"))[1]
    code, printed = await running.onelot(env, *text, "--drop")
    assert (code, "PlateRefused" in printed, "Traceback" in printed) == (2, True, False), printed


async def test_rebuild_occupancy(district: District, env: dict[str, str]) -> None:
    lots = await district.count("select count(*) from lot")
    code, printed = await running.onelot(env, "rebuild-occupancy")
    assert (code, printed.strip()) == (0, f"{lots} counts differed and were written anew")
    code, printed = await running.onelot(env, "rebuild-occupancy")
    assert (code, printed.strip()) == (0, "0 counts differed and were written anew")
    code, printed = await running.onelot({**env, "ONELOT_REDIS_URL": NO_REDIS}, "rebuild-occupancy")
    assert (code, printed.splitlines()[-1]) == (1, "Error: Redis is away: the counts were not written.")


async def test_what_redis_holds_stops_no_start(
    district: District, env: dict[str, str], redis_url: str, tmp_path: Path
) -> None:
    lot = district.lot()
    poison = b'99999999 {"v2":true}'
    async with Redis.from_url(redis_url) as redis:
        await redis.hset("onelot:counts", str(lot.id), poison)
        code, printed = await running.onelot(env, "rebuild-occupancy")
        assert (code, "Traceback" in printed) == (0, False), printed
        await redis.hset("onelot:counts", str(lot.id), poison)
        async with running.serving(tmp_path / "log", env) as (_, address), httpx.AsyncClient(base_url=address) as http:
            await redis.hset("onelot:counts", str(lot.id), poison)
            for path in ("/v1/lots", f"/v1/lots/{lot.code}"):
                assert (await http.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("words", "changed", "says"),
    [
        (("serve",), {"ONELOT_TOKEN_SECRETS": ""}, "ONELOT_TOKEN_SECRETS"),
        (("serve",), {"ONELOT_TOKEN_SECRETS": "short"}, "ONELOT_TOKEN_SECRETS"),
        (("work",), {"ONELOT_POOL": "3"}, "ONELOT_POOL is no setting"),
        (("work",), {"ONELOT_POOL_MAX": "1"}, "ONELOT_POOL_MAX must be a whole number"),
        (("verify",), {"ONELOT_DATABASE_URL": "nonsense"}, "ONELOT_DATABASE_URL"),
        (("verify",), {"ONELOT_DATABASE_URL": "postgresql://h/x?sslmode=y"}, "sslmode"),
        (("rebuild-occupancy",), {"ONELOT_REDIS_URL": "nonsense"}, "ONELOT_REDIS_URL"),
        (("operator", "add", "a b", "--name-zh", "a", "--name-en", "a", "--fee-bps", "3"), {}, "'a b'"),
        (("operator", "add", "a", "--name-zh", "a", "--name-en", "a", "--fee-bps", "10001"), {}, "--fee-bps"),
        (("lot", "add", "is-not-there.json"), {}, "is-not-there.json"),
        (("tariff", "publish", "README.md"), {}, "TariffUnclear"),
        (("tariff", "apply", "a", "--lot", "b", "--from", "2026-12-01T00:00:00"), {}, "is no instant"),
        (("tariff", "apply", "a", "--from", "2026-12-01T00:00:00Z"), {}, "--lot"),
        (("settle", "--date", "yesterday"), {}, "does not match"),
        (("token", "--role", "gateway", "--subject", QC), {}, "gateway"),
        (("settle",), {}, "--date"),
    ],
)
async def test_a_mistake_is_told_before_anything_is_done(
    words: tuple[str, ...], changed: dict[str, str], says: str
) -> None:
    code, printed = await running.onelot({**running.environment(NO_DATABASE, NO_REDIS), **changed}, *words)
    assert code == 2
    assert says in printed
    assert "Traceback" not in printed


@pytest.fixture
def lot_file(tmp_path: Path) -> Path:
    """The plan of a lot as a file."""
    file = tmp_path / "baotu.json"
    file.write_bytes(msgspec.json.encode(lot_plan("baotu", "quanshan")))
    return file


REGISTERED = [
    ("operator.register", "operator:quanshan"),
    ("operator.fee", "operator:quanshan"),
    ("lot.register", "lot:baotu"),
    ("tariff.register", "tariff:quanshan_road/1"),
    ("tariff.publish", "tariff:quanshan_road/1"),
    ("tariff.apply", "tariff:quanshan_road/1"),
    ("gateway_key.issue", "gateway:baotu-gw"),
]


@pytest.fixture
def road_file(tmp_path: Path) -> Path:
    """Jinan's tariff under a code of its own, so that its first version is this test's."""
    road = (TARIFFS / "jinan_road.toml").read_text("utf-8")
    file = tmp_path / "quanshan_road.toml"
    file.write_text(road.replace('code = "jinan_road"', 'code = "quanshan_road"'), "utf-8")
    return file


async def key_of(ok: Callable[..., Awaitable[str]], gateway: str) -> str:
    """Issues two keys, as many as may be, and revokes the first: the other one."""
    first, second = [await ok("gateway", "key", gateway) for _ in range(2)]
    name, holds = first.split("_")[1], second.split("_")[1]
    await ok("gateway", "revoke", gateway, name)
    listed = [line.split("│") for line in (await ok("gateway", "keys", gateway)).splitlines() if "│" in line]
    shown = [(key.strip(), bool(issued.strip()), bool(revoked.strip())) for _, key, issued, revoked, _ in listed]
    assert sorted(shown) == sorted([(name, True, True), (holds, True, False)])
    return second


async def test_a_city_is_registered_and_charges(
    database_url: str, owner: sql.Connection, env: dict[str, str], lot_file: Path, road_file: Path
) -> None:
    async def ok(*words: str) -> str:
        code, printed = await running.onelot(env, *words)
        assert code == 0, printed
        return printed.strip()

    names = ("--name-zh", "泉山停车", "--name-en", "Quanshan Parking")
    number = await ok("operator", "add", "quanshan", *names, "--fee-bps", "250")
    assert await ok("operator", "add", "quanshan", *names, "--fee-bps", "250") == f"{number}\nunchanged"
    await ok("operator", "fee", "quanshan", "--fee-bps", "300", "--from", "2030-01-01")
    (row,) = [line for line in (await ok("operators")).splitlines() if "quanshan" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        *(number, "quanshan", "泉山停车", "Quanshan Parking", "2.50 %", "0", "")
    ]
    lot_id = await ok("lot", "add", str(lot_file))
    assert await ok("lot", "add", str(lot_file)) == f"{lot_id}\nunchanged"
    await ok("operator", "arrears", "quanshan", "show")
    await ok("lot", "arrears", "baotu", "nothing")
    known = (str(road_file), "--accept", "farmable=the notice says so")
    published = await ok("tariff", "publish", *known)
    assert await ok("tariff", "publish", *known) == published
    code = published.split()[0]
    since = NOW - timedelta(days=1)
    await ok("tariff", "apply", code, "--lot", "baotu", "--from", since.isoformat())
    key = await key_of(ok, "baotu-gw")
    pool = await asyncpg.create_pool(database_url, min_size=1, max_size=2)
    async with pool:
        network = await LiveNetwork.open(pool, lambda: NOW)
        lot = network.lot("baotu")
        assert (str(lot.id), str(lot.operator_id), lot.say_arrears) == (lot_id, number, "nothing")
        assert [each.tariff.code for each in network.snapshot.prices[lot.id].tariffs] == [code]
        found = await gateway_of_key(network, key)
        assert found is not None
        assert found.code == "baotu-gw"
        audit = await pool.fetch("select actor, action, subject from audit")
    assert {tuple(row) for row in audit} >= {("command line: tests", *each) for each in REGISTERED}
    assert (await running.onelot(env, "verify"))[0] == 0

    later = (TOMORROW + timedelta(days=1)).isoformat()
    refused = {
        ("operator", "add", "quanshan", *names, "--fee-bps", "251"): "another platform_fee_bps",
        ("operator", "fee", "nobody", "--fee-bps", "250", "--from", "2030-01-01"): "NoSuchOperator",
        ("lot", "arrears", "nowhere"): "UnknownLot",
        ("gateway", "key", "baotu"): "UnknownGateway",
        ("tariff", "apply", "nothing", "--lot", "baotu", "--from", NOW.isoformat()): "No tariff has the code",
        ("tariff", "apply", code, "--lot", "baotu", "--from", NOW.isoformat()): "HoldsAlready",
        ("tariff", "apply", code, "--lot", "baotu", "--lot", "nowhere", "--from", later): "UnknownLot",
    }
    for words, says in refused.items():
        exit_code, printed = await running.onelot(env, *words)
        assert (exit_code, says in printed, "Traceback" in printed) == (2, True, False), printed
    # Nothing of the last one was kept: it holds at all lots or at none.
    await ok("tariff", "apply", code, "--lot", "baotu", "--from", later)
    await owner.execute("insert into zone (code, name_zh, name_en) values ('centre', '中心', 'Centre')")
    await ok("tariff", "apply", code, "--zone", "centre", "--from", later)
    begins = "select valid_from from zone_tariff join zone on zone.id = zone_tariff.zone_id where zone.code = 'centre'"
    assert await owner.fetchval(begins) == datetime.fromisoformat(later)


async def test_a_json_tariff_and_a_lot_that_is_none(district: District, env: dict[str, str], tmp_path: Path) -> None:
    tariff = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
    file = tmp_path / "dearer.json"
    free = msgspec.structs.replace(tariff.free, minutes=tariff.free.minutes + 1, clause_en="")
    file.write_bytes(tariffs.to_json(msgspec.structs.replace(tariff, free=free)))
    code, printed = await running.onelot(env, "tariff", "publish", str(file))
    assert (code, "Not published." in printed) == (1, True), printed
    code, printed = await running.onelot(env, "tariff", "publish", str(file), "--accept", "clause_differs=as before")
    assert (code, printed.split()) == (0, [tariff.code, "version", "2"]), printed
    file.write_bytes(msgspec.json.encode(msgspec.structs.replace(lot_plan("x", "jn-static"), capacity=0)))
    code, printed = await running.onelot(env, "lot", "add", str(file))
    assert (code, "capacity: Expected" in printed, "Traceback" in printed) == (2, True, False), printed
