"""What is known of the request that a task answers, for its log lines and problem documents."""

from contextvars import ContextVar

from msgspec import Struct


class Trail(Struct, eq=False):
    """A request's identifier, who sent it as far as that is known, and the kind of problem that answered it.

    `guessed`: it came with a key or a token that is not known to be good.
    """

    id: str
    caller: str = "nobody"
    problem: str | None = None
    guessed: bool = False

    @property
    def kind(self) -> str:
        """What kind of caller it is, without its name."""
        return self.caller.partition(" ")[0]


current: ContextVar[Trail | None] = ContextVar("request", default=None)
