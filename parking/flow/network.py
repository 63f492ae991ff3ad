"""The network as it is now."""

import logging
from datetime import datetime

import sql
from parking import network
from parking.network import Network
from parking.store import network as store

_log = logging.getLogger(__name__)


async def read_network(db: sql.Connection, now: datetime, before: Network | None = None) -> Network:
    """The whole network at `now`; a tariff that cannot be read is logged when it is first met."""
    found = network.assemble(await store.rows(db, now), now=now, before=before)
    for number, why in found.unreadable.items():
        if before is None or number not in before.unreadable:
            _log.error("tariff number %d cannot be computed: %s", number, why)
    return found
