"""Whether the books and the facts agree."""

from collections.abc import Sequence

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from parking.api.dependencies import Network
from parking.flow.discrepancies import look_on
from payments import identity
from payments.api.dependencies import Now, Pool, Principal
from payments.identity import Audience
from sql import invariants
from sql.invariants import Invariant

# Over a large city the queries take long.
VERIFY_TIMEOUT_S = 600.0
# A small city's stays are derived again within so long; of a large one, those at which the last look stopped.
LOOK_LIMIT_S = 2.0


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
async def verify(pool: Pool, principal: Principal, network: Network, now: Now) -> Verification:
    """Each is a query over the whole city that must return no row. Stays are derived again from the facts of the last
    three days for a few seconds before, from where the last look stopped.
    """
    identity.may_act_for_all(principal)
    await look_on(pool, network=network.snapshot, clock=lambda: now, limit_s=LOOK_LIMIT_S)
    async with pool.acquire(timeout=VERIFY_TIMEOUT_S) as db:
        checked = await invariants.check(db, now=now)
    return Verification(holds=all(each.rows == 0 for each in checked), invariants=checked)


ROUTES: list[HTTPRouteHandler] = [verify]
