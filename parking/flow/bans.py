"""Keeping vehicles out: said and ended by staff, appealed against by drivers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sql
from parking import entitlements
from parking.bans import BANS_MAX, AlreadyAppealed, Ban, BanEnded, TooManyBans, UnknownBan
from parking.entitlements import Reach
from parking.flow.derivation import RandomBits
from parking.flow.entitlements import may_change
from parking.flow.network import record_change
from parking.plates import PlateColor
from parking.store import bans as store
from payments import ids, ledger
from payments.flow import audit as audit_flow
from payments.identity import Principal
from payments.store import audit as audit_store


async def ban(
    db: sql.Connection,
    *,
    plate: str,
    plate_color: PlateColor,
    reach: Reach,
    valid_from: datetime | None,
    valid_until: datetime | None,
    reason: str,
    principal: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Ban:
    """A vehicle is let in no more where the ban reaches, from an instant (None: now) until before another. Every
    process knows within a second.

    Raises:
        NotYours: the principal may not say so there.
        RightUnfit, RightTooOld: the text is no plate, or the time is none.
        TooManyBans: there are BANS_MAX.
    """
    may_change(principal, reach)
    text, color = entitlements.identified(plate, plate_color)
    since = valid_from or now
    entitlements.check_time(since, valid_until, now=now)
    if await store.count_bans(db, now, limit=BANS_MAX) >= BANS_MAX:
        raise TooManyBans(f"The city has {BANS_MAX} bans already.", bans_max=BANS_MAX)
    id_ = ids.new(now, reach.lot_id or reach.operator_id or ledger.PLATFORM, random_bits())
    new = Ban(
        id=id_,
        operator_id=reach.operator_id,
        lot_id=reach.lot_id,
        plate=text,
        plate_color=color,
        valid_from=since,
        valid_until=valid_until,
        reason=reason,
        added_by=principal.subject,
        added_at=now,
    )
    await store.add_ban(db, new)
    await _record(db, "ban.add", new, {"reason": reason, "valid_until": valid_until}, principal, now)
    return new


async def end_ban(db: sql.Connection, id_: UUID, *, reason: str, principal: Principal, now: datetime) -> None:
    """A vehicle is let in again.

    Raises:
        UnknownBan: there is no such ban.
        NotYours: the principal may not say so where it holds.
        BanEnded: it was ended before.
    """
    known = await _known(db, id_)
    may_change(principal, known.reach)
    if not await store.end_ban(db, id_, by=principal.subject, now=now, reason=reason):
        raise BanEnded("It has been ended already.", id=str(id_))
    await _record(db, "ban.end", known, {"reason": reason}, principal, now)


async def find_bans(
    db: sql.Connection,
    *,
    plate: str | None,
    holding: bool,
    appealed: bool,
    after: UUID,
    limit: int,
    reader: Principal,
    now: datetime,
    random_bits: RandomBits,
) -> Sequence[Ban]:
    """A page of bans, as far as the reader may change them. They show plates: who read is kept."""
    wanted: dict[str, Any] = {"plate": plate, "holding_at": now if holding else None, "appealed": appealed}
    found = await store.bans(db, operator_id=reader.operator_id, **wanted, after=after, limit=limit)
    await audit_flow.record_look(db, subject="bans", rows=len(found), reader=reader, now=now, random_bits=random_bits)
    return found


async def appeal(db: sql.Connection, id_: UUID, *, account_id: int, said: str, actor: str, now: datetime) -> Ban:
    """A driver says why a vehicle that the account pays for should be let in; staff find it among the bans.

    Raises:
        UnknownBan: there is none of this id that holds for a plate of the account.
        AlreadyAppealed: somebody has appealed against it.
    """
    known = next((each for each in await store.bans_of_account(db, account_id, now) if each.id == id_), None)
    if known is None:
        raise UnknownBan("No plate of yours has this ban.", id=str(id_))
    if not await store.appeal(db, id_, account_id, said, now=now):
        raise AlreadyAppealed("Somebody has appealed already; staff will look.", id=str(id_))
    await audit_store.record(
        db, account_id, actor=actor, action="ban.appeal", subject=str(id_), detail={"plate": known.plate}, now=now
    )
    return await _known(db, id_)


async def _known(db: sql.Connection, id_: UUID) -> Ban:
    known = await store.ban(db, id_)
    if known is None:
        raise UnknownBan("There is no ban of this id.", id=str(id_))
    return known


async def _record(
    db: sql.Connection, action: str, one: Ban, detail: dict[str, object], principal: Principal, now: datetime
) -> None:
    detail = {"plate": one.plate, "plate_color": one.plate_color, "lot_id": one.lot_id, **detail}
    owner = one.operator_id or ledger.PLATFORM
    await record_change(
        db, by=principal.subject, action=action, subject=str(one.id), detail=detail, now=now, owner_id=owner
    )
