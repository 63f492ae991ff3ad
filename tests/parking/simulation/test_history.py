"""What a vehicle used is remembered from stay to stay as by the engine."""

from datetime import timedelta
from random import Random

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.simulation.history import History
from parking.tariffs import Visit
from parking.tariffs.language.conditions import Match
from tests.parking.tariffs import generators
from tests.parking.tariffs.strategies import at

MINUTE = timedelta(minutes=1)
pauses = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 2000)), min_size=2, max_size=12)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1 << 32), pauses)
# The last one goes on where the second began, for which the first still counts.
@example(25910130, [(0, 1), (465, 916), (60, 1)])
def test_all_that_is_remembered_is_carried_along(seed: int, drawn: list[tuple[int, int]]) -> None:
    text = generators.tariff(Random(seed))
    quotas = tuple(msgspec.structs.replace(quota, who=Match()) for quota in text.quotas)
    draft = tariffs.Compiled(msgspec.structs.replace(text, quotas=quotas))
    visits, clock = list[Visit](), at("18T10:00")
    for pause, minutes in drawn:
        clock += pause * MINUTE
        visits.append(Visit(clock, clock + minutes * MINUTE))
        clock += minutes * MINUTE
    history = History({1: draft}, {1: 10})
    fees = [fee.fee_fen for fee in tariffs.price_sequence(draft, visits)]
    assert [history.fee_of(1, visit) for visit in visits] == fees
