"""Files of lots: what a mapping makes of a row, what is refused in it and why, and the form that is written again."""

import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parking import geometries, sheets
from parking.facilities import Facilities
from parking.imports import Planned, decode_mapping, lots, plan_all
from parking.imports.lots import FORM, LotRow
from parking.imports.mapping import MappingUnclear
from parking.lots import InnerClock
from parking.positions import Point, distance_m, from_twd97
from parking.sheets import Layout, SheetUnclear
from payments.reports.cells import guarded_cell, plain_cell
from seeds.city.network import lot_plan

EXAMPLES = Path(__file__).parents[2] / "docs" / "imports"
MAPPING = """
code_prefix = "x-"
file.rows = "data.park"
fields = { code = "id", name_zh = ["name.zh", "name.en"], name_en = "name.en", kind = "type", capacity = "cars" }
words.kind = { "1" = "mall", "2" = "road" }
words.capacity = { "0" = "" }
position = { crs = "twd97", x = "e", y = "n" }
unfit = { capacity = "skip", opening_hours = "leave_out" }
spaces = { disabled = "wheelchairs" }
[constants]
operator_code = "jn-static"
district_zh = "区"
district_en = "D"
gateway = "{code}-gw"
lanes = "{code}-in:g:entry {code}-out:g:exit"
"""
ROW: dict[str, Any] = {
    "id": 7, "name": {"zh": "", "en": "Seven"}, "type": "1", "cars": 30.0, "e": "302730.752", "n": "2777139.53",
    "wheelchairs": 2,
}  # fmt: skip


def planned(row: dict[str, Any], mapping: str = MAPPING, operator: str | None = None) -> Planned[LotRow]:
    document = msgspec.json.encode({"data": {"park": [row]}})
    given = {} if operator is None else {"operator_code": operator}
    followed = decode_mapping(mapping.encode(), FORM)
    (one,) = plan_all(sheets.read(document, "lots.json", followed.file), followed, FORM, given)
    return one


def offers_of(one: Planned[LotRow]) -> Facilities:
    assert one.plan is not None
    return one.plan.offers


def test_a_row_becomes_a_lot() -> None:
    one = planned(ROW)
    assert one.plan is not None
    assert one.faults == ()
    said = (
        one.plan.plan.code,
        one.plan.plan.name_zh,
        one.plan.plan.kind,
        one.plan.plan.capacity,
        one.plan.plan.gateway,
    )
    assert said == ("x-7", "Seven", "mall", 30, "x-7-gw")
    assert [lane.code for lane in one.plan.plan.lanes] == ["x-7-in", "x-7-out"]
    assert distance_m(Point(25.101658015, 121.522823339), Point(one.plan.plan.latitude, one.plan.plan.longitude)) == 0
    assert [(each.kind, each.count) for each in one.plan.offers.spaces] == [("disabled", 2)]
    assert one.plan.offered == {"spaces"}


@pytest.mark.parametrize(
    ("changes", "field", "value", "allowed"),
    [
        ({"type": "3"}, "kind", "3", "one of road, garage"),
        ({"type": ""}, "kind", "", "every row has it"),
        ({"cars": -1}, "capacity", "-1", ">= 1"),
        ({"cars": "many"}, "capacity", "many", "int"),
        ({"id": "a b"}, "code", "x-a b", "matching regex"),
        ({"name": {"en": "n" * 129}}, "name_zh", "n" * 80, "length <= 128"),
        ({"e": "9490716"}, "position", "9490716, 2777139.53", "metres of TWD97"),
        ({"e": "nan"}, "position", "nan, 2777139.53", "metres of TWD97"),
        ({"e": ""}, "position", ", 2777139.53", "float"),
        ({"wheelchairs": 31}, "spaces", "", "31 are told of"),
        ({"wheelchairs": "two"}, "spaces", "two", "int"),
        ({"name": {"en": "n" * 40_000}}, "name_zh", "n" * 80, "32767 characters"),
    ],
)
def test_a_fault_says_where_it_is_and_what_may_stand_there(
    changes: dict[str, Any], field: str, value: str, allowed: str
) -> None:
    one = planned({**ROW, **changes}, MAPPING.replace('capacity = "skip", ', ""))
    assert one.plan is None
    assert not one.is_skipped
    assert (one.line, one.faults[0].field, one.faults[0].value) == (1, field, value)
    assert allowed in one.faults[0].allowed


def test_a_mapping_says_what_becomes_of_what_does_not_fit() -> None:
    skipped = planned({**ROW, "cars": 0, "type": "unheard of"})
    assert (skipped.plan, skipped.is_skipped) == (None, True)
    hours = MAPPING.replace('kind = "type"', 'kind = "type", opening_hours = "open"')
    taken = planned({**ROW, "open": "when we are up"}, hours)
    assert taken.plan is not None
    assert [fault.field for fault in taken.faults] == ["opening_hours"]
    assert offers_of(taken).opening_hours is None
    assert taken.plan.offered == {"spaces"}
    assert offers_of(planned({**ROW, "open": "24/7"}, hours)).opening_hours == "24/7"
    refused = planned({**ROW, "open": "when we are up"}, hours.replace(', opening_hours = "leave_out"', ""))
    assert refused.plan is None


def test_a_document_that_cannot_be_true_of_the_lot_is_left_out_whole() -> None:
    mapping = MAPPING.replace('kind = "type"', 'kind = "type", facilities = "all", phone = "tel"')
    row = {**ROW, "all": {"opening_hours": "late", "phone": "0531-1"}, "tel": "0531-2"}
    assert planned(row, mapping).plan is None
    taken = planned(row, mapping.replace("leave_out", 'leave_out", facilities = "leave_out'))
    assert taken.plan is not None
    assert [fault.field for fault in taken.faults] == ["facilities"]
    assert taken.plan.offers.phone == "0531-2"
    assert taken.plan.offered == {"phone", "spaces"}


def test_lots_are_of_the_operator_that_is_named() -> None:
    one = planned(ROW, operator="qd-public")
    assert one.plan is not None
    assert one.plan.plan.operator_code == "qd-public"
    of_another = MAPPING.replace('id", ', 'id", operator_code = "owner", ')
    assert planned({**ROW, "owner": "jn-static"}, of_another, "qd-public").faults[0].allowed == "qd-public"


@pytest.mark.parametrize(
    ("position", "cells"),
    [
        ('x = "a", y = "b"', {"a": "117.0235", "b": 36.6665}),
        ('text = "a"', {"a": "36.6665,117.0235"}),
        ('text = "a", order = "lon,lat"', {"a": "117.0235， 36.6665"}),
        ('geojson = "a"', {"a": {"type": "Point", "coordinates": [117.0235, 36.6665, 20]}}),
        ('geojson = "a"', {"a": '{"type": "Point", "coordinates": [117.0235, 36.6665]}'}),
        ('crs = "gcj02", text = "a"', {"a": "36.66697,117.02935"}),
        ('crs = "bd09", text = "a"', {"a": "36.67302,117.03584"}),
    ],
)
def test_a_position_is_given_in_one_of_many_ways(position: str, cells: dict[str, Any]) -> None:
    one = planned({**ROW, **cells}, MAPPING.replace('crs = "twd97", x = "e", y = "n"', position))
    assert one.plan is not None, one.faults
    assert distance_m(Point(36.6665, 117.0235), Point(one.plan.plan.latitude, one.plan.plan.longitude)) < 60


@pytest.mark.parametrize(
    ("east_m", "north_m", "place"),
    [
        # By PROJ 9.5.1, from EPSG:3826 to EPSG:4326.
        (250_000, 2_655_000, Point(23.999791191386514, 121.0)),
        (302_864.7812, 2_771_989, Point(25.055154813766652, 121.5239542507344)),
        (177_000, 2_485_000, Point(22.463052367490683, 120.29067771948885)),
        (350_000, 2_790_000, Point(25.215355095181064, 121.99239257963826)),
    ],
)
def test_the_grid_of_taiwan(east_m: float, north_m: float, place: Point) -> None:
    found = from_twd97(east_m, north_m)
    assert (found.latitude, found.longitude) == pytest.approx((place.latitude, place.longitude), abs=1e-7)


def test_the_centre_of_an_area() -> None:
    # An L of three squares, whose centre is not the mean of its corners.
    border = [[10, 50], [12, 50], [12, 51], [11, 51], [11, 52], [10, 52], [10, 50]]
    found = geometries.centre(msgspec.json.encode({"type": "Polygon", "coordinates": [border]}).decode())
    assert (found.longitude, found.latitude) == pytest.approx((10 + 5 / 6, 50 + 5 / 6))
    both = {"type": "MultiPolygon", "coordinates": [[border], [[[x + 2, y] for x, y in border]]]}
    assert geometries.centre(msgspec.json.encode(both).decode()).longitude == pytest.approx(11 + 5 / 6)
    flat = {"type": "Polygon", "coordinates": [[[10, 50], [12, 50], [10, 50]]]}
    assert geometries.centre(msgspec.json.encode(flat).decode()).latitude == 50
    for broken in ('{"type": "Circle"}', '{"type": "Point", "coordinates": [1]}', "[]", ""):
        with pytest.raises(ValueError, match=r"."):
            geometries.centre(broken)


SQUARE = {
    "type": "Polygon",
    "coordinates": [[[24.9, 60.1], [24.92, 60.1], [24.92, 60.12], [24.9, 60.12], [24.9, 60.1]]],
}
TAIPEI = {
    "id": "TPE9",
    "area": "中山區",
    "name": "車場",
    "address": "路1號",
    "totalcar": 5,
    "serviceTime": "00:00:00-23:59:59",
    "tw97x": "302864.7812",
    "tw97y": "2771989",
}
HELSINKI = {"id": 9, "name": {"fi": "Asema", "en": "Station"}, "builtCapacity": {"CAR": 100, "ELECTRIC_CAR": 5}}


@pytest.mark.parametrize(
    ("name", "row", "code", "place", "offered"),
    [
        ("taipei", TAIPEI, "tpe-TPE9", (25.05515, 121.52395), "opening_hours"),
        ("helsinki", {**HELSINKI, "location": SQUARE}, "hsl-9", (60.11, 24.91), "spaces"),
    ],
)  # fmt: skip
def test_the_examples_are_mappings(
    name: str, row: dict[str, Any], code: str, place: tuple[float, float], offered: str
) -> None:
    mapping = decode_mapping((EXAMPLES / f"{name}.toml").read_bytes(), FORM)
    document: Any = [row]
    for word in reversed(mapping.file.rows.split(".") if mapping.file.rows else []):
        document = {word: document}
    (one,) = plan_all(
        sheets.read(msgspec.json.encode(document), "lots.json", mapping.file),
        mapping,
        FORM,
        {"operator_code": "jn-static"},
    )
    assert one.plan is not None, one.faults
    assert one.plan.plan.code == code
    assert (one.plan.plan.latitude, one.plan.plan.longitude) == pytest.approx(place, abs=1e-5)
    assert one.plan.offered == {offered}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ('fields.colour = "c"', "no field 'colour'"),
        ('unfit.name_zh = "leave_out"', "no row of lots is without name_zh"),
        ('position = { x = "a" }', "`x` and `y`"),
        ('position = { x = "a", y = "b", crs = "mars" }', "mars"),
        ('feilds.code = "c"', "feilds"),
        ('fields.position = "p"', "no field 'position'"),
        ('fields.longitude = "l"\nposition.text = "p"', "by `position` or by longitude"),
        ("fields = ", "Invalid value"),
    ],
)
def test_a_mapping_that_cannot_be_followed(mapping: str, says: str) -> None:
    with pytest.raises(MappingUnclear, match=says):
        decode_mapping(mapping.encode(), FORM)


def csv_of(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def test_columns_that_a_file_does_not_have_are_named() -> None:
    sheet = sheets.read(csv_of("id,name", "1,a"), "lots.CSV", Layout())
    with pytest.raises(MappingUnclear, match="no column 'cars', but id, name"):
        plan_all(sheet, decode_mapping(b'fields = { code = "id", capacity = "cars" }', FORM), FORM)
    with pytest.raises(MappingUnclear, match="no column 'id', but code"):
        plan_all(sheet, None, FORM)


@pytest.mark.parametrize(
    ("document", "name", "says"),
    [
        (b"a,b\r\n1,2,3", "a.csv", "line 2 has 3 cells"),
        (b"a,a\r\n1,2", "a.csv", "twice: a"),
        (b"", "a.csv", "headings"),
        (b'a\r\n"1', "a.csv", "line 2"),
        (b"a\r\n\xff", "a.csv", "not utf-8"),
        (b"a\r\n" + b"1\r\n" * 20_001, "a.csv", "20000 rows"),
        (b"{}", "a.json", "no list of objects"),
        (b"[1]", "a.json", "no list of objects"),
        (b"[" * 100_000, "a.json", "no JSON"),
        (b"[]", "a.xls", r"\.csv, \.xlsx or \.json"),
        (b"[]", "a.json.gz", "cannot be unpacked"),
        # A test's name says nothing of the time at which it was collected.
        (gzip.compress(b"[]", mtime=0)[:-9], "a.json.gz", "cannot be unpacked"),
        pytest.param(gzip.compress(b" " * (33 << 20)), "a.json.gz", "bytes at most", id="a-bomb"),
        (b"PK", "a.xlsx", "no workbook"),
    ],
)
def test_files_that_are_no_rows(document: bytes, name: str, says: str) -> None:
    with pytest.raises(SheetUnclear, match=says):
        sheets.read(document, name, Layout())


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    sheet = sheets.read(csv_of("\ufeffa,b", '"one', 'more",x', "", "last,'=1"), "a.csv", Layout())
    assert [(row.line, row.text("a"), row.text("b")) for row in sheet.rows] == [
        (2, "one\r\nmore", "x"),
        (5, "last", "=1"),
    ]
    chinese = sheets.read("名称;位\n趵突泉;9".encode("gb18030"), "a.csv", Layout(encoding="gb18030", delimiter=";"))
    assert chinese.rows[0].text("名称") == "趵突泉"


def cell(value: str | float) -> str:
    return f"<c><v>{value}</v></c>" if isinstance(value, float) else f'<c t="inlineStr"><is><t>{value}</t></is></c>'


def workbook(rows: list[list[str | float]]) -> bytes:
    """A sheet in the least that a workbook is."""
    kinds = "http://schemas.openxmlformats.org"
    of_office, main = f"{kinds}/officeDocument/2006/relationships", f"{kinds}/spreadsheetml/2006/main"

    def related(kind: str, target: str) -> str:
        one = f'<Relationship Id="r1" Type="{of_office}/{kind}" Target="{target}"/>'
        return f'<Relationships xmlns="{kinds}/package/2006/relationships">{one}</Relationships>'

    cells = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    parts = {
        "_rels/.rels": related("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{of_office}"><sheets>'
        '<sheet name="Lots" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": related("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return out.getvalue()


def test_a_workbook_is_read() -> None:
    document = workbook([["code", "capacity", "name_zh"], ["a", 30.0, "趵突泉"]])
    (row,) = sheets.read(document, "lots.xlsx", Layout(sheet="Lots")).rows
    assert (row.line, row.text("code"), row.text("capacity"), row.text("name_zh")) == (2, "a", "30", "趵突泉")
    with pytest.raises(SheetUnclear, match="no sheet 'Bays', but Lots"):
        sheets.read(document, "lots.xlsx", Layout(sheet="Bays"))
    wide = workbook([[f"c{n}" for n in range(sheets.COLUMNS_MAX + 1)]])
    with pytest.raises(SheetUnclear, match="256 columns"):
        sheets.read(wide, "lots.xlsx", Layout())


TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], include_characters="=+-@'\t\r\n\",;"), min_size=1, max_size=20
)


@given(text=TEXTS)
def test_a_guarded_cell_is_no_formula_and_comes_back(text: str) -> None:
    assert not guarded_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert plain_cell(guarded_cell(text)) == text


@given(name=TEXTS, address=TEXTS, road=st.sampled_from([None, "lishan"]), stops=st.booleans())
def test_what_is_written_is_read_as_it_was(name: str, address: str, road: str | None, stops: bool) -> None:
    clock, outer = (InnerClock.STOPS, "outer") if stops else (InnerClock.RUNS, None)
    plan = lot_plan(
        "a",
        "jn-static",
        name_zh=name,
        address_zh=address,
        road=road,
        inner_clock=clock,
        inside_of=outer,
        longitude=-0.5,
    )
    offers = Facilities(phone="0531-12345", opening_hours="24/7")
    document = sheets.as_csv(FORM.columns, [lots.written(plan, offers)])
    (one,) = plan_all(sheets.read(document, "lots.csv", Layout()), None, FORM)
    assert one.plan is not None
    assert (one.plan.plan, one.plan.offers, one.faults) == (plan, offers, ())


def test_a_lot_comes_after_the_one_that_it_lies_in_and_once() -> None:
    plans = [
        lot_plan("c", "o", inside_of="b"),
        lot_plan("b", "o", inside_of="a"),
        lot_plan("a", "o"),
        lot_plan("a", "o"),
    ]
    document = sheets.as_csv(FORM.columns, [lots.written(plan, Facilities()) for plan in plans])
    rows = plan_all(sheets.read(document, "lots.csv", Layout()), None, FORM)
    assert [each.code for each in lots.in_order(rows)] == ["a", "b", "c"]
    assert rows[3].faults[0].allowed == "each once; line 4 has it"
