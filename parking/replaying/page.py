"""A trial as a page that stands alone: one file of HTML with its style and charts, in Chinese and English."""

from collections.abc import Sequence
from html import escape

from parking.replaying import charts
from parking.replaying.charts import Part
from parking.replaying.outcome import Tally, WhatIf
from parking.replaying.rows import Column, cases, table, tallies
from parking.replaying.spread import Bar, bars, quantiles
from parking.replaying.style import CSS
from parking.replaying.words import AGAINST, Trial, duration, kind, share

# Where the prices of many lots change, the first are those that change most.
LOTS_FIRST = 12
LOTS_SHOWN_MAX = 200
_LOCAL_HOURS = 24


def page(trial: Trial, found: WhatIf) -> str:
    """The whole document."""
    title = f"收费试算 {trial.tariff.name_zh}"
    parts = [
        _head(trial, found),
        _figures(trial, found),
        _revenue(trial, found.total),
        _who(found),
        _spread(trial, found),
        _section("按停车场", "By lot", _lots(trial, found)),
        _section("按车型", "By vehicle", _kinds(trial, found)),
        _hours(trial, found),
        _section("按停车时长", "By length of stay", _durations(trial, found)),
        _section("涨幅最大的停车", "The largest rises", cases(trial, found.rises)),
        _section("降幅最大的停车", "The largest falls", cases(trial, found.falls)),
        _unpriced(trial, found),
        _notes(trial, found),
    ]
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _both(zh: str, en: str) -> str:
    return f'{escape(zh)} <span lang="en">{escape(en)}</span>'


def _section(zh: str, en: str, inside: str) -> str:
    return f"<section><h2>{_both(zh, en)}</h2>\n{inside}</section>" if inside else ""


def _head(trial: Trial, found: WhatIf) -> str:
    text = trial.tariff
    zh = AGAINST[trial.against]
    facts = [
        ("拟议标准", "Tariff tried", f"{text.name_zh} / {text.name_en} ({text.code})"),
        ("文本摘要", "SHA-256 of the text", trial.digest),
        ("时段", "Period", f"{trial.at(trial.since)} – {trial.at(trial.until)} ({text.time_zone})"),
        ("对照", "Compared with", " / ".join(zh)),
        ("停车场", "Lots", f"{len(found.lots):,} / {len(trial.lots):,}"),
        ("生成时间", "Made at", trial.at(trial.made_at)),
    ]
    listed = "".join(f"<dt>{_both(zh, en)}</dt><dd>{escape(what)}</dd>" for zh, en, what in facts)
    return (
        f"<header><h1>收费试算：{escape(text.name_zh)}<br>"
        f'<span lang="en">What if {escape(text.name_en)} had held</span></h1>'
        f'<dl class="facts">{listed}</dl></header>'
    )


def _figures(trial: Trial, found: WhatIf) -> str:
    total, drivers = found.total, found.drivers
    way = "up" if total.change_fen > 0 else "down"
    figures = [
        (
            f'<b class="{way}">{escape(share(total.change_fen, total.before_fen, signed=True))}</b>',
            "收入变化",
            "Revenue",
        ),
        (
            f'<b class="{way}">{escape(trial.money(total.change_fen, signed=True))}</b>',
            f"收入差额({trial.tariff.currency})",
            "Difference",
        ),
        (f"<b>{total.stays:,}</b>", "停车次数", "Stays"),
        (f"<b>{drivers.all:,}</b>", "车辆数", "Drivers"),
        (f"<b>{escape(share(drivers.more, drivers.all))}</b>", "多付的车辆", "Drivers who pay more"),
        (f"<b>{escape(share(drivers.less, drivers.all))}</b>", "少付的车辆", "Drivers who pay less"),
    ]
    cards = "".join(f'<div class="figure">{number}<span>{_both(zh, en)}</span></div>' for number, zh, en in figures)
    return f'<div class="figures">{cards}</div>'


def _revenue(trial: Trial, total: Tally) -> str:
    drawn = []
    for name, style, fen in (("原 Before", "before", total.before_fen), ("试算 After", "after", total.after_fen)):
        amount = trial.money(fen)
        drawn.append((name, Part(fen, style, amount, f"{name}: {amount} {trial.tariff.currency}")))
    return _section(f"收入({trial.tariff.currency})", "Revenue", charts.rows(drawn))


def _who(found: WhatIf) -> str:
    total, drivers = found.total, found.drivers

    def parts(less: int, same: int, more: int) -> Sequence[Part]:
        each = (("less", "少付 less", less), ("same", "不变 same", same), ("more", "多付 more", more))
        whole = less + same + more
        return [
            Part(count, style, share(count, whole), f"{name}: {count:,} ({share(count, whole)})")
            for style, name, count in each
        ]

    drawn = charts.shares(
        [
            ("停车 Stays", parts(total.less, total.same, total.more)),
            ("车辆 Drivers", parts(drivers.less, drivers.same, drivers.more)),
        ]
    )
    legend = _legend(("less", "少付 pays less"), ("same", "不变 the same"), ("more", "多付 pays more"))
    return _section("谁多付、谁少付", "Who pays more, who pays less", drawn + legend)


def _legend(*entries: tuple[str, str]) -> str:
    square = '<svg viewBox="0 0 10 10"><rect class="{}" width="10" height="10" rx="2"/></svg>'
    return (
        '<ul class="legend">'
        + "".join(f"<li>{square.format(style)}{escape(name)}</li>" for style, name in entries)
        + "</ul>"
    )


def _spread(trial: Trial, found: WhatIf) -> str:
    drawn = bars(found.differences)
    parts, names = [], []
    for bar in drawn:
        name = _range(trial, bar)
        style = (
            "same" if bar.above == bar.up_to else "more" if (bar.above or 0) >= 0 and bar.above is not None else "less"
        )
        label = share(bar.count, found.total.stays)
        parts.append(Part(bar.count, style, label, f"{name}: {bar.count:,} ({label})"))
        names.append(name)
    heads = [Column(f"p{percent}", "", number=True) for percent in quantiles({})]
    values = [[trial.money(fen, signed=True) for fen in quantiles(found.differences).values()]]
    return _section(
        f"每次停车的差额({trial.tariff.currency})",
        "Difference of a stay",
        charts.histogram(drawn, parts, names) + table(heads, values),
    )


def _range(trial: Trial, bar: Bar) -> str:
    if bar.above is None:
        return f"< {trial.money(bar.up_to or 0)}"
    if bar.up_to is None:
        return f"> {trial.money(bar.above, signed=True)}"
    if bar.above == bar.up_to:
        return "0"
    # A rise is named by what it reaches, a fall by where it begins: the number farther from nothing.
    return trial.money(bar.up_to if bar.above >= 0 else bar.above, signed=True)


def _lots(trial: Trial, found: WhatIf) -> str:
    largest = sorted(found.lots.items(), key=lambda item: (-abs(item[1].change_fen), item[0]))
    named = [
        ((trial.lots[lot_id].name_zh, f"{trial.lots[lot_id].name_en} ({trial.lots[lot_id].code})"), tally)
        for lot_id, tally in largest
    ]
    first, more, rest = named[:LOTS_FIRST], named[LOTS_FIRST:LOTS_SHOWN_MAX], named[LOTS_SHOWN_MAX:]
    shown = tallies(trial, "停车场", "Lot", first)
    if more:
        says = _both(f"另外 {len(more):,} 处", f"{len(more):,} more")
        shown += f"<details><summary>{says}</summary>{tallies(trial, '停车场', 'Lot', more)}</details>"
    if rest:
        shown += f"<p>{_both(f'其余 {len(rest):,} 处未列出。', f'{len(rest):,} others are not listed.')}</p>"
    return shown


def _kinds(trial: Trial, found: WhatIf) -> str:
    return tallies(trial, "车型", "Vehicle", [(kind(code), tally) for code, tally in found.kinds.items()])


def _durations(trial: Trial, found: WhatIf) -> str:
    named = [(duration(place), tally) for place, tally in found.durations.items()]
    return tallies(trial, "时长", "Length", named)


def _hours(trial: Trial, found: WhatIf) -> str:
    groups = []
    for hour in range(_LOCAL_HOURS):
        tally = found.hours.get(hour, Tally())
        says = f"{hour:02}:00–{hour:02}:59, {tally.stays:,} 次 stays, "
        before, after = trial.money(tally.before_fen), trial.money(tally.after_fen)
        groups.append(
            (
                f"{hour:02}",
                Part(tally.before_fen, "before", before, f"{says}原 before {before}"),
                Part(tally.after_fen, "after", after, f"{says}试算 after {after}"),
            )
        )
    legend = _legend(("before", "原收入 before"), ("after", "试算收入 after"))
    return _section("按驶入时刻的收入", "Revenue by local hour of entry", charts.pairs(groups) + legend)


def _unpriced(trial: Trial, found: WhatIf) -> str:
    if not found.unpriced:
        return ""
    heads = [Column("停车场", "Lot"), Column("号牌", "Plate"), Column("驶入", "Entered"), Column("驶离", "Left")]
    values = [
        [trial.lots[each.lot_id].code, each.plate, trial.at(each.entered_at), trial.at(each.left_at), each.reason]
        for each in found.listed
    ]
    says = _both(
        f"{found.unpriced:,} 次停车无法计价，未计入以上数字。",
        f"{found.unpriced:,} stays could not be priced and are in none of these figures.",
    )
    columns = [*heads, Column("原因", "Reason")]
    return _section("无法计价", "Not priced", f"<p>{says}</p>{table(columns, values)}")


def _notes(trial: Trial, found: WhatIf) -> str:
    notes = [
        (
            "次数与车辆只计在本时段内驶离的停车；差额以每次停车计，车辆以其全部停车合计。号牌已脱敏。",
            "Counted are stays that ended in the period; a driver pays more if all their stays together cost more. "
            "Plates are masked.",
        ),
        (
            f"此前的 {found.carried:,} 次停车也按拟议标准计算，仅用于免费时长、次数与封顶的累计。",
            f"{found.carried:,} earlier stays were priced by the draft as well, but only for the quotas, free uses and "
            "caps that are remembered; stays in other lots are not.",
        ),
        (
            "假定驾驶人的停车习惯不变。",
            "It is assumed that nobody parks otherwise than they did.",
        ),
    ]
    if not trial.read_all:
        notes.insert(
            0, ("这是部分车辆的抽样，并非全部停车。", "A sample of the vehicles, not all stays of the period.")
        )
    return "<footer>" + "".join(f"<p>{_both(zh, en)}</p>" for zh, en in notes) + "</footer>"
