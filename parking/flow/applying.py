"""Where published price texts hold: at lots and in price areas, from an instant on, and in which area a lot lies."""

from datetime import datetime

from asyncpg import Record, UniqueViolationError
from msgspec import Struct

import sql
from parking import publication
from parking.flow import trail
from parking.lots import CodeTaken, UnknownLot, UnknownZone
from parking.publication import HoldsAlready, UnknownTariff

_SQL = sql.load("parking/tariffs")


class LotToPrice(Struct, frozen=True):
    """A lot that is to get a price or another area. `is_priced`: some price holds there already."""

    id: int
    operator_id: int
    time_zone: str
    is_priced: bool


class ZoneToPrice(Struct, frozen=True):
    """A price area that is to get a price. `is_priced`: some price holds there already, or at a lot of it."""

    id: int
    is_priced: bool


class TariffToApply(Struct, frozen=True):
    """A published tariff that is to hold somewhere."""

    code: str
    version: int
    time_zone: str


SHAPES = {"lot_to_price": LotToPrice, "zone_to_price": ZoneToPrice, "to_apply": TariffToApply}


async def take_turns(db: sql.Connection) -> None:
    """Until this transaction ends nobody else registers, publishes or applies a price."""
    await db.execute(_SQL["take_turns"])


async def apply_tariff(
    db: sql.Connection, *, lot_code: str, tariff_id: int, valid_from: datetime, by: str, now: datetime
) -> None:
    """From `valid_from` on a lot charges by this tariff; what was registered for earlier instants stays as it is.

    Saying it again changes nothing.

    Raises:
        UnknownLot, UnknownTariff: there is no such lot, or no such published tariff.
        publication.OtherTimeZone: the tariff is of another time zone than the lot.
        HoldsAlready: it is an instant of the past and a price holds there, or another begins at this very instant.
    """
    await take_turns(db)
    lot = await lot_to_price(db, code=lot_code, now=now)
    tariff = await _to_apply(db, tariff_id)
    begins = await db.fetchrow(_SQL["lot_tariff_at"], lot.id, valid_from)
    if _stands(begins, tariff_id, valid_from, place=lot_code):
        return
    publication.check_zones(tariff.time_zone, [lot.time_zone], place=lot_code)
    publication.check_since(valid_from, now=now, is_priced=lot.is_priced, place=lot_code)
    await db.execute(_SQL["apply_to_lot"], lot.id, valid_from, tariff_id)
    detail: dict[str, object] = {"lot": lot_code, "valid_from": valid_from}
    await trail.record(db, by=by, action="tariff.apply", subject=_subject(tariff), detail=detail, now=now)


async def apply_to_zone(
    db: sql.Connection, *, zone_code: str, tariff_id: int, valid_from: datetime, by: str, now: datetime
) -> None:
    """From `valid_from` on the lots of a price area that have no price of their own charge by this tariff.

    Raises:
        UnknownZone: there is no such area; otherwise as `apply_tariff`.
    """
    await take_turns(db)
    zone = await _zone(db, zone_code, now)
    tariff = await _to_apply(db, tariff_id)
    begins = await db.fetchrow(_SQL["zone_tariff_at"], zone.id, valid_from)
    if _stands(begins, tariff_id, valid_from, place=zone_code):
        return
    zones = [row["time_zone"] for row in await db.fetch(_SQL["time_zones_in"], zone.id)]
    publication.check_zones(tariff.time_zone, zones, place=zone_code)
    publication.check_since(valid_from, now=now, is_priced=zone.is_priced, place=zone_code)
    await db.execute(_SQL["apply_to_zone"], zone.id, valid_from, tariff_id)
    detail: dict[str, object] = {"zone": zone_code, "valid_from": valid_from}
    await trail.record(db, by=by, action="tariff.apply", subject=_subject(tariff), detail=detail, now=now)


async def register_zone(db: sql.Connection, *, code: str, name_zh: str, name_en: str, by: str, now: datetime) -> int:
    """A new price area's number.

    Raises:
        CodeTaken: another has this code.
    """
    try:
        number: int = await db.fetchval(_SQL["add_zone"], code, name_zh, name_en)
    except UniqueViolationError:
        raise CodeTaken(f"The code {code!r} is taken by another price area.", field="code", code=code) from None
    await trail.record(db, by=by, action="zone.register", subject=f"zone:{code}", detail={}, now=now)
    return number


async def move_lot(
    db: sql.Connection, *, lot_code: str, zone_code: str | None, valid_from: datetime, by: str, now: datetime
) -> None:
    """From `valid_from` on a lot lies in a price area, or (None) in none; until another price begins it keeps its own.

    Saying it again changes nothing.

    Raises:
        UnknownLot, UnknownZone: there is no such lot or area.
        publication.OtherTimeZone: the area has a price of another time zone than the lot's.
        HoldsAlready: it is an instant of the past and a price holds at the lot, or it moves at this very instant.
    """
    await take_turns(db)
    lot = await lot_to_price(db, code=lot_code, now=now)
    zone = None if zone_code is None else await _zone(db, zone_code, now)
    number = None if zone is None else zone.id
    begins = await db.fetchrow(_SQL["lot_zone_at"], lot.id, valid_from)
    if _stands(begins, number, valid_from, place=lot_code):
        return
    if zone is not None:
        for row in await db.fetch(_SQL["time_zones_of_prices"], zone.id):
            publication.check_zones(row["time_zone"], [lot.time_zone], place=lot_code)
    publication.check_since(valid_from, now=now, is_priced=lot.is_priced, place=lot_code)
    await db.execute(_SQL["move_lot"], lot.id, valid_from, number)
    detail: dict[str, object] = {"zone": zone_code, "valid_from": valid_from}
    await trail.record(db, by=by, action="lot.zone", subject=f"lot:{lot_code}", detail=detail, now=now)


async def lot_to_price(db: sql.Connection, *, code: str, now: datetime) -> LotToPrice:
    """What is to be known of a lot before its price is changed.

    Raises:
        UnknownLot: no lot has this code.
    """
    lot = await sql.one(db, LotToPrice, _SQL["lot_to_price"], code, now)
    if lot is None:
        raise UnknownLot(f"No lot has the code {code!r}.", code=code)
    return lot


async def _zone(db: sql.Connection, code: str, now: datetime) -> ZoneToPrice:
    zone = await sql.one(db, ZoneToPrice, _SQL["zone_to_price"], code, now)
    if zone is None:
        raise UnknownZone(f"No price area has the code {code!r}.", code=code)
    return zone


async def _to_apply(db: sql.Connection, tariff_id: int) -> TariffToApply:
    tariff = await sql.one(db, TariffToApply, _SQL["to_apply"], tariff_id)
    if tariff is None:
        raise UnknownTariff("No such tariff is published.", tariff_id=tariff_id)
    return tariff


def _stands(begins: Record | None, number: int | None, valid_from: datetime, *, place: str) -> bool:
    """Whether what begins there at this instant, if anything does, is the very thing that is said now."""
    if begins is not None and begins["number"] != number:
        raise HoldsAlready(
            f"Something else begins at {place} at this very instant; choose another.",
            field="valid_from",
            valid_from=valid_from,
        )
    return begins is not None


def _subject(tariff: TariffToApply) -> str:
    return f"tariff:{tariff.code}/{tariff.version}"
