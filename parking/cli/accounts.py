"""Tokens that were issued and accounts of drivers: listed, revoked, suspended."""

from datetime import datetime
from typing import Any
from uuid import UUID

import click
import msgspec
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import by, staff
from parking.cli.registry import in_transaction, more
from parking.cli.spoken import headings, sentence
from parking.clock import random_bits
from parking.flow import accounts as flow
from parking.flow.accounts import AccountPage, AccountShown, Export
from parking.plates import PlateColor
from parking.texts.amounts import in_yuan
from payments.accounts import DEBIT_FEN_MAX, Account, AccountStatus, Standing
from payments.flow import accounts as accounts_flow
from payments.flow import identity as identity_flow
from payments.identity import IssuedToken
from payments.store import identity as identity_store

TOKENS_SHOWN_MAX = 200
ACCOUNTS_SHOWN_MAX = 100
_out = Console(markup=False)
_NUMBER = click.IntRange(min=1)


@click.group()
def tokens() -> None:
    """Bearer tokens that were issued."""


def _of_whom(command: Any) -> Any:
    """The options that say whose tokens."""
    command = click.option("--subject", help="All of this subject.")(command)
    return click.option("--account", type=_NUMBER, help="All of this account.")(command)


@tokens.command("list")
@_of_whom
def list_tokens(account: int | None, subject: str | None) -> None:
    """Show for whom, by whom and until when tokens were issued, the newest first."""

    async def find(db: sql.Connection, _: datetime) -> list[IssuedToken]:
        return list(await identity_store.tokens(db, account_id=account, subject=subject, limit=TOKENS_SHOWN_MAX))

    table = Table(*headings("id", "for", "account", "operator", "issued by", "until", "revoked"))
    for one in in_transaction(find):
        numbers = ("" if one.account_id is None else str(one.account_id), str(one.operator_id or ""))
        revoked = "" if one.revoked_at is None else f"{one.revoked_at:%Y-%m-%d %H:%M} {one.revoked_by}"
        until = f"{one.expires_at:%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), f"{one.audience} {one.subject}", *numbers, one.issued_by, until, revoked)
    _out.print(table)


@tokens.command("revoke")
@click.option("--id", "token_id", type=click.UUID, help="This token.")
@_of_whom
def revoke_tokens(token_id: UUID | None, account: int | None, subject: str | None) -> None:
    """End one token, or all of an account or a subject; refused everywhere within a second."""

    async def revoke(db: sql.Connection, now: datetime) -> int:
        return await identity_flow.revoke_tokens(
            db,
            token_id=token_id,
            account_id=account,
            subject=subject,
            actor=by(),
            now=now,
            random_bits=random_bits,
        )

    _out.print(sentence("{count} revoked", count=in_transaction(revoke)))


@click.group()
def account() -> None:
    """Accounts of drivers."""


@account.command("list")
@click.option("--number", type=_NUMBER, help="The one of this number.")
@click.option("--plate", help="Those that pay for this plate now.")
@click.option("--plate-color", type=click.Choice([each.value for each in PlateColor]))
@click.option("--status", type=click.Choice([each.value for each in AccountStatus]))
@click.option("--after", default=0, type=click.IntRange(min=0), help="The last number of the page before.")
def list_accounts(
    number: int | None, plate: str | None, plate_color: str | None, status: str | None, after: int
) -> None:
    """List accounts by their numbers; who looked, and whom they saw, is kept."""

    async def find(db: sql.Connection, now: datetime) -> AccountPage:
        return await flow.find_accounts(
            db,
            number=number,
            plate=plate,
            plate_color=None if plate_color is None else PlateColor(plate_color),
            status=None if status is None else AccountStatus(status),
            after=after,
            limit=ACCOUNTS_SHOWN_MAX,
            reader=staff(),
            now=now,
            random_bits=random_bits,
        )

    page = in_transaction(find)
    table = Table(*headings("number", "name", "status", "since"))
    for one in page.accounts:
        table.add_row(str(one.id), one.name, one.status, f"{one.created_at:%Y-%m-%d}")
    _out.print(table)
    if page.next is not None:
        _out.print(more(page.next), highlight=False)


@account.command("show")
@click.argument("number", type=_NUMBER)
def show(number: int) -> None:
    """Print what the wallet of an account holds, what it owes, its limit and its plates; who looked is kept."""

    async def find(db: sql.Connection, now: datetime) -> AccountShown:
        return await flow.show_account(db, number, reader=staff(), now=now, random_bits=random_bits)

    click.echo(msgspec.json.format(msgspec.json.encode(in_transaction(find))))


@account.command("debit-limit")
@click.argument("number", type=_NUMBER)
@click.argument("fen", type=click.IntRange(0, DEBIT_FEN_MAX))
def debit_limit(number: int, fen: int) -> None:
    """Set up to how much (fen) a visit may become dearer without its driver being asked, for the driver."""

    async def limit(db: sql.Connection, now: datetime) -> Standing:
        return await accounts_flow.set_debit_max(
            db, account_id=number, debit_max_fen=fen, actor=by(), now=now, random_bits=random_bits
        )

    most = in_yuan(in_transaction(limit).debit_max_fen)
    _out.print(sentence("account {number}: up to {amount} a visit", number=number, amount=most))


@account.command("suspend")
@click.argument("number", type=_NUMBER)
@click.option("--reason", required=True, help="Why; kept in the audit log.")
def suspend(number: int, reason: str) -> None:
    """Suspend an account: its tokens are good for nothing, and nothing new is charged to it."""
    _bar(number, reason, barred=True)


@account.command("resume")
@click.argument("number", type=_NUMBER)
@click.option("--reason", required=True, help="Why; kept in the audit log.")
def resume(number: int, reason: str) -> None:
    """Let a suspended account act again."""
    _bar(number, reason, barred=False)


def _bar(number: int, reason: str, *, barred: bool) -> None:
    async def bar(db: sql.Connection, now: datetime) -> Account:
        return await accounts_flow.bar_account(
            db, account_id=number, barred=barred, reason=reason, actor=by(), now=now, random_bits=random_bits
        )

    _say_status(in_transaction(bar))


def _say_status(account: Account) -> None:
    _out.print(sentence("account {number} is {status}", number=account.id, status=account.status))


@account.command("export")
@click.argument("number", type=_NUMBER)
def export(number: int) -> None:
    """Print everything that is held of an account, as JSON."""

    async def read(db: sql.Connection, now: datetime) -> Export:
        return await flow.export_account(db, account_id=number, actor=by(), now=now, random_bits=random_bits)

    click.echo(msgspec.json.format(msgspec.json.encode(in_transaction(read))))


@account.command("close")
@click.argument("number", type=_NUMBER)
def close(number: int) -> None:
    """Close an account for ever, for its holder; refused while anything is owed, held or under way."""

    async def end(db: sql.Connection, now: datetime) -> Account:
        return await flow.close_account(db, account_id=number, actor=by(), now=now, random_bits=random_bits)

    _say_status(in_transaction(end))
