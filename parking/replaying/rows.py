"""The tables of a trial's page: sums by anything that has a name in both languages, and single stays."""

from collections.abc import Sequence
from html import escape

from msgspec import Struct

from parking.replaying import charts
from parking.replaying.outcome import Case, Tally
from parking.replaying.words import Trial, kind, length, share


class Column(Struct, frozen=True):
    """The head of a column in both languages, and whether numbers stand in it."""

    zh: str
    en: str
    number: bool = False


_SUMS = (
    Column("次数", "Stays", number=True),
    Column("原收入", "Before", number=True),
    Column("试算收入", "After", number=True),
    Column("变化", "Change", number=True),
    Column("", ""),
    Column("", "", number=True),
    Column("多付", "More", number=True),
    Column("少付", "Less", number=True),
)
_CASES = (
    Column("停车场", "Lot"),
    Column("号牌", "Plate"),
    Column("车型", "Vehicle"),
    Column("驶入", "Entered"),
    Column("时长", "Stayed", number=True),
    Column("原收费", "Before", number=True),
    Column("试算", "After", number=True),
    Column("差额", "Change", number=True),
)


def table(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> str:
    """A table of texts."""
    return _table(columns, [[escape(value) for value in line] for line in lines])


def tallies(trial: Trial, zh: str, en: str, named: Sequence[tuple[tuple[str, str], Tally]]) -> str:
    """Sums, each under its name, with a bar for the change."""
    most = max((abs(tally.change_fen) for _, tally in named), default=0)
    lines = []
    for (name_zh, name_en), tally in named:
        change = tally.change_fen
        lines.append(
            [
                f'{escape(name_zh)}<span lang="en">{escape(name_en)}</span>',
                f"{tally.stays:,}",
                escape(trial.money(tally.before_fen)),
                escape(trial.money(tally.after_fen)),
                escape(trial.money(change, signed=True)),
                charts.deviation(change, most),
                escape(share(change, tally.before_fen, signed=True)),
                escape(share(tally.more, tally.stays)),
                escape(share(tally.less, tally.stays)),
            ]
        )
    return _table([Column(zh, en), *_SUMS], lines)


def cases(trial: Trial, found: Sequence[Case]) -> str:
    """Single stays with both fees; "" if there are none."""
    lines = []
    for case in found:
        zh, en = kind(case.kind)
        fees = (case.before_fen, case.after_fen)
        told = [trial.lots[case.lot_id].code, case.plate, zh, trial.at(case.entered_at)]
        told += [length(case.left_at - case.entered_at), *map(trial.money, fees)]
        line = [*map(escape, told), trial.money(case.change_fen, signed=True)]
        line[2] += f'<span lang="en">{escape(en)}</span>'
        lines.append(line)
    return _table(_CASES, lines) if lines else ""


def _table(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> str:
    style = ['class="number"' if column.number else "" for column in columns]
    style[0] = style[0] or 'class="name"'
    heads = "".join(
        f'<th scope="col" {each}>{escape(column.zh)} <span lang="en">{escape(column.en)}</span></th>'
        for each, column in zip(style, columns, strict=True)
    )
    body = "".join(
        "<tr>" + "".join(f"<td {each}>{cell}</td>" for each, cell in zip(style, line, strict=True)) + "</tr>\n"
        for line in lines
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>\n{body}</tbody></table></div>'
