"""Whether this process lives, and whether it can work."""

from litestar import Response, get, head
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from parking.api.dependencies import LiveHealth
from parking.api.paths import HEALTH
from parking.health import Health, Status
from payments.identity import Audience

# A balancer's question neither waits behind those of others nor is refused because others ask.
_OPEN = {"audience": (Audience.PUBLIC,), HEALTH: True}


@get(
    "/livez",
    operation_id="livez",
    summary="The process answers",
    opt=_OPEN,
    tags=["health"],
)
async def livez() -> dict[str, str]:
    """For a supervisor that restarts what hangs."""
    return {"status": "ok"}


@get(
    "/readyz",
    operation_id="readyz",
    summary="The service can work",
    opt=_OPEN,
    tags=["health"],
    responses={
        200: ResponseSpec(Health, generate_examples=False, description="Gate events are taken."),
        503: ResponseSpec(Health, generate_examples=False, description="Send gates elsewhere."),
    },
)
async def readyz(live_health: LiveHealth) -> Response[Health]:
    """For a balancer: 200 while gate events are taken, else 503; answered within two seconds whatever hangs.

    `checks` has one entry for each thing the service needs. `ok` is false only for what stops gate events: the database
    is away or takes no writes, or this process is about to end. What else lacks (Redis is away, the worker is behind,
    the clock is off) is in `state` and makes `status` degraded.
    """
    health = await live_health.now()
    return Response(health, status_code=503 if health.status is Status.UNAVAILABLE else 200)


@head("/livez", opt=_OPEN, include_in_schema=False)
async def livez_head() -> None:
    """For those who only look at the status."""


@head("/readyz", opt=_OPEN, include_in_schema=False)
async def readyz_head(live_health: LiveHealth) -> Response[None]:
    """As GET, without what it says."""
    health = await live_health.now()
    return Response(None, status_code=503 if health.status is Status.UNAVAILABLE else 200)


ROUTES: list[HTTPRouteHandler] = [livez, livez_head, readyz, readyz_head]
