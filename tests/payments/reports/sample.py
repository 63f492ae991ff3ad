"""A report with a column of each kind."""

from datetime import UTC, date, datetime

from payments.reports.table import Column, Heading, Kind, Report, batches

AT = datetime(2026, 11, 16, 2, 0, tzinfo=UTC)
COLUMNS = (
    Column("date", Kind.DATE, ("日期", "Date")),
    Column("code", Kind.TEXT, ("代码", "Code")),
    Column("name", Kind.NAME, ("名称", "Name")),
    Column("count", Kind.COUNT, ("笔数", "Count"), summed=True),
    Column("fen", Kind.FEN, ("金额", "Amount"), summed=True),
    Column("share", Kind.BPS, ("占比", "Share")),
    Column("time", Kind.TIME, ("时间", "Time")),
)


def report(times: int = 1) -> Report:
    """Two rows, over and over."""
    rows = (
        (date(2026, 11, 16), "=1+1", ("＝全角", "+wide"), 2, -1_250, 9_912, AT),
        (date(2026, 11, 17), "a, b", ("泉城路", "Spring <City> & co\x00"), 0, None, None, None),
    )
    return Report(
        "sample",
        ("样表", "Sample"),
        Heading(date(2026, 11, 16), date(2026, 11, 17), AT, "finance:li", ("济南静态", "Jinan Static")),
        COLUMNS,
        batches(rows * times),
        given={"share": 5_000},
        notes=(("脚注。", "A note."),),
        links={
            "lines": "/v1/lines?code={code}&name={name}&at={time}",
            "day": "/v1/days/{date}",
            "one": "/v1/of/{time}",
        },
    )
