"""Accounts in files: by our number or by what whoever brings them calls them, and what is said of them."""

from typing import Annotated

from msgspec import Meta, Struct

from parking.imports import Column, Form, Reading
from payments import ids
from payments.accounts import DEBIT_FEN_MAX, NAME_CHARACTERS_MAX, Account, AccountStatus, KnownAs
from payments.charges import REASON_CHARACTERS_MAX

Number = Annotated[int, Meta(ge=1, le=ids.SHARD_MAX)]
OWNER = {"number": Column(Number), "known_as": Column(KnownAs)}
_STATUS = "active or suspended: an account is closed for its holder, by itself"


class AccountNamed(Struct, frozen=True):
    """An account by our number, by what it is called where it comes from, or by both."""

    number: int | None
    known_as: str | None


class AccountRow(Struct, frozen=True):
    """What a row says of an account; None is not said. `reason`: why it is suspended, or may act again."""

    owner: AccountNamed
    name: str | None = None
    debit_max_fen: int | None = None
    status: AccountStatus | None = None
    reason: str | None = None


def owner_in(reading: Reading) -> AccountNamed | None:
    """Whose account a row is about, if it says so."""
    number, known_as = reading.values.get("number"), reading.values.get("known_as")
    if number is None and known_as is None and not reading.faults:
        reading.fault("number", *reading.given("number"), "a number of ours, or known_as")
    return AccountNamed(number, known_as)


def written(account: Account, known_as: str | None) -> dict[str, object]:
    """An account as a row; why it is suspended stands in the audit log."""
    return {
        "number": account.id,
        "known_as": known_as,
        "name": account.name,
        "debit_max_fen": account.debit_max_fen,
        "status": account.status,
    }


def _whole(reading: Reading) -> AccountRow | None:
    owner = owner_in(reading)
    said = {name: value for name, value in reading.values.items() if name not in OWNER}
    if said.get("status") is AccountStatus.CLOSED:
        reading.fault("status", *reading.given("status"), _STATUS)
    return None if owner is None or reading.stands() is not None else AccountRow(owner, **said)


_FIELDS = {
    **OWNER,
    "name": Column(Annotated[str, Meta(max_length=NAME_CHARACTERS_MAX)]),
    "debit_max_fen": Column(Annotated[int, Meta(ge=0, le=DEBIT_FEN_MAX)]),
    "status": Column(AccountStatus),
    "reason": Column(Annotated[str, Meta(max_length=REASON_CHARACTERS_MAX)]),
}
FORM = Form(
    noun="accounts",
    fields=_FIELDS,
    columns=tuple(_FIELDS),
    whole=_whole,
    key=lambda row: row.owner,
    named_by=("number", "known_as"),
)
