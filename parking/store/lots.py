"""Operators, lots, gateways and their keys."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import UniqueViolationError
from msgspec import Struct, structs

import sql
from parking.dated import Version
from parking.gateways import IssuedKey
from parking.lots import (
    Around,
    CodeTaken,
    Description,
    ExitRule,
    InnerClock,
    LanePlan,
    LotCapacity,
    LotClosure,
    LotKind,
    LotPlan,
    LotSurroundings,
    ProbableMatch,
    SayArrears,
)
from parking.network import LotProbableMatch
from parking.surroundings import Placed

_SQL = sql.load("parking/lots")
# The field of a plan whose code is taken, by the constraint that refused it.
_FIELD_OF = {"lot_code_key": "code", "gateway_code_key": "gateway", "lane_code_key": "lanes"}


async def operator_of_code(db: sql.Connection, code: str) -> int | None:
    number: int | None = await db.fetchval(_SQL["operator_of_code"], code)
    return number


class LotOfOperator(Struct, frozen=True):
    """A lot's number, its code as it is now, its operator's number, and by which clock it goes."""

    id: int
    code: str
    operator_id: int
    time_zone: str


async def lot_of_code(db: sql.Connection, code: str) -> LotOfOperator | None:
    """The lot of a code, or that had it, if there is one."""
    return await sql.one(db, LotOfOperator, _SQL["lot_of_code"], code)


class RegisteredOperator(Struct, frozen=True):
    """An operator as it was registered."""

    code: str
    name_zh: str
    name_en: str
    platform_fee_bps: int
    time_zone: str
    id: int


class RegisteredLot(Struct, frozen=True):
    """A lot as a plan says it, with its number; `lanes` is JSON text."""

    id: int
    code: str
    operator_code: str
    name_zh: str
    name_en: str
    district_zh: str
    district_en: str
    kind: LotKind
    capacity: int
    longitude: float
    latitude: float
    address_zh: str
    time_zone: str
    confirms_passages: bool
    leave_within_min: int
    inside_of: str | None
    inner_clock: InnerClock
    road: str | None
    road_within_min: int | None
    probable_match: ProbableMatch
    gateway: str
    lanes: str

    @property
    def plan(self) -> LotPlan:
        """What would register it so."""
        said = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("id", "lanes")}
        if said["road_within_min"] is None:
            del said["road_within_min"]
        return LotPlan(**said, lanes=msgspec.json.decode(self.lanes, type=tuple[LanePlan, ...]))


class LotToChange(Description, frozen=True, kw_only=True):
    """A lot as it is described. `capacity`: the one it was registered with."""

    id: int
    code: str
    operator_id: int
    capacity: int


async def registered_operator(db: sql.Connection, code: str) -> RegisteredOperator | None:
    """The operator of a code, if there is one."""
    return await sql.one(db, RegisteredOperator, _SQL["registered_operator"], code)


async def registered_lot(db: sql.Connection, code: str, now: datetime) -> RegisteredLot | None:
    """The lot of a code, or that had it, as it stands now, if there is one."""
    return await sql.one(db, RegisteredLot, _SQL["registered_lot"], code, now)


async def lot_to_change(db: sql.Connection, code: str) -> LotToChange | None:
    """The lot of a code, if there is one."""
    return await sql.one(db, LotToChange, _SQL["lot_to_change"], code)


class PlacedRow(Around, frozen=True, kw_only=True):
    """Where a lot lies from the beginning, and whose it is."""

    id: int
    operator_id: int


async def placed(db: sql.Connection) -> dict[int, Placed]:
    """Where all lots lie, by their numbers."""
    versions: dict[int, list[Version[Around]]] = {}
    for each in await sql.every(db, LotSurroundings, _SQL["surroundings"]):
        versions.setdefault(each.lot_id, []).append(each.version)
    return {
        row.id: Placed(
            row.id,
            row.operator_id,
            Around(row.inside_of, row.inner_clock, row.road, row.road_within_min),
            tuple(versions.get(row.id, ())),
        )
        for row in await sql.every(db, PlacedRow, _SQL["placed"])
    }


async def set_surroundings(db: sql.Connection, lot_id: int, said: Around) -> None:
    """A lot lay there from the beginning."""
    await db.execute(_SQL["set_surroundings"], lot_id, *structs.astuple(said))


async def add_surroundings(db: sql.Connection, lot_id: int, version: Version[Around]) -> None:
    """A lot lies there from its instant on, in the place of where it was to lie from then on."""
    await db.execute(_SQL["add_surroundings"], lot_id, version.valid_from, *structs.astuple(version.value))


async def describe_lot(db: sql.Connection, lot_id: int, said: Description) -> None:
    """A lot is described so."""
    await db.execute(_SQL["describe_lot"], lot_id, *structs.astuple(said))


async def former_codes(db: sql.Connection, lot_id: int) -> list[str]:
    """The codes that a lot had and that lead to it, in their order."""
    return [row["code"] for row in await db.fetch(_SQL["former_codes"], lot_id)]


async def code_of_lot(db: sql.Connection, lot_id: int) -> str:
    """The code of a lot that there is."""
    code: str = await db.fetchval(_SQL["code_of_lot"], lot_id)
    return code


async def lot_called(db: sql.Connection, code: str) -> int | None:
    """The number of the lot that has a code, or had it."""
    number: int | None = await db.fetchval(_SQL["lot_called"], code)
    return number


async def recode_lot(
    db: sql.Connection, lot_id: int, code: str, *, keeps: Sequence[str], drops: Sequence[str], now: datetime
) -> None:
    """A lot has this code from now on; `keeps`: codes that lead to it as well now, `drops`: those that do not."""
    await db.execute(_SQL["drop_former_codes"], lot_id, drops)
    await db.execute(_SQL["recode_lot"], lot_id, code)
    for each in keeps:
        await db.execute(_SQL["keep_former_code"], lot_id, each, now)


async def capacities(db: sql.Connection, lot_id: int) -> list[Version[int]]:
    """How many spaces a lot has had since it was registered, or will have."""
    rows = await sql.every(db, LotCapacity, _SQL["capacities_of"], lot_id)
    return [Version(row.valid_from, row.capacity) for row in rows]


async def add_capacity(db: sql.Connection, lot_id: int, version: Version[int]) -> None:
    """So many spaces from its instant on, in the place of what was to begin then."""
    await db.execute(_SQL["add_capacity"], lot_id, version.valid_from, version.value)


async def closures(db: sql.Connection, lot_id: int) -> list[Version[bool]]:
    """When a lot was closed and open again, or will be."""
    rows = await sql.every(db, LotClosure, _SQL["closures_of"], lot_id)
    return [Version(row.valid_from, row.is_closed) for row in rows]


async def add_closure(db: sql.Connection, lot_id: int, version: Version[bool]) -> None:
    """Closed or open from its instant on, in the place of what was to begin then."""
    await db.execute(_SQL["add_closure"], lot_id, version.valid_from, version.value)


class MatchingBefore(Struct, frozen=True):
    """A lot whose probable matches are to be treated otherwise, and how they were from the beginning."""

    id: int
    code: str
    operator_id: int
    probable_match: ProbableMatch


async def probable_match_to_change(db: sql.Connection, code: str) -> MatchingBefore | None:
    """The lot of a code, if there is one."""
    return await sql.one(db, MatchingBefore, _SQL["probable_match_to_change"], code)


async def probable_matches(db: sql.Connection, lot_id: int) -> list[Version[ProbableMatch]]:
    """What a lot has done with probable matches since it was registered, or will do."""
    rows = await sql.every(db, LotProbableMatch, _SQL["probable_matches_of"], lot_id)
    return [Version(row.valid_from, row.probable_match) for row in rows]


async def add_probable_match(db: sql.Connection, lot_id: int, version: Version[ProbableMatch]) -> None:
    """Treated so from its instant on, in the place of what was to begin then."""
    await db.execute(_SQL["add_probable_match"], lot_id, version.valid_from, version.value)


async def holding(db: sql.Connection, left: Sequence[tuple[int, UUID, datetime | None]]) -> set[UUID]:
    """Those of stays, with their lots and when they left, whose lots held probable matches then."""
    return {row["id"] for row in await db.fetch(_SQL["holding"], *zip(*left, strict=True))}


async def last_read_at(db: sql.Connection, lot_ids: Collection[int]) -> datetime | None:
    """When the last read of any of some lots happened."""
    at: datetime | None = await db.fetchval(_SQL["last_read_at"], sorted(lot_ids))
    return at


async def operator_of_gateway(db: sql.Connection, gateway_code: str) -> int | None:
    """The number of the operator whose lot a gateway speaks for."""
    number: int | None = await db.fetchval(_SQL["operator_of_gateway"], gateway_code)
    return number


async def add_operator(
    db: sql.Connection, *, code: str, name_zh: str, name_en: str, platform_fee_bps: int, time_zone: str
) -> int:
    """A new operator's number.

    Raises:
        CodeTaken: another operator has this code.
    """
    try:
        number: int = await db.fetchval(_SQL["add_operator"], code, name_zh, name_en, platform_fee_bps, time_zone)
    except UniqueViolationError:
        raise CodeTaken(f"The operator code {code!r} is taken.", code=code) from None
    return number


class LeftBy(Struct, frozen=True):
    """How vehicles left a lot until now, and whose it is."""

    operator_id: int
    code: str
    confirms_passages: bool
    leave_within_min: int


class SaidOfArrears(Struct, frozen=True):
    """What was said of arrears until now (None: nothing of its own), and whose lots it is about, by the code of the lot
    or of the operator.
    """

    operator_id: int
    code: str
    before: SayArrears | None


async def set_exit_rule(db: sql.Connection, code: str, rule: ExitRule, *, now: datetime) -> LeftBy | None:
    """Writes how vehicles leave a lot; how they did before, or None if there is no such lot."""
    return await sql.one(db, LeftBy, _SQL["set_exit_rule"], code, rule.confirms_passages, rule.leave_within_min, now)


async def say_arrears_in_lot(db: sql.Connection, code: str, say: SayArrears | None) -> SaidOfArrears | None:
    """What the lanes of a lot say of arrears (None: what its operator says); None if there is no such lot."""
    return await sql.one(db, SaidOfArrears, _SQL["say_arrears_in_lot"], code, say)


async def say_arrears_in_lots_of(db: sql.Connection, code: str, say: SayArrears) -> SaidOfArrears | None:
    """What the lanes of an operator's lots say of arrears; None if there is no such operator."""
    return await sql.one(db, SaidOfArrears, _SQL["say_arrears_in_lots_of"], code, say)


async def add_lot(db: sql.Connection, plan: LotPlan, *, lies: Around, now: datetime) -> int | None:
    """A new lot's number, written with its gates, lanes, gateway and count; None if there is no such operator. `lies`:
    where, from the beginning.

    Raises:
        CodeTaken: the code of the lot, of its gateway or of a lane is taken.
    """
    names = (plan.code, plan.operator_code, plan.name_zh, plan.name_en)
    place = (plan.district_zh, plan.district_en, plan.address_zh)
    facts = (plan.kind, plan.capacity, plan.longitude, plan.latitude, plan.time_zone)
    gates = sorted({lane.gate for lane in plan.lanes})
    lanes = [(lane.code, lane.gate, lane.direction) for lane in plan.lanes]
    try:
        beside = structs.astuple(lies)
        leaving = (now if plan.confirms_passages else None, plan.leave_within_min, plan.probable_match)
        lot_id: int | None = await db.fetchval(_SQL["add_lot"], *names, *place, *facts, *leaving, *beside)
        if lot_id is None:
            return None
        await db.execute(_SQL["add_gates"], lot_id, gates)
        await db.execute(_SQL["add_gateway"], lot_id, plan.gateway)
        await db.execute(_SQL["add_lanes"], lot_id, plan.gateway, *zip(*lanes, strict=True))
        await db.execute(_SQL["add_occupancy"], lot_id, now)
    except UniqueViolationError as e:
        field = _FIELD_OF.get(e.constraint_name or "", "code")
        raise CodeTaken(f"A code of lot {plan.code!r} is taken.", field=field, code=plan.code) from None
    return lot_id


async def lock_gateway(db: sql.Connection, gateway_code: str) -> int | None:
    """The number of a gateway; nobody else changes its keys until the transaction ends."""
    number: int | None = await db.fetchval(_SQL["lock_gateway"], gateway_code)
    return number


async def active_slots(db: sql.Connection, gateway_id: int) -> set[int]:
    """The slots that active keys of a gateway take."""
    return {row["slot"] for row in await db.fetch(_SQL["active_slots"], gateway_id)}


async def add_key(
    db: sql.Connection, *, key_id: str, gateway_id: int, slot: int, secret_hash: bytes, now: datetime
) -> None:
    await db.execute(_SQL["add_key"], key_id, gateway_id, slot, secret_hash, now)


async def revoke_key(db: sql.Connection, *, gateway_code: str, key_id: str, now: datetime) -> bool:
    """Ends an active key of a gateway; returns whether there was one."""
    return await db.fetchval(_SQL["revoke_key"], gateway_code, key_id, now) is not None


async def keys_of(db: sql.Connection, gateway_code: str) -> Sequence[IssuedKey]:
    """All keys a gateway has had."""
    return await sql.every(db, IssuedKey, _SQL["keys_of"], gateway_code)
