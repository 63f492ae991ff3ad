"""The day before the one that is played: it is in the books, paid and settled, when a demonstration begins; so are the
vehicles that came in its evening and are still inside.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import httpx
from msgspec import structs

from parking.app import build
from parking.clock import random_bits
from parking.flow import forecast
from parking.settings import read
from payments import jobs
from payments.channels import open_all
from payments.flow import settlement
from payments.identity import Audience, Principal
from seeds.city.network import CityLot
from seeds.demo import history, oddities
from seeds.demo.environment import Environment
from seeds.traffic.day import Sending
from seeds.traffic.gateways import Gateways
from sql.pool import open_pool

# All of it is handed in within the last minute of the day, for which the clock stands still.
BEFORE_MIDNIGHT = timedelta(minutes=1)
_STANDING = 1e-6
_CONNECTIONS_MAX = 8
SEED = 20261116


async def hand_in(
    environment: Environment,
    keys: Mapping[str, str],
    sendings: Sequence[Sending],
    odd: Sequence[CityLot],
    driver_token: str,
    *,
    progress: Callable[[int], object],
) -> None:
    """Has gateways hand in what they saw on the day before, to a service in this process; then what is due is
    collected, what is odd told of two lots and by a driver, and that day settled. `progress` is called with how many
    requests more were sent.

    Raises:
        Refused, httpx.HTTPStatusError: the service did not take a request.
    """
    midnight = environment.starts_at
    stands = structs.replace(environment, starts_at=midnight - BEFORE_MIDNIGHT, speed=_STANDING, until=None)
    settings = read(stands.settings())
    app = build(settings)
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=httpx.ASGITransport(cast(Any, app)), base_url=environment.address) as client,
        await open_pool(settings.database_url, connections_max=_CONNECTIONS_MAX) as pool,
    ):
        gateways = Gateways(client, keys, stands.now, speed=1.0)
        await gateways.play(_at_once(sendings, progress))
        work = jobs.Work(pool, open_all(pool, stands.now, settings.channels), stands.now, random_bits)
        await jobs.collect(work)
        admin = environment.token(Principal(Audience.ADMIN, "admin:demo"))
        await oddities.tell(client, odd, keys, admin=admin, driver=driver_token, now=stands.now())
        await jobs.collect(work)
        yesterday = environment.business_date - timedelta(days=1)
        await settlement.settle(pool, business_date=yesterday, now=midnight)
        lots = [*app.state.network.snapshot.lots.values()]
        async with pool.acquire() as db, db.transaction():
            await history.keep(db, lots, midnight, random.Random(SEED))
        await forecast.compute_usual(pool, now=midnight, lots_max=len(lots))


def _at_once(sendings: Iterable[Sending], progress: Callable[[int], object]) -> Iterator[Sending]:
    for sending in sendings:
        progress(1)
        yield sending
