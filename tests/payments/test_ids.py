"""Identifiers: what they say, and that SQL reads them the same way."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sql
from payments import ids

times = st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
shards = st.integers(0, ids.SHARD_MAX)
bits = st.integers(0, 2**64 - 1)


@given(times, shards, bits)
def test_an_identifier_says_its_shard_and_version(at: datetime, shard: int, random_bits: int) -> None:
    made = ids.new(at, shard, random_bits)
    assert ids.shard_of(made) == shard
    assert made.version == 8
    assert ids.is_ours(made)


@given(times, times, shards, shards, bits, bits)
def test_identifiers_sort_by_time(one: datetime, two: datetime, a: int, b: int, c: int, d: int) -> None:
    early, late = sorted([one, two])
    assert ids.floor(early) <= ids.new(early, a, c)
    if late - early >= timedelta(milliseconds=1):
        assert ids.new(early, a, c) < ids.new(late + timedelta(milliseconds=1), b, d)


@given(times, shards, bits, shards)
def test_a_derived_identifier_keeps_time_and_shard_and_follows_from_its_source(
    at: datetime, shard: int, random_bits: int, owner: int
) -> None:
    source = ids.new(at, shard, random_bits)
    charge = ids.derive(source, "charge")
    assert charge == ids.derive(source, "charge")
    assert charge != ids.derive(source, "refund")
    assert ids.shard_of(charge) == shard
    assert charge.int >> 80 == source.int >> 80
    assert ids.shard_of(ids.move(source, owner, "paid")) == owner
    assert ids.is_ours(charge)


@pytest.mark.parametrize(
    ("at", "shard"),
    [
        (datetime(2026, 11, 16, tzinfo=UTC), -1),
        (datetime(2026, 11, 16, tzinfo=UTC), ids.SHARD_MAX + 1),
        (datetime(1969, 12, 31, tzinfo=UTC), 1),
    ],
)
def test_what_does_not_fit_is_refused(at: datetime, shard: int) -> None:
    with pytest.raises(ValueError, match="no identifier"):
        ids.new(at, shard, 0)


@pytest.mark.parametrize("shard", [-1, ids.SHARD_MAX + 1, 281_474_976_710_657])
def test_nothing_moves_to_a_shard_that_does_not_fit(shard: int) -> None:
    with pytest.raises(ValueError, match="no identifier"):
        ids.move(ids.new(datetime(2026, 11, 16, tzinfo=UTC), 1, 0), shard, "paid")


async def test_no_number_is_drawn_or_given_that_does_not_fit(owner: sql.Connection) -> None:
    ends = "select max_value from pg_sequences where schemaname = current_schema() and sequencename = 'owner_id'"
    assert await owner.fetchval(ends) == ids.SHARD_MAX
    account = "insert into account (id, created_at) values ($1, now())"
    operator = """insert into operator (id, code, name_zh, name_en, platform_fee_bps)
                  values ($1, 'o' || $1::bigint::text, 'o', 'o', 0)"""
    for insert in (account, operator):
        for number in (ids.SHARD_MAX + 1, 0, -1):
            with pytest.raises(asyncpg.CheckViolationError):
                await owner.execute(insert, number)
        await owner.execute(insert, ids.SHARD_MAX)


def test_a_random_uuid_is_not_ours() -> None:
    assert not ids.is_ours(UUID("7f1b3c52-5b1c-4c57-9a57-0d7b2d0a7f11"))


async def test_sql_knows_the_same_floor(owner: sql.Connection) -> None:
    for at in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 16, 2, 3, 4, 567_000, tzinfo=UTC)):
        assert await owner.fetchval("select id_floor($1)", at) == ids.floor(at)
