"""Reports as JSON, XLSX and PDF, as other programs read them."""

import io
from datetime import datetime

import msgspec
import openpyxl
import pypdfium2
import pytest

from payments.flow.reports import Form, write
from payments.reports import pdf, xlsx
from payments.reports.pdf import PdfUnavailable, ReportTooLong, Setting
from tests.payments.reports.sample import report


async def test_json_has_both_languages_and_what_each_row_is_made_of() -> None:
    out = io.BytesIO()
    await write(report(), Form.JSON, "zh", out)
    found = msgspec.json.decode(out.getvalue())
    first, second = found["rows"]
    assert (first["fen"], first["share"], first["time"]) == (-1_250, 9_912, "2026-11-16T02:00:00Z")
    assert first["name"] == {"zh": "＝全角", "en": "+wide"}
    assert first["links"]["lines"].startswith("/v1/lines?code==1+1&name=")
    # What a row lacks is asked for as nothing; without what its path needs there is no address.
    assert second["links"] == {"lines": second["links"]["lines"], "day": "/v1/days/2026-11-17"}
    assert second["links"]["lines"].endswith("&at=")
    assert found["totals"] == {"count": 2, "fen": -1_250, "share": 5_000}
    assert [each["key"] for each in found["columns"]] == list(first)[:-1]


async def test_xlsx_has_real_numbers_and_no_formula_and_totals_apart() -> None:
    out = io.BytesIO()
    await write(report(), Form.XLSX, "en", out)
    book = openpyxl.load_workbook(out)
    rows, summary = book.worksheets
    assert rows.freeze_panes == "A2"
    headings, first, second = rows.iter_rows()
    assert [cell.value for cell in headings] == ["Date", "Code", "Name", "Count", "Amount (¥)", "Share", "Time"]
    at = datetime(2026, 11, 16, 10, 0)  # noqa: DTZ001  # as a sheet shows it, by the clock of the report
    values = [datetime(2026, 11, 16), "=1+1", "+wide", 2, -12.5, 0.9912, at]  # noqa: DTZ001
    assert [cell.value for cell in first] == values
    assert [cell.data_type for cell in first] == ["d", "s", "s", "n", "n", "n", "d"]
    assert [cell.number_format for cell in first][4:6] == ["#,##0.00", "0.00%"]
    assert [cell.value for cell in second][2:5] == ["Spring <City> & co", 0, None]
    said = {row[0]: row[1] for row in summary.iter_rows(values_only=True)}
    assert (said["Amount (¥)"], said["Count"], said["Rows"], said["Made by"]) == (-12.5, 2, 2, "finance:li")
    assert "A note." in said


async def test_xlsx_goes_on_on_a_further_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "ROWS_PER_SHEET_MAX", 3)
    out = io.BytesIO()
    await write(report(4), Form.XLSX, "zh", out)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["明细", "明细 2", "明细 3", "合计与说明"]
    assert [sheet.max_row for sheet in book.worksheets[:3]] == [4, 4, 3]
    assert len({sheet["A1"].value for sheet in book.worksheets[:3]}) == 1


@pytest.mark.parametrize(
    ("language", "texts"), [("zh", ("样表", "泉城路", "复核人", "合计")), ("en", ("Sample", "+wide", "Stamp"))]
)
async def test_pdf_says_it_on_pages(language: str, texts: tuple[str, ...]) -> None:
    out = io.BytesIO()
    await write(report(60), Form.PDF, "zh" if language == "zh" else "en", out)
    document = pypdfium2.PdfDocument(out.getvalue())
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
        assert len(pages) > 1
        whole = "".join(pages)
        assert [text for text in texts if text not in whole] == []
        # Headings come again on each page of the table, and text is set as it is, whatever it means to the setter.
        assert whole.count("=1+1") == 60
        picture = document[0].render(scale=0.5)
        assert len(set(bytes(picture.buffer))) > 10
    finally:
        document.close()


async def test_pdf_that_nobody_reads_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "PDF_ROWS_MAX", 3)
    with pytest.raises(ReportTooLong):
        await write(report(2), Form.PDF, "zh", io.BytesIO())


async def test_pdf_without_a_font_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "FONTS", ("No Such Font",))
    with pytest.raises(PdfUnavailable, match="fonts-noto-cjk"):
        await write(report(), Form.PDF, "zh", io.BytesIO(), setting=Setting())


async def test_pdf_by_a_template_of_ones_own() -> None:
    out = io.BytesIO()
    template = b"#let data = json(bytes(sys.inputs.data))\n#set text(font: data.fonts)\n#data.title #data.rows.len()"
    await write(report(), Form.PDF, "zh", out, setting=Setting(template=template))
    document = pypdfium2.PdfDocument(out.getvalue())
    try:
        assert document[0].get_textpage().get_text_range() == "样表 2"
    finally:
        document.close()
