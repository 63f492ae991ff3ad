"""Accounts from files: opened, named, limited, suspended or let act again, and written down again."""

from collections.abc import Iterable

import sql
from parking.flow.imports import At, Kind, RowRefused, State, Take, Taken
from parking.imports.accounts import FORM, AccountNamed, AccountRow, written
from parking.store import accounts as listed
from payments.accounts import Account, AccountStatus, Standing
from payments.flow import accounts as flow
from payments.flow import audit as audit_flow
from payments.identity import may_act_for_all
from payments.pages import ROWS_PER_PAGE_MAX
from payments.store import accounts as store


async def owners_of(db: sql.Connection, named: Iterable[AccountNamed], *, at: At) -> dict[str, int]:
    """The accounts by what they are called where they were brought from. Those that rows are about are locked.

    Raises:
        NotYours: who imports is staff of one operator.
    """
    may_act_for_all(at.by)
    owners = [*named]
    numbers = await store.accounts_known_as(db, [each.known_as for each in owners if each.known_as is not None])
    for number in sorted({*numbers.values(), *(each.number for each in owners if each.number is not None)}):
        await store.lock_account(db, number)
    return numbers


def number_of(owner: AccountNamed, numbers: dict[str, int]) -> int | None:
    """The number of an account that a row names, if there is one.

    Raises:
        RowRefused: another account is called so.
    """
    called = None if owner.known_as is None else numbers.get(owner.known_as)
    if owner.number is not None and called not in (None, owner.number):
        raise RowRefused("known_as", owner.known_as, f"what no other account is called; {called} is")
    return owner.number or called


async def all_accounts(db: sql.Connection) -> list[Account]:
    """The accounts that are not closed, by their numbers."""
    found, after = list[Account](), 0
    while True:
        page = await listed.accounts(
            db, number=None, plate=None, plate_color=None, status=None, after=after, limit=ROWS_PER_PAGE_MAX
        )
        found += [each for each in page if each.status is not AccountStatus.CLOSED]
        if len(page) < ROWS_PER_PAGE_MAX:
            return found
        after = page[-1].id


async def _begin(db: sql.Connection, rows: Iterable[AccountRow], at: At) -> Take[AccountRow]:
    numbers = await owners_of(db, (row.owner for row in rows), at=at)

    async def take(row: AccountRow) -> Taken:
        number = number_of(row.owner, numbers)
        if number is not None:
            changed = await _change(db, await flow.standing(db, number), row, at)
            return Taken(State.CHANGED if changed else State.UNCHANGED, changed)
        opened = await flow.open_account(
            db, name=row.name or "", now=at.now, actor=at.by.subject, known_as=row.owner.known_as
        )
        await _change(db, await flow.standing(db, opened.id), row, at)
        return Taken(State.NEW)

    return take


async def _change(db: sql.Connection, was: Standing, row: AccountRow, at: At) -> tuple[str, ...]:
    """Brings an account to what a row says of it: the names of what was not so."""
    about = {"actor": at.by.subject, "now": at.now, "random_bits": at.random_bits}
    said = {"name": row.name, "debit_max_fen": row.debit_max_fen, "status": row.status}
    changed = {name for name, value in said.items() if value is not None and getattr(was, name) != value}
    called = (await store.known_as(db, [was.id])).get(was.id)
    if row.owner.known_as not in (None, called):
        changed.add("known_as")
    if "status" in changed and not row.reason:
        raise RowRefused("reason", "", "why it is suspended, or may act again")
    if "status" in changed and row.status is AccountStatus.ACTIVE:
        await _bar(db, was.id, row, at, barred=False)
    if changed & {"name", "known_as"}:
        await flow.describe_account(db, was.id, name=row.name, known_as=row.owner.known_as, **about)  # type: ignore[arg-type]
    if "debit_max_fen" in changed:
        assert row.debit_max_fen is not None
        await flow.set_debit_max(db, account_id=was.id, debit_max_fen=row.debit_max_fen, **about)  # type: ignore[arg-type]
    if "status" in changed and row.status is AccountStatus.SUSPENDED:
        await _bar(db, was.id, row, at, barred=True)
    return tuple(name for name in FORM.columns if name in changed)


async def _bar(db: sql.Connection, number: int, row: AccountRow, at: At, *, barred: bool) -> None:
    await flow.bar_account(
        db,
        account_id=number,
        barred=barred,
        reason=row.reason or "",
        actor=at.by.subject,
        now=at.now,
        random_bits=at.random_bits,
    )


async def _rows(db: sql.Connection, _operator_code: str | None, at: At) -> list[dict[str, object]]:
    may_act_for_all(at.by)
    found = await all_accounts(db)
    called = await store.known_as(db, [each.id for each in found])
    await audit_flow.record_look(
        db, subject="accounts", rows=len(found), reader=at.by, now=at.now, random_bits=at.random_bits
    )
    return [written(each, called.get(each.id)) for each in found]


KIND = Kind(form=FORM, action="account.import", begin=_begin, rows=_rows)
