"""Signing in by the city's identity: there, and back with what it says."""

from typing import Annotated

from litestar import Response
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from parking import city_identity
from parking.city_identity import BACK, IdentityAway, IdentityRefused
from parking.flow import sessions as flow
from parking.live.city_identity import LiveCityIdentity
from parking.sessions import IdentityUnknown, SecondFactorMissing, local_path
from parking.web.dependencies import CityIdentity, Now, Pool, RandomBytes, Secrets, Wall
from parking.web.forms import Shown, browser_of, is_secure, page
from parking.web.response import language_of, moved
from parking.web.sign_in import HOME, Next, begun_session, refused_page
from payments.identity import Audience

# What the browser keeps while it is away. Behind TLS it begins so that a browser takes it for this host alone.
COOKIE, SECURE_COOKIE = "onelot-city", "__Host-onelot-city"
Said = Annotated[str | None, QueryParameter(max_length=2000)]


@page("/sign-in/city", Audience.PUBLIC)
async def go(
    *,
    request: Shown,
    provider: CityIdentity,
    secrets: Secrets,
    wall: Wall,
    random_bytes: RandomBytes,
    then: Next = None,
) -> Response[bytes]:
    """Sends the browser to the city's identity."""
    city = _known(provider)
    try:
        endpoints = await city.endpoints()
    except IdentityAway as e:
        return refused_page(request, e, local_path(then, ""))
    begun = city_identity.begin(local_path(then, HOME), random_bytes)
    answer = moved(city_identity.address(city.provider, endpoints, begun, language_of(request)))
    answer.set_cookie(_kept(request, city_identity.sealed(begun, secrets[0], wall()), _LIFE_S))
    return answer


@page(BACK, Audience.PUBLIC)
async def back(
    *,
    request: Shown,
    provider: CityIdentity,
    secrets: Secrets,
    pool: Pool,
    now: Now,
    wall: Wall,
    random_bytes: RandomBytes,
    code: Said = None,
    state_said: Annotated[str | None, QueryParameter(name="state", max_length=2000)] = None,
) -> Response[bytes]:
    """Begins a session, if the browser was sent from here and the city's identity says who it is."""
    city = _known(provider)
    begun = city_identity.opened(request.cookies.get(_name(request), ""), secrets, wall())
    try:
        sent, given = city_identity.came_back(begun, state_said, code)
        identity = await city.identity(sent, given)
        session = await flow.sign_in_by_identity(
            pool, identity, browser=browser_of(request), now=now, wall=wall(), random_bytes=random_bytes
        )
    except (IdentityRefused, IdentityAway, IdentityUnknown, SecondFactorMissing) as e:
        answer = refused_page(request, e, "" if begun is None else begun.then)
    else:
        answer = begun_session(request, session, sent.then, wall())
    # It is good for one way there and back.
    answer.set_cookie(_kept(request, "", 0))
    return answer


_LIFE_S = int(city_identity.BEGUN_LIFE.total_seconds())


def _known(provider: LiveCityIdentity | None) -> LiveCityIdentity:
    if provider is None:
        raise NotFoundException("No identity of the city is set.")
    return provider


def _name(request: Shown) -> str:
    return SECURE_COOKIE if is_secure(request) else COOKIE


def _kept(request: Shown, value: str, max_age: int) -> Cookie:
    return Cookie(
        _name(request),
        value=value,
        path="/",
        max_age=max_age,
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


ROUTES: list[HTTPRouteHandler] = [go, back]
