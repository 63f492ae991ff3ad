"""The commands that register a city: operators, lots and their changes, keys of gateways. Tariffs have their own."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking import registry
from parking.cli.actor import by, staff
from parking.cli.arguments import why_unfit
from parking.cli.spoken import headings, sentence, word
from parking.dated import Changed, Outcome
from parking.flow import lots as flow
from parking.flow.matching import set_probable_match
from parking.flow.network import read_network
from parking.lots import (
    CAPACITY_MAX,
    Address,
    Code,
    LotChange,
    LotKind,
    LotPlan,
    Name,
    ProbableMatch,
    Registered,
    SayArrears,
    UnknownLot,
    decode_plan,
)
from parking.network import Network
from parking.registry import State
from parking.searches import Search
from parking.settings import read
from payments.flow.settlement import agree_rate
from payments.money import BPS_WHOLE
from sql.pool import open_pool

T = TypeVar("T")
LOTS_MAX = 500
# A lot with all its lanes is a page of text.
FILE_BYTES_MAX = 1 << 20
_out = Console(markup=False)
_err = Console(stderr=True, markup=False)


class Like(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.5
    """A word that must be of a type of the domain."""

    def __init__(self, name: str, shape: Any) -> None:
        self.name = name
        self._shape = shape

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The word as a value of the type; click tells what does not fit."""
        try:
            return msgspec.convert(value, self._shape)
        except msgspec.ValidationError as e:
            self.fail(f"{value!r}: {e}", param, ctx)


class Instant(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.5
    """A point in time that says its offset from UTC."""

    name = "rfc3339"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The aware instant."""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            at = None
        if at is None or at.utcoffset() is None:
            self.fail(sentence("{value!r} is no instant like 2026-12-01T00:00:00+08:00.", value=value), param, ctx)
        return at


CODE = Like("code", Code)
NAME = Like("name", Name)
# From when on a change holds.
FROM = click.option(
    "--from", "since", type=Instant(), help="When it begins, with its offset from UTC; now if left out."
)
SAY = click.Choice([each.value for each in SayArrears])
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def in_transaction(do: Callable[[sql.Connection, datetime], Awaitable[T]]) -> T:
    """What `do` returns; what it wrote is kept unless it raised. It is given the time."""
    settings = read()

    async def done() -> T:
        async with (
            await open_pool(settings.database_url, connections_max=1) as pool,
            pool.acquire() as db,
            db.transaction(),
        ):
            return await do(db, settings.clock()())

    return asyncio.run(done())


def with_network(do: Callable[[sql.Connection, Network, datetime], Awaitable[T]]) -> T:
    """As `in_transaction`, and the network is given as it is before that."""
    settings = read()

    async def done() -> T:
        async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
            now = settings.clock()()
            network = await read_network(db, now)
            async with db.transaction():
                return await do(db, network, now)

    return asyncio.run(done())


@click.group()
def operator() -> None:
    """Those who run lots and are owed their fees."""


@operator.command("add")
@click.argument("code", type=CODE)
@click.option("--name-zh", required=True, type=NAME, help="The name in Chinese.")
@click.option("--name-en", required=True, type=NAME, help="The name in English.")
@click.option(
    "--fee-bps",
    required=True,
    type=click.IntRange(0, BPS_WHOLE),
    help="The platform's share of what the operator is owed, in ten-thousandths.",
)
@click.option("--time-zone", default="Asia/Shanghai", show_default=True, help="The IANA zone of its business days.")
def add_operator(code: str, name_zh: str, name_en: str, fee_bps: int, time_zone: str) -> None:
    """Register an operator; prints its number. The same again changes nothing."""

    async def register(db: sql.Connection, now: datetime) -> Registered:
        return await flow.register_operator(
            db,
            code=code,
            name_zh=name_zh,
            name_en=name_en,
            platform_fee_bps=fee_bps,
            time_zone=time_zone,
            by=by(),
            now=now,
        )

    say_number(in_transaction(register))


@operator.command("fee")
@click.argument("code", type=CODE)
@click.option(
    "--fee-bps",
    required=True,
    type=click.IntRange(0, BPS_WHOLE),
    help="The platform's share of what the operator is owed, in ten-thousandths.",
)
@click.option(
    "--from",
    "since",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The first day of the stays it is taken of; one that is not closed.",
)
def agree_fee(code: str, fee_bps: int, since: datetime) -> None:
    """Take another share of an operator from a day on; of earlier stays it stays as it was."""

    async def agree(db: sql.Connection, now: datetime) -> None:
        await agree_rate(db, operator_code=code, valid_from=since.date(), platform_fee_bps=fee_bps, actor=by(), now=now)

    in_transaction(agree)


@operator.command("arrears")
@click.argument("code", type=CODE)
@click.argument("say", type=SAY)
def say_arrears_in_lots_of(code: str, say: str) -> None:
    """Whether the lanes of an operator's lots say what a car owes from before."""
    in_transaction(lambda db, now: flow.say_arrears_in_lots_of(db, code, SayArrears(say), by=staff(), now=now))


@click.group()
def lot() -> None:
    """Car parks and stretches of road bays."""


@lot.command("add")
@click.argument("file", type=FILE)
def add_lot(file: Path) -> None:
    """Register the lot of a JSON file with its lanes and its gateway; prints the lot's number. The same again changes
    nothing.
    """
    plan, city = _plan(file), read().city

    async def register(db: sql.Connection, now: datetime) -> Registered:
        return await flow.register_lot(db, plan, by=by(), now=now, city=city)

    say_number(in_transaction(register))


@lot.command("list")
@click.argument("words", nargs=-1)
@click.option("--operator", "operator_code", default="", help="Of this operator.")
@click.option("--district", default="", help="In this district, by its name in Chinese or English.")
@click.option("--kind", type=click.Choice([kind.value for kind in LotKind]))
@click.option("--state", type=click.Choice([state.value for state in State]))
@click.option("--after", default="", help="The last code of the page before.")
def list_lots(
    words: tuple[str, ...], operator_code: str, district: str, kind: str | None, state: str | None, after: str
) -> None:
    """List lots by their codes; WORDS are of the name, district, address or code."""
    search = Search(
        words=" ".join(words),
        district=district,
        kind=None if kind is None else LotKind(kind),
        operator_code=operator_code,
    )
    page = registry.page(
        network(), search, lot_ids=None, state=None if state is None else State(state), after=after, limit=LOTS_MAX
    )
    table = Table(*headings("code", "operator", "name", "", "district", "kind", "state", "spaces", "gateways"))
    for one in page.lots:
        table.add_row(
            *(one.code, one.operator, one.name_zh, one.name_en, one.district_zh, one.kind, one.state),
            *(str(one.capacity), " ".join(one.gateways)),
        )
    _out.print(table)
    if page.next is not None:
        _err.print(more(page.next), highlight=False)


@lot.command("show")
@click.argument("code", type=CODE)
def show_lot(code: str) -> None:
    """Show a lot with everything that is registered of it, as JSON."""
    registered = network()
    if code not in registered.lots_by_code:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    shown = registry.shown(registered.lots_by_code[code], registered, read().clock()())
    click.echo(msgspec.json.format(msgspec.json.encode(shown)).decode())


@lot.command("change")
@click.argument("code", type=CODE)
@click.option("--code", "becomes", type=CODE, help="Its code rightly; the one that it had leads to it as well.")
@click.option(
    "--former-code", "former_codes", multiple=True, type=CODE, help="A code that it had and that goes on leading to it."
)
@click.option("--no-former-codes", is_flag=True, help="No code that it had leads to it any more.")
@click.option("--name-zh", type=NAME)
@click.option("--name-en", type=NAME)
@click.option("--district-zh", type=NAME)
@click.option("--district-en", type=NAME)
@click.option("--address-zh", type=Like("address", Address))
@click.option("--kind", type=click.Choice([kind.value for kind in LotKind]))
@click.option("--longitude", type=float, help="WGS-84 degrees.")
@click.option("--latitude", type=float, help="WGS-84 degrees.")
def change_lot(
    code: str, becomes: str | None, former_codes: tuple[str, ...], *, no_former_codes: bool, **said: Any
) -> None:
    """Correct how a lot is described, at once; what is left out stays as it is."""
    city = read().city
    keeps = former_codes if former_codes or no_former_codes else None
    change = converted({**said, "code": becomes, "former_codes": keeps}, LotChange)

    async def correct(db: sql.Connection, now: datetime) -> Outcome:
        return await flow.change_lot(db, code, change, by=staff(), now=now, city=city)

    click.echo(word(in_transaction(correct)))


@lot.command("capacity")
@click.argument("code", type=CODE)
@click.argument("spaces", type=click.IntRange(1, CAPACITY_MAX))
@FROM
def set_capacity(code: str, spaces: int, since: datetime | None) -> None:
    """Say that a lot has so many SPACES from an instant on."""

    async def begin(db: sql.Connection, now: datetime) -> Changed:
        return await flow.set_capacity(db, code, spaces, valid_from=since, by=staff(), now=now)

    say(in_transaction(begin))


@lot.command("close")
@click.argument("code", type=CODE)
@FROM
def close_lot(code: str, since: datetime | None) -> None:
    """Close a lot from an instant on: nobody is let in, everybody gets out."""
    say(
        in_transaction(lambda db, now: flow.set_closed(db, code, is_closed=True, valid_from=since, by=staff(), now=now))
    )


@lot.command("reopen")
@click.argument("code", type=CODE)
@FROM
def reopen_lot(code: str, since: datetime | None) -> None:
    """Open a lot again from an instant on."""
    say(
        in_transaction(
            lambda db, now: flow.set_closed(db, code, is_closed=False, valid_from=since, by=staff(), now=now)
        )
    )


@lot.command("probable-match")
@click.argument("code", type=CODE)
@click.argument("does", type=click.Choice([each.value for each in ProbableMatch]))
@FROM
def probable_match(code: str, does: str, since: datetime | None) -> None:
    """What the barriers of a lot do for a car that probably came under another plate: open, or hold it."""
    does_ = ProbableMatch(does)
    say(in_transaction(lambda db, now: set_probable_match(db, code, does_, valid_from=since, by=staff(), now=now)))


@lot.command("arrears")
@click.argument("code", type=CODE)
@click.argument("say", type=SAY, required=False)
def say_arrears_in_lot(code: str, say: str | None) -> None:
    """Whether the lanes of a lot say what a car owes from before; left out: as its operator says."""
    said = None if say is None else SayArrears(say)
    in_transaction(lambda db, now: flow.say_arrears_in_lot(db, code, said, by=staff(), now=now))


def network() -> Network:
    """What is registered, as of now."""
    settings = read()

    async def read_now() -> Network:
        async with await open_pool(settings.database_url, connections_max=1) as pool, pool.acquire() as db:
            return await read_network(db, settings.clock()())

    return asyncio.run(read_now())


def say_number(registered: Registered) -> None:
    """The number, for the next command; that nothing was changed, for a person."""
    click.echo(registered.id)
    if registered.outcome is Outcome.UNCHANGED:
        _err.print(word(registered.outcome))


def say(changed: Changed) -> None:
    """What became of a change, and since when it holds."""
    outcome, since = word(changed.outcome), changed.valid_from
    click.echo(outcome if since is None else sentence("{what} from {since}", what=outcome, since=since.isoformat()))


def more(after: object) -> str:
    """That there is another page, and how to see it."""
    return sentence("more: --after {place}", place=after)


def converted(said: dict[str, Any], shape: type[T]) -> T:
    """What was said on the line as a value of the domain; what was left out is left out."""
    try:
        return msgspec.convert({name: value for name, value in said.items() if value is not None}, shape)
    except msgspec.ValidationError as e:
        raise click.UsageError(why_unfit(e, shape)) from None


def _plan(file: Path) -> LotPlan:
    try:
        return decode_plan(read_file(file))
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        why = sentence("{file} is not the plan of a lot: {why}.", file=file, why=why_unfit(e, LotPlan))
        raise click.BadParameter(why, param_hint="FILE") from None


def too_large(file: Path, bytes_max: int) -> str:
    """That nobody wrote a file so large."""
    return sentence("{file} has more than {most} bytes.", file=file, most=bytes_max)


def read_file(file: Path) -> bytes:
    """What is in a file that a person wrote.

    Raises:
        click.BadParameter: it is too large to be one.
    """
    with file.open("rb") as opened:
        document = opened.read(FILE_BYTES_MAX + 1)
    if len(document) > FILE_BYTES_MAX:
        raise click.BadParameter(too_large(file, FILE_BYTES_MAX), param_hint="FILE")
    return document
