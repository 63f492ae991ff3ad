"""Who may call what: every route names its audience, and this is where the name is enforced."""

import hmac
from datetime import datetime
from hashlib import sha256

from litestar.datastructures import State
from litestar.exceptions import NotAuthorizedException
from litestar.handlers import BaseRouteHandler
from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from parking.live.network import LiveNetwork
from parking.lots import Gateway
from payments.identity import Audience, NotYours, Principal, TokenRefused, read_token, split_key

_BEARER = b"bearer "
ANYBODY = Principal(Audience.PUBLIC, "")


def audience_of(handler: BaseRouteHandler) -> tuple[Audience, ...]:
    """For whom a route is.

    Raises:
        LookupError: the route does not say; it is then closed to everybody.
    """
    audience: tuple[Audience, ...] | None = handler.opt.get("audience")
    if not audience:
        raise LookupError(f"{handler} names no audience")
    return audience


class Authentication(ASGIMiddleware):
    """Finds out who calls before anything of the request is read, and lets pass whom the route is for.

    A middleware and not a guard: guards get a copy of their route with every request, which costs more than the check.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Passes the request on, with who calls in `scope["principal"]`.

        Raises:
            NotAuthorizedException: no credentials, or wrong ones (401).
            NotYours: good credentials of somebody the route is not for (403).
        """
        if scope.get("method") == "OPTIONS":
            # Which methods a path has is no secret and belongs to no audience.
            await _methods(scope)(scope, receive, send)
            return
        audience = audience_of(scope["route_handler"])
        if audience == (Audience.PUBLIC,):
            scope["principal"] = await _caller(scope)  # type: ignore[typeddict-unknown-key]
        else:
            principal = await _principal(scope["litestar_app"].state, _credentials(scope))
            if principal.audience not in audience:
                raise NotYours(
                    f"This is for {', '.join(audience)}; the credentials are those of a {principal.audience}.",
                    audience=list(audience),
                )
            scope["principal"] = principal  # type: ignore[typeddict-unknown-key]
        await next_app(scope, receive, send)


async def _caller(scope: Scope) -> Principal:
    """Who calls a route for everybody: nobody in particular, unless it asks (`opt["caller"]`) and they say so."""
    said = any(name == b"authorization" for name, _ in scope["headers"])
    if not said or not scope["route_handler"].opt.get("caller"):
        return ANYBODY
    return await _principal(scope["litestar_app"].state, _credentials(scope))


def _methods(scope: Scope) -> ASGIResponse:
    """Answered here, because the framework's own answer knows only the first of several handlers of a path."""
    path = scope["path_template"]
    methods = {
        method for route in scope["litestar_app"].routes if route.path_format == path for method in route.methods
    }
    return ASGIResponse(status_code=204, headers={"Allow": ", ".join(sorted(methods))})


def _credentials(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            return value[len(_BEARER) :].decode("latin-1").strip()
    raise NotAuthorizedException("This needs an Authorization header with a bearer key or token.")


async def _principal(state: State, text: str) -> Principal:
    if text.startswith("olk_"):
        gateway = await gateway_of_key(state.network, text)
        if gateway is None:
            raise NotAuthorizedException("This key is not an active key of any gateway.")
        return Principal(Audience.GATEWAY, gateway.code, gateway.id)
    now: datetime = state.clock()
    try:
        return read_token(text, secrets=state.secrets, now=now)
    except TokenRefused as e:
        raise NotAuthorizedException(e.sentence) from None


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
