"""How the page of a trial looks: by day and by night, on a screen and on paper."""

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
