"""A simulation as CSV, a row for each stay: UTF-8 with the byte order mark that spreadsheets need to read Chinese."""

import csv
import io
from collections.abc import Sequence

from parking.simulation.labels import kind
from parking.simulation.past_stays import Case
from parking.simulation.run import Simulation
from parking.texts.amounts import number
from payments.reports.cells import safe_cell

_HEADER = (
    "停车场编码 lot_code",
    "车牌(脱敏) plate_masked",
    "车型 vehicle",
    "车型(英文) vehicle_en",
    "驶入 entered_at",
    "驶离 left_at",
    "原收费 before_{currency}",
    "试算收费 after_{currency}",
    "差额 difference_{currency}",
)


def header(simulation: Simulation) -> str:
    """The byte order mark and the first line."""
    return "\ufeff" + _line([name.format(currency=simulation.tariff.currency.lower()) for name in _HEADER])


def row(simulation: Simulation, case: Case) -> str:
    """The line of a stay; nothing in it identifies the vehicle."""
    fees = (case.before_fen, case.after_fen, case.change_fen)
    return _line(
        [
            *(safe_cell(simulation.lots[case.lot_id].code), safe_cell(case.plate), *kind(case.kind)),
            *(each.astimezone(simulation.time_zone).isoformat() for each in (case.entered_at, case.left_at)),
            *(number(fen, simulation.tariff.currency) for fen in fees),
        ]
    )


def _line(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()
