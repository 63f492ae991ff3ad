"""Adjustments: what a charge costs once more is known of its stay, and what follows for what is owed and was paid.

Whoever asks names the whole amount that the stay costs by its facts, never a difference. What stands in the end so
follows from the last amount alone, however often and in whatever steps it was named. What is kept of a charge is

    paid + owed - refunded

and it is brought to the new amount, without a person:

    lower   what is owed shrinks, to nothing if need be; the rest goes back of what was paid, by the way it came, and of
            the last payment first
    higher  what is owed grows, up to what the driver accepted (`accepted_max`) and to what a person left of the charge
            (`kept_max_fen`); beyond that it is waived, and stands as waived in the adjustment and on the charge

A charge that nothing is owed of is `paid`, also where nothing was ever paid of it. One that a person made void stays
so.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from payments import ids, ledger
from payments.charges import Charge, ChargeState, public_lines
from payments.visits import Visit
from payments.wording import Wording, spelled

ADJUSTMENTS_PER_PAGE_MAX = 200
CAUSE_CHARACTERS_MAX = 64
# The cause of what a person withdrew.
WITHDRAWN = "withdrawn"
# The line that explains what stays paid while nothing is owed.
CREDIT = "credit"
# As far back as the books take the day of a stay.
DAYS_BACK_MAX = timedelta(days=45)


class AdjustmentKind(StrEnum):
    """Whether the charge became dearer or cheaper; waived: only what nobody is asked for changed."""

    RAISED = "raised"
    LOWERED = "lowered"
    WAIVED = "waived"


class WaivedFor(StrEnum):
    """Why nobody is asked for a part: it is more than the driver accepted, or than a person left of it."""

    NOT_ACCEPTED = "not_accepted"
    GIVEN_BACK = "given_back"


class Adjustment(msgspec.Struct, frozen=True, gc=False):
    """What a charge that exists is to cost from now on: `wanted_fen`, 0 or more, in all.

    `lines`: a JSON array that explains it. `cause_id`: the fact it follows from, which the asker knows as `cause` (a
    word). `business_date`: the local date of that. `hold`: why the charge is not taken from its account by itself from
    now on, in the asker's word; None leaves that as it is. `asked_at`: when a driver without account was told an amount
    last, before leaving: who had paid by then goes on using what it is for, and is asked for all of it again.
    `keeps_paid`: what was paid of it is not given back, for what it is for goes on and will cost that much or more.
    """

    charge_id: UUID
    wanted_fen: int
    lines: msgspec.Raw | bytes
    cause_id: UUID
    cause: str
    business_date: date
    hold: str | None = None
    asked_at: datetime | None = None
    keeps_paid: bool = False


class Standing(Charge, frozen=True, kw_only=True):
    """A charge with what an adjustment of it depends on.

    `debit_max_fen`: how dear a visit may become without its account being asked, None for a casual driver and an
    account that takes no new charges. `asleep`: it is held back, or a payment is under way, so that the wallet waits.
    """

    debit_max_fen: int | None
    asleep: bool


class Change(msgspec.Struct, frozen=True):
    """What an adjustment changes. `amount_fen` and `waived_fen` are the charge's after it, `change_fen` the difference
    it makes to the former; `owed_fen` by how much what is owed grows (shrinks, below nothing); `returned_fen` goes
    back.
    """

    kind: AdjustmentKind
    wanted_fen: int
    amount_fen: int
    change_fen: int
    waived_fen: int
    waived_for: WaivedFor | None
    owed_fen: int
    returned_fen: int


class Made(msgspec.Struct, frozen=True):
    """An adjustment of a charge, as it stood before, on the day it is of. `asleep`: the wallet goes on waiting."""

    charge: Charge
    asked: Adjustment
    change: Change
    business_date: date
    asleep: bool

    @property
    def n(self) -> int:
        """Its number in its charge, from 1."""
        return self.charge.adjustments + 1

    @property
    def id(self) -> UUID:
        """Its identifier, which has the instant of its charge."""
        return ids.derive(self.charge.id, f"adjustment {self.n}")


class Payment(msgspec.Struct, frozen=True):
    """An attempt that paid of a charge, and how much of that was not given back."""

    charge_id: UUID
    attempt_id: UUID
    channel: str
    left_fen: int


class Correction(msgspec.Struct, frozen=True):
    """A correction as whoever has the charge is shown it: on which day it was made (None where it is hidden when), from
    what to what, and why (a word).

    `waived_fen`: what the stay would cost beyond `to_fen` and nobody is asked for; `returned_fen`: what goes back of
    what was paid.
    """

    made_on: date | None
    from_fen: int
    to_fen: int
    waived_fen: int
    returned_fen: int
    cause: str


class CorrectionShown(Correction, frozen=True, kw_only=True):
    """A correction with its cause in words."""

    cause_zh: str
    cause_en: str


class ChargeOfDriver(msgspec.Struct, frozen=True):
    """A charge as its driver sees it: what it costs, what was paid of it, is owed of it and goes back, and what the
    stay would cost beyond that and nobody is asked for (`waived_fen`). `corrections` say what it cost before, the
    oldest first. `lines` explain the amount with what is waived.

    Where and when (`lot_id`, `visit`, `created_at`, `paid_at`, the times in `lines` and `corrections`) are null or left
    out if the stay began before its plate was linked, while the link is contested, and after the time for which they
    may be kept.
    """

    reference: UUID
    lot_id: int | None
    amount_fen: int
    paid_fen: int
    owed_fen: int
    refunded_fen: int
    waived_fen: int
    state: ChargeState
    method: str | None
    lines: msgspec.Raw
    corrections: Sequence[CorrectionShown]
    created_at: datetime | None
    paid_at: datetime | None
    visit: Visit | None


class CorrectionOf(Correction, frozen=True, kw_only=True):
    """A correction with the charge it is of."""

    charge_id: UUID


class Adjusted(msgspec.Struct, frozen=True):
    """An adjustment as its operator is shown it. `waived_fen`: what nobody is asked for since, and `waived_for` why."""

    id: UUID
    charge_id: UUID
    n: int
    reference: UUID
    lot_id: int
    operator_id: int
    kind: AdjustmentKind
    from_fen: int
    to_fen: int
    waived_fen: int
    waived_for: WaivedFor | None
    owed_fen: int
    returned_fen: int
    cause: str
    cause_id: UUID
    made_at: datetime
    business_date: date


def accepted_max(charge: Charge, *, debit_max_fen: int | None, asked_at: datetime | None) -> int | None:
    """Up to how much a charge may rise without anybody being asked; None: whatever it costs.

    A casual driver who has paid nothing yet, or nothing since being told an amount last (`asked_at`), stands at the
    gate and sees it. Who has paid since accepted that much and is gone, whatever is found out later and by whom; who
    has an account accepted what was billed at first and the limit of the account. Of an account that takes no new
    charges nothing more is asked.
    """
    if charge.account_id is not None:
        if debit_max_fen is None:
            return charge.kept_fen
        return max(charge.first_fen, charge.accepted_fen, debit_max_fen)
    if not charge.paid_fen or (asked_at is not None and charge.paid_at is not None and asked_at > charge.paid_at):
        return None
    return charge.accepted_fen


def change(charge: Charge, wanted_fen: int, *, accepted_max_fen: int | None) -> Change | None:
    """What follows when a stay costs `wanted_fen` in all. None: nothing; it was so before, or the charge is void."""
    assert wanted_fen >= 0
    if charge.state is ChargeState.VOID or wanted_fen == charge.amount_fen + charge.waived_fen:
        return None
    amount_fen, waived_for = wanted_fen, None
    if accepted_max_fen is not None and amount_fen > accepted_max_fen:
        amount_fen, waived_for = accepted_max_fen, WaivedFor.NOT_ACCEPTED
    if charge.kept_max_fen is not None and amount_fen > charge.kept_max_fen:
        amount_fen, waived_for = charge.kept_max_fen, WaivedFor.GIVEN_BACK
    kept_fen = charge.kept_fen
    # What is owed is taken off first: nobody pays what goes back.
    owed_fen = max(amount_fen - kept_fen, -charge.owed_fen)
    change_fen = amount_fen - charge.amount_fen
    return Change(
        kind=_kind(change_fen),
        wanted_fen=wanted_fen,
        amount_fen=amount_fen,
        change_fen=change_fen,
        waived_fen=wanted_fen - amount_fen,
        waived_for=waived_for,
        owed_fen=owed_fen,
        returned_fen=kept_fen + owed_fen - amount_fen,
    )


def owed_after(charge: Charge, wanted_fen: int, *, asked_at: datetime | None) -> int:
    """What is owed of a charge that its driver pays at the gate once it costs `wanted_fen` in all, as the driver was
    told at an instant last.
    """
    accepted_max_fen = accepted_max(charge, debit_max_fen=None, asked_at=asked_at)
    changes = change(charge, wanted_fen, accepted_max_fen=accepted_max_fen)
    return charge.owed_fen + (0 if changes is None else changes.owed_fen)


def made(charge: Standing, asked: Adjustment, *, now: datetime) -> Made | None:
    """The adjustment that follows when it is asked for. None: it is none."""
    accepted_max_fen = accepted_max(charge, debit_max_fen=charge.debit_max_fen, asked_at=asked.asked_at)
    if asked.keeps_paid and (credit_fen := charge.paid_fen - charge.refunded_fen) > asked.wanted_fen:
        asked = msgspec.structs.replace(asked, wanted_fen=credit_fen, lines=_credit(credit_fen))
    changes = change(charge, asked.wanted_fen, accepted_max_fen=accepted_max_fen)
    if changes is None:
        return None
    today = ledger.local_date(now, charge.time_zone)
    # Its own day, as far as the books take it.
    business_date = min(max(asked.business_date, today - DAYS_BACK_MAX), today)
    return Made(charge, asked, changes, business_date, charge.asleep)


def _credit(amount_fen: int) -> bytes:
    label = {"label_zh": "已付，计入本次停车", "label_en": "paid, and counted when the car leaves"}
    return msgspec.json.encode([{"kind": CREDIT, "amount_fen": amount_fen, "running_fen": amount_fen, **label}])


def withdrawn(charge: Charge, *, now: datetime) -> Made:
    """What is owed of a charge is owed no more, since a person said so. What it costs stays as it was billed."""
    today = ledger.local_date(now, charge.time_zone)
    wanted_fen = charge.amount_fen + charge.waived_fen
    asked = Adjustment(charge.id, wanted_fen, charge.lines.encode(), charge.id, WITHDRAWN, today)
    waived_for = WaivedFor.GIVEN_BACK if charge.waived_fen else None
    stays = Change(
        AdjustmentKind.WAIVED, wanted_fen, charge.amount_fen, 0, charge.waived_fen, waived_for, -charge.owed_fen, 0
    )
    return Made(charge, asked, stays, today, asleep=True)


def after(each: Made) -> Charge:
    """The charge as it stands after an adjustment, but for when it is collected."""
    charge, changes = each.charge, each.change
    owed_fen = charge.owed_fen + changes.owed_fen
    return msgspec.structs.replace(
        charge,
        amount_fen=changes.amount_fen,
        waived_fen=changes.waived_fen,
        owed_fen=owed_fen,
        refunded_fen=charge.refunded_fen + changes.returned_fen,
        state=ChargeState.DUE if owed_fen else ChargeState.PAID,
        adjustments=each.n,
        lines=bytes(each.asked.lines).decode(),
    )


def returns(payments: Sequence[Payment], returned_fen: int) -> list[tuple[Payment, int]]:
    """Of which payments an amount goes back, and how much of each: the last one first. `payments`: the oldest first.
    It is all of it, unless some cannot be given back and so are not named.
    """
    left_fen, found = returned_fen, []
    for payment in reversed(payments):
        part_fen = min(payment.left_fen, left_fen)
        if part_fen:
            found.append((payment, part_fen))
            left_fen -= part_fen
    return found


def shown(charge: Charge, corrections: Sequence[Correction], wording: Wording) -> list[CorrectionShown]:
    """The corrections of a charge in words, and without their days where it is hidden when it was made."""
    found = []
    for each in corrections:
        fields = msgspec.structs.asdict(each)
        zh, en = spelled(each.cause, wording)
        if charge.place_hidden:
            fields["made_on"] = None
        found.append(CorrectionShown(**fields, cause_zh=zh, cause_en=en))
    return found


def of_driver(
    charge: Charge, corrections: Sequence[Correction], wording: Wording, visit: Visit | None
) -> ChargeOfDriver:
    """What the driver who pays a charge sees of it. `visit`: what it is for, as far as that is known."""
    hidden = charge.place_hidden
    return ChargeOfDriver(
        reference=charge.reference,
        lot_id=None if hidden else charge.lot_id,
        amount_fen=charge.amount_fen,
        paid_fen=charge.paid_fen,
        owed_fen=charge.owed_fen,
        refunded_fen=charge.refunded_fen,
        waived_fen=charge.waived_fen,
        state=charge.state,
        method=charge.method,
        corrections=shown(charge, corrections, wording),
        lines=msgspec.Raw(msgspec.json.encode(public_lines(charge)) if hidden else charge.lines.encode()),
        created_at=None if hidden else charge.created_at,
        paid_at=None if hidden else charge.paid_at,
        visit=None if hidden else visit,
    )


def cursor(last: Adjusted) -> str:
    """Where the page after `last` begins, as `read_cursor` reads it."""
    return f"{last.charge_id}.{last.n}"


def read_cursor(text: str) -> tuple[UUID, int]:
    """Charge and number of the last adjustment of a page, from `charge.number`.

    Raises:
        CursorMalformed: it has another form.
    """
    charge_id, _, n = text.partition(".")
    try:
        # The column behind it has 32 bits.
        return UUID(charge_id), int.from_bytes(int(n).to_bytes(4, "big", signed=True), "big", signed=True)
    except (ValueError, OverflowError) as wrong:
        raise ledger.CursorMalformed("This is not the `next` of a page.", field="after") from wrong


def _kind(change_fen: int) -> AdjustmentKind:
    if change_fen == 0:
        return AdjustmentKind.WAIVED
    return AdjustmentKind.RAISED if change_fen > 0 else AdjustmentKind.LOWERED
