"""Accounts of staff: added, listed, reset, ended."""

from datetime import datetime
from secrets import token_bytes

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import staff as typing
from parking.cli.registry import CODE, NAME, in_transaction, with_network
from parking.cli.spoken import headings, sentence, word
from parking.clock import system
from parking.flow import staff as flow
from parking.flow.staff import Invited
from parking.lots import UnknownLot
from parking.network import Network
from parking.staff import Staff
from payments.identity import READERS, Audience
from payments.settlement import NoSuchOperator

_out = Console(markup=False, highlight=False)
_LOGIN = click.argument("login")
_REASON = click.option("--reason", required=True, help="Why; it is kept.")


@click.group("staff")
def staff() -> None:
    """Who may sign in to the pages of staff."""


@staff.command("add")
@_LOGIN
@click.option("--role", required=True, type=click.Choice([each.value for each in READERS]), help="As whom.")
@click.option("--name", type=NAME, help="What they are called.")
@click.option("--operator", type=CODE, help="For this operator alone; for all if left out.")
@click.option("--lot", type=CODE, help="The lot of a booth.")
def add(login: str, role: str, name: str | None, operator: str | None, lot: str | None) -> None:
    """Make an account; prints the code by which its holder chooses a password at /sign-in/code."""

    async def made(db: sql.Connection, network: Network, now: datetime) -> Invited:
        return await flow.add(
            db,
            login=login,
            name=name or "",
            audience=Audience(role),
            operator_id=None if operator is None else _operator(network, operator),
            lot_id=None if lot is None else _lot(network, lot),
            network=network,
            by=typing(),
            now=now,
            wall=system(),
            random_bytes=token_bytes,
        )

    _say(with_network(made))


@staff.command("list")
def list_staff() -> None:
    """List all accounts by their logins."""

    async def found(db: sql.Connection, _: datetime) -> list[Staff]:
        return list(await flow.find(db, typing()))

    table = Table(*headings("login", "name", "role", "operator", "lot", "state"))
    for each in in_transaction(found):
        numbers = [str(number or "") for number in (each.operator_id, each.lot_id)]
        table.add_row(each.login, each.name, each.audience, *numbers, _state(each))
    _out.print(table)


@staff.command("reset")
@_LOGIN
@_REASON
def reset(login: str, reason: str) -> None:
    """Take a password away, and the telephone's secret; prints the code by which another is chosen."""

    async def done(db: sql.Connection, now: datetime) -> Invited:
        return await flow.reset(db, login, reason=reason, by=typing(), now=now, wall=system(), random_bytes=token_bytes)

    _say(in_transaction(done))


@staff.command("identify")
@_LOGIN
@click.argument("identity", required=False)
def identify(login: str, identity: str | None) -> None:
    """Let somebody sign in by the city's identity, which calls them IDENTITY; without one they do so no more."""

    async def done(db: sql.Connection, now: datetime) -> None:
        await flow.identify(db, login, identity, by=typing(), now=now)

    in_transaction(done)
    if identity is None:
        _out.print(sentence("{login} signs in by the city's identity no more", login=login))
    else:
        _out.print(sentence("{login} signs in by the city's identity as {identity}", login=login, identity=identity))


@staff.command("disable")
@_LOGIN
@_REASON
def disable(login: str, reason: str) -> None:
    """Let nobody sign in with an account any more; its sessions end within a second."""

    async def done(db: sql.Connection, now: datetime) -> None:
        await flow.disable(db, login, reason=reason, by=typing(), now=now)

    in_transaction(done)
    _out.print(sentence("{login} signs in no more", login=login))


@staff.command("enable")
@_LOGIN
@_REASON
def enable(login: str, reason: str) -> None:
    """Let an account be used again."""

    async def done(db: sql.Connection, now: datetime) -> None:
        await flow.enable(db, login, reason=reason, by=typing(), now=now)

    in_transaction(done)
    _out.print(sentence("{login} may sign in again", login=login))


def _say(invited: Invited) -> None:
    about = {"login": invited.login, "code": invited.code, "until": f"{invited.until:%Y-%m-%d %H:%M} UTC"}
    _out.print(sentence("{login}: choose a password at /sign-in/code with {code}, until {until}", **about))


def _state(known: Staff) -> str:
    if known.is_disabled:
        return word("disabled")
    return word("has to choose a password") if known.password_hash is None else word("active")


def _operator(network: Network, code: str) -> int:
    found = next((each.id for each in network.operators.values() if each.code == code), None)
    if found is None:
        raise NoSuchOperator(f"No operator has the code {code!r}.")
    return found


def _lot(network: Network, code: str) -> int:
    if (found := network.lots_by_code.get(code)) is None:
        raise UnknownLot(f"No lot has the code {code!r}.")
    return found.id
