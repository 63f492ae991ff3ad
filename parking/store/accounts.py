"""Accounts, as staff look for them."""

from collections.abc import Sequence

import sql
from parking.plates import PlateColor
from payments.accounts import Account, AccountStatus

_SQL = sql.load("parking/accounts")


async def accounts(
    db: sql.Connection,
    *,
    number: int | None,
    plate: str | None,
    plate_color: PlateColor | None,
    status: AccountStatus | None,
    after: int,
    limit: int,
) -> Sequence[Account]:
    """A page of accounts by their numbers: one, those that pay for a plate now, or those of a status (None: any)."""
    return await sql.every(db, Account, _SQL["accounts"], number, plate, plate_color, status, after, limit)
