"""Past stays priced by a draft: what is summed up, what is remembered from stay to stay, and what is told of it."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking import tariffs
from parking.lots import Lot, LotKind
from parking.replaying import table
from parking.replaying.carrying import lead_of
from parking.replaying.outcome import DURATIONS, Case, Period, Row, WhatIf, masked
from parking.replaying.page import page
from parking.replaying.spread import QUANTILES, bars, quantile, quantiles
from parking.replaying.sums import EXTREMES, LISTED_MAX
from parking.replaying.whatif import Replay
from parking.replaying.words import Trial, duration, length, share
from parking.tariffs import Compiled, Tariff, Vehicle, Visit
from parking.tariffs.language.document import Memory

SEEDS = Path(tariffs.__file__).parent.parent.parent / "seeds" / "tariffs"
JINAN = tariffs.from_toml((SEEDS / "jinan_road.toml").read_bytes())
# A Monday in Jinan, ten in the morning.
TEN = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERIOD = Period(TEN - DAY, TEN + 30 * DAY)
# Lots by their operator.
OPERATORS = {1: 10, 2: 10, 3: 30}
BLUE, GREEN = "鲁A12345", "鲁AD12345"


def stay(
    at: datetime = TEN, stayed: timedelta = 3 * HOUR, plate: str = BLUE, *, lot: int = 1, fee_fen: int = 600
) -> Row:
    color = "green" if len(plate) == 8 else "blue"
    return Row(lot, plate, color, "small", at, at + stayed, fee_fen)


def replay(
    rows: Sequence[Row],
    draft: Compiled,
    period: Period,
    operators: Mapping[int, int],
    *,
    held: Mapping[int, Compiled] | None = None,
) -> WhatIf:
    run = Replay(draft, period, operators, held=held)
    run.take(rows)
    return run.result()


def tried(rows: Sequence[Row], draft: Tariff = JINAN, held: Tariff | None = None, period: Period = PERIOD) -> WhatIf:
    current = None if held is None else dict.fromkeys(OPERATORS, tariffs.Compiled(held))
    return replay(rows, tariffs.Compiled(draft), period, OPERATORS, held=current)


def dearer(hour_fen: int) -> Tariff:
    """Jinan's price with another price of an hour by day."""
    day, *others = JINAN.bands
    tier = msgspec.structs.replace(day.tiers[0], unit_fen=hour_fen)
    return msgspec.structs.replace(JINAN, bands=(msgspec.structs.replace(day, tiers=(tier,)), *others))


def remembering(**memory: object) -> Tariff:
    quota = msgspec.structs.replace(JINAN.quotas[0], memory=Memory(**memory))  # type: ignore[arg-type]
    return msgspec.structs.replace(JINAN, quotas=(quota,))


def test_what_was_charged_against_a_draft() -> None:
    found = tried(
        [stay(), stay(TEN + DAY, HOUR, fee_fen=200), stay(TEN + DAY, HOUR, "鲁B12345", fee_fen=700)], dearer(300)
    )
    assert (found.total.stays, found.total.before_fen, found.total.after_fen) == (3, 1500, 900 + 300 + 300)
    assert (found.total.more, found.total.less, found.total.same) == (2, 1, 0)
    assert (found.drivers.more, found.drivers.less, found.drivers.same, found.drivers.all) == (1, 1, 0, 2)
    assert found.differences == {300: 1, 100: 1, -400: 1}
    assert [(case.plate, case.change_fen) for case in found.rises] == [("鲁A•••45", 300), ("鲁A•••45", 100)]
    assert [(case.plate, case.change_fen) for case in found.falls] == [("鲁B•••45", -400)]


def test_a_price_against_itself_changes_nothing() -> None:
    rows = [stay(TEN + n * HOUR, 2 * HOUR, GREEN, fee_fen=99) for n in range(0, 40, 3)]
    found = tried(rows, held=JINAN)
    assert found.total.change_fen == 0
    assert (found.total.same, found.drivers.same, found.differences) == (len(rows), 1, {0: len(rows)})
    assert (found.rises, found.falls) == ([], [])


def test_by_lot_vehicle_hour_and_length() -> None:
    large = msgspec.structs.replace(stay(TEN + 5 * HOUR, plate="鲁C12345", lot=3), plate_color="yellow")
    found = tried([stay(), stay(TEN + DAY, timedelta(minutes=20), GREEN, lot=2, fee_fen=0), large])
    assert {lot: (each.stays, each.after_fen) for lot, each in found.lots.items()} == {
        1: (1, 600),
        2: (1, 0),
        3: (1, 1200),
    }
    assert {kind: each.stays for kind, each in found.kinds.items()} == {"large": 1, "small": 1, "small_new_energy": 1}
    assert {hour: each.stays for hour, each in found.hours.items()} == {10: 2, 15: 1}
    assert {duration(place)[1]: each.stays for place, each in found.durations.items()} == {
        "15 min to 30 min": 1,
        "2 h to 4 h": 2,
    }


def test_lengths_have_names() -> None:
    assert duration(0) == ("15 分钟以内", "up to 15 min")
    assert duration(len(DURATIONS)) == ("7 天以上", "over 7 d")
    assert [length(timedelta(minutes=minutes)) for minutes in (0, 59, 60, 1500)] == [
        "0 min",
        "59 min",
        "1 h",
        "1 d 1 h",
    ]


def test_a_quota_is_carried_from_stay_to_stay() -> None:
    # Two hours are free: the first stay takes one and a half of them, the second is left half an hour.
    rows = [
        stay(TEN, timedelta(minutes=90), GREEN),
        stay(TEN + 3 * HOUR, 3 * HOUR, GREEN),
        stay(TEN, 3 * HOUR, "鲁AD12346"),
    ]
    assert tried(rows[:2]).total.after_fen == 600
    assert tried(rows[1:2]).total.after_fen == 200
    assert tried(rows).total.after_fen == 600 + 200


def test_what_was_used_before_the_period_is_remembered() -> None:
    rows = [stay(TEN, timedelta(minutes=90), GREEN), stay(TEN + 3 * HOUR, 3 * HOUR, GREEN)]
    found = tried(rows, period=Period(TEN + 2 * HOUR, TEN + DAY))
    assert (found.total.stays, found.total.after_fen, found.carried) == (1, 600, 1)


@pytest.mark.parametrize(
    ("scope", "after_fen"), [("lot", [0, 200, 200]), ("operator", [0, 600, 200]), ("city", [0, 600, 600])]
)
def test_how_far_a_quota_reaches(scope: str, after_fen: list[int]) -> None:
    rows = [stay(TEN + n * 4 * HOUR, (2 if n == 0 else 3) * HOUR, GREEN, lot=n + 1) for n in range(3)]
    draft = remembering(scope=scope)
    assert [tried(rows[: n + 1], draft).total.after_fen for n in range(3)] == [
        sum(after_fen[: n + 1]) for n in range(3)
    ]


def test_what_was_before_the_period_is_read_as_far_as_it_bears_on_it() -> None:
    assert lead_of([]) == timedelta(0)
    assert lead_of([JINAN]) == 2 * DAY
    assert lead_of([JINAN, remembering(hours=30)]) == 60 * HOUR
    assert lead_of([remembering(per="visit")]) == timedelta(0)


def test_a_stay_without_a_price_is_told_and_counted_apart() -> None:
    forever = stay(TEN - 500 * DAY, 501 * DAY, fee_fen=0)
    found = tried([forever] * (LISTED_MAX + 5) + [stay()])
    assert (found.total.stays, found.unpriced, len(found.listed)) == (1, LISTED_MAX + 5, LISTED_MAX)
    assert found.listed[0].plate == "鲁A•••45"
    assert "No price for a stay of" in found.listed[0].reason
    nowhere = replay([stay(lot=2)], tariffs.Compiled(JINAN), PERIOD, OPERATORS, held={})
    assert (nowhere.total.stays, nowhere.unpriced, nowhere.listed[0].reason) == (
        0,
        1,
        "No tariff is in force at this lot.",
    )


def test_the_largest_changes_are_kept() -> None:
    fees = [n * 100 for n in range(50)]
    found = tried([stay(TEN + n * DAY / 8, HOUR, fee_fen=fee) for n, fee in enumerate(fees)], held=None)
    changes = sorted(200 - fee for fee in fees)
    assert [case.change_fen for case in found.falls] == changes[:EXTREMES]
    assert [case.change_fen for case in found.rises] == [change for change in reversed(changes) if change > 0][
        :EXTREMES
    ]


@pytest.mark.parametrize(
    ("plate", "shown"),
    [("鲁A12345", "鲁A•••45"), ("鲁AD12345", "鲁A•••45"), ("WJ1234A", "WJ•••4A"), ("12345", "•••"), ("", "•••")],
)
def test_plates_are_masked(plate: str, shown: str) -> None:
    assert masked(plate) == shown


stays_of_day = st.lists(
    st.builds(
        stay,
        st.integers(0, 10_000).map(lambda minutes: TEN + timedelta(minutes=minutes)),
        st.integers(0, 3_000).map(lambda minutes: timedelta(minutes=minutes)),
        st.sampled_from([BLUE, GREEN, "鲁B54321", "鲁BD54321"]),
        lot=st.sampled_from([1, 2, 3]),
        fee_fen=st.integers(0, 3_000),
    ),
    max_size=30,
)


@settings(deadline=None)
@given(stays_of_day, st.integers(0, 500))
def test_the_numbers_add_up(rows: list[Row], hour_fen: int) -> None:
    draft = tariffs.Compiled(dearer(hour_fen))
    rows.sort(key=lambda row: (row.plate, row.entered_at))
    found = replay(rows, draft, PERIOD, OPERATORS)
    expected: list[int] = []
    for lot, plate in {(row.lot_id, row.plate) for row in rows}:
        visits = [
            Visit(row.entered_at, row.left_at, Vehicle(new_energy=len(plate) == 8))
            for row in rows
            if (row.lot_id, row.plate) == (lot, plate)
        ]
        expected += [fee.fee_fen for fee in tariffs.price_sequence(draft, visits)]
    # Entries of the same instant leave open which comes first.
    if len({(row.lot_id, row.plate, row.entered_at) for row in rows}) == len(rows):
        assert found.total.after_fen == sum(expected)
    assert found.total.before_fen == sum(row.fee_fen for row in rows)
    assert found.total.stays == len(rows) == sum(found.differences.values())
    assert found.total.change_fen == sum(change * count for change, count in found.differences.items())
    assert found.drivers.all == len({row.plate for row in rows})
    for parts in (found.lots, found.kinds, found.hours, found.durations):
        summed = type(found.total)()
        for each in parts.values():
            summed.add(each)
        assert summed == found.total
    assert found.total.same == found.differences.get(0, 0)


@given(st.lists(st.integers(-5_000, 5_000), max_size=60))
def test_every_difference_is_in_one_bar(values: list[int]) -> None:
    drawn = bars(Counter(values))
    assert sum(bar.count for bar in drawn) == len(values)
    assert len(drawn) <= 21
    for bar in drawn:
        if bar.above == bar.up_to:
            inside = [value for value in values if value == 0]
        elif bar.above is not None and bar.above >= 0:
            inside = [value for value in values if value > bar.above and (bar.up_to is None or value <= bar.up_to)]
        else:
            assert bar.up_to is not None
            inside = [value for value in values if value < bar.up_to and (bar.above is None or value >= bar.above)]
        assert bar.count == len(inside)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_quantiles_are_values_that_occurred(values: list[int]) -> None:
    counts = Counter(values)
    for percent, found in quantiles(counts).items():
        assert sum(value <= found for value in values) * 100 >= percent * len(values)
        assert sum(value < found for value in values) * 100 < percent * len(values)
    assert list(quantiles(counts)) == list(QUANTILES)
    assert quantile({}, 50) == 0


def test_shares() -> None:
    assert [share(1, 3), share(2, 3), share(-1, 8, signed=True), share(1, 1, signed=True), share(0, 0)] == [
        *("33.3 %", "66.7 %", "−12.5 %", "+100.0 %", "–")
    ]


NASTY = '<script>alert("1")</script>&'


def lot(number: int, operator: int) -> Lot:
    return Lot(
        *(number, f"=L{number}", operator, "op", f"{number}号{NASTY}", f"No. {number} {NASTY}", "历下区", "Lixia", ""),
        *(LotKind.ROAD, 10, 117.0, 36.6, "Asia/Shanghai"),
    )


def trial(tariff: Tariff) -> Trial:
    lots = {number: lot(number, operator) for number, operator in OPERATORS.items()}
    return Trial(tariff, "ab12", lots, PERIOD.since, PERIOD.until, "charged", TEN)


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
    document = page(trial(named), found)
    reading = read(document)
    assert reading.tags["script"] == reading.tags["link"] == reading.tags["img"] == 0
    assert not [(name, value) for name, value in reading.attributes if name in ("src", "href") or name.startswith("on")]
    assert "http" not in document
    assert "url(" not in document
    said = "".join(reading.texts)
    for text in (f"价{NASTY}", f"Price {NASTY}", f"1号{NASTY}", "No price for a stay of", "ab12", "2026-11-16 10:00"):
        assert text in said
    assert BLUE not in document
    assert GREEN not in document
    assert "12345" not in said
    assert reading.tags["svg"] >= 5
    assert len(document) < 100_000


def test_a_page_of_nothing_is_a_page() -> None:
    read(page(trial(JINAN), tried([])))
    read(page(msgspec.structs.replace(trial(JINAN), read_all=False), tried([stay(fee_fen=0)])))


def test_a_page_of_many_lots_stays_small() -> None:
    operators = dict.fromkeys(range(1, 501), 1)
    rows = [stay(TEN, HOUR, f"鲁A{n:05}", lot=n, fee_fen=n) for n in operators]
    found = replay(rows, tariffs.Compiled(JINAN), PERIOD, operators)
    lots = {number: lot(number, 1) for number in operators}
    document = page(msgspec.structs.replace(trial(JINAN), lots=lots), found)
    assert read(document).tags["details"] == 1
    assert "300 others are not listed." in document
    assert len(document) < 300_000


def test_the_table_has_a_row_for_each_stay() -> None:
    cases: list[Case] = []
    rows = [stay(), stay(TEN + DAY, HOUR, GREEN, lot=2, fee_fen=0)]
    Replay(tariffs.Compiled(JINAN), PERIOD, OPERATORS, told=cases.append).take(rows)
    text = table.header(trial(JINAN)) + "".join(table.row(trial(JINAN), case) for case in cases)
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
