"""The network as it is now, and what every change of it leaves behind."""

import logging
from datetime import datetime

import sql
from parking import network
from parking.network import Network
from parking.store import network as store
from payments.ledger import PLATFORM
from payments.store import audit

_log = logging.getLogger(__name__)


async def read_network(db: sql.Connection, now: datetime, before: Network | None = None) -> Network:
    """The whole network at `now`; a tariff that cannot be read is logged when it is first met."""
    assembled = network.assemble(await store.rows(db, now), now=now, before=before)
    for number, why in assembled.unreadable.items():
        if before is None or number not in before.unreadable:
            _log.error("tariff number %d cannot be computed: %s", number, why)
    return assembled


async def record_change(
    db: sql.Connection,
    *,
    by: str,
    action: str,
    subject: str,
    detail: dict[str, object],
    now: datetime,
    owner_id: int | None = None,
) -> None:
    """Ends a use case that changes the network: a line in the audit log, and every process reads the network again.

    The line stands under its owner, if none is named under the operator that the subject is of: its auditors read it.
    """
    owner = owner_id or await store.operator_of_subject(db, subject) or PLATFORM
    await audit.record(db, owner, actor=by, action=action, subject=subject, detail=detail, now=now)
    await store.bump_version(db)
