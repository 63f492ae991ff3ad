"""Who may call what: every route names its audience, and this is where the name is enforced."""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.exceptions import HTTPException, NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from parking import limits
from parking.api import queries
from parking.api.paths import HEALTH, at_gateways
from parking.api.requests import trail_of
from parking.gateways import Gateway
from parking.live.network import LiveNetwork
from parking.sessions import PAGE, cookie_name
from parking.trail import Trail
from payments.identity import AccountBarred, Audience, NotYours, Principal, TokenRefused, read_token, split_key

_BEARER = b"bearer "


class QueryTooLong(HTTPException):
    """The query is longer than that of any honest request."""

    # The framework searches what a parameter says in a time that grows with the square of its length.
    status_code = 414
    detail = f"The query of the address has more than {limits.URL_BYTES_MAX} bytes."


def audience_of(handler: BaseRouteHandler) -> tuple[Audience, ...]:
    """For whom a route is.

    Raises:
        LookupError: the route does not say; it is then closed to everybody.
    """
    audience: tuple[Audience, ...] | None = handler.opt.get("audience")
    if not audience:
        raise LookupError(f"{handler} names no audience")
    return audience


class Authentication:
    """Identifies the caller before the body is read, and admits the audience of the route.

    A middleware and not a guard: guards get a copy of their route with every request, which costs more than the check.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, with the caller in `scope["principal"]`.

        Raises:
            NotAuthorizedException: no credentials, or wrong ones, or of a page no session (401).
            NotYours: good credentials of somebody the route is not for (403).
            AccountBarred: the account is suspended or closed (403).
            ValidationException: the query has a parameter that the route does not know (400).
            QueryTooLong: the query has more than limits.URL_BYTES_MAX bytes (414).
            NotFoundException: the gateways' listener was asked for what no gateway needs (404).
        """
        if len(scope["query_string"]) > limits.URL_BYTES_MAX:
            raise QueryTooLong
        if scope.get("method") == "OPTIONS":
            # Which methods a path has is no secret and belongs to no audience.
            await _methods(scope)(scope, receive, send)
            return
        audience = audience_of(scope["route_handler"])
        if at_gateways(scope) and Audience.GATEWAY not in audience and not scope["route_handler"].opt.get(HEALTH):
            raise NotFoundException("This address is for gateways.")
        if scope["route_handler"].opt.get(PAGE) and _said(scope) is None:
            await _by_session(scope, audience)
        elif audience != (Audience.PUBLIC,):
            principal = await _principal(scope["litestar_app"].state, _credentials(scope), trail_of(scope))
            scope["principal"] = principal  # type: ignore[typeddict-unknown-key]
            _admit(principal, audience)
        elif (recognised := scope["route_handler"].opt.get("recognises")) and (said := _said(scope)) is not None:
            # Nobody need say who they are here; who does is believed only with good credentials.
            principal = await _principal(scope["litestar_app"].state, said, trail_of(scope))
            if principal.audience in recognised:
                scope["principal"] = principal  # type: ignore[typeddict-unknown-key]
        queries.check(scope)
        await self._app(scope, receive, send)


async def caller(scope: Scope) -> Principal | None:
    """Who calls, on a public route too where somebody shows a valid key or token without having to."""
    known: Principal | None = scope.get("principal")  # type: ignore[assignment]
    if known is not None or all(name != b"authorization" for name, _ in scope["headers"]):
        return known
    try:
        return await _principal(scope["litestar_app"].state, _credentials(scope), trail_of(scope))
    except (NotAuthorizedException, AccountBarred):
        return None


def _admit(principal: Principal, audience: tuple[Audience, ...]) -> None:
    if principal.audience not in audience:
        raise NotYours(
            f"This is for {', '.join(audience)}; the credentials are those of a {principal.audience}.",
            audience=list(audience),
        )


async def _by_session(scope: Scope, audience: tuple[Audience, ...]) -> None:
    """Whoever a browser is signed in as. On a page for everybody nobody has to be.

    Raises:
        NotAuthorizedException: nobody is, and the page is not for everybody.
        NotYours: it is for others.
    """
    cookie = Request[Any, Any, Any](scope).cookies.get(cookie_name(is_secure=scope["scheme"] == "https"))
    session = None if cookie is None else await scope["litestar_app"].state.sessions.find(cookie)
    if session is not None:
        scope["state"]["session"] = session
        scope["principal"] = session.principal  # type: ignore[typeddict-unknown-key]
        trail_of(scope).caller = f"{session.principal.audience} {session.principal.subject}"
    if audience == (Audience.PUBLIC,):
        return
    if session is None:
        raise NotAuthorizedException("Sign in to see this page.")
    _admit(session.principal, audience)


def _methods(scope: Scope) -> ASGIResponse:
    """Answered here, because the framework's own answer knows only the first of several handlers of a path."""
    path = scope["path_template"]
    methods = {
        method for route in scope["litestar_app"].routes if route.path_format == path for method in route.methods
    }
    return ASGIResponse(status_code=204, headers={"Allow": ", ".join(sorted(methods))})


def _credentials(scope: Scope) -> str:
    said = _said(scope)
    if said is None:
        raise NotAuthorizedException("This needs an Authorization header with a bearer key or token.")
    return said


def _said(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            return value[len(_BEARER) :].decode("latin-1").strip()
    return None


async def _principal(state: State, text: str, trail: Trail) -> Principal:
    if text.startswith("olk_"):
        # The name of a key is no secret, and says which gateway still has the old one.
        parts = split_key(text)
        trail.caller, trail.guessed = f"key {parts[0] if parts else 'of another form'}", True
        gateway = await gateway_of_key(state.network, text)
        if gateway is None:
            raise NotAuthorizedException("This key is not an active key of any gateway.")
        trail.caller, trail.guessed = f"gateway {gateway.code}", False
        return Principal(Audience.GATEWAY, gateway.code, gateway.id)
    now: datetime = state.clock()
    trail.caller, trail.guessed = "token", True
    try:
        token = read_token(text, secrets=state.secrets, now=now)
        holder = token.principal
        # Drivers go by their number: what they call themselves is nobody's business in a log.
        trail.caller = f"{holder.audience} {holder.id or holder.subject}"
        state.identity.barred.check(token)
    except TokenRefused as e:
        raise NotAuthorizedException(e.sentence) from None
    except AccountBarred:
        trail.guessed = False
        raise
    trail.guessed = False
    return token.principal


def key_said(scope: Scope) -> str:
    """The name of the key that a gateway shows, which was found to be good."""
    parts = split_key(_credentials(scope))
    assert parts is not None
    return parts[0]


async def gateway_of_key(network: LiveNetwork, text: str) -> Gateway | None:
    """The gateway whose active key this is, or None."""
    parts = split_key(text)
    if parts is None:
        return None
    key_id, secret = parts
    key = await network.key(key_id)
    if key is None or not hmac.compare_digest(key.secret_hash, sha256(secret).digest()):
        return None
    return network.snapshot.gateways.get(key.gateway_id)
