"""Whether a process can serve the gates, and what else is not as it should be: one check for each thing it needs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from parking.texts.durations import in_seconds

# A job is overdue when it missed some rounds, and a quick one not before a minute: a restart is no alarm.
OVERDUE_ROUNDS = 3
OVERDUE_MIN_S = 60.0
CLOCK_OFF_MAX = timedelta(seconds=30)


class Round(Struct, frozen=True):
    """A job of the worker: how often it is due, whether it is being done, how long ago it was done (None: never).

    `took_s`: the last round that ended, well or not. `failures`: rounds that failed since one was done; `failed_at` and
    `error`: the last that failed. `holder`: who leads it, or has led it last.
    """

    name: str
    every_s: float
    running: bool
    done_s_ago: float | None
    begun_at: datetime | None = None
    done_at: datetime | None = None
    took_s: float | None = None
    failures: int = 0
    failed_at: datetime | None = None
    error: str | None = None
    holder: str = ""


class JobShown(Struct, frozen=True):
    """A job of the worker. `overdue`: it should have been done by now. `took_s`: its last round. `failures`: rounds
    that failed since one was done; `failed_at` and `error` of the last that failed. `leader`: the machine and process
    that does it, or did it last.
    """

    name: str
    every_s: float
    running: bool
    overdue: bool
    begun_at: datetime | None
    done_at: datetime | None
    took_s: float | None
    failures: int
    failed_at: datetime | None
    error: str | None
    leader: str


def shown(round_: Round) -> JobShown:
    """A job as staff see it."""
    return JobShown(
        name=round_.name,
        every_s=round_.every_s,
        running=round_.running,
        overdue=overdue(round_),
        begun_at=round_.begun_at,
        done_at=round_.done_at,
        took_s=round_.took_s,
        failures=round_.failures,
        failed_at=round_.failed_at,
        error=round_.error,
        # The rest tells one life of a lease from another.
        leader=" ".join(round_.holder.split(" ")[:2]),
    )


class Observed(Struct, frozen=True):
    """What the database says: its time, and whether it takes writes."""

    at: datetime
    read_only: bool


class State(StrEnum):
    """How a thing is. `unknown`: the database, which knows it, does not answer."""

    OK = "ok"
    AWAY = "away"
    READ_ONLY = "read_only"
    BEHIND = "behind"
    OFF = "off"
    ENDING = "ending"
    UNKNOWN = "unknown"


class Check(Struct, frozen=True, omit_defaults=True):
    """One thing. `ok` is false only for what stops gate events; what merely lacks says so in `state`."""

    ok: bool
    state: State
    detail: str = ""


class Status(StrEnum):
    """ok: all is well; degraded: gate events are taken, something else lacks; unavailable: send gates elsewhere."""

    OK = "ok"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


class Health(Struct, frozen=True):
    """The checks by their names, and what follows from them."""

    status: Status
    checks: Mapping[str, Check]


_WELL = Check(True, State.OK)
_UNKNOWN = Check(True, State.UNKNOWN)


def health(
    observed: Observed | None, rounds: Sequence[Round], *, now: datetime, redis_away: bool, ending: bool
) -> Health:
    """What follows from what was seen; `observed` is None where the database did not answer in time."""
    away = observed is None
    checks = {
        "database": _database(observed),
        "process": Check(False, State.ENDING) if ending else _WELL,
        "redis": Check(True, State.AWAY, "counts are read from the database") if redis_away else _WELL,
        "worker": _UNKNOWN if away else _worker(rounds),
        "clock": _UNKNOWN if observed is None else _clock(now, observed.at),
    }
    if not all(check.ok for check in checks.values()):
        return Health(Status.UNAVAILABLE, checks)
    well = all(check.state is State.OK for check in checks.values())
    return Health(Status.OK if well else Status.DEGRADED, checks)


def overdue(round_: Round) -> bool:
    """Whether a job should have been done by now."""
    if round_.running:
        return False
    limit_s = max(round_.every_s * OVERDUE_ROUNDS, OVERDUE_MIN_S)
    return round_.done_s_ago is None or round_.done_s_ago > limit_s


def _database(observed: Observed | None) -> Check:
    if observed is None:
        return Check(False, State.AWAY)
    return Check(False, State.READ_ONLY, "no event can be recorded") if observed.read_only else _WELL


def _worker(rounds: Sequence[Round]) -> Check:
    if not rounds:
        return Check(True, State.BEHIND, "no worker has ever run: onelot work")
    late = [f"{each.name}: {_ago(each.done_s_ago)}" for each in rounds if overdue(each)]
    return Check(True, State.BEHIND, "; ".join(late)) if late else _WELL


def _ago(seconds: float | None) -> str:
    return "never done" if seconds is None else f"done {in_seconds(seconds)[1]} ago"


def _clock(now: datetime, database_at: datetime) -> Check:
    off = now - database_at
    if abs(off) <= CLOCK_OFF_MAX:
        return _WELL
    by = in_seconds(abs(off.total_seconds()))[1]
    return Check(True, State.OFF, f"{by} {'ahead of' if off > timedelta(0) else 'behind'} the database's clock")
