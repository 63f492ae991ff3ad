"""A trial as CSV, a row for each stay: UTF-8 with the byte order mark that spreadsheets need to read Chinese."""

import csv
import io
from collections.abc import Sequence

from parking.replaying.outcome import Case
from parking.replaying.words import Trial, kind
from parking.texts.amounts import number

_HEADER = (
    "停车场编码 lot_code",
    "号牌(脱敏) plate_masked",
    "车型 vehicle",
    "车型(英文) vehicle_en",
    "驶入 entered_at",
    "驶离 left_at",
    "原收费 before_{currency}",
    "试算收费 after_{currency}",
    "差额 difference_{currency}",
)
# A spreadsheet takes text that begins with one of these for a formula and would run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def header(trial: Trial) -> str:
    """The first line, behind the byte order mark."""
    return "\ufeff" + _line([name.format(currency=trial.tariff.currency.lower()) for name in _HEADER])


def row(trial: Trial, case: Case) -> str:
    """A stay. Nothing in it names the vehicle."""
    fees = (case.before_fen, case.after_fen, case.change_fen)
    return _line(
        [
            *(_text(trial.lots[case.lot_id].code), _text(case.plate), *kind(case.kind)),
            *(each.astimezone(trial.zone).isoformat() for each in (case.entered_at, case.left_at)),
            *(number(fen, trial.tariff.currency) for fen in fees),
        ]
    )


def _line(values: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(values)
    return out.getvalue()


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULA) else value
