"""What is told of one kind of problem."""

from typing import NamedTuple

from parking.texts.words import Words


class Kind(NamedTuple):
    """A kind of problem: its title in Chinese (the English one is its code in words), what it means, what to do, and
    the names of the facts that its documents carry.
    """

    title_zh: str
    means: Words
    advice: Words
    facts: tuple[str, ...] = ()
