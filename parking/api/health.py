"""Whether this process lives, and whether it can work."""

from litestar import get, head
from litestar.handlers import HTTPRouteHandler

from parking.api.dependencies import LiveCounts
from payments.api.dependencies import Pool
from payments.identity import Audience


@get(
    "/livez",
    operation_id="livez",
    summary="The process answers",
    opt={"audience": (Audience.PUBLIC,), "unlimited": True},
    tags=["health"],
)
async def livez() -> dict[str, str]:
    """For a supervisor that restarts what hangs."""
    return {"status": "ok"}


@get(
    "/readyz",
    operation_id="readyz",
    summary="The service can work",
    opt={"audience": (Audience.PUBLIC,)},
    tags=["health"],
)
async def readyz(pool: Pool, live_counts: LiveCounts) -> dict[str, str]:
    """For a balancer: the database answers (503 otherwise). Redis may be away; that is said and is no reason to go."""
    async with pool.acquire() as db:
        await db.fetchval("select 1")
    return {"status": "ok", "redis": "away" if live_counts.away else "ok"}


@head("/livez", opt={"audience": (Audience.PUBLIC,)}, include_in_schema=False)
async def livez_head() -> None:
    """For those who only look at the status."""


@head("/readyz", opt={"audience": (Audience.PUBLIC,)}, include_in_schema=False)
async def readyz_head(pool: Pool) -> None:
    """As GET, without what it says."""
    async with pool.acquire() as db:
        await db.fetchval("select 1")


ROUTES: list[HTTPRouteHandler] = [livez, livez_head, readyz, readyz_head]
