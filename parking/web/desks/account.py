"""One's own account: the password, and where one is signed in."""

from typing import Annotated

from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from parking.flow import sessions as flow
from parking.sessions import SignInPaused, SignInRefused
from parking.staff import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, PasswordUnfit, subject_of
from parking.store import sessions as session_store
from parking.store import staff as staff_store
from parking.texts.pages import sign_in as sign_in_words
from parking.texts.pages import staff as words
from parking.web.dependencies import Db, Network, Now, Pool, Principal, RandomBytes, SignedIn, Wall
from parking.web.desks.frame import desk_page, reader_of
from parking.web.forms import Shown, action, browser_of, page, read
from parking.web.response import moved
from parking.web.sign_in import why
from parking.web.tables import Column, Kind, Row, Table
from payments.errors import OneLotError
from payments.identity import READERS


class Passwords(Struct, frozen=True):
    """The password, and the one that is to take its place."""

    password: Annotated[str, Meta(max_length=PASSWORD_CHARACTERS_MAX)] = ""
    another: Annotated[str, Meta(max_length=PASSWORD_CHARACTERS_MAX)] = ""


@page("/desk/account", *READERS)
async def account(request: Shown, principal: Principal, network: Network, db: Db, wall: Wall) -> Response[bytes]:
    """The password is changed here."""
    return await _page(request, principal, network, db, wall)


@action("/desk/account/password", *READERS)
async def change_password(
    *,
    request: Shown,
    principal: Principal,
    signed_in: SignedIn,
    network: Network,
    pool: Pool,
    db: Db,
    now: Now,
    wall: Wall,
    random_bytes: RandomBytes,
) -> Response[bytes]:
    """Other sessions end."""
    said = await read(request, Passwords)
    if signed_in is None:
        return moved("/desk/account")
    try:
        await flow.change_password(
            pool,
            signed_in,
            password=said.password,
            another=said.another,
            browser=browser_of(request),
            now=now,
            wall=wall(),
            random_bytes=random_bytes,
        )
    except (SignInRefused, SignInPaused, PasswordUnfit) as e:
        return await _page(request, principal, network, db, wall, refused=e)
    return moved("/desk/account?done=1")


async def _page(
    request: Shown, principal: Principal, network: Network, db: Db, wall: Wall, refused: OneLotError | None = None
) -> Response[bytes]:
    reader = reader_of(request, principal, network.snapshot, {**sign_in_words.WORDS, **words.WORDS})
    known = await staff_store.by_login(db, principal.subject.removeprefix(subject_of("")))
    found = [] if known is None else await session_store.of_staff(db, known.id, wall())
    columns = [
        Column("agent", reader.word("agent")),
        Column("address", reader.word("address")),
        Column("begun", reader.word("begun"), Kind.TIME),
        Column("seen", reader.word("seen"), Kind.TIME),
    ]
    rows = [Row([each.agent, each.address, each.begun_at, each.seen_at]) for each in found]
    answer = desk_page(
        request,
        "desks/account.html",
        reader,
        principal,
        network.snapshot,
        here="account",
        table=Table(reader.word("sessions"), "/desk/account", columns, rows),
        why=why(reader, refused),
        is_done="done" in request.query_params,
        characters_min=PASSWORD_CHARACTERS_MIN,
    )
    answer.status_code = 200 if refused is None else 422
    return answer


ROUTES: list[HTTPRouteHandler] = [account, change_password]
