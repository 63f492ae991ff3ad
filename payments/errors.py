"""The root of everything that can be refused.

Each class is in the module of its noun, carries its facts as attributes and says itself in one sentence;
`parking/api/statuses.py` is the one table that gives each its HTTP status.
"""


class OneLotError(Exception):
    """Something was asked that cannot be done. `facts` go into the problem document as they are."""

    def __init__(self, sentence: str, /, **facts: object) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.facts = facts

    def __str__(self) -> str:
        return self.sentence
