"""Gateways: registered beside the first of a lot, corrected, listed, and their keys."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table

import sql
from parking.cli.actor import by, staff
from parking.cli.registry import CODE, FROM, in_transaction, network, say
from parking.cli.spoken import headings, word
from parking.flow import gateways as flow
from parking.flow import lots as lots_flow
from parking.gateways import IssuedKey
from parking.lots import UnknownLot
from parking.store import lots as store

KEY_BYTES = 32
_out = Console(markup=False)


@click.group()
def gateway() -> None:
    """The computers of lots that send their events."""


@gateway.command("add")
@click.argument("lot", type=CODE)
@click.argument("code", type=CODE)
def add_gateway(lot: str, code: str) -> None:
    """Register another gateway of a lot. The same again changes nothing."""
    click.echo(word(in_transaction(lambda db, now: flow.add_gateway(db, lot, code, by=staff(), now=now))))


@gateway.command("change")
@click.argument("code", type=CODE)
@click.option("--code", "becomes", required=True, type=CODE, help="Its code rightly.")
def change_gateway(code: str, becomes: str) -> None:
    """Correct the code of a gateway; its keys and its lanes stay with it."""
    click.echo(word(in_transaction(lambda db, now: flow.rename_gateway(db, code, becomes, by=staff(), now=now))))


@gateway.command("serve")
@click.argument("code", type=CODE)
@click.argument("lot", type=CODE)
@FROM
def serve(code: str, lot: str, since: datetime | None) -> None:
    """Let a gateway serve a lot beside its own, of the same operator."""
    _serve(code, lot, since, serves=True)


@gateway.command("release")
@click.argument("code", type=CODE)
@click.argument("lot", type=CODE)
@FROM
def release(code: str, lot: str, since: datetime | None) -> None:
    """Let a gateway serve a lot no more; the lanes that it moves there are handed over before."""
    _serve(code, lot, since, serves=False)


def _serve(code: str, lot: str, since: datetime | None, *, serves: bool) -> None:
    about: dict[str, Any] = {"serves": serves, "valid_from": since, "by": staff()}
    say(in_transaction(lambda db, now: flow.serve_lot(db, code, lot, **about, now=now)))


@gateway.command("list")
@click.option("--lot", type=CODE, help="Of this lot.")
def list_gateways(lot: str | None) -> None:
    """List gateways with the lots that they serve, their own first, and the lanes that they move."""
    registered = network()
    wanted = None if lot is None else registered.lots_by_code.get(lot)
    if lot is not None and wanted is None:
        raise UnknownLot(f"No lot has the code {lot!r}.", code=lot)
    table = Table(*headings("code", "lots", "lanes"))
    for one in sorted(registered.gateways.values(), key=lambda each: each.code):
        if wanted is None or wanted.id in one.lots:
            lanes = sorted(each.code for each in registered.lanes.values() if each.gateway_id == one.id)
            table.add_row(one.code, " ".join(registered.lots[each].code for each in one.lots), " ".join(lanes))
    _out.print(table)


@gateway.command("key")
@click.argument("code", type=CODE)
def issue_key(code: str) -> None:
    """Issue another key to a gateway and print it. It is shown this once; two may be active at a time."""

    async def issue(db: sql.Connection, now: datetime) -> str:
        secret = secrets.token_bytes(KEY_BYTES)
        return await lots_flow.issue_gateway_key(db, gateway_code=code, secret=secret, by=by(), now=now)

    click.echo(in_transaction(issue))


@gateway.command("keys")
@click.argument("code", type=CODE)
def list_keys(code: str) -> None:
    """List the keys that a gateway has had; of each only the name is kept."""

    async def find(db: sql.Connection, _: datetime) -> Sequence[IssuedKey]:
        await lots_flow.operator_of_gateway(db, gateway_code=code)
        return await store.keys_of(db, code)

    table = Table(*headings("key", "issued, UTC", "revoked, UTC"))
    for each in in_transaction(find):
        table.add_row(each.id, *[f"{at:%Y-%m-%d %H:%M:%S}" if at else "" for at in (each.created_at, each.revoked_at)])
    _out.print(table)


@gateway.command("revoke")
@click.argument("code", type=CODE)
@click.argument("key")
def revoke_key(code: str, key: str) -> None:
    """Revoke a key of a gateway, by its name: refused within a second."""
    in_transaction(lambda db, now: lots_flow.revoke_gateway_key(db, gateway_code=code, key_id=key, by=by(), now=now))
