"""How the worker's jobs go."""

from collections.abc import Sequence

from litestar import get
from litestar.handlers import HTTPRouteHandler

from parking import health
from parking.health import JobShown
from parking.store import jobs as store
from payments import identity
from payments.api.dependencies import Db, Principal
from payments.identity import Audience


@get(
    "/v1/admin/jobs",
    operation_id="listJobs",
    summary="The worker's jobs: when each was last done, how long it took, and why it failed",
    tags=["administration"],
    opt={"audience": (Audience.ADMIN,)},
)
async def list_jobs(principal: Principal, db: Db) -> Sequence[JobShown]:
    """All that a worker has ever begun, by name. Times are of the database's clock."""
    identity.may_act_for_all(principal)
    return [health.shown(each) for each in await store.rounds(db)]


ROUTES: list[HTTPRouteHandler] = [list_jobs]
