"""Exits that were read as another text belong to whom an exit of the same text would belong to."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec import structs

from parking import derivation, matching
from parking.lots import Direction
from parking.plates import VehicleClass
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


@pytest.mark.parametrize(
    ("front", "front_class", "behind", "behind_class", "outcome", "like"),
    [
        # A tractor is read in front, its trailer behind: a person says whether they are one.
        ("鲁A12845", "large", "鲁B3K21挂", "large", "ambiguous", "PERHAPS"),
        ("鲁A12845", "large", "鲁B3K21挂", "unknown", "ambiguous", "PERHAPS"),
        ("鲁B3K21挂", "large", "鲁A12845", "unknown", "ambiguous", "PERHAPS"),
        # No small car draws one.
        ("鲁A12845", "small", "鲁B3K21挂", "large", "none", None),
        ("鲁A12845", "large", "鲁B3K21挂", "small", "none", None),
        # Two trailers are two vehicles, unless one was misread.
        ("鲁B7H45挂", "large", "鲁B3K21挂", "large", "none", None),
        ("鲁B8K21挂", "large", "鲁BBK21挂", "unknown", "probable", "CONFUSED"),
    ],
)
def test_a_tractor_and_a_trailer_are_for_a_person(
    front: str, front_class: str, behind: str, behind_class: str, outcome: str, like: str | None
) -> None:
    came, left = story("in 10:00  out 13:00")
    came = structs.replace(came, plate=front, vehicle_class=VehicleClass(front_class))
    left = structs.replace(left, plate=behind, vehicle_class=VehicleClass(behind_class))
    halves = derivation.derive([came, left])
    (found,) = matching.match([halves[came.id]], [halves[left.id]])
    assert (found.outcome, [each.likeness.name for each in found.candidates]) == (outcome, [like] if like else [])
    # Nobody is billed for what a person has to say.
    closed = [stay for stay in derivation.matched(halves).stays.values() if stay.state is State.CLOSED]
    assert len(closed) == (outcome == "probable")
