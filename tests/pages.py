"""The parts of a document; and what a page and its translation must have alike.

These are divided alike, show the same blocks and rows of tables, name and lead to the same, and have the same figures.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
_LINK = re.compile(r"\[([^\]\n]*)\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
_FIGURE = re.compile(r"\d+(?:[.,:]\d+)*")


class Section(Struct, frozen=True):
    """A heading and what stands below it, up to the next one; without its blocks."""

    level: int
    title: str
    text: str

    @property
    def rows(self) -> list[str]:
        """The rows of its tables."""
        return [line for line in self.text.splitlines() if line.startswith("|")]

    @property
    def sentences(self) -> str:
        """All but its tables."""
        return "\n".join(line for line in self.text.splitlines() if not line.startswith("|"))


def blocks(text: str) -> list[str]:
    """The blocks of a document, each with its language."""
    return [block[0] for block in _FENCE.finditer(text)]


def sections(text: str) -> list[Section]:
    """A document by its headings."""
    text = _FENCE.sub("", text)
    found = list(_HEADING.finditer(text))
    ends = [*(each.start() for each in found[1:]), len(text)]
    return [Section(len(each[1]), each[2], text[each.end() : end]) for each, end in zip(found, ends, strict=True)]


def anchors(text: str) -> list[str]:
    """What a link may say behind `#`, in the order of the headings."""
    words = (re.sub(r"[^\w\s-]", "", each.title.lower()) for each in sections(text))
    return [re.sub(r"\s", "-", word) for word in words]


def links(text: str) -> list[str]:
    """What a document refers to, in its order, but for what is written as code."""
    return [to for _, to in _LINK.findall(_CODE.sub("", _FENCE.sub("", text)))]


def names(text: str) -> set[str]:
    """What is written as code outside of blocks, which is the same in every language; README has a name in each."""
    return {" ".join(name.split()).replace(".zh-CN", "") for name in _CODE.findall(_FENCE.sub("", text))}


def figures(text: str) -> Counter[str]:
    """The numbers of sentences or a row, but for those in names and addresses."""
    return Counter(_FIGURE.findall(_LINK.sub(r"\1", _CODE.sub("", text))))


def cells(row: str) -> int:
    """How many cells a row of a table has."""
    return _CODE.sub("", row).count("|") - 1


def place(document: Path, link: str) -> tuple[str, int]:
    """Where a link leads: the name of a file or an address, and which heading of it, from 1 on; 0 if it names none."""
    path, _, anchor = link.partition("#")
    if "://" in link or not anchor:
        return link if "://" in link else Path(path).name, 0
    to = document.parent / path if path else document
    return to.name, [*anchors(to.read_text("utf-8")), anchor].index(anchor) + 1


def differences(page: Path, translation: Path) -> Iterator[str]:
    """What a page has and its translation has not or otherwise, each with the title of the section in the page."""
    text, translated = page.read_text("utf-8"), translation.read_text("utf-8")
    if blocks(text) != blocks(translated):
        yield "other blocks, or in another order"
    ours, theirs = sections(text), sections(translated)
    if [each.level for each in ours] != [each.level for each in theirs]:
        yield "other headings"
        return
    for one, other in zip(ours, theirs, strict=True):
        yield from (f"{one.title}: {what}" for what in _between(one, other))
        to, led = _places(page, one), _places(translation, other)
        if to != led:
            yield f"{one.title}: leads to {led} instead of {to}"


def _places(document: Path, section: Section) -> list[tuple[str, int]]:
    """Where the links of a section lead."""
    return sorted(place(document, link) for link in links(section.text))


def _between(one: Section, other: Section) -> Iterator[str]:
    """What a section says and its translation does not; this may write a number that is a word there."""
    if [cells(row) for row in one.rows] != [cells(row) for row in other.rows]:
        yield "other rows, or other cells in one"
    else:
        for row, translated in zip(one.rows, other.rows, strict=True):
            if missing := figures(row) - figures(translated):
                yield f"without {[*missing]}: {translated}"
    if missing := figures(one.sentences) - figures(other.sentences):
        yield f"without {[*missing]}"
    if differ := names(one.text) ^ names(other.text):
        yield f"names {sorted(differ)} in one only"
