"""What a driver asks for stands in the address, and comes out of it again. What cannot be read is not there."""

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking.fares import STAY_MIN_MAX
from parking.positions import Point
from parking.searches import Sort
from parking.web import question
from parking.web.question import Question

# By the clock on the wall, as forms say it.
FIRST, LAST = datetime.fromisoformat("2000-01-01T00:00"), datetime.fromisoformat("2199-12-31T00:00")
questions = st.builds(
    Question,
    q=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20),
    near=st.none() | st.builds(Point, st.sampled_from([36.5, -89.12345]), st.sampled_from([117.0, -179.99999])),
    at=st.none() | st.datetimes(FIRST, LAST).map(lambda at: at.replace(second=0, microsecond=0)),
    stay=st.integers(1, STAY_MIN_MAX),
    large=st.booleans(),
    nev=st.booleans(),
    ev=st.booleans(),
    disabled=st.booleans(),
    height=st.none() | st.integers(1, 1000),
    room=st.booleans(),
    sort=st.none() | st.sampled_from(list(Sort)),
)


@given(questions)
def test_a_question_comes_out_of_its_address_again(asked: Question) -> None:
    assert question.read(dict(parse_qsl(urlsplit(asked.address()).query))) == asked


@pytest.mark.parametrize(
    "said",
    [
        {"near": "36.6"},
        {"near": "nan,117"},
        {"near": "91,117"},
        {"at": "soon"},
        {"at": "0001-01-01T00:00"},
        {"stay": "-5"},
        {"stay": "0"},
        {"stay": "²"},
        {"stay": "9" * 50},
        {"sort": "beauty"},
        {"height": "tall"},
        {"large": "yes"},
        {"unknown": "1"},
    ],
)
def test_what_cannot_be_read_is_not_there(said: dict[str, str]) -> None:
    assert question.read(said) == Question()
