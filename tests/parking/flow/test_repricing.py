"""Pricing again: a lot of which a row can be read by nobody keeps no other lot waiting, and is tried again."""

import pytest

from parking.flow import repricing
from payments import ids
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District

ASKED = "insert into repricing values ($1, '鲁A84C34', 'blue', $2, 'coupon', $3::text::timestamptz, $4)"


@pytest.mark.parametrize("lots_per_round", [repricing.LOTS_PER_ROUND_MAX, 1])
async def test_a_lot_that_fails_keeps_no_other_waiting(
    district: District, monkeypatch: pytest.MonkeyPatch, lots_per_round: int
) -> None:
    monkeypatch.setattr(repricing, "LOTS_PER_ROUND_MAX", lots_per_round)
    await district.owner.execute("delete from repricing")
    first, second = sorted((district.lot(QC).id, district.lot(HOSPITAL).id))
    for lot_id, since in ((first, "-infinity"), (second, NOW.isoformat())):
        await district.owner.execute(ASKED, lot_id, ids.new(NOW, lot_id, district.random_bits()), since, NOW)
    for _ in range(3):
        await repricing.catch_up(district.pool, network=district.network, now=NOW, random_bits=district.random_bits)
    waiting = await district.owner.fetch("select lot_id from repricing order by lot_id")
    assert [row["lot_id"] for row in waiting] == [first]
