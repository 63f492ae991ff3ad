"""A simulation as CSV: a row for each stay, and nothing in it that a spreadsheet would run."""

import csv
import io

from parking import tariffs
from parking.simulation import csv_report
from parking.simulation.past_stays import Case
from parking.simulation.run import Run
from tests.parking.simulation.builders import (
    DAY,
    GREEN,
    HOUR,
    JINAN,
    OPERATORS,
    PERIOD,
    TEN,
    simulation,
    stay,
)


def test_the_table_has_a_row_for_each_stay() -> None:
    cases: list[Case] = []
    rows = [stay(), stay(TEN + DAY, HOUR, GREEN, lot=2, fee_fen=0)]
    Run(tariffs.Compiled(JINAN), PERIOD, OPERATORS, on_case=cases.append).take(rows)
    text = csv_report.header(simulation(JINAN)) + "".join(csv_report.row(simulation(JINAN), case) for case in cases)
    assert text.startswith("\ufeff")
    head, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert [name.split()[-1] for name in head] == [
        *("lot_code", "plate_masked", "vehicle", "vehicle_en", "entered_at", "left_at"),
        *("before_cny", "after_cny", "difference_cny"),
    ]
    assert lines == [
        [
            "'=L1",
            "鲁A•••45",
            "小型车",
            "Small",
            "2026-11-16T10:00:00+08:00",
            "2026-11-16T13:00:00+08:00",
            "6.00",
            "6.00",
            "0.00",
        ],
        [
            *("'=L2", "鲁A•••45", "小型车·新能源", "Small, new energy"),
            *("2026-11-17T10:00:00+08:00", "2026-11-17T11:00:00+08:00", "0.00", "0.00", "0.00"),
        ],
    ]
