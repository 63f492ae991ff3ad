"""Where published tariffs are in force: at lots and in price areas, from an instant on, and where each lot lies."""

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

import sql
from parking import prices
from parking.dated import Outcome
from parking.flow.network import record_change
from parking.lots import Registered, UnknownLot, UnknownZone, registered_otherwise
from parking.prices import HoldsAlready, UnknownTariff
from parking.store import prices as store
from parking.store.prices import Beginning, LotToPrice, TariffToApply, ZoneToPrice
from parking.store.tariffs import newest_published, take_turns, version
from parking.store.zones import zone_names
from payments import identity
from payments.identity import Principal


class Places(Struct, frozen=True):
    """Where a tariff is to be in force, by code, and since when (None: now)."""

    lots: Sequence[str] = ()
    zones: Sequence[str] = ()
    valid_from: datetime | None = None


async def apply_version(
    pool: sql.Pool, *, code: str, number: int, places: Places, principal: Principal, clock: Callable[[], datetime]
) -> None:
    """A published version of a tariff is in force at all these places from an instant on, or at none.

    Raises:
        UnknownTariff: there is no such published version.
        NotYours: the principal may not act for the operator of a lot, or names price areas and acts for one operator.
        Otherwise as `apply_to_lot` and `apply_to_zone`.
    """
    async with pool.acquire() as db, db.transaction():
        await take_turns(db)
        row = await version(db, code, number)
        if row is None:
            raise UnknownTariff(f"No tariff {code!r} has the version {number}.", code=code, version=number)
        await apply_all(db, row.id, places, principal=principal, now=clock())


async def apply_newest(db: sql.Connection, *, code: str, places: Places, principal: Principal, now: datetime) -> int:
    """As `apply_version`, for the newest published version; its number."""
    await take_turns(db)
    row = await newest_published(db, code)
    if row is None:
        raise UnknownTariff(f"No tariff has the code {code!r} and is published.", code=code)
    await apply_all(db, row.id, places, principal=principal, now=now)
    return row.version


async def apply_all(db: sql.Connection, tariff_id: int, places: Places, *, principal: Principal, now: datetime) -> bool:
    """Puts a tariff into force at places, as a part of a use case that has called `take_turns`; whether it was not so
    at one of them.
    """
    valid_from = places.valid_from or now
    if places.zones:
        identity.may_act_for_all(principal)
    lots = {code: await _lot(db, code, now, field="lots") for code in places.lots}
    for lot in lots.values():
        identity.may_act_for(principal, lot.operator_id)
    begun = [
        await _apply_to_lot(db, code, lot, tariff_id, valid_from, by=principal.subject, now=now)
        for code, lot in lots.items()
    ]
    begun += [
        await _apply_to_zone(db, code, tariff_id, valid_from, by=principal.subject, now=now)
        for code in dict.fromkeys(places.zones)
    ]
    return any(begun)


async def apply_to_lot(
    db: sql.Connection, *, lot_code: str, tariff_id: int, valid_from: datetime, by: str, now: datetime
) -> None:
    """From `valid_from` on a tariff is in force at a lot; what was registered for earlier instants stays as it is, and
    what was to begin at this one is replaced. Doing it again changes nothing.

    Raises:
        UnknownLot, UnknownTariff: there is no such lot, or no such published tariff.
        prices.OtherTimeZone: the tariff is of another time zone than the lot.
        HoldsAlready: it is an instant of the past and a tariff is in force, or another has begun at this very instant.
    """
    await take_turns(db)
    await _apply_to_lot(db, lot_code, await _lot(db, lot_code, now), tariff_id, valid_from, by=by, now=now)


async def apply_to_zone(
    db: sql.Connection, *, zone_code: str, tariff_id: int, valid_from: datetime, by: str, now: datetime
) -> None:
    """From `valid_from` on a tariff is in force at those lots of a price area that have none of their own.

    Raises:
        UnknownZone: there is no such area; otherwise as `apply_to_lot`.
    """
    await take_turns(db)
    await _apply_to_zone(db, zone_code, tariff_id, valid_from, by=by, now=now)


async def register_zone(
    db: sql.Connection, *, code: str, name_zh: str, name_en: str, by: str, now: datetime
) -> Registered:
    """A price area's number. The same again changes nothing.

    Raises:
        RegisteredOtherwise: the area of this code is called something else.
    """
    await take_turns(db)
    known = await zone_names(db, code)
    if known is not None:
        for field, value in (("name_zh", name_zh), ("name_en", name_en)):
            if (registered := getattr(known, field)) != value:
                raise registered_otherwise("price area", code, field, registered, value)
        return Registered(known.id, Outcome.UNCHANGED)
    number = await store.add_zone(db, code=code, name_zh=name_zh, name_en=name_en)
    await record_change(db, by=by, action="zone.register", subject=f"zone:{code}", detail={}, now=now)
    return Registered(number)


async def move_lot(
    pool: sql.Pool,
    *,
    lot_code: str,
    zone_code: str | None,
    valid_from: datetime | None,
    by: str,
    clock: Callable[[], datetime],
) -> None:
    """From `valid_from` (None: now) on a lot lies in a price area, or (None) in none.

    A lot that leaves an area keeps the tariff it has until another begins. Doing it again changes nothing.

    Raises:
        UnknownLot, UnknownZone: there is no such lot or area.
        prices.OtherTimeZone: the area has a tariff of another time zone than the lot's.
        HoldsAlready: it is an instant of the past and a tariff is in force, or the lot has moved at this very instant.
    """
    async with pool.acquire() as db, db.transaction():
        await take_turns(db)
        now = clock()
        await _put_lot_in_zone(db, lot_code, zone_code, valid_from or now, by=by, now=now)


async def put_lot_in_zone(
    db: sql.Connection, *, lot_code: str, zone_code: str | None, valid_from: datetime, by: str, now: datetime
) -> None:
    """As `move_lot`, within a transaction."""
    await take_turns(db)
    await _put_lot_in_zone(db, lot_code, zone_code, valid_from, by=by, now=now)


async def _put_lot_in_zone(
    db: sql.Connection, lot_code: str, zone_code: str | None, valid_from: datetime, *, by: str, now: datetime
) -> None:
    lot = await _lot(db, lot_code, now)
    zone = None if zone_code is None else await _zone(db, zone_code, now)
    number = None if zone is None else zone.id
    if _is_in_place(await store.zone_of_lot(db, lot.id, valid_from), number, valid_from, now=now, place=lot_code):
        return
    if zone is not None:
        for time_zone in await store.time_zones_of_tariffs(db, zone.id):
            prices.check_time_zones(time_zone, [lot.time_zone], place=lot_code)
    prices.check_since(valid_from, now=now, is_priced=lot.is_priced, place=lot_code)
    before = await store.move_lot(db, lot.id, valid_from, number)
    detail: dict[str, object] = {"valid_from": valid_from, "before": {"zone": before}, "after": {"zone": zone_code}}
    await record_change(db, by=by, action="lot.zone", subject=f"lot:{lot.code}", detail=detail, now=now)


async def _apply_to_lot(
    db: sql.Connection, code: str, lot: LotToPrice, tariff_id: int, valid_from: datetime, *, by: str, now: datetime
) -> bool:
    tariff = await _tariff(db, tariff_id)
    if _is_in_place(await store.tariff_at_lot(db, lot.id, valid_from), tariff_id, valid_from, now=now, place=code):
        return False
    prices.check_time_zones(tariff.time_zone, [lot.time_zone], place=code)
    prices.check_since(valid_from, now=now, is_priced=lot.is_priced, place=code)
    before = await store.apply_to_lot(db, lot.id, valid_from, tariff_id)
    await _record(db, tariff, {"lot": lot.code, "valid_from": valid_from}, before, by=by, now=now)
    return True


async def _apply_to_zone(
    db: sql.Connection, code: str, tariff_id: int, valid_from: datetime, *, by: str, now: datetime
) -> bool:
    zone = await _zone(db, code, now, field="zones")
    tariff = await _tariff(db, tariff_id)
    if _is_in_place(await store.tariff_in_zone(db, zone.id, valid_from), tariff_id, valid_from, now=now, place=code):
        return False
    prices.check_time_zones(tariff.time_zone, await store.time_zones_of_lots(db, zone.id), place=code)
    prices.check_since(valid_from, now=now, is_priced=zone.is_priced, place=code)
    before = await store.apply_to_zone(db, zone.id, valid_from, tariff_id)
    await _record(db, tariff, {"zone": code, "valid_from": valid_from}, before, by=by, now=now)
    return True


async def _record(
    db: sql.Connection,
    tariff: TariffToApply,
    where: dict[str, object],
    before: str | None,
    *,
    by: str,
    now: datetime,
) -> None:
    name = f"{tariff.code}/{tariff.version}"
    subject, detail = f"tariff:{name}", {**where, "before": {"tariff": before}, "after": {"tariff": name}}
    await record_change(db, by=by, action="tariff.apply", subject=subject, detail=detail, now=now)


async def _lot(db: sql.Connection, code: str, now: datetime, **about: object) -> LotToPrice:
    lot = await store.lot_to_price(db, code, now)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code, **about)
    return lot


async def _zone(db: sql.Connection, code: str, now: datetime, **about: object) -> ZoneToPrice:
    zone = await store.zone_to_price(db, code, now)
    if zone is None:
        raise UnknownZone(f"No price area has the code {code!r}.", code=code, **about)
    return zone


async def _tariff(db: sql.Connection, tariff_id: int) -> TariffToApply:
    tariff = await store.tariff_to_apply(db, tariff_id)
    if tariff is None:
        raise UnknownTariff("No such tariff is published.", tariff_id=tariff_id)
    return tariff


def _is_in_place(
    begins: Beginning | None, number: int | None, valid_from: datetime, *, now: datetime, place: str
) -> bool:
    """Whether this tariff or area (by its number) begins at the place at this instant already. One that has not begun
    is to be replaced.

    Raises:
        HoldsAlready: another one has begun there at this instant.
    """
    if begins is not None and begins.number != number and valid_from <= now:
        raise HoldsAlready(
            f"Something else has begun at {place} at this very instant; choose a later one.",
            field="valid_from",
            valid_from=valid_from,
        )
    return begins is not None and begins.number == number
