"""The report of a simulation as a page that stands alone: one file of HTML with its style and charts."""

from collections.abc import Sequence
from html import escape

from parking.simulation import charts
from parking.simulation.report import Cell, Deviation, Differences, Figure, Lots, Meaning, Report, Table
from parking.texts.words import Words


def page(report: Report) -> str:
    """The whole document; every text of the report is escaped."""
    name_zh, name_en = report.title
    currency = report.currency
    parts = [
        _head(name_zh, name_en, report.facts),
        _figures(report.figures),
        _section((f"收入({currency})", "Revenue"), charts.rows(report.revenue)),
        _section(
            ("谁多付、谁少付", "Who pays more, who pays less"),
            charts.shares(report.shares) + _legend(report.shares_legend),
        ),
        _section((f"每次停车的差额({currency})", "Difference of a stay"), _differences(report.differences)),
        _section(("按停车场", "By lot"), _lots(report.lots)),
        _section(("按车型", "By vehicle"), _table(report.kinds)),
        _section(
            ("按驶入时刻的收入", "Revenue by local hour of entry"),
            charts.pairs(report.hours) + _legend(report.hours_legend),
        ),
        _section(("按停车时长", "By length of stay"), _table(report.durations)),
        _section(("涨幅最大的停车", "The largest rises"), _table_if_any(report.rises)),
        _section(("降幅最大的停车", "The largest falls"), _table_if_any(report.falls)),
        _section(("无法计价", "Not priced"), _unpriced(report)),
        "<footer>" + "".join(f"<p>{_both(note)}</p>" for note in report.notes) + "</footer>",
    ]
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(f'收费试算 {name_zh}')}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _both(words: Words) -> str:
    zh, en = words
    return f'{escape(zh)} <span lang="en">{escape(en)}</span>'


def _section(title: Words, inside: str) -> str:
    return f"<section><h2>{_both(title)}</h2>\n{inside}</section>" if inside else ""


def _head(name_zh: str, name_en: str, facts: Sequence[tuple[Words, str]]) -> str:
    listed = "".join(f"<dt>{_both(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in facts)
    return (
        f"<header><h1>收费试算：{escape(name_zh)}<br>"
        f'<span lang="en">What if {escape(name_en)} had held</span></h1>'
        f'<dl class="facts">{listed}</dl></header>'
    )


def _figures(figures: Sequence[Figure]) -> str:
    cards = []
    for figure in figures:
        direction = f' class="{figure.direction}"' if figure.direction else ""
        number = f"<b{direction}>{escape(figure.text)}</b>"
        cards.append(f'<div class="figure">{number}<span>{_both(figure.name)}</span></div>')
    return f'<div class="figures">{"".join(cards)}</div>'


def _legend(entries: Sequence[tuple[Meaning, str]]) -> str:
    square = '<svg viewBox="0 0 10 10"><rect class="{}" width="10" height="10" rx="2"/></svg>'
    items = "".join(f"<li>{square.format(meaning)}{escape(name)}</li>" for meaning, name in entries)
    return f'<ul class="legend">{items}</ul>'


def _differences(differences: Differences) -> str:
    drawn = charts.histogram(differences.bars, differences.parts, differences.names)
    return drawn + _table(differences.quantiles)


def _lots(lots: Lots) -> str:
    shown = _table(lots.first)
    if lots.more.rows:
        count = f"{len(lots.more.rows):,}"
        summary = _both((f"另外 {count} 处", f"{count} more"))
        shown += f"<details><summary>{summary}</summary>{_table(lots.more)}</details>"
    if lots.unlisted:
        rest = _both((f"其余 {lots.unlisted:,} 处未列出。", f"{lots.unlisted:,} others are not listed."))
        shown += f"<p>{rest}</p>"
    return shown


def _unpriced(report: Report) -> str:
    if report.unpriced is None:
        return ""
    return f"<p>{_both(report.unpriced)}</p>{_table(report.unpriced_stays)}"


def _table_if_any(table: Table) -> str:
    return _table(table) if table.rows else ""


def _table(table: Table) -> str:
    style = ['class="number"' if column.number else "" for column in table.columns]
    style[0] = style[0] or 'class="name"'
    heads = "".join(
        f'<th scope="col" {each}>{_both(column.name)}</th>' for each, column in zip(style, table.columns, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td {each}>{_cell(cell)}</td>" for each, cell in zip(style, row, strict=True)) + "</tr>\n"
        for row in table.rows
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>'


def _cell(cell: Cell) -> str:
    if isinstance(cell, Deviation):
        return charts.deviation(cell.change_fen, cell.most_fen)
    if isinstance(cell, str):
        return escape(cell)
    zh, en = cell
    return f'{escape(zh)}<span lang="en">{escape(en)}</span>'


# By day and by night, on a screen and on paper.
CSS = """
:root { color-scheme: light dark; --paper: #fbfbf9; --ink: #1c2326; --quiet: #5d686c; --line: #d9dedd; --card: #fff;
  --less: #1f78b4; --more: #d1661f; --same: #7f8b8f; --before: #98a4a8; --after: #2c6e63;
  --on: #fff; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181a; --ink: #e8ecec; --quiet: #9aa6a9; --line: #333c3f;
  --card: #1c2224; --less: #5aa9dd; --more: #ee8d48; --same: #59646a; --before: #6d797e; --after: #4fb09f;
  --on: #14181a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.55 system-ui, "PingFang SC",
  "Microsoft YaHei", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: .95rem; margin: 1.25rem 0 .4rem; }
[lang=en] { color: var(--quiet); font-weight: 400; }
h1 [lang=en] { font-size: 1.1rem; }
p { margin: .4rem 0; }
.quiet { color: var(--quiet); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 1.25rem 0 0; }
dl.facts dt { color: var(--quiet); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .75rem;
  margin-top: 1.75rem; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; }
.figure b { display: block; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.figure span { font-size: .85rem; }
b.up { color: var(--more); } b.down { color: var(--less); }
svg.chart { display: block; width: 100%; min-width: 36rem; height: auto; margin: .5rem 0; }
svg text { fill: var(--ink); font-size: 13px; font-variant-numeric: tabular-nums; }
svg text.tick, svg text.count { fill: var(--quiet); font-size: 11px; }
svg text.inside { fill: var(--on); font-size: 12px; }
svg .axis { stroke: var(--line); stroke-width: 1; }
.less { fill: var(--less); } .more { fill: var(--more); } .same { fill: var(--same); }
.before { fill: var(--before); } .after { fill: var(--after); }
svg.deviation { width: 110px; height: 14px; vertical-align: middle; }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.25rem; margin: .3rem 0; padding: 0;
  font-size: .85rem; }
ul.legend svg { width: .75rem; height: .75rem; margin-right: .4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: left; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top;
  white-space: nowrap; }
th { font-weight: 600; vertical-align: bottom; }
th [lang=en] { display: block; font-size: .78rem; }
td.number, th.number { text-align: right; }
td [lang=en] { display: block; font-size: .82rem; }
details { margin-top: .75rem; } summary { cursor: pointer; padding: .3rem 0; }
td.name { white-space: normal; min-width: 9rem; }
footer { margin-top: 3rem; color: var(--quiet); font-size: .85rem; }
@media print { body { background: #fff; } .figure, tr, svg { break-inside: avoid; } }
"""
