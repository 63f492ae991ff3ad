"""A gateway of text messages as a city has one: it takes a message once, from who has its key, and nothing odd."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response, post

from tests import running

KEY = "a key of the gateway with + in it"
CHARACTERS_MAX = 140
FIELDS = {"id", "phone", "text", "code", "language"}
Asked = Request[Any, Any, Any]


class TextGateway:
    """What it sent, by phone; `answers`: with what it refuses the next ones, before it takes any."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: dict[str, list[str]] = {}
        self.answers: list[int] = []
        self.asked = 0
        self._known: dict[str, Any] = {}

    def take(self, head: dict[str, str], said: Any) -> int:
        """The status for a message."""
        self.asked += 1
        if head.get("authorization") != f"Bearer {KEY}":
            return 401
        if self.answers:
            return self.answers.pop(0)
        if not _is_message(said) or head.get("idempotency-key") != said["id"]:
            return 422
        if (before := self._known.get(said["id"])) is not None:
            return 200 if before == said else 409
        self._known[said["id"]] = said
        self.sent.setdefault(said["phone"], []).append(said["code"])
        return 202


def _is_message(said: Any) -> bool:
    if not isinstance(said, dict) or said.keys() != FIELDS:
        return False
    if not all(isinstance(each, str) for each in said.values()) or said["language"] not in ("zh", "en"):
        return False
    if not re.fullmatch(r"\+861[3-9][0-9]{9}", said["phone"]) or not re.fullmatch("[0-9]{6}", said["code"]):
        return False
    text = said["text"]
    return said["code"] in text and said["phone"] not in text and len(text) <= CHARACTERS_MAX


@asynccontextmanager
async def text_gateway() -> AsyncIterator[TextGateway]:
    """One that listens until the block ends."""
    gateway = TextGateway()

    @post("/send")
    async def send(request: Asked) -> Response[None]:
        said = await request.json() if request.content_type[0] == "application/json" else None
        return Response(None, status_code=gateway.take(dict(request.headers), said))

    app = Litestar([send], openapi_config=None, logging_config=None)
    config = uvicorn.Config(app, log_level="error", lifespan="off", access_log=False)
    async with running.listening(config) as client:
        gateway.url = f"{client.base_url}/send".replace("//send", "/send")
        yield gateway
