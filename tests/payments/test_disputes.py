"""How old a dispute is, and when somebody should have looked."""

from datetime import timedelta
from uuid import UUID

import sql
from payments import disputes, ids
from payments.disputes import LOOK_WITHIN, DisputeKind, Doubt
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


def test_a_dispute_is_to_be_looked_at_in_time() -> None:
    attempt = ids.new(NOW, 7, 1)
    dispute = disputes.new(
        Doubt(DisputeKind.DENIED, {}),
        payable="charge",
        payable_id=UUID(int=1),
        attempt_id=attempt,
        operator_id=7,
        channel="local",
        asked_fen=500,
        now=NOW,
    )
    assert disputes.age(dispute, NOW - MINUTE) == timedelta()
    assert disputes.age(dispute, NOW + MINUTE) == MINUTE
    assert not disputes.is_overdue(dispute, NOW + LOOK_WITHIN)
    assert disputes.is_overdue(dispute, NOW + LOOK_WITHIN + MINUTE)


def test_the_invariant_counts_the_same_days() -> None:
    text = sql.load("invariants")["waited_for_too_long"]
    assert f"d.opened_at < clock.now - interval '{LOOK_WITHIN.days} days'" in text
