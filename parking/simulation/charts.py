"""Charts as inline SVG, every text of them escaped; their colours are those of the page's style sheet."""

from collections.abc import Sequence
from html import escape

from parking.simulation.histogram import Bar
from parking.simulation.report import Part

_WIDE = 720


def rows(parts: Sequence[tuple[str, Part]]) -> str:
    """Horizontal bars, each between its name and its label."""
    most = max((part.amount for _, part in parts), default=0) or 1
    name_wide, label_wide, high, gap = 150, 130, 30, 12
    room = _WIDE - name_wide - label_wide
    drawn = []
    for place, (name, part) in enumerate(parts):
        top = place * (high + gap)
        wide = max(part.amount * room / most, 1)
        drawn.append(
            f'<text class="name" x="{name_wide - 10}" y="{top + 20}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{part.meaning}" x="{name_wide}" y="{top}" width="{wide:.1f}" height="{high}" rx="3">'
            f"<title>{escape(part.title)}</title></rect>"
            f'<text class="value" x="{name_wide + wide + 8:.1f}" y="{top + 20}">{escape(part.label)}</text>'
        )
    return _svg(len(parts) * (high + gap) - gap, "".join(drawn))


def shares(lines: Sequence[tuple[str, Sequence[Part]]]) -> str:
    """Horizontal bars of one length, each cut into its parts."""
    name_wide, high, gap = 150, 34, 14
    room = _WIDE - name_wide
    drawn = []
    for place, (name, parts) in enumerate(lines):
        top = place * (high + gap)
        drawn.append(f'<text class="name" x="{name_wide - 10}" y="{top + 22}" text-anchor="end">{escape(name)}</text>')
        whole = sum(part.amount for part in parts) or 1
        left = float(name_wide)
        for part in parts:
            wide = part.amount * room / whole
            drawn.append(
                f'<rect class="{part.meaning}" x="{left:.1f}" y="{top}" width="{wide:.1f}" height="{high}">'
                f"<title>{escape(part.title)}</title></rect>"
            )
            if wide > 52:
                middle = left + wide / 2
                drawn.append(
                    f'<text class="inside" x="{middle:.1f}" y="{top + 22}" text-anchor="middle">'
                    f"{escape(part.label)}</text>"
                )
            left += wide
    return _svg(len(lines) * (high + gap) - gap, "".join(drawn))


def histogram(bars: Sequence[Bar], parts: Sequence[Part], names: Sequence[str]) -> str:
    """Upright bars over their names; `parts` and `names` are in the order of the bars."""
    most = max((bar.count for bar in bars), default=0) or 1
    # The first name leans out to the left of its bar.
    high, top, foot, margin = 190, 20, 46, 28
    wide = (_WIDE - margin) / max(len(bars), 1)
    drawn = [f'<line class="axis" x1="{margin}" x2="{_WIDE}" y1="{top + high}" y2="{top + high}"/>']
    for place, (bar, part, name) in enumerate(zip(bars, parts, names, strict=True)):
        tall = max(bar.count * high / most, 1 if bar.count else 0)
        left = margin + place * wide
        middle = left + wide / 2
        drawn.append(
            f'<rect class="{part.meaning}" x="{left + wide * 0.08:.1f}" y="{top + high - tall:.1f}" '
            f'width="{wide * 0.84:.1f}" height="{tall:.1f}" rx="2"><title>{escape(part.title)}</title></rect>'
        )
        if bar.count:
            drawn.append(_middle(middle, top + high - tall - 5, "count", part.label))
        # Long names of many bars would run into each other, so they lean.
        lean = f' transform="rotate(-35 {middle:.1f} {top + high + 14})" text-anchor="end"'
        drawn.append(f'<text class="tick" x="{middle:.1f}" y="{top + high + 14}"{lean}>{escape(name)}</text>')
    return _svg(top + high + foot, "".join(drawn))


def pairs(groups: Sequence[tuple[str, Part, Part]]) -> str:
    """Two upright bars for each name."""
    most = max((part.amount for _, *both in groups for part in both), default=0) or 1
    high, top, foot = 130, 6, 22
    wide = _WIDE / max(len(groups), 1)
    drawn = [f'<line class="axis" x1="0" x2="{_WIDE}" y1="{top + high}" y2="{top + high}"/>']
    for place, (name, *both) in enumerate(groups):
        for side, part in enumerate(both):
            tall = part.amount * high / most
            left = place * wide + wide * (0.1 + 0.4 * side)
            drawn.append(
                f'<rect class="{part.meaning}" x="{left:.1f}" y="{top + high - tall:.1f}" width="{wide * 0.38:.1f}" '
                f'height="{tall:.1f}"><title>{escape(part.title)}</title></rect>'
            )
        drawn.append(_middle(place * wide + wide / 2, top + high + 16, "tick", name))
    return _svg(top + high + foot, "".join(drawn))


def deviation(change: int, most: int) -> str:
    """A small bar to the left of a middle line (less) or to its right (more)."""
    long = abs(change) * 50 / (most or 1)
    left = 55.0 if change > 0 else 55 - long
    style = "more" if change > 0 else "less"
    return (
        '<svg class="deviation" viewBox="0 0 110 14" role="presentation">'
        f'<rect class="{style}" x="{left:.1f}" y="2" width="{long:.1f}" height="10"/>'
        '<line class="axis" x1="55" x2="55" y1="0" y2="14"/></svg>'
    )


def _middle(x: float, y: float, style: str, text: str) -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(text)}</text>'


def _svg(high: int, drawn: str) -> str:
    chart = f'<svg class="chart" viewBox="0 0 {_WIDE} {max(high, 1)}" role="img">{drawn}</svg>'
    return f'<div class="scroll">{chart}</div>'
