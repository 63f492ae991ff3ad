"""The command that simulates a tariff on past stays: `onelot tariff replay`. It reads, and changes nothing."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TextIO, TypeAlias

import click
from msgspec import structs
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from parking import tariffs
from parking.cli.arguments import FILE, INSTANT, aware, tariff_of
from parking.cli.spoken import chosen, headings, sentence, word
from parking.flow.network import read_network
from parking.lots import Lot, UnknownLot, UnknownZone
from parking.network import Network
from parking.prices import holds_within, in_force_at
from parking.settings import read
from parking.simulation import csv_report
from parking.simulation.histogram import quantiles
from parking.simulation.history import lead_of
from parking.simulation.html_report import page
from parking.simulation.labels import AGAINST, kind, share
from parking.simulation.past_stays import Case, PastStay, Period
from parking.simulation.report import report
from parking.simulation.run import Run, Simulation
from parking.simulation.totals import Outcome, Total
from parking.store.simulation import count_past_stays, past_stays
from sql.pool import open_pool

LOTS_PRINTED = 10
# Years that databases and calendars can write, and that the identifiers of stays can hold.
YEARS = range(1971, 9999)
_out = Console(markup=False)
_err = Console(stderr=True, markup=False)
_FILE_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)
# Chooses the lots whose stays are priced, by the network, the code of the draft and the period.
Choice: TypeAlias = Callable[[Network, str, Period], Sequence[Lot]]


@click.command("replay")
@click.option("--tariff", "file", required=True, type=FILE, help="The draft, as TOML or JSON.")
@click.option("--lot", "--lots", "codes", multiple=True, help="Where; may be given again.")
@click.option("--zone", "zones", multiple=True, help="Or the lots that lie in a price area now; may be given again.")
@click.option("--everywhere", is_flag=True, help="Or all lots, also those that charge by another tariff.")
@click.option("--from", "since", required=True, type=INSTANT, help="Stays that ended since; local to the draft's zone.")
@click.option("--to", "until", required=True, type=INSTANT, help="Stays that ended before; a date is its midnight.")
@click.option(
    "--against", default="charged", show_default=True, type=click.Choice(list(AGAINST)), help="What to compare with."
)
@click.option("--csv", "csv_file", type=_FILE_OUT, help="Write a row for each stay.")
@click.option("--html", "html_file", type=_FILE_OUT, help="Write a page with charts.")
@click.option("--limit", type=click.IntRange(min=1), help="So many stays of a fair sample of vehicles.")
def replay(
    file: Path,
    codes: tuple[str, ...],
    zones: tuple[str, ...],
    since: datetime,
    until: datetime,
    against: str,
    csv_file: Path | None,
    html_file: Path | None,
    limit: int | None,
    *,
    everywhere: bool,
) -> None:
    """Price past stays by a draft and report what it would have changed.

    Where nothing is said, at the lots that charged by a tariff of the draft's code in that time.
    """
    if everywhere and (codes or zones):
        raise click.UsageError(word("Either --everywhere, or some lots by --lot and --zone."))
    draft = tariffs.Compiled(tariff_of(file))
    period = Period(aware(since, draft.time_zone), aware(until, draft.time_zone))
    for name, moment in (("--from", since), ("--to", until)):
        if moment.year not in YEARS:
            raise click.BadParameter(sentence("{at} is no time at which anybody parked.", at=moment), param_hint=name)
    if period.since >= period.until:
        raise click.BadParameter(word("--to must be later than --from."), param_hint="--to")
    for name, out in (("--csv", csv_file), ("--html", html_file)):
        if out is not None and not out.absolute().parent.is_dir():
            raise click.BadParameter(
                sentence("There is no folder {folder!r}.", folder=str(out.parent)), param_hint=name
            )
    choose = _everywhere if everywhere else _named(codes, zones) if codes or zones else _of_code
    simulation, outcome = asyncio.run(_simulate(draft, choose, period, against, csv_file, limit))
    if html_file is not None:
        html_file.write_text(page(report(simulation, outcome)), encoding="utf-8")
    if choose is _of_code:
        template = "At the lots that charged by {tariff} then; --lot, --zone or --everywhere name others."
        _say(sentence(template, tariff=draft.tariff.code))
    _print(simulation, outcome)
    for written in filter(None, (csv_file, html_file)):
        click.echo(sentence("written: {file}", file=written))


async def _simulate(
    draft: tariffs.Compiled,
    choose: Choice,
    period: Period,
    against: str,
    csv_file: Path | None,
    limit: int | None,
) -> tuple[Simulation, Outcome]:
    settings = read()
    now = settings.clock()()
    async with (
        await open_pool(settings.database_url, connections_max=1) as pool,
        pool.acquire() as db,
        db.transaction(isolation="repeatable_read", readonly=True),
    ):
        network = await read_network(db, now)
        lots = {lot.id: lot for lot in choose(network, draft.tariff.code, period)}
        current = _in_force(network, lots, now) if against == "current" else None
        lead = lead_of([draft.tariff, *(each.tariff for each in (current or {}).values())])
        counted = await count_past_stays(db, list(lots), period, lead)
        simulation = Simulation(draft.tariff, _digest(draft.tariff), lots, period.since, period.until, against, now)
        if not counted.to_compare:
            template = (
                "At these {lots} lots no stay ended between {since} and {until}: there is nothing to price, and no "
                "file was written."
            )
            between = {"since": simulation.at(period.since), "until": simulation.at(period.until)}
            raise click.UsageError(sentence(template, lots=len(lots), **between))
        operators = {lot.id: lot.operator_id for lot in lots.values()}
        with _csv_rows(simulation, csv_file) as on_case, _progress(counted.to_read) as advance:
            run = Run(draft, period, operators, current=current, on_case=on_case)
            async for stays in past_stays(db, list(lots), period, lead):
                run.take(_up_to(limit, run, stays))
                advance(run.read)
                if run.compared == limit:
                    break
    return structs.replace(simulation, read_all=run.read == counted.to_read), run.outcome()


def _up_to(limit: int | None, run: Run, stays: Sequence[PastStay]) -> Iterator[PastStay]:
    """The stays as long as fewer than `limit` were compared."""
    for stay in stays:
        if run.compared == limit:
            return
        yield stay


def _named(codes: Sequence[str], zones: Sequence[str]) -> Choice:
    """Chooses the lots of these codes and those that lie in these price areas.

    Raises, when it chooses:
        UnknownLot, UnknownZone: there is none of a code.
    """

    def choose(network: Network, _code: str, _period: Period) -> Sequence[Lot]:
        for code in codes:
            if code not in network.lots_by_code:
                raise UnknownLot(f"No lot has the code {code!r}.", code=code)
        for zone in zones:
            if zone not in network.zones:
                raise UnknownZone(f"No price area has the code {zone!r}.", code=zone)
        return [lot for lot in network.lots.values() if lot.code in codes or network.prices[lot.id].zone in zones]

    return choose


def _everywhere(network: Network, _code: str, _period: Period) -> Sequence[Lot]:
    return list(network.lots.values())


def _of_code(network: Network, code: str, period: Period) -> Sequence[Lot]:
    """The lots where a tariff of the code was in force in the period: what another one charged is no measure of it.

    Raises:
        UsageError: there is none.
    """
    lots = [
        lot
        for lot in network.lots.values()
        if holds_within(network.prices[lot.id].tariffs, code, period.since, period.until)
    ]
    if not lots:
        template = (
            "No lot charged by a tariff {code!r} then: name lots by --lot or --zone, or all of them by --everywhere."
        )
        raise click.UsageError(sentence(template, code=code))
    return lots


def _in_force(network: Network, lots: Iterable[int], now: datetime) -> dict[int, tariffs.Compiled]:
    """The tariffs in force at lots now, by lot, as far as there is one that can be read."""
    in_force = ((lot_id, in_force_at(network.prices[lot_id].tariffs, now)) for lot_id in lots)
    return {lot_id: each.compiled for lot_id, each in in_force if each is not None and each.is_readable}


def _digest(tariff: tariffs.Tariff) -> str:
    return sha256(tariffs.to_json(tariff)).hexdigest()


@contextmanager
def _csv_rows(simulation: Simulation, file: Path | None) -> Iterator[Callable[[Case], None] | None]:
    """Writes a row for every case it is called with. An unfinished file is deleted."""
    if file is None:
        yield None
        return
    unfinished = file.with_name(f"{file.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8", newline="") as out:
            out.write(csv_report.header(simulation))
            yield lambda case: _write(out, simulation, case)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)


def _write(out: TextIO, simulation: Simulation, case: Case) -> None:
    out.write(csv_report.row(simulation, case))


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    columns = (TextColumn(word("pricing")), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    # Without a terminal a bar would leave an empty line.
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
        task = progress.add_task("", total=total)
        yield lambda done: progress.update(task, completed=done)


def _print(simulation: Simulation, outcome: Outcome) -> None:
    total, drivers = outcome.total, outcome.drivers
    tariff = f"{simulation.tariff.name_zh} {simulation.tariff.name_en} ({simulation.tariff.code})"
    _say(sentence("{tariff}, compared with {other}", tariff=tariff, other=chosen(AGAINST[simulation.against])))
    between = {"since": simulation.at(simulation.since), "until": simulation.at(simulation.until)}
    lots = {"some": len(outcome.lots), "whole": len(simulation.lots)}
    _say(sentence("{since} to {until}, {some} of {whole} lots", **between, **lots))
    if not simulation.read_all:
        _say(word("A sample of the vehicles, not all stays of the period."))
    currency = simulation.tariff.currency
    money = {"before": simulation.money(total.before_fen), "after": simulation.money(total.after_fen)}
    changed = {
        "change": simulation.money(total.change_fen, signed=True),
        "share": share(total.change_fen, total.before_fen, signed=True),
    }
    _say(
        sentence(
            "revenue {currency} {before} before, {after} after: {change} ({share})",
            currency=currency,
            **money,
            **changed,
        )
    )
    _shares(word("stays"), total.stays, total.more, total.less)
    _shares(word("drivers"), drivers.all, drivers.more, drivers.less)
    spread = quantiles(outcome.differences).items()
    quantile = ", ".join(f"p{percent} {simulation.money(fen, signed=True)}" for percent, fen in spread)
    _say(sentence("a stay: {changes}", changes=quantile))
    _totals(simulation, word("vehicle"), [(" ".join(kind(code)), total) for code, total in outcome.kinds.items()])
    largest = sorted(outcome.lots.items(), key=lambda item: -abs(item[1].change_fen))[:LOTS_PRINTED]
    _totals(simulation, word("lot"), [(simulation.lots[lot_id].code, total) for lot_id, total in largest])
    _cases(simulation, word("largest rises"), outcome.rises)
    _cases(simulation, word("largest falls"), outcome.falls)
    if outcome.unpriced:
        _say(sentence("{count} stays could not be priced and are in none of these figures:", count=outcome.unpriced))
        for each in outcome.listed:
            _say(f"  {simulation.lots[each.lot_id].code} {each.plate} {simulation.at(each.entered_at)}: {each.reason}")


def _shares(name: str, whole: int, more: int, less: int) -> None:
    same = whole - more - less
    counts = {"whole": whole, "name": name, "more": more, "less": less, "same": same}
    shares = {"of_more": share(more, whole), "of_less": share(less, whole), "of_same": share(same, whole)}
    template = (
        "{whole:,} {name}: {more:,} pay more ({of_more}), {less:,} less ({of_less}), {same:,} the same ({of_same})"
    )
    _say(sentence(template, **counts, **shares))


def _totals(simulation: Simulation, name: str, named: Sequence[tuple[str, Total]]) -> None:
    printed = _table([name], headings("stays", "before", "after", "change", "", "more", "less"))
    for each, total in named:
        change = share(total.change_fen, total.before_fen, signed=True)
        amounts = (simulation.money(total.before_fen), simulation.money(total.after_fen))
        shares = (share(total.more, total.stays), share(total.less, total.stays))
        changed = (simulation.money(total.change_fen, signed=True), change)
        printed.add_row(each, f"{total.stays:,}", *amounts, *changed, *shares)
    _out.print(printed)


def _cases(simulation: Simulation, title: str, cases: Sequence[Case]) -> None:
    if not cases:
        return
    printed = _table(
        headings("lot", "plate", "vehicle", "entered", "left"), headings("before", "after", "change"), title
    )
    for case in cases:
        fees = (simulation.money(case.before_fen), simulation.money(case.after_fen))
        change = simulation.money(case.change_fen, signed=True)
        times = (simulation.at(case.entered_at), simulation.at(case.left_at))
        printed.add_row(simulation.lots[case.lot_id].code, case.plate, chosen(kind(case.kind)), *times, *fees, change)
    _out.print(printed)


def _table(words: Sequence[str], figures: Sequence[str], title: str | None = None) -> Table:
    """Figures are never cut; where the terminal is narrow, words go on in the next line."""
    printed = Table(title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in words:
        printed.add_column(name, overflow="fold")
    for name in figures:
        printed.add_column(name, justify="right", no_wrap=True)
    return printed


def _say(text: str) -> None:
    _out.print(text, highlight=False, soft_wrap=True)
