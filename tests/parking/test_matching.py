"""Exits that were read as another text belong to whom an exit of the same text would belong to."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking.lots import Direction
from parking.stays import State
from tests.parking.reads import story
from tests.parking.remembered import whole

PLATE, MISREAD = "鲁A12845", "鲁A12B45"


@pytest.mark.parametrize("came", ["in! 10:00  in! 11:00", "in! 10:00  in 11:00", "in 10:00  in 11:00", "in! 11:00"])
def test_who_was_kept_out_and_came_again_leaves_of_the_later_time(came: str) -> None:
    for text in (PLATE, MISREAD):
        reads = [
            structs.replace(each, plate=text if each.direction is Direction.EXIT else PLATE)
            for each in story(f"{came}  out 13:00")
        ]
        (left,) = [stay for stay in whole(reads).values() if stay.state is State.CLOSED]
        assert left.left_at is not None
        assert left.left_at - left.first_at == timedelta(hours=2), text


def test_who_was_kept_out_and_came_and_left_is_not_who_leaves_later() -> None:
    for came in ("in! 10:00  in 11:00  out 12:00", "in 11:00  in! 10:00  out 12:00"):
        visit, (leaving,) = story(came), story("out 13:00")
        other = structs.replace(leaving, id=UUID(int=9 << 80), plate=MISREAD)
        stays = whole([*(structs.replace(each, plate=PLATE) for each in visit), other])
        assert sorted(stay.state for stay in stays.values()) == ["closed", "exit_only", "superseded"]
    before, (leaving,) = story("in! 10:00  in 14:00"), story("out 13:00")
    other = structs.replace(leaving, id=UUID(int=9 << 80), plate=MISREAD)
    stays = whole([*(structs.replace(each, plate=PLATE) for each in before), other])
    # What left before it came again may be its own.
    assert sorted(stay.state for stay in stays.values()) == ["closed", "merged", "open"]
