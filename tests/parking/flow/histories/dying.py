"""Servers that die in the middle of a batch."""

from typing import Any


def died() -> None:
    raise ConnectionError("the process died")


class Dying:
    """A connection of a process that dies at one of its statements, counted from 0."""

    def __init__(self, db: Any, at: int) -> None:
        self._db, self._left = db, at

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._db, name)
        if name not in ("fetch", "fetchrow", "fetchval", "execute", "executemany"):
            return asked

        async def counted(*arguments: object, **options: object) -> object:
            if not self._left:
                died()
            self._left -= 1
            return await asked(*arguments, **options)

        return counted
