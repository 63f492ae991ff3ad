"""A report as PDF, to be signed and stamped: set by Typst after a template that a designer may change (`report.typ`).

Typst is an extra of its own, and no font for Chinese comes with it: who runs the service installs one.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, BinaryIO
from zoneinfo import ZoneInfo

import msgspec

from payments.errors import OneLotError
from payments.reports.table import TOTAL, Cell, Kind, Language, Report, Row, Words, headed, said
from payments.reports.text import shown

if TYPE_CHECKING:
    from typst import Fonts

PDF_ROWS_MAX = 5_000
# Any of these, the first that is there.
FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei")
_FACTS: Mapping[str, Words] = {
    "operator": ("经营单位", "Operator"),
    "period": ("期间", "Period"),
    "made": ("制表", "Made"),
    "clock": ("时间口径", "Clock"),
    "unit": ("金额单位", "Amounts"),
}
_ALL: Words = ("全部", "All")
_UNIT: Words = ("人民币元", "CNY (¥)")
_WORDS: Mapping[str, Words] = {
    "made": ("制表", "Made"),
    "page": ("第", "Page"),
    "page_end": (" 页", " "),
    "totals": TOTAL,
    "empty": ("本期没有记录。", "Nothing in this period."),
    "prepared": ("制表人（签字）", "Prepared by (signature)"),
    "checked": ("复核人（签字）", "Checked by (signature)"),
    "stamp": ("单位（盖章）", "Stamp"),
    "date": ("日期", "Date"),
}


class PdfUnavailable(OneLotError):
    """What sets reports as PDF is not installed: the extra `pdf`, or a font with Chinese."""


class ReportTooLong(OneLotError):
    """The report has more rows than this kind of file takes."""


class Setting(msgspec.Struct, frozen=True):
    """Where fonts lie beside those of the system (empty: nowhere), and a template instead of ours (empty: none)."""

    fonts: str = ""
    template: bytes = b""


class PdfWriter:
    """Keeps the rows, at most PDF_ROWS_MAX, and sets them at the end."""

    def __init__(self, report: Report, language: Language, out: BinaryIO, setting: Setting) -> None:
        self._report, self._language, self._out, self._setting = report, language, out, setting
        self._zone = ZoneInfo(report.heading.time_zone)
        self._cells = [shown(column.kind, self._zone, language, grouped=True) for column in report.columns]
        self._rows: list[list[str]] = []
        _check(setting.fonts)

    def add(self, rows: Sequence[Row]) -> None:
        """Takes rows.

        Raises:
            ReportTooLong: there are too many to be read on paper.
        """
        if len(self._rows) + len(rows) > PDF_ROWS_MAX:
            raise ReportTooLong(
                f"A PDF has at most {PDF_ROWS_MAX} rows: ask for fewer days, one operator, or XLSX.",
                rows_max=PDF_ROWS_MAX,
            )
        self._rows += [[show(cell) for show, cell in zip(self._cells, row, strict=True)] for row in rows]

    def end(self, totals: dict[str, Cell]) -> None:
        """Sets the pages."""
        data = msgspec.json.encode(self._page(totals)).decode()
        template = self._setting.template or _template()
        import typst  # noqa: PLC0415  # an extra: see above

        found: bytes = typst.compile(template, sys_inputs={"data": data}, font_paths=_fonts(self._setting.fonts))
        self._out.write(found)

    def _page(self, totals: dict[str, Cell]) -> dict[str, Any]:
        report, language = self._report, self._language
        heading = report.heading
        period = str(heading.first) if heading.first == heading.last else f"{heading.first} – {heading.last}"
        made = f"{shown(Kind.TIME, self._zone, language)(heading.made_at)} · {heading.made_by}"
        facts = {
            "operator": said(heading.operator or _ALL, language),
            "period": period,
            "made": made,
            "clock": heading.time_zone,
            "unit": said(_UNIT, language),
        }
        return {
            "language": language,
            "fonts": [font for font in FONTS if font in _families(self._setting.fonts)],
            "title": said(report.title, language),
            "period": period,
            "made": made,
            "facts": [[said(_FACTS[name], language), fact] for name, fact in facts.items()],
            "words": {name: said(words, language) for name, words in _WORDS.items()},
            "columns": [
                {
                    "heading": headed(column, language),
                    "numeric": column.kind not in (Kind.TEXT, Kind.NAME, Kind.DATE, Kind.TIME),
                    "wide": column.kind is Kind.NAME,
                }
                for column in report.columns
            ],
            "rows": self._rows,
            "totals": [
                [headed(column, language), show(totals[column.key])]
                for column, show in zip(report.columns, self._cells, strict=True)
                if column.key in totals
            ],
            "notes": [said(note, language) for note in report.notes],
        }


def _check(fonts: str) -> None:
    """Refuses at once what could not be set.

    Raises:
        PdfUnavailable: says what to install.
    """
    if not set(FONTS) & _families(fonts):
        raise PdfUnavailable(
            "No font with Chinese was found: install one (on Debian fonts-noto-cjk), or name a folder with "
            f"{' or '.join(FONTS[:2])} in ONELOT_REPORT_FONTS.",
            setting="ONELOT_REPORT_FONTS",
            fonts=list(FONTS),
        )


@cache
def _template() -> bytes:
    return resources.files("payments.reports").joinpath("report.typ").read_bytes()


def _families(fonts: str) -> frozenset[str]:
    return frozenset(_fonts(fonts).families())


@cache
def _fonts(fonts: str) -> "Fonts":
    """What fonts there are: looked for once, which takes longer than a page."""
    try:
        import typst  # noqa: PLC0415
    except ImportError:
        raise PdfUnavailable("Reports as PDF need the extra `pdf`: install onelot[pdf].", extra="pdf") from None
    return typst.Fonts(font_paths=[fonts] if fonts else [])
