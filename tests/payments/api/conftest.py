"""The routes of payments behind a client, with the dependencies that the application gives them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, Request, Response
from litestar.di import Provide

import sql
from payments.api import ROUTES
from payments.api.pages import PROVIDED as PAGES
from payments.errors import OneLotError
from payments.identity import Audience, Principal
from payments.settlement import LotName
from payments.visits import Visit
from tests.payments.city import City

SECRET = "a secret of at least thirty-two characters"


async def visits_of(_: sql.Connection, stays: Sequence[tuple[int, UUID]]) -> dict[UUID, Visit]:
    """What whoever keeps stays says of them."""
    return {stay_id: Visit("lot", "停车场", "Lot", "鲁A12345", "blue", None, None) for _, stay_id in stays}


class Speaker:
    """For whom requests are made now."""

    principal = Principal(Audience.PUBLIC, "")


class Client:
    """A client that speaks for one principal at a time."""

    def __init__(self, city: City, http: httpx.AsyncClient, speaker: Speaker) -> None:
        self.city, self.http, self.speaker = city, http, speaker

    def speaks_for(self, audience: Audience, account_id: int = 0, operator_id: int | None = None) -> None:
        """From here on requests come from this principal."""
        self.speaker.principal = Principal(audience, f"{audience}:test", account_id, operator_id)

    async def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """The status and the decoded body of an answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, path, json=body, headers=sent)
        return answer.status_code, answer.json() if "json" in answer.headers["content-type"] else answer.text


@pytest.fixture
async def client(city: City) -> AsyncIterator[Client]:
    """The routes of payments, with the dependencies the application gives them."""

    async def transaction() -> AsyncIterator[sql.Connection]:
        async with city.pool.acquire() as db, db.transaction():
            yield db

    def refusal(_: Request[Any, Any, Any], refused: OneLotError) -> Response[dict[str, str]]:
        return Response({"type": type(refused).__name__}, status_code=409)

    speaker = Speaker()
    given: dict[str, Any] = {
        "pool": lambda: city.pool,
        "channels": lambda: city.channels,
        "now": lambda: city.now,
        "random_bits": lambda: city.random_bits,
        "wording": lambda: {"doubtful": ("有疑问", "In doubt")},
        "token_secret": lambda: SECRET,
        "principal": lambda: speaker.principal,
        "caller": lambda: None if speaker.principal.audience is Audience.PUBLIC else speaker.principal,
        "visits_of": lambda: visits_of,
        "lot_names": lambda: {city.lot_id: LotName(city.operator_id, "lot", "停车场", "Lot")},
    }
    app = Litestar(
        route_handlers=ROUTES,
        dependencies={
            "db": Provide(transaction),
            **PAGES,
            **{name: Provide(value, sync_to_thread=False) for name, value in given.items()},
        },
        exception_handlers={OneLotError: refusal},
        logging_config=None,
    )
    transport = httpx.ASGITransport(cast("Any", app))
    async with httpx.AsyncClient(transport=transport, base_url="http://onelot") as http:
        yield Client(city, http, speaker)
