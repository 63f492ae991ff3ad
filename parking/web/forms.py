"""Pages with forms: how they are declared, that a form comes from a page of the same session, and what it says."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec
from litestar import Request, get, post
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler

from parking import limits
from parking.flow.sessions import Browser
from parking.sessions import PAGE, FormForged, Session, cookie_name, is_form_of
from payments.identity import Audience

T = TypeVar("T")
FORM_FIELD = "form_token"
# What a browser that is not signed in holds, so that signing in has such a form as well.
VISITOR_COOKIE, SECURE_VISITOR_COOKIE = "onelot-visitor", "__Host-onelot-visitor"
Shown: TypeAlias = Request[Any, Any, Any]
Declared: TypeAlias = Callable[[Callable[..., Any]], HTTPRouteHandler]


def is_secure(request: Shown) -> bool:
    """Whether the browser came through TLS, to us or to a proxy that is trusted."""
    return request.scope["scheme"] == "https"


def visitor_cookie(request: Shown) -> str:
    """The cookie of who is not signed in."""
    return SECURE_VISITOR_COOKIE if is_secure(request) else VISITOR_COOKIE


def held(request: Shown) -> str | None:
    """What the browser holds by which its forms are known: of its session, or of a visitor."""
    signed_in: Session | None = request.scope["state"].get("session")
    name = visitor_cookie(request) if signed_in is None else cookie_name(is_secure=is_secure(request))
    return request.cookies.get(name)


def browser_of(request: Shown) -> Browser:
    """From where somebody asks."""
    address = limits.network(request.client.host) if request.client else ""
    return Browser(address, request.headers.get("user-agent", ""))


async def ours(request: Shown) -> None:
    """Refuses a form that another site made. Who shows a token in a header has made the request itself.

    Raises:
        FormForged: it is so.
    """
    if "authorization" in request.headers:
        return
    token = held(request)
    said = (await form(request)).get(FORM_FIELD, "")
    if request.headers.get("sec-fetch-site") == "cross-site" or token is None or not is_form_of(said, token):
        raise FormForged("This form does not come from a page of this session: open the page again.")


async def form(request: Shown) -> Mapping[str, str]:
    """The fields of a form; of one that comes twice the last."""
    return {name: str(value) for name, value in (await request.form()).multi_items()}


async def fields(request: Shown, name: str) -> list[str]:
    """All values of a field that may come more than once."""
    return [str(value) for key, value in (await request.form()).multi_items() if key == name]


async def read(request: Shown, shape: type[T]) -> T:
    """What a form says. Fields that are empty are left out, and spaces around them.

    Raises:
        ValidationException: a field does not fit.
    """
    said = {name: value.strip() for name, value in (await form(request)).items()}
    return fitting({name: value for name, value in said.items() if value}, shape)


def fitting(said: Mapping[str, str], shape: type[T]) -> T:
    """What was filled in or asked for, as numbers, dates and the like.

    Raises:
        ValidationException: a field does not fit.
    """
    try:
        return msgspec.convert(said, shape, strict=False)
    except msgspec.ValidationError as e:
        field = str(e).rpartition("$.")[2].strip("`") or "body"
        raise ValidationException(detail=str(e), extra=[{"message": str(e), "key": field, "source": "body"}]) from None


def page(path: str, *audience: Audience, **more: Any) -> Declared:
    """A page for these, known by their sessions."""
    return get(path, include_in_schema=False, opt={"audience": audience, PAGE: True}, **more)


def action(path: str, *audience: Audience, **more: Any) -> Declared:
    """What a form of a page does."""
    opt = {"audience": audience, PAGE: True}
    return post(path, include_in_schema=False, opt=opt, before_request=ours, status_code=303, **more)
