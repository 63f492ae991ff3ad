"""Verdicts: what a person says who decides something of an event, before it is a decision."""

from datetime import datetime
from hashlib import blake2b
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from parking.decisions import Decision, DecisionContradicted, DecisionUnfit, Kind
from parking.device_decisions import DeviceDecision
from parking.lots import Direction
from parking.plates import PlateColor

T = TypeVar("T")
NOTE_CHARACTERS_MAX = 1000
REQUEST_KEY_CHARACTERS_MAX = 128
# More than this nobody asks for at a barrier; what a stay really costs so much is for its tariff to say.
SET_FEN_MAX = 100_000
# That one verdict decides.
CASES_AT_ONCE_MAX = 100


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says; a field that its kind does not have is left out.

    `plate`, `plate_color` and `direction` (of a read that counted as none): of `plate`, and without a direction of
    `manual_entry` and `manual_exit` for a passage of which no read is there. `stay_id`: of `pair`, the stay
    that the other half is. `entered_at` and `lane` (a code): of `manual_entry` for an exit, and of
    `let_out_and_charge` for a vehicle that nobody saw come. `left_at` and `lane`: of `manual_exit` for an entry.
    `amount_fen`: of `let_out_and_charge`, what it pays instead of what the tariff says.
    `undoes`: of `undo`, the number of a decision about the same event.
    """

    kind: Kind
    note: Annotated[str, Meta(min_length=1, max_length=NOTE_CHARACTERS_MAX)]
    plate: Annotated[str, Meta(min_length=1, max_length=32)] | None = None
    plate_color: PlateColor | None = None
    direction: Direction | None = None
    stay_id: UUID | None = None
    entered_at: Annotated[datetime, Meta(tz=True)] | None = None
    left_at: Annotated[datetime, Meta(tz=True)] | None = None
    lane: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    amount_fen: Annotated[int, Meta(ge=1, le=SET_FEN_MAX)] | None = None
    undoes: Annotated[int, Meta(ge=1, le=10_000)] | None = None


def needed(value: T | None, field: str, kind: Kind) -> T:
    """The value of a field that a kind of decision needs.

    Raises:
        DecisionUnfit: it was left out.
    """
    if value is None:
        raise DecisionUnfit(f"A decision of this kind needs {field}.", field=field, kind=kind)
    return value


def check_amount(said: Verdict) -> None:
    """Refuses an amount of who is not let out and charged.

    Raises:
        DecisionUnfit: see above.
    """
    if said.amount_fen is not None and said.kind is not Kind.LET_OUT_AND_CHARGE:
        raise DecisionUnfit("Only who is let out and charged is charged an amount.", field="amount_fen", kind=said.kind)


def said_hash(said: Verdict) -> bytes:
    """16 bytes over all that is said; an instant is the same by whatever clock."""
    content = {name: _comparable(getattr(said, name)) for name in said.__struct_fields__}
    return blake2b(msgspec.msgpack.encode(sorted(content.items())), digest_size=16).digest()


def same_decision(known: Decision | DeviceDecision, said: Verdict) -> None:
    """Recognises a repeated request, about a read or about what a device said.

    Raises:
        DecisionContradicted: its key was used for another decision.
    """
    if known.said_hash is None:
        # By a version that kept no more of what was said.
        amount_fen = known.ruling.set_fen if isinstance(known, Decision) else said.amount_fen
        same = (known.kind, known.note, known.undoes, amount_fen) == (
            said.kind,
            said.note,
            said.undoes,
            said.amount_fen,
        )
    else:
        same = known.said_hash == said_hash(said)
    if not same:
        raise DecisionContradicted("This key was used for another decision.", decision_id=str(known.id))


def _comparable(value: object) -> object:
    return value.timestamp() if isinstance(value, datetime) else value
