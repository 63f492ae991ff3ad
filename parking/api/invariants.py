"""Whether the books and the facts agree."""

from collections.abc import Sequence

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from payments import identity
from payments.api.dependencies import Now, Pool, Principal
from payments.identity import Audience
from sql import invariants
from sql.invariants import Invariant

# Over a large city the queries take long.
VERIFY_TIMEOUT_S = 600.0


class Verification(Struct, frozen=True):
    """All invariants; each must have found no row."""

    holds: bool
    invariants: Sequence[Invariant]


@get(
    "/v1/admin/invariants",
    operation_id="verify",
    summary="Run all invariants",
    tags=["administration"],
    opt={"audience": (Audience.FINANCE, Audience.ADMIN)},
)
async def verify(pool: Pool, principal: Principal, now: Now) -> Verification:
    """Each is a query over the whole city that must return no row."""
    identity.may_act_for_all(principal)
    async with pool.acquire(timeout=VERIFY_TIMEOUT_S) as db:
        checked = await invariants.check(db, now=now)
    return Verification(holds=all(each.rows == 0 for each in checked), invariants=checked)


ROUTES: list[HTTPRouteHandler] = [verify]
