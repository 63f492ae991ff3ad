"""How many events a second, and how soon each is answered, beside what Litestar and PostgreSQL do alone."""

from contextlib import nullcontext
from datetime import UTC, datetime

from msgspec import Struct
from rich.table import Table

from loadtests import ceilings, traffic
from loadtests.client import Measured, fire
from loadtests.environment import Environment, Machine
from loadtests.server import Server
from sql.invariants import Invariant

ARRAY_EVENTS = 100
WARM_UP_S = 2.0
# Of each kind, as many vehicles, so that no run meets another's; and as many events as no machine gets through.
VEHICLES_PER_S, VEHICLES_MIN, VEHICLES_MAX = 2_000, 2_000, 20_000
EVENTS_PER_S_MAX = 15_000
SQL_EVENTS_PER_S_MAX, SQL_EVENTS_MAX = 60_000, 150_000


class Row(Struct, frozen=True):
    """A line of the table. Shares are of what Litestar, and PostgreSQL, did alone in the same run; 1 is all of it.

    `server_cpu_us` is the processor time of the serving processes for each event: what does not depend on who else
    was busy on the machine.
    """

    name: str
    measured: Measured
    of_litestar: float | None = None
    of_postgres: float | None = None
    server_cpu_us: float | None = None


class _Busy(Struct, frozen=True):
    """A measurement, and the processor time the server spent on each event."""

    measured: Measured
    cpu_us: float | None


class Report(Struct, frozen=True):
    """The figures of a run, and the invariants that do not hold after it (none, if all is well)."""

    machine: Machine
    workers: int
    rows: list[Row]
    broken_invariants: list[Invariant]
    errors: dict[int, int]

    @property
    def ok(self) -> bool:
        """Whether everything was answered with success and the books hold."""
        return not self.broken_invariants and not self.errors

    def table(self) -> Table:
        """The figures for a terminal."""
        m = self.machine
        table = Table(
            *(
                "events per request × connections",
                "events/s",
                "p50 ms",
                "p95 ms",
                "p99 ms",
                "of Litestar",
                "of PostgreSQL",
                "CPU µs/event",
            ),
            title=f"Throughput, {self.workers} worker(s)",
            caption=f"{m.cpu}, {m.cores} cores; PostgreSQL {m.postgres}, fsync {m.fsync}, synchronous_commit "
            f"{m.synchronous_commit}, shared_buffers {m.shared_buffers}; Python {m.python}; client on the same machine",
        )
        for row in self.rows:
            load = row.measured
            figures = (f"{load.events_per_s:,.0f}", f"{load.p50_ms:.1f}", f"{load.p95_ms:.1f}", f"{load.p99_ms:.1f}")
            cpu = f"{row.server_cpu_us:.0f}" if row.server_cpu_us else ""
            table.add_row(row.name, *figures, _percent(row.of_litestar), _percent(row.of_postgres), cpu)
        return table


async def run(
    env: Environment, *, seconds: float = 10.0, connections: int = 64, workers: int = 1, work: bool = False
) -> Report:
    """Measures the ceilings, then the service, `seconds` each; with `work` while the worker collects the charges.

    `env` has the accounts of all vehicles(seconds).
    """
    few = max(connections // 4, 1)
    env.progress(f"Litestar alone: {seconds:.0f} s one event a request, {seconds:.0f} s many")
    litestar_one = await ceilings.litestar(
        env, seconds=seconds, connections=connections, per_request=1, workers=workers
    )
    litestar_many = await ceilings.litestar(
        env, seconds=seconds, connections=few, per_request=ARRAY_EVENTS, workers=workers
    )
    env.progress("PostgreSQL alone: rows are prepared, then written")
    events_max = min(SQL_EVENTS_MAX, int(seconds * SQL_EVENTS_PER_S_MAX))
    postgres = await ceilings.postgres(env, _vehicles(0, seconds), seconds=seconds, events_max=events_max)
    async with env.serving(workers=workers) as server, env.working() if work else nullcontext():
        env.progress("OneLot: one event a request")
        single = await _measure(env, server, 1, seconds=seconds, connections=connections)
        env.progress("OneLot: arrays")
        arrays = await _measure(env, server, ARRAY_EVENTS, seconds=seconds, connections=few)
    env.progress("the invariants")
    return Report(
        machine=await env.machine(),
        workers=workers,
        rows=[
            Row(f"Litestar alone, 1 event × {connections}", litestar_one),
            Row(f"Litestar alone, {ARRAY_EVENTS} events × {few}", litestar_many),
            Row(f"PostgreSQL alone, {ceilings.BATCH_EVENTS} events × {ceilings.WRITERS}", postgres),
            _row(f"OneLot, 1 event × {connections}", single, litestar_one, postgres),
            _row(f"OneLot, {ARRAY_EVENTS} events × {few}", arrays, litestar_many, postgres),
        ],
        broken_invariants=await env.broken_invariants(),
        errors={k: n for each in (single.measured, arrays.measured) for k, n in each.statuses.items() if k != 200},
    )


def vehicles(seconds: float) -> int:
    """How many vehicles a run of this length needs."""
    return 3 * len(_vehicles(0, seconds))


def _vehicles(n: int, seconds: float) -> range:
    count = min(VEHICLES_MAX, max(VEHICLES_MIN, int(seconds * VEHICLES_PER_S)))
    return range(n * count, (n + 1) * count)


async def _measure(env: Environment, server: Server, per_request: int, *, seconds: float, connections: int) -> _Busy:
    warm_up_s = min(WARM_UP_S, seconds)
    prepared = traffic.prepared(
        env.lots,
        _vehicles(1 if per_request == 1 else 2, seconds),
        connections=connections,
        events=int((seconds + warm_up_s) * EVENTS_PER_S_MAX),
        until=datetime.now(UTC),
        name=f"of{per_request}-",
        per_request=per_request,
    )
    shots = [iter(each) for each in prepared]
    # Plans that were made for empty tables go with the statistics, as they do in every database older than a minute.
    await fire(server.port, shots, seconds=warm_up_s)
    await env.rest()
    before = server.cpu_s()
    measured = await fire(server.port, shots, seconds=seconds)
    after = server.cpu_s()
    cpu_us = None if before is None or after is None else round((after - before) / max(measured.events, 1) * 1e6, 1)
    return _Busy(measured, cpu_us)


def _row(name: str, busy: _Busy, litestar: Measured, postgres: Measured) -> Row:
    load = busy.measured
    return Row(name, load, _share(load, litestar), _share(load, postgres), busy.cpu_us)


def _share(measured: Measured, ceiling: Measured) -> float | None:
    return round(measured.events_per_s / ceiling.events_per_s, 3) if ceiling.events_per_s else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
