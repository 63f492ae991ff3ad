"""The desk at which accounts of staff are added, reset and ended."""

from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct

from parking.city_identity import IDENTITY_CHARACTERS_MAX
from parking.flow import staff as flow
from parking.flow.staff import Invited
from parking.live.city_identity import LiveCityIdentity
from parking.network import Network as Snapshot
from parking.staff import Login, Staff
from parking.texts.pages import staff as words
from parking.web.dependencies import CityIdentity, Db, Network, Now, Principal, RandomBytes, Wall
from parking.web.desks.frame import desk_page, query_of, reader_of
from parking.web.forms import Shown, action, page, read
from parking.web.reader import Reader
from parking.web.response import moved
from parking.web.tables import Column, Kind, Row, State, Table, Tone
from payments.identity import READERS, Audience, NoSuchLot
from payments.settlement import NoSuchOperator

_ADMIN = (Audience.ADMIN,)


class NewStaff(Struct, frozen=True):
    """An account that is to be made; operator and lot by their codes."""

    login: Login
    audience: Audience
    name: Annotated[str, Meta(max_length=64)] = ""
    operator: Annotated[str, Meta(max_length=64)] = ""
    lot: Annotated[str, Meta(max_length=64)] = ""


class Why(Struct, frozen=True):
    """Why an account is changed."""

    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class Known(Struct, frozen=True):
    """What the city's identity calls somebody."""

    identity: Annotated[str, Meta(max_length=IDENTITY_CHARACTERS_MAX)] | None = None


@page("/desk/staff", *_ADMIN)
async def staff(
    request: Shown, principal: Principal, network: Network, db: Db, provider: CityIdentity
) -> Response[bytes]:
    """All accounts, and the form for another."""
    return await _page(request, principal, network, db, provider=provider)


@action("/desk/staff", *_ADMIN)
async def add(
    *,
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    provider: CityIdentity,
    now: Now,
    wall: Wall,
    random_bytes: RandomBytes,
) -> Response[bytes]:
    """Makes an account, and shows its code."""
    said = await read(request, NewStaff)
    invited = await flow.add(
        db,
        login=said.login,
        name=said.name,
        audience=said.audience,
        operator_id=_operator(network.snapshot, said.operator),
        lot_id=_lot(network.snapshot, said.lot),
        network=network.snapshot,
        by=principal,
        now=now,
        wall=wall(),
        random_bytes=random_bytes,
    )
    return await _page(request, principal, network, db, provider=provider, invited=invited)


@action("/desk/staff/{login:str}/reset", *_ADMIN)
async def reset(
    *,
    request: Shown,
    login: FromPath[str],
    principal: Principal,
    network: Network,
    db: Db,
    provider: CityIdentity,
    now: Now,
    wall: Wall,
    random_bytes: RandomBytes,
) -> Response[bytes]:
    """Lets a password be chosen anew, and shows the code for it."""
    said = await read(request, Why)
    invited = await flow.reset(
        db, login, reason=said.reason, by=principal, now=now, wall=wall(), random_bytes=random_bytes
    )
    return await _page(request, principal, network, db, provider=provider, invited=invited)


@action("/desk/staff/{login:str}/identity", *_ADMIN)
async def identify(request: Shown, login: FromPath[str], principal: Principal, db: Db, now: Now) -> Response[bytes]:
    """Lets somebody sign in by the city's identity; left empty, no more."""
    await flow.identify(db, login, (await read(request, Known)).identity, by=principal, now=now)
    return moved("/desk/staff")


@action("/desk/staff/{login:str}/disable", *_ADMIN)
async def disable(request: Shown, login: FromPath[str], principal: Principal, db: Db, now: Now) -> Response[bytes]:
    """Ends an account."""
    await flow.disable(db, login, reason=(await read(request, Why)).reason, by=principal, now=now)
    return moved("/desk/staff")


@action("/desk/staff/{login:str}/enable", *_ADMIN)
async def enable(request: Shown, login: FromPath[str], principal: Principal, db: Db, now: Now) -> Response[bytes]:
    """Lets an account be used again."""
    await flow.enable(db, login, reason=(await read(request, Why)).reason, by=principal, now=now)
    return moved("/desk/staff")


def _operator(network: Snapshot, code: str) -> int | None:
    if not code:
        return None
    found = next((each.id for each in network.operators.values() if each.code == code), None)
    if found is None:
        raise NoSuchOperator("There is no such operator.", field="operator")
    return found


def _lot(network: Snapshot, code: str) -> int | None:
    if not code:
        return None
    if (found := network.lots_by_code.get(code)) is None:
        raise NoSuchLot("There is no such lot.", field="lot")
    return found.id


async def _page(
    request: Shown,
    principal: Principal,
    network: Network,
    db: Db,
    *,
    provider: LiveCityIdentity | None,
    invited: Invited | None = None,
) -> Response[bytes]:
    reader = reader_of(request, principal, network.snapshot, words.WORDS)
    columns = [
        Column("login", reader.word("login")),
        Column("name", reader.word("name")),
        Column("role", reader.word("role")),
        Column("scope", reader.word("scope")),
        Column("state", reader.word("state"), Kind.STATE),
    ]
    accounts = await flow.find(db, principal)
    rows = [_row(reader, network.snapshot, each) for each in accounts]
    return desk_page(
        request,
        "desks/staff.html",
        reader,
        principal,
        network.snapshot,
        here="staff",
        table=Table(reader.word("title"), "/desk/staff", columns, rows, query_of(request)),
        invited=invited,
        # By login, what the city's identity calls them; where there is none nobody is asked for it.
        identities=None if provider is None else {each.login: each.identity or "" for each in accounts},
        audiences=READERS,
        operators=sorted(network.snapshot.operators.values(), key=lambda each: each.code),
    )


def _row(reader: Reader, network: Snapshot, known: Staff) -> Row:
    lot, operator = network.lots.get(known.lot_id or 0), network.operators.get(known.operator_id or 0)
    place = lot or operator
    scope = reader.word("all_operators") if place is None else reader.either(place.name_zh, place.name_en)
    if known.is_disabled:
        state = State(reader.word("disabled"), Tone.BAD)
    elif known.password_hash is None:
        state = State(reader.word("invited"), Tone.WAITS)
    else:
        state = State(reader.word("active"), Tone.GOOD)
    key = f"{known.login} {'disabled' if known.is_disabled else ''}".strip()
    return Row([known.login, known.name, reader.word(known.audience), scope, state], key=key)


ROUTES: list[HTTPRouteHandler] = [staff, add, reset, identify, disable, enable]
