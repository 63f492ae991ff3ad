"""The report of a simulation as a page: it stands alone, escapes every text, and stays small."""

from collections import Counter
from html.parser import HTMLParser

import msgspec

from parking import tariffs
from parking.simulation.html_report import page
from parking.simulation.report import report
from tests.parking.simulation.builders import (
    BLUE,
    DAY,
    GREEN,
    HOUR,
    JINAN,
    NASTY,
    PERIOD,
    TEN,
    dearer,
    lot,
    simulate,
    simulation,
    stay,
    tried,
)


class Reading(HTMLParser):
    """What a browser would see: tags that close in order, their attributes, and the text between them."""

    VOID = ("meta", "br", "rect", "line")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(document: str) -> Reading:
    reading = Reading()
    reading.feed(document)
    reading.close()
    assert reading.open == []
    return reading


def test_the_page_stands_alone_and_escapes_everything() -> None:
    named = msgspec.structs.replace(dearer(300), name_zh=f"价{NASTY}", name_en=f"Price {NASTY}", code="jinan_draft")
    rows = [stay(TEN + n * HOUR / 3, HOUR, plate, lot=n % 3 + 1) for plate in (BLUE, GREEN) for n in range(12)]
    found = tried([*rows, stay(TEN - 500 * DAY, 501 * DAY)], named)
    document = page(report(simulation(named), found))
    reading = read(document)
    assert reading.tags["script"] == reading.tags["link"] == reading.tags["img"] == 0
    assert not [(name, value) for name, value in reading.attributes if name in ("src", "href") or name.startswith("on")]
    assert "http" not in document
    assert "url(" not in document
    said = "".join(reading.texts)
    for text in (f"价{NASTY}", f"Price {NASTY}", f"1号{NASTY}", "No price: the stay of", "ab12", "2026-11-16 10:00"):
        assert text in said
    assert BLUE not in document
    assert GREEN not in document
    assert "12345" not in said
    assert reading.tags["svg"] >= 5
    assert len(document) < 100_000


def test_a_page_of_nothing_is_a_page() -> None:
    read(page(report(simulation(JINAN), tried([]))))
    read(page(report(msgspec.structs.replace(simulation(JINAN), read_all=False), tried([stay(fee_fen=0)]))))


def test_a_page_of_many_lots_stays_small() -> None:
    operators = dict.fromkeys(range(1, 501), 1)
    rows = [stay(TEN, HOUR, f"鲁A{n:05}", lot=n, fee_fen=n) for n in operators]
    found = simulate(rows, tariffs.Compiled(JINAN), PERIOD, operators)
    lots = {number: lot(number, 1) for number in operators}
    document = page(report(msgspec.structs.replace(simulation(JINAN), lots=lots), found))
    assert read(document).tags["details"] == 1
    assert "300 others are not listed." in document
    assert len(document) < 300_000
