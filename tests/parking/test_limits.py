"""How descriptors are shared, whom an address belongs to, and when a bucket has a token."""

import pytest

from parking import limits
from parking.limits import Buckets, NoRoom, Rate


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("not an address", "not an address"),
        ("x" * 1_000, "x" * 64),
    ],
)
def test_whom_an_address_belongs_to(address: str, expected: str) -> None:
    assert limits.network(address) == expected


@pytest.mark.parametrize("descriptors", [200, 1_024, 4_096, 20_000, 1_048_576])
@pytest.mark.parametrize("gateways", [False, True])
def test_connections_leave_descriptors_for_everything_else(descriptors: int, gateways: bool) -> None:
    shares = limits.shares(descriptors, taken=82, gateways=gateways)
    assert shares.public + shares.gateways + 82 + limits.DESCRIPTORS_OWN <= descriptors
    assert shares.public + shares.gateways <= limits.CONNECTIONS_MAX
    assert 0 < shares.of_address < shares.public
    assert 0 < shares.listeners_of_address < shares.listeners < shares.public
    assert bool(shares.gateways) == gateways


def test_a_process_for_gateways_alone_gives_them_every_connection() -> None:
    both = limits.shares(4_096, taken=82, gateways=True)
    alone = limits.shares(4_096, taken=82, gateways=True, public=False)
    assert (alone.public, alone.gateways) == (0, both.public + both.gateways)
    assert alone.of_gateway_address == alone.gateways // 2


def test_a_process_without_room_for_callers_says_so() -> None:
    with pytest.raises(NoRoom, match="ulimit -n"):
        limits.shares(128, taken=82, gateways=True)


def test_a_bucket_gives_what_it_holds_and_then_at_its_rate() -> None:
    buckets, rate = Buckets(), Rate(10, 5)
    assert [buckets.take("a", rate, 100.0) for _ in range(10)] == [0.0] * 10
    assert buckets.take("a", rate, 100.0) == pytest.approx(0.5)
    assert buckets.take("b", rate, 100.0) == 0.0
    assert buckets.take("a", rate, 100.25) == pytest.approx(0.25)
    assert buckets.take("a", rate, 100.5) == 0.0
    assert buckets.take("a", rate, 100.5) == pytest.approx(0.5)
    assert [buckets.take("a", rate, 200.0) for _ in range(11)][-1] > 0


def test_a_refused_token_is_not_owed() -> None:
    buckets, rate = Buckets(), Rate(2, 2)
    for _ in range(100):
        buckets.take("a", rate, 0.0)
    assert buckets.take("a", rate, 1.0) == 0.0


def test_keys_are_forgotten_and_not_kept_without_end() -> None:
    buckets, rate = Buckets(keys_max=3), Rate(1, 60)
    for key in "abcd":
        assert buckets.take(key, rate, 0.0) == 0.0
    assert buckets.take("d", rate, 0.0) > 0
    assert buckets.take("a", rate, 0.0) == 0.0


@pytest.mark.parametrize(("pool_max", "writes"), [(2, 1), (4, 1), (5, 2), (10, 7), (19, 16), (200, 16)])
def test_writes_leave_connections_to_gates_and_reads(pool_max: int, writes: int) -> None:
    assert limits.writes_at_once(pool_max) == writes
