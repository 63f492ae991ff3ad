"""Contesting the link of a plate, and resolving that."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

import sql
from parking import contests, plates
from parking.contests import Contest, ContestResolved, Link, NoSuchContest, NotContestable
from parking.flow import plates as plates_flow
from parking.plates import PlateColor, PlateNotLinked
from parking.store import contests as store
from parking.store.events import lock_plates
from payments import ids
from payments.charges import charge_id
from payments.flow import audit as audit_flow
from payments.flow import charges as charges_flow
from payments.identity import Principal
from payments.store import audit
from payments.store import charges as charge_store


async def contest_by_reference(
    db: sql.Connection, reference: UUID, *, now: datetime, random_bits: Callable[[], int]
) -> Contest:
    """Contests the link by which an account was charged, by whoever has the charge's reference. Twice is once.

    Raises:
        NoSuchCharge: there is none of this reference.
        NotContestable: no account pays it, it is too old, the link ended, or staff confirmed it lately.
    """
    charge = await charges_flow.charge_named(db, reference, by_id=False)
    vehicle = await store.vehicle_of_stay(db, charge.lot_id, charge.stay_id)
    if charge.account_id is None or vehicle is None:
        raise NotContestable("No account pays this charge.")
    contests.check_presence(vehicle.left_at, now)
    await lock_plates(db, [(vehicle.plate, vehicle.plate_color)])
    link = await store.link(db, vehicle.plate, vehicle.plate_color)
    if link is None or link.account_id != charge.account_id:
        raise NotContestable("The account that pays this charge pays for the plate no longer.")
    return await _contest(
        db,
        vehicle.plate,
        vehicle.plate_color,
        link,
        by="presence",
        note=None,
        stay=(charge.lot_id, charge.stay_id),
        now=now,
        random_bits=random_bits,
    )


async def contest_by_staff(
    db: sql.Connection,
    *,
    plate: str,
    plate_color: PlateColor,
    note: str,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Contest:
    """Contests a link for somebody who came to the city's staff. Twice is once.

    Raises:
        PlateNotLinked: no account pays for the plate.
    """
    text, plate_color = plates.identity(plate, plate_color)
    await lock_plates(db, [(text, plate_color)])
    link = await store.link(db, text, plate_color)
    if link is None:
        raise PlateNotLinked("No account pays for this plate.", field="plate")
    return await _contest(db, text, plate_color, link, by=actor, note=note, stay=None, now=now, random_bits=random_bits)


async def open_contests(
    db: sql.Connection, *, after: UUID, limit: int, reader: Principal, now: datetime, random_bits: Callable[[], int]
) -> Sequence[Contest]:
    """What staff have to look at, the oldest first. Contests show plates: who read is kept."""
    found = await store.open_contests(db, after=after, limit=limit)
    await audit_flow.record_look(
        db, subject="plate-contests", rows=len(found), reader=reader, now=now, random_bits=random_bits
    )
    return found


async def resolve_contest(
    db: sql.Connection,
    *,
    contest_id: UUID,
    link_stands: bool,
    note: str,
    actor: str,
    now: datetime,
    random_bits: Callable[[], int],
) -> Contest:
    """What staff found: the link stands and pays again, or it ends and the oldest claim takes its place.

    Raises:
        NoSuchContest: there is none of this identifier.
        ContestResolved: somebody was faster; says who.
    """
    found = await store.contest(db, contest_id)
    if found is None:
        raise NoSuchContest("There is no such contest.", contest_id=str(contest_id))
    await lock_plates(db, [(found.plate, found.plate_color)])
    found = await store.lock_contest(db, contest_id)
    if found.resolved_at is not None:
        raise ContestResolved("This contest is resolved already.", resolved_by=found.resolved_by)
    await store.resolve_contest(db, contest_id, link_stands=link_stands, by=actor, note=note, now=now)
    if link_stands:
        await _hide(db, found, hidden=False)
    else:
        await plates_flow.end_link(
            db, found.plate, found.plate_color, found.account_id, now=now, random_bits=random_bits
        )
    await _record(
        db, found, "plate.contest-resolve", actor, {"link_stands": link_stands, "note": note}, now, random_bits
    )
    return structs.replace(found, resolved_at=now, resolved_by=actor, link_stands=link_stands, note=note)


async def _contest(
    db: sql.Connection,
    plate: str,
    color: PlateColor,
    link: Link,
    *,
    by: str,
    note: str | None,
    stay: tuple[int, UUID] | None,
    now: datetime,
    random_bits: Callable[[], int],
) -> Contest:
    last = await store.last_contest(db, plate, color, link.account_id)
    if stay is None and last is not None and last.resolved_at is not None:
        last = None  # staff may look again whenever they like
    if (there := contests.open_contest(last, link, now)) is not None:
        return there
    id_ = ids.new(now, link.account_id, random_bits())
    made = Contest(id_, plate, color, link.account_id, link.linked_at, now, by, note=note)
    lot_id, stay_id = stay or (None, None)
    await store.add_contest(db, made, lot_id=lot_id, stay_id=stay_id)
    await _hide(db, made, hidden=True)
    await _record(db, made, "plate.contest", by, {"note": note}, now, random_bits)
    return made


async def _hide(db: sql.Connection, contest: Contest, *, hidden: bool) -> None:
    """The driver sees where and when of the vehicle's stays no longer, or again of those that began after the link."""
    since = None if hidden else contest.linked_at
    stays = await store.stays_of_link(db, contest.plate, contest.plate_color, contest.account_id, since=since)
    charged = [(stay.lot_id, charge_id(stay.id, contest.account_id)) for stay in stays if stay.fee_fen]
    await charge_store.hide_places(db, contest.account_id, charged, hidden=hidden)


async def _record(
    db: sql.Connection,
    contest: Contest,
    action: str,
    actor: str,
    detail: dict[str, object],
    now: datetime,
    random_bits: Callable[[], int],
) -> None:
    about = {"action": action, "subject": f"account:{contest.account_id}", "actor": actor}
    whole = {"contest_id": contest.id, "plate": contest.plate, "plate_color": contest.plate_color, **detail}
    await audit.record(db, contest.account_id, **about, detail=whole, now=now, random_bits=random_bits())
