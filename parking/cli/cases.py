"""Cases on a terminal: which there are, one of them, and deciding it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import click
import msgspec
from msgspec import structs
from rich.console import Console
from rich.table import Table

import sql
from parking import plates
from parking.cases import Filter, Reason, State
from parking.cli.arguments import INSTANT, aware
from parking.cli.holds import named
from parking.cli.registry import BY, CODE
from parking.clock import random_bits
from parking.decisions import Kind, Verdict
from parking.flow import cases as flow
from parking.flow.cases import CaseShown
from parking.flow.decisions import Decided
from parking.flow.network import read_network
from parking.network import Network
from parking.plates import PlateColor
from parking.settings import read
from payments import ids
from payments.identity import Audience, Principal
from payments.money import yuan
from sql.pool import open_pool

CASES_SHOWN_MAX = 100
T = TypeVar("T")
_out = Console()
_READER = Principal(Audience.ADMIN, BY)


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


@cases.command("list")
@click.option("--state", type=click.Choice([each.value for each in State]), default=State.OPEN.value, show_default=True)
@click.option("--lot", type=CODE, help="Only those of a lot.")
@click.option("--reason", type=click.Choice([each.value for each in Reason]))
@click.option("--plate", help="As it was read.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="On which it happened, by the lot's clock.")
@click.option("--assignee", help="Who looks.")
@click.option("--after", type=click.UUID, help="The last case of the page before.")
@click.option("--limit", type=click.IntRange(1, CASES_SHOWN_MAX), default=50, show_default=True)
def list_cases(
    *,
    state: str,
    lot: str | None,
    reason: str | None,
    plate: str | None,
    day: datetime | None,
    assignee: str | None,
    after: UUID | None,
    limit: int,
) -> None:
    """List cases, the oldest first."""

    async def find(pool: sql.Pool, network: Network, now: datetime) -> list[CaseShown]:
        wanted = Filter(
            lot_ids=None if lot is None else [named(network, lot).id],
            state=State(state),
            reason=None if reason is None else Reason(reason),
            plate=None if plate is None else plates.normalise(plate),
            day=None if day is None else day.date(),
            assignee=assignee,
        )
        async with pool.acquire() as db, db.transaction():
            return await flow.find_cases(
                db, wanted, after=after, limit=limit, reader=_READER, now=now, random_bits=random_bits
            )

    found = _with_pool(find)
    table = Table("case", "lot", "reason", "plate", "happened", "¥", "candidates", "assignee", "resolved by")
    for case in found:
        happened = "" if case.occurred_at is None else f"{case.occurred_at:%Y-%m-%d %H:%M}"
        money = "" if case.at_stake_fen is None else yuan(case.at_stake_fen)
        others = ", ".join(each.plate for each in case.candidates)
        who = (case.assignee or "", case.resolved_by or "")
        table.add_row(str(case.id), case.lot, case.reason, case.plate or "", happened, money, others, *who)
    _out.print(table)
    if len(found) == limit:
        click.echo(f"more: --after {found[-1].id}")


@cases.command("show")
@click.argument("case_id", type=click.UUID)
def show(case_id: UUID) -> None:
    """Print all that is known of a case, as JSON."""

    async def find(pool: sql.Pool, _: Network, now: datetime) -> CaseShown:
        async with pool.acquire() as db, db.transaction():
            return await flow.case_by_id(
                db, case_id=case_id, lot_ids=None, reader=_READER, now=now, random_bits=random_bits
            )

    click.echo(msgspec.json.format(msgspec.json.encode(_with_pool(find))))


@cases.command("decide")
@click.argument("case_id", type=click.UUID)
@click.argument("kind", type=click.Choice([each.value for each in Kind]))
@click.option("--note", required=True, help="What was found; it is kept with the decision.")
@click.option("--plate", help="plate: which it was.")
@click.option("--color", type=click.Choice([each.value for each in PlateColor]), help="plate: its colour.")
@click.option("--stay", "stay_id", type=click.UUID, help="pair: the stay that is the other half.")
@click.option("--entered", type=INSTANT, help="manual_entry, let_out_and_charge: when it came; local to the lot.")
@click.option("--lane", help="manual_entry, let_out_and_charge: where it came.")
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
    lane: str | None,
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
        lane=lane,
        undoes=undoes,
    )

    async def do(pool: sql.Pool, network: Network, now: datetime) -> Decided:
        lot, local = network.lots.get(ids.shard_of(case_id)), said
        if lot is not None and entered is not None:
            local = structs.replace(said, entered_at=aware(entered, ZoneInfo(lot.time_zone)))
        return await flow.decide_case(
            pool,
            local,
            case_id=case_id,
            lot_ids=None,
            by=_READER,
            request_key=None,
            network=network,
            now=now,
            random_bits=random_bits,
        )

    decided = _with_pool(do)
    stay = "in no stay" if decided.stay is None else f"in stay {decided.stay.id}, {decided.stay.state}"
    click.echo(f"decision {decided.decision.n} about event {decided.decision.fact_id}: {stay}")
