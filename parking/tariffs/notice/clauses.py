"""Sentences of rules: the published text where there is one, and after it what it leaves open."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from parking.texts.words import Words


class Point(NamedTuple):
    """A part of a rule's sentence, in both languages.

    said: what a published text has in it if it says this, as patterns in each language; None: what every text of such a
    rule says. implied: the words before it say it, and only a published text may not.
    """

    zh: str
    en: str
    said: Words | None = None
    implied: bool = False


def sentence(clause: Words, lead: Words, points: Sequence[Point], joints: Words = ("；", "; ")) -> Words:
    """The published text followed by the points it leaves open; without one, `lead` and all points."""
    zh = [each.zh for each in points if _is_needed(each, each.said and each.said[0], clause[0])]
    en = [each.en for each in points if _is_needed(each, each.said and each.said[1], clause[1])]
    return _written(clause[0], lead[0], zh, joints[0], "。", ""), _written(clause[1], lead[1], en, joints[1], ".", " ")


def _is_needed(point: Point, said: str | None, clause: str) -> bool:
    if not clause:
        return not point.implied
    return said is not None and re.search(said, clause, re.IGNORECASE) is None


def _written(clause: str, lead: str, points: Sequence[str], joint: str, stop: str, space: str) -> str:
    if not clause:
        return f"{lead}{joint.join(points)}{stop}"
    if not points:
        return clause
    ended = clause if clause.endswith((stop, ".", "。", "!", "！")) else clause + stop
    return f"{ended}{space}{joint.join([points[0][0].upper() + points[0][1:], *points[1:]])}{stop}"
