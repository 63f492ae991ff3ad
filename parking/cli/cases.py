"""Cases on a terminal: which there are, one of them, and deciding it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec
from msgspec import structs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

import sql
from parking import plates
from parking.cases import Filter, Reason, State
from parking.cli.actor import staff
from parking.cli.arguments import INSTANT, aware
from parking.cli.holds import named
from parking.cli.registry import CODE, more
from parking.cli.spoken import chosen, headings, sentence, word
from parking.clock import random_bits
from parking.decisions import Kind
from parking.flow import cases as flow
from parking.flow.cases import CaseShown
from parking.flow.decisions import Decided
from parking.flow.network import read_network
from parking.network import Network
from parking.plates import PlateColor
from parking.settings import read
from parking.texts.durations import short_in_days
from parking.verdicts import SET_FEN_MAX, Verdict
from payments import ids
from payments.errors import OneLotError
from payments.money import yuan
from sql.pool import open_pool

CASES_SHOWN_MAX = 100
# So many are decided by one command; what is left is decided by the next.
CASES_DECIDED_MAX = 10_000
# What may be decided of many that nobody has told apart.
ALIKE = (Kind.VOID, Kind.RIGHT, Kind.LET_OUT_FREE, Kind.LET_OUT_AND_CHARGE)
DAY = click.DateTime(["%Y-%m-%d"])
T = TypeVar("T")
_out = Console(markup=False)
_err = Console(stderr=True, markup=False)


def _with_pool(do: Callable[[sql.Pool, Network, datetime], Awaitable[T]]) -> T:
    settings = read()

    async def done() -> T:
        async with await open_pool(settings.database_url, connections_max=1) as pool:
            now = settings.clock()()
            async with pool.acquire() as db:
                network = await read_network(db, now)
            return await do(pool, network, now)

    return asyncio.run(done())


@click.group()
def cases() -> None:
    """What a person should look at."""


def _filters(command: Any) -> Any:
    """The options that say which cases."""
    command = click.option("--assignee", help="Who looks.")(command)
    command = click.option(
        "--day", type=click.DateTime(["%Y-%m-%d"]), help="On which it happened, by the lot's clock."
    )(command)
    command = click.option("--plate", help="As it was read.")(command)
    command = click.option("--reason", type=click.Choice([each.value for each in Reason]))(command)
    return click.option("--lot", type=CODE, help="Only those of a lot.")(command)


def _filter(
    network: Network,
    state: State,
    *,
    lot: str | None,
    reason: str | None,
    plate: str | None,
    day: datetime | None,
    assignee: str | None,
) -> Filter:
    return Filter(
        lot_ids=None if lot is None else [named(network, lot).id],
        state=state,
        reason=None if reason is None else Reason(reason),
        plate=plates.looked_for(plate),
        day=None if day is None else day.date(),
        assignee=assignee,
    )


async def _page(pool: sql.Pool, wanted: Filter, after: UUID, limit: int, now: datetime) -> list[CaseShown]:
    async with pool.acquire() as db, db.transaction():
        return await flow.find_cases(
            db, wanted, after=after, limit=limit, reader=staff(), now=now, random_bits=random_bits
        )


@cases.command("list")
@click.option("--state", type=click.Choice([each.value for each in State]), default=State.OPEN.value, show_default=True)
@_filters
@click.option("--after", type=click.UUID, default=ids.FIRST, help="The last case of the page before.")
@click.option("--limit", type=click.IntRange(1, CASES_SHOWN_MAX), default=50, show_default=True)
def list_cases(*, state: str, after: UUID, limit: int, **wanted: Any) -> None:
    """List cases, the oldest first."""

    async def find(pool: sql.Pool, network: Network, now: datetime) -> list[CaseShown]:
        return await _page(pool, _filter(network, State(state), **wanted), after, limit, now)

    found = _with_pool(find)
    table = Table(
        *headings("case", "lot", "why", "plate", "happened", "waits", "¥", "candidates", "assignee", "resolved by")
    )
    for case in found:
        others = ", ".join(each.plate for each in case.candidates)
        who = (case.assignee or "", case.resolved_by or "")
        why = f"{case.reason_zh} {case.reason_en}"
        about = (case.lot, why, case.plate or "", _local(case.occurred_at), _age(case))
        table.add_row(str(case.id), *about, _money(case), others, *who)
    _out.print(table)
    if len(found) == limit:
        click.echo(more(found[-1].id))


def _local(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _age(case: CaseShown) -> str:
    return chosen(short_in_days(timedelta(seconds=case.age_s)))


def _money(case: CaseShown) -> str:
    return "" if case.at_stake_fen is None else yuan(case.at_stake_fen)


@cases.command("show")
@click.argument("case_id", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="All that is known, as JSON.")
def show(case_id: UUID, *, as_json: bool) -> None:
    """Show a case: what happened, the money at stake, who may be meant, and what was decided."""

    async def find(pool: sql.Pool, _: Network, now: datetime) -> CaseShown:
        async with pool.acquire() as db, db.transaction():
            return await flow.case_by_id(
                db, case_id=case_id, lot_ids=None, reader=staff(), now=now, random_bits=random_bits
            )

    case = _with_pool(find)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(case)))
    else:
        _print(case)


def _print(case: CaseShown) -> None:
    """A case as a person reads it. Times are UTC."""
    rows = (
        (word("lot, lane"), f"{case.lot} {case.lane or ''}"),
        (word("happened"), f"{case.kind or ''} {_local(case.occurred_at)}"),
        (
            word("plate"),
            sentence(
                "{plate}, read {text}, sure {confidence}",
                plate=f"{case.plate or ''} {case.plate_color or ''}",
                text=case.plate_read or "",
                confidence=case.confidence,
            ),
        ),
        (
            word("stay"),
            sentence(
                "{state}, {since} to {until}",
                state=case.stay_state or word("none"),
                since=_local(case.entered_at),
                until=_local(case.left_at),
            ),
        ),
        (word("at stake ¥"), f"{_money(case)} {case.charge_state or ''}"),
        (word("waits"), f"{_age(case)}, {case.assignee or word('nobody looks')}"),
        (word("driver says"), case.said or ""),
        (
            word("resolved"),
            f"{_local(case.resolved_at)} {case.resolved_by or ''}: {case.note or ''}" * bool(case.resolved_at),
        ),
    )
    click.echo(f"{case.reason_zh} {case.reason_en}")
    for name, text in rows:
        if text.strip():
            click.echo(f"  {name}: {text.strip()}")
    if case.candidates:
        table = Table(*headings("may be", "colour", "came", "left", "likeness", "stay"))
        for each in case.candidates:
            times = (_local(each.entered_at), _local(each.left_at))
            table.add_row(each.plate, each.plate_color, *times, each.likeness, str(each.stay_id))
        _out.print(table)
    for made in case.decisions:
        words = f"{made.kind_zh} {made.kind_en}"
        click.echo(f"  {made.n}. {words}, {made.plate}, {made.decided_by} {_local(made.decided_at)}: {made.note}")


@cases.command("assign")
@click.argument("case_ids", nargs=-1, required=True, type=click.UUID)
@click.option("--to", "assignee", help="Who looks at them; left out: nobody.")
def assign(case_ids: tuple[UUID, ...], assignee: str | None) -> None:
    """Say who looks at cases."""

    async def do(pool: sql.Pool, network: Network, now: datetime) -> None:
        about: dict[str, Any] = {"lot_ids": None, "assignee": assignee, "by": staff(), "network": network, "now": now}
        async with pool.acquire() as db, db.transaction():
            for case_id in case_ids:
                await flow.assign_case(db, case_id=case_id, **about)

    _with_pool(do)
    click.echo(sentence("{count} cases: {who} looks", count=len(case_ids), who=assignee or word("nobody")))


@cases.command("decide-all")
@click.argument("kind", type=click.Choice([each.value for each in ALIKE]))
@_filters
@click.option("--note", required=True, help="What was found; it is kept with each decision.")
@click.option("--amount-fen", type=click.IntRange(1, SET_FEN_MAX), help="let_out_and_charge: what each pays.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def decide_all(kind: str, *, note: str, amount_fen: int | None, yes: bool, **wanted: Any) -> None:
    """Decide all open cases of a filter alike, each by itself; those that are refused are named and stay open."""
    if not any(wanted.values()):
        raise click.UsageError(word("Say which: --lot, --reason, --plate, --day or --assignee."))
    said = Verdict(kind=Kind(kind), note=note, amount_fen=amount_fen)

    async def find(pool: sql.Pool, network: Network, now: datetime) -> list[UUID]:
        return await _all(pool, _filter(network, State.OPEN, **wanted), now)

    async def do(pool: sql.Pool, network: Network, now: datetime) -> list[tuple[UUID, OneLotError]]:
        return await _decide_all(pool, said, found, network, now)

    found = _with_pool(find)
    if found and not yes:
        click.confirm(sentence("Decide {count} cases?", count=len(found)), abort=True)
    refused = _with_pool(do) if found else []
    click.echo(sentence("{count} decided, {others} refused", count=len(found) - len(refused), others=len(refused)))
    for case_id, why in refused:
        click.echo(f"{case_id}: {type(why).__name__}: {why}")
    if refused:
        raise SystemExit(1)


async def _all(pool: sql.Pool, wanted: Filter, now: datetime) -> list[UUID]:
    found: list[UUID] = []
    while len(found) < CASES_DECIDED_MAX:
        page = await _page(pool, wanted, found[-1] if found else ids.FIRST, CASES_SHOWN_MAX, now)
        found += [case.id for case in page]
        if len(page) < CASES_SHOWN_MAX:
            break
    return found


async def _decide_all(
    pool: sql.Pool, said: Verdict, case_ids: Sequence[UUID], network: Network, now: datetime
) -> list[tuple[UUID, OneLotError]]:
    """Decides each by itself; returns what was refused."""
    refused: list[tuple[UUID, OneLotError]] = []
    columns = (TextColumn(word("deciding")), BarColumn(), MofNCompleteColumn())
    # Without a terminal a bar would leave an empty line.
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
        for case_id in progress.track(case_ids):
            try:
                await _decide(pool, said, case_id, network, now)
            except OneLotError as e:
                refused.append((case_id, e))
    return refused


async def _decide(pool: sql.Pool, said: Verdict, case_id: UUID, network: Network, now: datetime) -> Decided:
    return await flow.decide_case(
        pool,
        said,
        case_id=case_id,
        lot_ids=None,
        by=staff(),
        request_key=None,
        network=network,
        now=now,
        random_bits=random_bits,
    )


@cases.command("decide")
@click.argument("case_id", type=click.UUID)
@click.argument("kind", type=click.Choice([each.value for each in Kind]))
@click.option("--note", required=True, help="What was found; it is kept with the decision.")
@click.option("--plate", help="plate: which it was.")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), help="plate: its colour.")
@click.option("--stay", "stay_id", type=click.UUID, help="pair: the stay that is the other half.")
@click.option("--entered", type=INSTANT, help="manual_entry, let_out_and_charge: when it came; local to the lot.")
@click.option("--left", type=INSTANT, help="manual_exit: when it left; local to the lot.")
@click.option("--lane", help="manual_entry, manual_exit, let_out_and_charge: where that was.")
@click.option(
    "--amount-fen",
    type=click.IntRange(1, SET_FEN_MAX),
    help="let_out_and_charge: what it pays instead of the tariff's.",
)
@click.option("--undoes", type=click.IntRange(min=1), help="undo: the number of the decision.")
def decide(
    *,
    case_id: UUID,
    kind: str,
    note: str,
    plate: str | None,
    color: str | None,
    stay_id: UUID | None,
    entered: datetime | None,
    left: datetime | None,
    lane: str | None,
    amount_fen: int | None,
    undoes: int | None,
) -> None:
    """Decide a case; stays, charges, the barrier and the count follow at once."""
    said = Verdict(
        kind=Kind(kind),
        note=note,
        plate=plate,
        plate_color=None if color is None else PlateColor(color),
        stay_id=stay_id,
        entered_at=entered,
        left_at=left,
        lane=lane,
        amount_fen=amount_fen,
        undoes=undoes,
    )

    async def do(pool: sql.Pool, network: Network, now: datetime) -> Decided:
        lot, local = network.lots.get(ids.shard_of(case_id)), said
        if lot is not None:
            zone = ZoneInfo(lot.time_zone)
            times = {"entered_at": entered, "left_at": left}
            local = structs.replace(said, **{name: aware(at, zone) for name, at in times.items() if at is not None})
        return await _decide(pool, local, case_id, network, now)

    decided = _with_pool(do)
    stay, made = decided.stay, {"n": decided.decision.n, "event": decided.decision.fact_id}
    if stay is None:
        click.echo(sentence("decision {n} about event {event}: in no stay", **made))
    else:
        click.echo(
            sentence(
                "decision {n} about event {event}: in stay {stay}, {state}", **made, stay=stay.id, state=stay.state
            )
        )
