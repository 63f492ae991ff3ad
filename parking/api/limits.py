"""Rates of requests: of an address where nobody says who calls, of the caller elsewhere; failures count by themselves.

A success is never refused for failures, so that a stranger behind the same address shuts nobody out; a failure beyond
what is allowed is answered 429 instead of its own status. Gate events have no rate: how gateways share the service is
the group commit's business.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any

from litestar import Request
from litestar.enums import HttpMethod
from litestar.exceptions import NotAuthorizedException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from parking import limits
from parking.api import problems
from parking.api.authentication import caller
from parking.api.paths import HEALTH, at_gateways
from parking.limits import Rate, TooManyRequests, TooManyWaiting
from parking.live.rates import Rates
from payments.identity import AccountBarred, NotYours, Principal

_log = logging.getLogger(__name__)
# What a route says in its `opt`: no limit at all; that a path that names nothing is a guess, and counts as a failure.
UNLIMITED, GUESSABLE = "unlimited", "guessable"
RATE_SECONDS, FAILURES_SECONDS = 10, 60
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
_warned_of_proxy: set[str] = set()


def address_of(scope: Scope) -> str:
    """Whom the address of a request belongs to (`parking/limits.py`)."""
    client = scope.get("client")
    return limits.network(client[0]) if client else ""


class FailureLimit:
    """Answers 429 to failures of a caller that has failed too often. Stands outside of authentication."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, and counts how it ends.

        Raises:
            TooManyRequests: the credentials are wrong once too often.
        """
        # A gateway whose lane is another's hears that as often as it asks, not that it asks too often.
        unlimited = scope["route_handler"].opt.get(UNLIMITED)
        try:
            await self._app(scope, receive, send if unlimited else _counted(scope, receive, send))
        except (NotAuthorizedException, NotYours, AccountBarred):
            wait_s = await _fail(scope)
            if wait_s:
                raise await _too_many(wait_s) from None
            raise


def _counted(scope: Scope, receive: Receive, send: Send) -> Send:
    """A `send` that counts failures, and sends 429 in the place of one too many."""
    guessable, replaced = bool(scope["route_handler"].opt.get(GUESSABLE)), False

    async def counted(message: Message) -> None:
        nonlocal replaced
        if message["type"] == "http.response.start":
            status = message["status"]
            if status in _REFUSED or (guessable and status == HTTPStatus.NOT_FOUND):
                wait_s = await _fail(scope)
                if wait_s:
                    replaced = True
                    request = Request[Any, Any, Any](scope)
                    answer = problems.of_error(request, await _too_many(wait_s)).to_asgi_response(
                        app=None, request=request
                    )
                    await answer(scope, receive, send)
        if not replaced:
            await send(message)

    return counted


class RequestLimit:
    """Counts requests by who calls, and lets those that nobody is named for wait their turn. Stands inside of
    authentication.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Passes the request on; where there is no limit, without a word.

        Raises:
            TooManyRequests, TooManyWaiting: as `_limited`.
        """
        unlimited = scope["route_handler"].opt.get(UNLIMITED)
        return (self._app if unlimited else self._limited)(scope, receive, send)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on in its turn.

        Raises:
            TooManyRequests: the caller, or the address of one who does not say who it is, asks too often.
            TooManyWaiting: more wait than can be answered soon.
        """
        state = scope["litestar_app"].state
        if scope["route_handler"].opt.get(HEALTH):
            # Without a rate and apart from all others, but not all at once.
            await _in_turn(state.questions, scope, receive, send, self._app)
            return
        principal = await caller(scope)
        if principal is None:
            _notice_proxy(scope)
            key, requests_max = f"address:{address_of(scope)}", state.settings.address_requests_max
        else:
            key, requests_max = f"caller:{_name(principal)}", state.settings.caller_requests_max
        rates: Rates = state.rates
        wait_s = await rates.take(key, Rate(requests_max, RATE_SECONDS))
        if wait_s:
            raise await _too_many(wait_s)
        if principal is not None or at_gateways(scope):
            await self._app(scope, receive, send)
        elif scope.get("method") == HttpMethod.GET:
            await _in_turn(state.reads, scope, receive, send, self._app)
        else:
            await _read_body(scope, receive, send)
            await _in_turn(state.writes, scope, receive, send, self._app)


async def _read_body(scope: Scope, receive: Receive, send: Send) -> None:
    """Reads the body before its turn comes, so that who sends it slowly holds up nobody; the handler finds it read.

    Raises:
        RequestEntityTooLarge: it is larger than the route needs; said after a while.
    """
    request: Request[Any, Any, Any] = scope["litestar_app"].request_class(scope, receive, send)
    try:
        await request.body()
    except RequestEntityTooLarge:
        await asyncio.sleep(limits.REFUSAL_DELAY_S)
        raise


class Turns:
    """Requests in work, and those that wait for one of them to end."""

    def __init__(self, at_once_max: int, waiting_max: int = limits.WAITING_MAX) -> None:
        self._places = asyncio.Semaphore(at_once_max)
        self._waiting_max = waiting_max
        self._waiting = 0

    async def take(self) -> None:
        """Waits for a turn; `end` ends it.

        Raises:
            TooManyWaiting: more wait than can be answered soon.
        """
        if self._waiting >= self._waiting_max:
            raise TooManyWaiting("Too many wait to be answered here; try again.", waiting_max=self._waiting_max)
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def end(self) -> None:
        """Lets the next one begin."""
        self._places.release()


async def _in_turn(turns: Turns, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
    """A turn ends when the answer begins to be sent: who reads it slowly holds up nobody."""
    await turns.take()
    ended = False

    async def sending(message: Message) -> None:
        nonlocal ended
        if not ended:
            ended = True
            turns.end()
        await send(message)

    try:
        await next_app(scope, receive, sending)
    finally:
        if not ended:
            turns.end()


def _name(principal: Principal) -> str:
    return f"{principal.audience}:{principal.id}:{principal.subject}"


async def _fail(scope: Scope) -> float:
    """Counts a failure, by who failed if that is known."""
    state = scope["litestar_app"].state
    principal: Principal | None = scope.get("principal")  # type: ignore[assignment]
    who = f"address:{address_of(scope)}" if principal is None else _name(principal)
    rates: Rates = state.rates
    return await rates.take(f"failures:{who}", Rate(state.settings.failures_max, FAILURES_SECONDS))


async def _too_many(wait_s: float) -> TooManyRequests:
    """The refusal, after a while."""
    await asyncio.sleep(limits.REFUSAL_DELAY_S)
    return TooManyRequests("That was asked too often; wait before asking again.", retry_after_s=math.ceil(wait_s))


def _notice_proxy(scope: Scope) -> None:
    """Says once that a proxy is not trusted, behind which all callers count as one."""
    client = scope.get("client")
    if client is None or _warned_of_proxy:
        return
    if (
        any(name == b"x-forwarded-for" for name, _ in scope["headers"])
        and not scope["litestar_app"].state.settings.trusted_proxies
    ):
        _warned_of_proxy.add(client[0])
        _log.warning(
            "%s sends X-Forwarded-For and is not named in ONELOT_TRUSTED_PROXIES: all who come through it share the "
            "limits of one address",
            client[0],
        )
