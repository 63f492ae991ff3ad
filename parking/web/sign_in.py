"""Signing in and out of the pages of staff."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import uuid4

from litestar import Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Meta, Struct

from parking.city_identity import IdentityAway, IdentityRefused
from parking.flow import sessions as flow
from parking.flow.sessions import Begun, Invitation
from parking.phone_codes import CodeRefused, PhoneUnfit, TooManyCodes
from parking.sessions import (
    IdentityUnknown,
    SecondFactorMissing,
    SignInPaused,
    SignInRefused,
    cookie_name,
    local_path,
)
from parking.staff import PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN, PasswordUnfit
from parking.texts.pages import sign_in as words
from parking.texts.words import Words
from parking.web import pictures
from parking.web.dependencies import CityIdentity, Db, Now, Pool, RandomBytes, SignedIn, Wall
from parking.web.forms import Shown, action, browser_of, held, is_secure, page, read, visitor_cookie
from parking.web.reader import Reader
from parking.web.response import language_of, moved, shown
from payments.errors import OneLotError
from payments.identity import READERS, AccountBarred, Audience

HOME = "/desk"
# Of a refusal that is not for what was typed.
STATUS_OF: dict[type[OneLotError], int] = {
    SignInPaused: 429,
    TooManyCodes: 429,
    IdentityAway: 503,
    AccountBarred: 403,
}
WORD_OF: dict[type[OneLotError], str] = {
    PasswordUnfit: "password_unfit",
    SignInRefused: "refused",
    IdentityAway: "city_away",
    IdentityRefused: "city_refused",
    IdentityUnknown: "city_unknown",
    SecondFactorMissing: "city_weak",
    PhoneUnfit: "phone_unfit",
    CodeRefused: "code_refused",
    AccountBarred: "suspended",
}
Password = Annotated[str, Meta(max_length=PASSWORD_CHARACTERS_MAX)]
Short = Annotated[str, Meta(max_length=64)]
Next = Annotated[str | None, QueryParameter(name="next", max_length=2000)]


class SignIn(Struct, frozen=True):
    """What somebody signs in by."""

    login: Short = ""
    password: Password = ""
    totp: Short = ""
    next: Annotated[str, Meta(max_length=2000)] = ""


class WithCode(Struct, frozen=True):
    """What somebody chooses a password by."""

    login: Short = ""
    code: Short = ""
    password: Password = ""
    totp: Short = ""


@page("/sign-in", Audience.PUBLIC)
async def sign_in_page(
    request: Shown, signed_in: SignedIn, provider: CityIdentity, then: Next = None
) -> Response[bytes]:
    """Where staff sign in; who is signed in goes on."""
    if signed_in is not None and signed_in.principal.audience in READERS:
        return moved(local_path(then, HOME))
    notice = "signed_out" if "out" in request.query_params else None
    city = None if provider is None else _to_city(local_path(then, ""))
    return visitors_page(request, "sign_in.html", then=local_path(then, ""), notice=notice, login="", city=city)


@action("/sign-in", Audience.PUBLIC)
async def sign_in(
    request: Shown, pool: Pool, provider: CityIdentity, now: Now, wall: Wall, random_bytes: RandomBytes
) -> Response[bytes]:
    """Begins a session, in which the browser holds what it never held before."""
    said = await read(request, SignIn)
    try:
        begun = await flow.sign_in(
            pool,
            login=said.login.lower(),
            password=said.password,
            totp=said.totp,
            browser=browser_of(request),
            now=now,
            wall=wall(),
            random_bytes=random_bytes,
        )
    except (SignInRefused, SignInPaused) as e:
        city = None if provider is None else _to_city(local_path(said.next, ""))
        return visitors_page(
            request, "sign_in.html", then=local_path(said.next, ""), refused=e, login=said.login, city=city
        )
    return begun_session(request, begun, local_path(said.next, HOME), wall())


@page("/sign-in/code", Audience.PUBLIC)
async def code_page(request: Shown) -> Response[bytes]:
    """Where somebody says which code they were given."""
    return visitors_page(request, "sign_in_code.html", said=WithCode())


@action("/sign-in/code", Audience.PUBLIC)
async def say_code(request: Shown, pool: Pool, wall: Wall) -> Response[bytes]:
    """The form in which a password is chosen, with what the telephone has to know."""
    said = await read(request, WithCode)
    login = said.login.lower()
    try:
        invited = await flow.invitation(pool, login=login, code=said.code, browser=browser_of(request), wall=wall())
    except (SignInRefused, SignInPaused) as e:
        return visitors_page(request, "sign_in_code.html", said=said, refused=e)
    return _choosing(request, said, invited)


@action("/sign-in/password", Audience.PUBLIC)
async def choose_password(
    request: Shown, pool: Pool, now: Now, wall: Wall, random_bytes: RandomBytes
) -> Response[bytes]:
    """Keeps the password and signs in."""
    said = await read(request, WithCode)
    login, browser = said.login.lower(), browser_of(request)
    try:
        begun = await flow.choose_password(
            pool,
            login=login,
            code=said.code,
            password=said.password,
            totp=said.totp,
            browser=browser,
            now=now,
            wall=wall(),
            random_bytes=random_bytes,
        )
    except (SignInRefused, SignInPaused, PasswordUnfit) as e:
        try:
            invited = await flow.invitation(pool, login=login, code=said.code, browser=browser, wall=wall())
        except (SignInRefused, SignInPaused) as gone:
            return visitors_page(request, "sign_in_code.html", said=said, refused=gone)
        return _choosing(request, said, invited, refused=e)
    return begun_session(request, begun, HOME, wall())


@action("/sign-out", *READERS)
async def sign_out(request: Shown, db: Db, signed_in: SignedIn, now: Now) -> Response[bytes]:
    """Ends the session."""
    if signed_in is not None:
        await flow.sign_out(db, signed_in, now=now)
    return ended_session(request)


@action("/sign-out/everywhere", *READERS)
async def sign_out_everywhere(request: Shown, db: Db, signed_in: SignedIn, now: Now) -> Response[bytes]:
    """Ends all sessions of who is signed in."""
    if signed_in is not None:
        await flow.sign_out_everywhere(db, signed_in, now=now)
    return ended_session(request)


def visitors_page(
    request: Shown,
    template: str,
    *,
    of: Mapping[str, Words] = words.WORDS,
    refused: OneLotError | None = None,
    **values: Any,
) -> Response[bytes]:
    """A page of a visitor, whose browser is given what its forms are known by if it holds nothing yet."""
    new = None
    if held(request) is None:
        new = uuid4().hex + uuid4().hex
        request.cookies[visitor_cookie(request)] = new
    status = 200 if refused is None else STATUS_OF.get(type(refused), 422)
    reader = Reader(language_of(request), of)
    values = {"why": why(reader, refused), "notice": None, "characters_min": PASSWORD_CHARACTERS_MIN, **values}
    answer = shown(request, template, reader, status_code=status, **values)
    if new is not None:
        answer.set_cookie(_cookie(request, visitor_cookie(request), new))
    if isinstance(refused, SignInPaused | TooManyCodes):
        answer.headers["Retry-After"] = str(refused.facts["retry_after_s"])
    return answer


def why(reader: Reader, refused: OneLotError | None) -> str | None:
    """Why nobody was signed in, in words."""
    if isinstance(refused, SignInPaused | TooManyCodes):
        return reader.word("paused", refused.facts["retry_after_s"])
    word = None if refused is None else WORD_OF.get(type(refused))
    return None if word is None else reader.word(word)


def _choosing(
    request: Shown,
    said: WithCode,
    invited: Invitation,
    refused: SignInRefused | SignInPaused | PasswordUnfit | None = None,
) -> Response[bytes]:
    picture = None if invited.totp_uri is None else pictures.code(invited.totp_uri)
    return visitors_page(request, "sign_in_password.html", said=said, invited=invited, picture=picture, refused=refused)


def refused_page(request: Shown, refused: OneLotError, then: str) -> Response[bytes]:
    """The page of signing in, with why it was not done by the city's identity."""
    return visitors_page(request, "sign_in.html", then=then, refused=refused, login="", city=_to_city(then))


def _to_city(then: str) -> str:
    return "/sign-in/city" + (f"?{urlencode({'next': then})}" if then else "")


def begun_session(request: Shown, begun: Begun, then: str, now: datetime) -> Response[bytes]:
    """To the page that was wanted, with what the browser holds from now on."""
    answer = moved(then)
    left = int((begun.ends_at - now).total_seconds())
    answer.set_cookie(_cookie(request, cookie_name(is_secure=is_secure(request)), begun.token, max_age=left))
    return answer


def ended_session(request: Shown, then: str = "/sign-in?out=1") -> Response[bytes]:
    """To another page, with a browser that holds nothing any more."""
    answer = moved(then)
    answer.set_cookie(_cookie(request, cookie_name(is_secure=is_secure(request)), "", max_age=0))
    return answer


def _cookie(request: Shown, name: str, value: str, *, max_age: int | None = None) -> Cookie:
    return Cookie(
        name, value=value, path="/", max_age=max_age, secure=is_secure(request), httponly=True, samesite="lax"
    )


ROUTES: list[HTTPRouteHandler] = [
    *(sign_in_page, sign_in, code_page, say_code, choose_password),
    *(sign_out, sign_out_everywhere),
]
