"""`python -m loadtests.bare serve`: the service without what it counts and logs of requests and batches.

What `python -m loadtests overhead` compares the service with; nobody is served by it.
"""

import asyncio
import logging
from typing import Any

from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from parking.api.requests import Requests
from parking.cli.main import main
from parking.live import metrics
from parking.trail import Trail

# Problem documents and the audit log name a request: here all have one name.
_TRAIL = "0" * 32


async def _called(requests: Requests, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == ScopeType.HTTP:
        scope["state"]["trail"] = Trail(_TRAIL)
    await requests._app(scope, receive, send)


def _uncounted(*_: Any) -> None:
    pass


async def _unsampled(*_: Any) -> None:
    await asyncio.Event().wait()


def _strip() -> None:
    logging.disable(logging.CRITICAL)
    for counted in ("answered", "recorded", "refused"):
        setattr(metrics, counted, _uncounted)
    setattr(metrics, "sample", _unsampled)  # noqa: B010
    setattr(Requests, "__call__", _called)  # noqa: B010


if __name__ == "__main__":
    _strip()
    main()
