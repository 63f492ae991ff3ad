"""A report as JSON: what its columns are, its rows by their keys with what each is made of, and its totals."""

from collections.abc import Sequence
from typing import BinaryIO

import msgspec

from payments.reports.table import Cell, Language, Report, Row, Words, links_of


class JsonWriter:
    """Writes rows as they come, in both languages: amounts in fen, shares in ten-thousandths, instants in UTC."""

    def __init__(self, report: Report, _language: Language, out: BinaryIO) -> None:
        self._report = report
        self._out = out
        self._keys = [column.key for column in report.columns]
        self._encoder = msgspec.json.Encoder()
        self._first = True
        heading = report.heading
        head = {
            "name": report.name,
            "title": _both(report.title),
            "operator": None if heading.operator is None else _both(heading.operator),
            "from": heading.first,
            "to": heading.last,
            "made_at": heading.made_at,
            "made_by": heading.made_by,
            "time_zone": heading.time_zone,
            "columns": [
                {"key": each.key, "kind": each.kind, "heading": _both(each.heading), "summed": each.summed}
                for each in report.columns
            ],
            "notes": [_both(each) for each in report.notes],
        }
        out.write(self._encoder.encode(head)[:-1] + b',"rows":[')

    def add(self, rows: Sequence[Row]) -> None:
        """Writes rows."""
        for row in rows:
            values: dict[str, object] = {
                key: _both(cell) if isinstance(cell, tuple) else cell for key, cell in zip(self._keys, row, strict=True)
            }
            if links := links_of(self._report, row):
                values["links"] = links
            self._out.write((b"\n" if self._first else b",\n") + self._encoder.encode(values))
            self._first = False

    def end(self, totals: dict[str, Cell]) -> None:
        """Writes the totals."""
        self._out.write(b'],"totals":' + self._encoder.encode(totals) + b"}\n")


def _both(words: Words) -> dict[str, str]:
    return {"zh": words[0], "en": words[1]}
