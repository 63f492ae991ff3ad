"""What the doctor makes of what was seen: one table a part, and a text for everything."""

from collections.abc import Iterable
from datetime import timedelta
from string import Formatter

import pytest
from msgspec import structs

from parking import doctor
from parking.doctor import GatewayHeard, Kind, Remark, Server, Severity, Told
from parking.health import Round
from parking.prices import LotPrices, TariffInForce
from parking.texts import doctor as texts
from tests.conftest import NOW
from tests.district import District

STRONG = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
TOLD = Told((STRONG,), 32, test_channel=False, allow_owner=False, other_clock=False, connections=30)
SERVER = Server(160_003, "16.3", NOW, read_only=False, connections_max=100)
WELL = Round("collect", 0.2, running=False, done_s_ago=0.1)
GIB = 1 << 30


def kinds(remarks: Iterable[Remark]) -> list[Kind]:
    return [remark.kind for remark in remarks]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (doctor.of_settings(TOLD), []),
        (doctor.of_settings(structs.replace(TOLD, secrets=None)), [Kind.SECRETS_MISSING]),
        (doctor.of_settings(structs.replace(TOLD, secrets=(STRONG, "ab" * 20))), [Kind.SECRETS_WEAK]),
        (
            doctor.of_settings(structs.replace(TOLD, test_channel=True, other_clock=True)),
            [Kind.TEST_CHANNEL, Kind.OTHER_CLOCK],
        ),
        (doctor.of_disk({"/": (50 * GIB, 100 * GIB), "/tmp": (GIB, 10 * GIB)}), []),
        (doctor.of_disk({"/": (GIB - 1, 10 * GIB)}), [Kind.DISK_FULL]),
        (doctor.of_disk({"/": (4 * GIB, 100 * GIB)}), [Kind.DISK_FULL]),
        (doctor.of_redis("6.2.0", ""), []),
        (doctor.of_redis("10.0.1", ""), []),
        (doctor.of_redis("6.0.16", ""), [Kind.REDIS_OLD]),
        (doctor.of_redis(None, "refused"), [Kind.REDIS_AWAY]),
        (doctor.of_server(SERVER, now=NOW, told=TOLD), []),
        (doctor.of_server(structs.replace(SERVER, version=140_012), now=NOW, told=TOLD), [Kind.DATABASE_OLD]),
        (doctor.of_server(structs.replace(SERVER, read_only=True), now=NOW, told=TOLD), [Kind.DATABASE_READ_ONLY]),
        (doctor.of_server(structs.replace(SERVER, connections_max=29), now=NOW, told=TOLD), [Kind.FEW_CONNECTIONS]),
        (doctor.of_server(SERVER, now=NOW - timedelta(seconds=31), told=TOLD), [Kind.CLOCK_OFF]),
        (doctor.of_server(SERVER, now=NOW + timedelta(days=9), told=structs.replace(TOLD, other_clock=True)), []),
        (doctor.of_schema([1, 2, 3], [1, 2, 3]), []),
        (doctor.of_schema([1, 2, 3, 4], [1, 2, 3]), [Kind.SCHEMA_NEWER]),
        (doctor.of_months([]), []),
        (doctor.of_months(["stay"]), [Kind.NO_MONTH_AHEAD]),
        (doctor.of_jobs([WELL]), []),
        (doctor.of_jobs([]), [Kind.NEVER_WORKED]),
        (doctor.of_jobs([structs.replace(WELL, done_s_ago=90.0)]), [Kind.JOB_OVERDUE]),
        (doctor.of_jobs([structs.replace(WELL, failures=2)]), []),
        (doctor.of_jobs([structs.replace(WELL, failures=3, error="OSError: away")]), [Kind.JOB_FAILS]),
    ],
)
def test_what_is_odd(found: Iterable[Remark], expected: list[Kind]) -> None:
    assert kinds(found) == expected


async def test_what_is_odd_about_a_city(district: District) -> None:
    network = district.network
    well = [GatewayHeard("gw", heard=True, keys_active=1)]
    before = kinds(doctor.of_city(network, well, NOW))
    (first, *_) = network.lots
    unpriced = structs.replace(network, prices={**network.prices, first: LotPrices()})
    assert Kind.LOT_WITHOUT_PRICE in kinds(doctor.of_city(unpriced, well, NOW))
    unread = LotPrices((TariffInForce(NOW, 1, None, None),))
    unreadable = structs.replace(network, prices={**network.prices, first: unread})
    assert Kind.PRICE_UNREADABLE in kinds(doctor.of_city(unreadable, well, NOW))
    assert Kind.LOT_WITHOUT_LANE in kinds(doctor.of_city(structs.replace(network, lanes={}), well, NOW))
    silent = [*well, GatewayHeard("a", heard=False, keys_active=1), GatewayHeard("b", heard=False, keys_active=0)]
    assert kinds(doctor.of_city(network, silent, NOW)) == [*before, Kind.GATEWAY_WITHOUT_KEY, Kind.GATEWAY_UNHEARD]
    nothing = structs.replace(network, lots={}, lanes={}, prices={})
    assert kinds(doctor.of_city(nothing, [], NOW)) == [Kind.NO_LOT]


def test_long_lists_are_cut() -> None:
    (remark,) = doctor.of_months([f"table_{n}" for n in range(9)])
    assert remark.facts == {"tables": "table_0, table_1, table_2, table_3, table_4 (+4)"}


@pytest.mark.parametrize(("severities", "code"), [([], 0), (["odd"], 1), (["odd", "wrong"], 2)])
def test_the_exit_code(severities: list[str], code: int) -> None:
    remarks = [Remark(doctor.Area.CITY, Kind.NO_LOT, Severity(each)) for each in severities]
    assert doctor.exit_code(remarks) == code


@pytest.mark.parametrize("kind", Kind)
def test_everything_is_said_in_both_languages(kind: Kind) -> None:
    zh, en = texts.REMARKS[kind]
    assert en.isascii()
    assert not zh.isascii()
    names = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
    assert names[0] == names[1]
