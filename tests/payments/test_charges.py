"""The rules of charges."""

from datetime import UTC, datetime, timedelta

from payments import charges


def test_declined_charges_wait_longer_each_time() -> None:
    now = datetime(2026, 11, 16, tzinfo=UTC)
    waits = [charges.collect_again_at(tries, now) - now for tries in range(1, 9)]
    assert waits == sorted(waits)
    assert waits[-1] == timedelta(days=1)
