"""What balancers and people are said of a process: one table of what was seen and what follows."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from parking.health import Health, Observed, Round, State, Status, health, overdue
from tests.conftest import NOW

SEEN = Observed(NOW, read_only=False)
WELL = Round("collect", 0.2, running=False, done_s_ago=0.1)


def of(
    observed: Observed | None = SEEN,
    rounds: Sequence[Round] = (WELL,),
    *,
    redis_away: bool = False,
    ending: bool = False,
) -> Health:
    return health(observed, rounds, now=NOW, redis_away=redis_away, ending=ending)


def test_all_is_well() -> None:
    assert of().status is Status.OK
    assert {check.state for check in of().checks.values()} == {State.OK}


@pytest.mark.parametrize(
    ("seen", "check", "state", "status"),
    [
        (of(None), "database", State.AWAY, Status.UNAVAILABLE),
        (of(Observed(NOW, read_only=True)), "database", State.READ_ONLY, Status.UNAVAILABLE),
        (of(ending=True), "process", State.ENDING, Status.UNAVAILABLE),
        (of(redis_away=True), "redis", State.AWAY, Status.DEGRADED),
        (of(rounds=[]), "worker", State.BEHIND, Status.DEGRADED),
        (of(rounds=[WELL, Round("settle", 600, False, 3_000.0)]), "worker", State.BEHIND, Status.DEGRADED),
        (of(Observed(NOW - timedelta(days=730), read_only=False)), "clock", State.OFF, Status.DEGRADED),
        (of(Observed(NOW + timedelta(seconds=31), read_only=False)), "clock", State.OFF, Status.DEGRADED),
        (of(None), "worker", State.UNKNOWN, Status.UNAVAILABLE),
    ],
)
def test_what_lacks_is_said_and_only_what_stops_gates_is_false(
    seen: Health, check: str, state: State, status: Status
) -> None:
    assert (seen.checks[check].state, seen.status) == (state, status)
    assert (status is Status.UNAVAILABLE) == any(not each.ok for each in seen.checks.values())


@pytest.mark.parametrize(
    ("round_", "late"),
    [
        (WELL, False),
        (Round("collect", 0.2, running=False, done_s_ago=59.0), False),
        (Round("collect", 0.2, running=False, done_s_ago=61.0), True),
        (Round("verify", 600.0, running=False, done_s_ago=1_700.0), False),
        (Round("verify", 600.0, running=False, done_s_ago=1_900.0), True),
        (Round("verify", 600.0, running=True, done_s_ago=9_999.0), False),
        (Round("verify", 600.0, running=False, done_s_ago=None), True),
    ],
)
def test_overdue(round_: Round, late: bool) -> None:
    assert overdue(round_) is late


def test_what_is_late_is_named() -> None:
    said = of(rounds=[WELL, Round("settle", 600, False, 3_000.4), Round("repair", 300, False, None)])
    assert said.checks["worker"].detail == "settle: done 3000 s ago; repair: never done"
    assert of(Observed(NOW - timedelta(hours=1), read_only=False)).checks["clock"].detail.startswith("3600 s ahead")
