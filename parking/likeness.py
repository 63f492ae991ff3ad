"""How easily one text of a plate is taken for another: cameras confuse some characters, and cut some off."""

from enum import IntEnum

from parking.plates import TICKET_MARK

# Characters that look alike, each as the first of its group. Q is what dirt makes of 0.
_LOOKS_LIKE = {character: group[0] for group in ("0ODQ", "8B", "5S", "17I", "2Z") for character in group}
# The first character of a plate is small and full of strokes: any province may be read for any other.
_PROVINCES = frozenset("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼")


class Likeness(IntEnum):
    """From what no two vehicles share down to what only a person should believe.

    PERHAPS: the texts say nothing of each other, and what was seen beside them fits.
    """

    SAME = 4
    CONFUSED = 3
    ONE_OFF = 2
    PERHAPS = 1
    NONE = 0


def likeness(one: str, other: str) -> Likeness:
    """How alike two texts are that name vehicles.

    CONFUSED: one pair of characters that look alike, or one character cut off at an end. ONE_OFF: any one character
    is another, or is missing somewhere.
    """
    if one == other:
        return Likeness.SAME
    # A ticket is read off paper or a phone and not by a camera: numbers that follow each other are different vehicles.
    if one.startswith(TICKET_MARK) or other.startswith(TICKET_MARK):
        return Likeness.NONE
    if len(one) == len(other):
        return _of_same_length(one, other)
    shorter, longer = sorted((one, other), key=len)
    if len(longer) - len(shorter) != 1:
        return Likeness.NONE
    if shorter in (longer[1:], longer[:-1]):
        return Likeness.CONFUSED
    return Likeness.ONE_OFF if _without_one(longer, shorter) else Likeness.NONE


def _of_same_length(one: str, other: str) -> Likeness:
    differing = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if len(differing) > 1:
        return Likeness.NONE
    return Likeness.CONFUSED if _confusable(*differing[0]) else Likeness.ONE_OFF


def _confusable(a: str, b: str) -> bool:
    if a in _PROVINCES and b in _PROVINCES:
        return True
    return _LOOKS_LIKE.get(a, a) == _LOOKS_LIKE.get(b, b)


def _without_one(longer: str, shorter: str) -> bool:
    """Whether the shorter text is the longer one without one of its characters."""
    at = next((n for n, (a, b) in enumerate(zip(longer, shorter, strict=False)) if a != b), len(shorter))
    return longer[at + 1 :] == shorter[at:]
