"""Signing in of drivers: their phone, and the code that it is sent."""

from typing import Annotated

from litestar import Response
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from parking import phone_codes
from parking.flow import phone_codes as flow
from parking.phone_codes import Code, CodeRefused, Offer, PhoneUnfit, TooManyCodes
from parking.sessions import local_path
from parking.texts.pages import phone_codes as words
from parking.web.dependencies import Now, PhoneOffer, Pool, RandomBytes, Secrets, SignedIn, Wall
from parking.web.forms import Shown, action, browser_of, held, page, read
from parking.web.response import language_of, moved
from parking.web.sign_in import Next, begun_session, visitors_page
from payments.errors import OneLotError
from payments.identity import AccountBarred, Audience

HOME = "/me"


class Asking(Struct, frozen=True):
    """Which phone a code is asked for."""

    phone: Annotated[str, Meta(max_length=40)] = ""
    next: Annotated[str, Meta(max_length=2000)] = ""


class Saying(Asking, frozen=True):
    """Which code it was sent."""

    code: Annotated[str, Meta(max_length=40)] = ""


@page("/sign-in/phone", Audience.PUBLIC)
async def phone_page(
    request: Shown, signed_in: SignedIn, phone_offer: PhoneOffer, then: Next = None
) -> Response[bytes]:
    """Where a driver says which phone is theirs; who is signed in goes on."""
    _offered(phone_offer)
    if signed_in is not None and signed_in.principal.audience is Audience.DRIVER:
        return moved(local_path(then, HOME))
    return _asking(request, phone_offer, Asking(next=local_path(then, "")), signed_out="out" in request.query_params)


@action("/sign-in/phone", Audience.PUBLIC)
async def ask_code(
    request: Shown, pool: Pool, phone_offer: PhoneOffer, secrets: Secrets, wall: Wall, random_bytes: RandomBytes
) -> Response[bytes]:
    """Sends a code, and shows where it is typed. It says nothing of whether the phone has an account."""
    _offered(phone_offer)
    said = await read(request, Asking)
    try:
        code = await flow.ask(
            pool,
            phone=phone_codes.phone_of(said.phone),
            holder=held(request) or "",
            browser=browser_of(request),
            language=language_of(request),
            is_sent=phone_offer is Offer.SENT,
            wall=wall(),
            random_bytes=random_bytes,
        )
    except (PhoneUnfit, TooManyCodes) as e:
        return _asking(request, phone_offer, said, refused=e)
    message = phone_codes.message(code, secrets[0]) if phone_offer is Offer.SHOWN else None
    return _saying(request, said, code=code, message=message)


@action("/sign-in/phone/code", Audience.PUBLIC)
async def say_code(
    *,
    request: Shown,
    pool: Pool,
    phone_offer: PhoneOffer,
    secrets: Secrets,
    now: Now,
    wall: Wall,
    random_bytes: RandomBytes,
) -> Response[bytes]:
    """Begins a session, in which the browser holds what it never held before."""
    _offered(phone_offer)
    said = await read(request, Saying)
    try:
        begun = await flow.sign_in(
            pool,
            phone=phone_codes.phone_of(said.phone),
            said=said.code,
            holder=held(request) or "",
            secrets=secrets,
            browser=browser_of(request),
            now=now,
            wall=wall(),
            random_bytes=random_bytes,
        )
    except PhoneUnfit as e:
        return _asking(request, phone_offer, said, refused=e)
    except (CodeRefused, AccountBarred) as e:
        return _saying(request, said, refused=e)
    return begun_session(request, begun, local_path(said.next, HOME), wall())


def _offered(offer: Offer) -> None:
    if offer is Offer.NONE:
        raise NotFoundException("Drivers do not sign in by phone here.")


def _asking(
    request: Shown, offer: Offer, said: Asking, *, refused: OneLotError | None = None, signed_out: bool = False
) -> Response[bytes]:
    values = {"phone": said.phone, "then": local_path(said.next, ""), "is_shown": offer is Offer.SHOWN}
    notice = "signed_out" if signed_out else None
    return visitors_page(request, "sign_in_phone.html", of=words.WORDS, refused=refused, notice=notice, **values)


def _saying(
    request: Shown,
    said: Asking,
    *,
    code: Code | None = None,
    message: str | None = None,
    refused: OneLotError | None = None,
) -> Response[bytes]:
    values = {"phone": said.phone, "then": local_path(said.next, ""), "message": message, "is_sent": code is not None}
    return visitors_page(request, "sign_in_phone_code.html", of=words.WORDS, refused=refused, **values)


ROUTES: list[HTTPRouteHandler] = [phone_page, ask_code, say_code]
