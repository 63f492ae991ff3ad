"""Between the steps of a document nothing changes: the proof finds what every minute of entry gives."""

import random
from typing import Any

import pytest

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.grid import step_min
from parking.tariffs.lint.growth import grows
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.promises import greatest_of_day
from parking.tariffs.lint.trials import Trials
from parking.tariffs.lint.vehicles import sample_vehicles
from tests.parking.tariffs.lint.test_lint import band, named, text


def a_document(choose: random.Random) -> Any:
    """Two rate periods with tiers, caps, a free period and a quota of every kind that grows."""
    begins, ends = choose.choice(["07:00", "07:30", "08:15"]), choose.choice(["19:00", "20:00", "21:30"])

    def tiers() -> list[dict[str, int]]:
        unit = choose.choice([15, 30, 60])
        first = {"unit_fen": choose.randrange(1, 9) * 100, "unit_min": unit, "for_min": unit * choose.choice([1, 2, 4])}
        last = {"unit_fen": choose.randrange(1, 9) * 100, "unit_min": choose.choice([15, 30, 45, 60])}
        return [first, last] if choose.random() < 0.5 else [last]

    day = band(
        "day",
        *tiers(),
        hours=(begins, ends),
        restart=choose.choice(["passage", "day", "never", "cycle"]),
        progress=choose.choice(["band", "stay", "entry"]),
        part_unit=choose.choice(["up", "down"]),
        tolerance_min=choose.choice([0, 5]),
    )
    night = band("night", *choose.choice([[], tiers(), [{"unit_fen": 500}]]), hours=(ends, begins))
    per = choose.choice(["day", "passage", "cycle", "stay", "week"])
    quota = named("q", who={}, minutes=choose.choice([60, 100]), pays_percent=choose.choice([0, 50]))
    return text(
        day,
        night,
        caps=[named("most", fen=choose.randrange(5, 60) * 100, per=per)],
        quotas=[quota] if choose.random() < 0.5 else [],
        crossing={"part_unit": choose.choice(["separate", "complete"])},
        free={"minutes": choose.choice([0, 15]), "deducted": choose.random() < 0.5},
        cycle_hours=choose.choice([24, 12]),
        day_begins=choose.choice(["00:00", "05:00"]),
    )


@pytest.mark.parametrize("seed", range(12))
def test_the_proof_is_what_every_minute_gives(seed: int) -> None:
    choose = random.Random(seed)
    tariff = Compiled(a_document(choose))
    day, sample = Probes(tariff).days[0], sample_vehicles(tariff)[0]
    trials = Trials(tariff, budget=1)
    begins, _ = tariff.calendar.bounds(day)
    fees = [trials.calculation(sample, (begins + at * 60, DAY_MIN)).fee_fen for at in range(DAY_MIN)]
    assert greatest_of_day(tariff, sample, [day]).fee_fen == max(fees)
    assert grows(tariff.tariff)
    entry = begins + choose.randrange(DAY_MIN) * 60
    by_length = [trials.calculation(sample, (entry, minutes)).fee_fen for minutes in range(1, DAY_MIN, 7)]
    assert by_length == sorted(by_length)


def test_the_step_divides_every_length_and_time_of_day() -> None:
    hourly = band("all", {"unit_fen": 500, "unit_min": 60})
    assert step_min(text(hourly)) == 60
    assert step_min(text(hourly, free={"minutes": 15})) == 15
    assert step_min(text(hourly, classes=[named("early", who={"entered": [{"to": "09:20"}]})])) == 20
    assert step_min(text(hourly, day_begins="05:10")) == 10
