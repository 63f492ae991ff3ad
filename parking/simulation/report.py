"""What the report of a simulation says: names and figures as text, section by section, whatever renders it."""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from msgspec import Struct

from parking.simulation.histogram import Bar, bars, quantiles
from parking.simulation.labels import AGAINST, duration, kind, share
from parking.simulation.past_stays import Case, Unpriced
from parking.simulation.run import Simulation
from parking.simulation.totals import Outcome, Total
from parking.texts.durations import short_in_days
from parking.texts.words import Words

# Where the prices of many lots change, those that change most are listed first.
LOTS_FIRST = 12
LOTS_SHOWN_MAX = 200
_LOCAL_HOURS = 24
# What a part of a chart stands for; it has a colour.
Meaning: TypeAlias = Literal["before", "after", "less", "same", "more"]


class Part(Struct, frozen=True):
    """A bar, or a part of a bar: its size, its meaning, the text beside it and a longer text for a tooltip."""

    amount: int
    meaning: Meaning
    label: str
    title: str


class Figure(Struct, frozen=True):
    """A figure by itself; `direction` of a change."""

    text: str
    name: Words
    direction: Literal["up", "down", ""] = ""


class Column(Struct, frozen=True):
    """The head of a column, and whether numbers are in it."""

    name: Words
    number: bool = False


class Deviation(Struct, frozen=True):
    """A change to be drawn as a bar that is as long as its share of `most`."""

    change_fen: int
    most_fen: int


Cell: TypeAlias = str | Words | Deviation


class Table(Struct, frozen=True):
    """Rows under their columns."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


class Differences(Struct, frozen=True):
    """How much stays cost more or less: a histogram with names of its bars, and quantiles."""

    bars: Sequence[Bar]
    parts: Sequence[Part]
    names: Sequence[str]
    quantiles: Table


class Lots(Struct, frozen=True):
    """The lots that change most, those after them, and how many are not listed."""

    first: Table
    more: Table
    unlisted: int


class Report(Struct, frozen=True):
    """All that a report says, in its order. `legend`s name what the colours of the charts before them stand for."""

    title: Words
    facts: Sequence[tuple[Words, str]]
    figures: Sequence[Figure]
    currency: str
    revenue: Sequence[tuple[str, Part]]
    shares: Sequence[tuple[str, Sequence[Part]]]
    shares_legend: Sequence[tuple[Meaning, str]]
    differences: Differences
    lots: Lots
    kinds: Table
    hours: Sequence[tuple[str, Part, Part]]
    hours_legend: Sequence[tuple[Meaning, str]]
    durations: Table
    rises: Table
    falls: Table
    unpriced: Words | None
    unpriced_stays: Table
    notes: Sequence[Words]


_TOTALS = (
    Column(("次数", "Stays"), number=True),
    Column(("原收入", "Before"), number=True),
    Column(("试算收入", "After"), number=True),
    Column(("变化", "Change"), number=True),
    Column(("", "")),
    Column(("", ""), number=True),
    Column(("多付", "More"), number=True),
    Column(("少付", "Less"), number=True),
)
_CASES = (
    Column(("停车场", "Lot")),
    Column(("车牌", "Plate")),
    Column(("车型", "Vehicle")),
    Column(("驶入", "Entered")),
    Column(("时长", "Stayed"), number=True),
    Column(("原收费", "Before"), number=True),
    Column(("试算", "After"), number=True),
    Column(("差额", "Change"), number=True),
)
_UNPRICED = tuple(
    Column(name)
    for name in (("停车场", "Lot"), ("车牌", "Plate"), ("驶入", "Entered"), ("驶离", "Left"), ("原因", "Reason"))
)


def report(simulation: Simulation, outcome: Outcome) -> Report:
    total = outcome.total
    return Report(
        title=(simulation.tariff.name_zh, simulation.tariff.name_en),
        facts=_facts(simulation, outcome),
        figures=_figures(simulation, outcome),
        currency=simulation.tariff.currency,
        revenue=[
            _revenue(simulation, "原 Before", "before", total.before_fen),
            _revenue(simulation, "试算 After", "after", total.after_fen),
        ],
        shares=[
            ("停车 Stays", _shares(total.less, total.same, total.more)),
            ("车辆 Drivers", _shares(outcome.drivers.less, outcome.drivers.same, outcome.drivers.more)),
        ],
        shares_legend=(("less", "少付 pays less"), ("same", "不变 the same"), ("more", "多付 pays more")),
        differences=_differences(simulation, outcome),
        lots=_lots(simulation, outcome),
        kinds=_totals(simulation, ("车型", "Vehicle"), [(kind(code), each) for code, each in outcome.kinds.items()]),
        hours=[_hour(simulation, hour, outcome.hours.get(hour, Total())) for hour in range(_LOCAL_HOURS)],
        hours_legend=(("before", "原收入 before"), ("after", "试算收入 after")),
        durations=_totals(
            simulation, ("时长", "Length"), [(duration(place), each) for place, each in outcome.durations.items()]
        ),
        rises=_cases(simulation, outcome.rises),
        falls=_cases(simulation, outcome.falls),
        unpriced=_unpriced(outcome.unpriced) if outcome.unpriced else None,
        unpriced_stays=Table(_UNPRICED, [_unpriced_stay(simulation, stay) for stay in outcome.listed]),
        notes=_notes(simulation, outcome),
    )


def _facts(simulation: Simulation, outcome: Outcome) -> Sequence[tuple[Words, str]]:
    text = simulation.tariff
    period = f"{simulation.at(simulation.since)} – {simulation.at(simulation.until)} ({text.time_zone})"
    return [
        (("拟议标准", "Tariff tried"), f"{text.name_zh} / {text.name_en} ({text.code})"),
        (("文本摘要", "SHA-256 of the text"), simulation.digest),
        (("时段", "Period"), period),
        (("对照", "Compared with"), " / ".join(AGAINST[simulation.against])),
        (("停车场", "Lots"), f"{len(outcome.lots):,} / {len(simulation.lots):,}"),
        (("生成时间", "Made at"), simulation.at(simulation.made_at)),
    ]


def _figures(simulation: Simulation, outcome: Outcome) -> Sequence[Figure]:
    total, drivers = outcome.total, outcome.drivers
    direction: Literal["up", "down"] = "up" if total.change_fen > 0 else "down"
    relative = share(total.change_fen, total.before_fen, signed=True)
    change = simulation.money(total.change_fen, signed=True)
    return [
        Figure(relative, ("收入变化", "Revenue"), direction),
        Figure(change, (f"收入差额({simulation.tariff.currency})", "Difference"), direction),
        Figure(f"{total.stays:,}", ("停车次数", "Stays")),
        Figure(f"{drivers.all:,}", ("车辆数", "Drivers")),
        Figure(share(drivers.more, drivers.all), ("多付的车辆", "Drivers who pay more")),
        Figure(share(drivers.less, drivers.all), ("少付的车辆", "Drivers who pay less")),
    ]


def _revenue(simulation: Simulation, name: str, meaning: Meaning, fen: int) -> tuple[str, Part]:
    amount = simulation.money(fen)
    return name, Part(fen, meaning, amount, f"{name}: {amount} {simulation.tariff.currency}")


def _shares(less: int, same: int, more: int) -> Sequence[Part]:
    whole = less + same + more
    parts: tuple[tuple[Meaning, str, int], ...] = (
        ("less", "少付 less", less),
        ("same", "不变 same", same),
        ("more", "多付 more", more),
    )
    return [
        Part(count, meaning, share(count, whole), f"{name}: {count:,} ({share(count, whole)})")
        for meaning, name, count in parts
    ]


def _differences(simulation: Simulation, outcome: Outcome) -> Differences:
    drawn = bars(outcome.differences)
    names = [_range(simulation, bar) for bar in drawn]
    parts = []
    for bar, name in zip(drawn, names, strict=True):
        label = share(bar.count, outcome.total.stays)
        parts.append(Part(bar.count, _meaning(bar), label, f"{name}: {bar.count:,} ({label})"))
    heads = [Column((f"p{percent}", ""), number=True) for percent in quantiles({})]
    values = [simulation.money(fen, signed=True) for fen in quantiles(outcome.differences).values()]
    return Differences(drawn, parts, names, Table(heads, [values]))


def _meaning(bar: Bar) -> Meaning:
    if bar.above == bar.up_to:
        return "same"
    return "more" if bar.above is not None and bar.above >= 0 else "less"


def _range(simulation: Simulation, bar: Bar) -> str:
    if bar.above is None:
        return f"< {simulation.money(bar.up_to or 0)}"
    if bar.up_to is None:
        return f"> {simulation.money(bar.above, signed=True)}"
    if bar.above == bar.up_to:
        return "0"
    # The name of a bar is its bound that is farther from 0.
    return simulation.money(bar.up_to if bar.above >= 0 else bar.above, signed=True)


def _lots(simulation: Simulation, outcome: Outcome) -> Lots:
    largest = sorted(outcome.lots.items(), key=lambda item: (-abs(item[1].change_fen), item[0]))
    named = []
    for lot_id, total in largest:
        lot = simulation.lots[lot_id]
        named.append(((lot.name_zh, f"{lot.name_en} ({lot.code})"), total))
    first, more = named[:LOTS_FIRST], named[LOTS_FIRST:LOTS_SHOWN_MAX]
    name = ("停车场", "Lot")
    return Lots(_totals(simulation, name, first), _totals(simulation, name, more), len(named[LOTS_SHOWN_MAX:]))


def _totals(simulation: Simulation, name: Words, named: Iterable[tuple[Words, Total]]) -> Table:
    """Totals, each under its name."""
    rows = list(named)
    most = max((abs(total.change_fen) for _, total in rows), default=0)
    return Table(
        (Column(name), *_TOTALS),
        [
            [
                label,
                f"{total.stays:,}",
                simulation.money(total.before_fen),
                simulation.money(total.after_fen),
                simulation.money(total.change_fen, signed=True),
                Deviation(total.change_fen, most),
                share(total.change_fen, total.before_fen, signed=True),
                share(total.more, total.stays),
                share(total.less, total.stays),
            ]
            for label, total in rows
        ],
    )


def _cases(simulation: Simulation, cases: Sequence[Case]) -> Table:
    """Single stays with both fees."""
    return Table(
        _CASES,
        [
            [
                simulation.lots[case.lot_id].code,
                case.plate,
                kind(case.kind),
                simulation.at(case.entered_at),
                short_in_days(case.left_at - case.entered_at)[1],
                simulation.money(case.before_fen),
                simulation.money(case.after_fen),
                simulation.money(case.change_fen, signed=True),
            ]
            for case in cases
        ],
    )


def _hour(simulation: Simulation, hour: int, total: Total) -> tuple[str, Part, Part]:
    stays = f"{hour:02}:00–{hour:02}:59, {total.stays:,} 次 stays, "
    before, after = simulation.money(total.before_fen), simulation.money(total.after_fen)
    return (
        f"{hour:02}",
        Part(total.before_fen, "before", before, f"{stays}原 before {before}"),
        Part(total.after_fen, "after", after, f"{stays}试算 after {after}"),
    )


def _unpriced(count: int) -> Words:
    return (
        f"{count:,} 次停车无法计价，未计入以上数字。",
        f"{count:,} stays could not be priced and are in none of these figures.",
    )


def _unpriced_stay(simulation: Simulation, stay: Unpriced) -> Sequence[str]:
    code = simulation.lots[stay.lot_id].code
    return code, stay.plate, simulation.at(stay.entered_at), simulation.at(stay.left_at), stay.reason


def _notes(simulation: Simulation, outcome: Outcome) -> Sequence[Words]:
    notes = [
        (
            "次数与车辆只计在本时段内驶离的停车；差额以每次停车计，车辆以其全部停车合计。车牌已脱敏。",
            "Counted are stays that ended in the period; a driver pays more if all their stays together cost more. "
            "Plates are masked.",
        ),
        (
            f"此前的 {outcome.earlier:,} 次停车也按拟议标准计算，仅用于免费时长、次数与封顶的累计。",
            f"{outcome.earlier:,} earlier stays were priced by the draft as well, but only for the quotas, free uses "
            "and caps that are remembered; stays in other lots are not.",
        ),
        (
            "假定驾驶人的停车习惯不变。",
            "It is assumed that nobody parks otherwise than they did.",
        ),
    ]
    sample = ("这是部分车辆的抽样，并非全部停车。", "A sample of the vehicles, not all stays of the period.")
    return notes if simulation.read_all else [sample, *notes]
