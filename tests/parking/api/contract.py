"""Requests made up from the API's description, by each kind of caller, and what of the answers it does not promise.

`python -m tests.parking.api.contract --requests 20000 [--role admin] [--seed 1]` asks so often, on a PostgreSQL and a
Redis of its own; tests/parking/api/test_contract.py asks a few times.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import click
import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from msgspec import Struct
from rich.progress import track
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

from payments.flow.accounts import open_account
from payments.identity import READERS, Audience
from seeds.servers import embedded
from sql.migrate import migrate
from tests import running
from tests.conftest import NOW
from tests.district import QC, register, token

# Who is not answered to an end: these are listened to elsewhere.
ENDLESS = {"streamLots", "streamCommands"}
CHECKS: list[CheckFunction] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
# A parameter that makes an answer wait.
AT_ONCE = {"awaitCommands": {"wait_s": 0}}
TIMEOUT_S = 30
# After these their caller is refused everything: they are asked when all else was.
ENDINGS = {"closeAccount", "revokeOwnTokens"}
# Takes an event as far as it can be read, and answers each of an array on its own.
LENIENT = {"recordGateEvents"}
EXAMPLE_CHARACTERS_MAX = 1_500


class Caller(Struct, frozen=True):
    """Somebody who asks, and what they know of: values of path parameters that are there."""

    audience: Audience
    headers: dict[str, str]


class Place(Struct, frozen=True):
    """A service to ask, who may ask it, and what is there, by the names of parameters of paths."""

    address: str
    document: dict[str, Any]
    callers: Sequence[Caller]
    there: Mapping[str, Sequence[str]]


class Found(Struct):
    """What was asked so far, by caller and status, and each kind of fault with its first example."""

    asked: Counter[tuple[str, int]]
    faults: dict[str, str]

    def add(self, more: "Found") -> None:
        self.asked += more.asked
        self.faults = {**more.faults, **self.faults}


class Question(Struct, frozen=True):
    """An operation that a caller asks in one way, over and over."""

    operation: Any
    caller: Caller
    mode: GenerationMode
    path: dict[str, str] | None


def _config(document: Mapping[str, Any]) -> SchemathesisConfig:
    """Credentials are ours and not made up; what is wrong may be refused in whichever way the document describes."""
    answers = (operation["responses"] for path in document["paths"].values() for operation in path.values())
    refusals = {status for each in answers for status in each if status >= "400"}
    config = SchemathesisConfig()
    config.projects.default.generation.with_security_parameters = False
    config.projects.default.checks.negative_data_rejection.expected_statuses = sorted(refusals)
    return config


def questions(place: Place) -> Iterator[Question]:
    """Every operation by everybody it is for: as described and otherwise, of what is there and of what is not."""
    schema = schemathesis.openapi.from_dict(place.document, config=_config(place.document))
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]
        raw = operation.definition.raw
        if raw["operationId"] in ENDLESS:
            continue
        names = [each["name"] for each in raw.get("parameters", ()) if each["in"] == "path"]
        known = [name for name in names if name in place.there]
        for caller in place.callers:
            if not _is_for(caller, raw["description"]):
                continue
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if names and known == names:
                    yield Question(operation, caller, mode, {name: place.there[name][0] for name in names})
                yield Question(operation, caller, mode, None)


def _is_for(caller: Caller, description: str) -> bool:
    return caller.audience in description.rpartition("Audience: ")[2].rstrip(".").split(", ")


def ask(place: Place, question: Question, *, times: int, number: int) -> Found:
    """Asks so often, and notes what the description does not promise. `number`: what is drawn follows from it."""
    found = Found(Counter(), {})
    described: dict[str, Any] = {"path_parameters": question.path} if question.path else {}
    operation_id = question.operation.definition.raw["operationId"]
    if operation_id in AT_ONCE:
        described["query"] = AT_ONCE[operation_id]
    session = requests.Session()

    @seed(number)
    @settings(
        max_examples=times,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=question.operation.as_strategy(generation_mode=question.mode, **described))
    def once(case: Case[Any]) -> None:
        response = case.call(
            base_url=place.address, session=session, headers=question.caller.headers, timeout=TIMEOUT_S
        )
        found.asked[question.caller.audience, response.status_code] += 1
        _judge(case, response, question, found)

    try:
        once()
    except Unsatisfiable:
        # There is nothing of this operation that could be wrong.
        pass
    finally:
        session.close()
    return found


def _judge(case: Case[Any], response: Any, question: Question, found: Found) -> None:
    kinds = []
    lenient = question.operation.definition.raw["operationId"] in LENIENT
    chosen = [each for each in CHECKS if not (lenient and each is checks.negative_data_rejection)]
    if response.status_code >= 500 and response.status_code != 503:
        kinds.append("Server error")
    try:
        case.validate_response(response, checks=chosen, headers=question.caller.headers)
    except FailureGroup as group:
        kinds += [f"{each.title}: {str(each).splitlines()[0]}" for each in group.exceptions]
    for kind in kinds:
        label = f"{question.operation.label} {question.caller.audience} {response.status_code} {kind}"
        said = f"{case.as_curl_command()}\n{response.text}"
        found.faults.setdefault(label, said[:EXAMPLE_CHARACTERS_MAX])


def ask_all(
    place: Place,
    *,
    requests_max: int,
    number: int,
    role: str | None = None,
    progress: Callable[[Sequence[Question]], Iterable[Question]] = iter,
) -> Found:
    """Asks so often in all, each question alike; `role`: one caller alone."""
    found = Found(Counter(), {})
    asked = [each for each in questions(place) if role in (None, each.caller.audience)]
    # Of more questions than may be asked only so many, another part of them by each number.
    step = max(1, -(-len(asked) // requests_max))
    asked = asked[number % step :: step]
    endings = [each for each in asked if _ends(each)]
    asked, each_times = [each for each in asked if not _ends(each)], -(-requests_max // len(asked))
    # Some questions can be asked in a few ways only: what they leave is for the others.
    while asked and (left := requests_max - found.asked.total()) > 0:
        times = -(-left // len(asked))
        further = []
        for at, question in enumerate(progress(asked)):
            more = ask(place, question, times=times, number=number + at)
            found.add(more)
            if more.asked.total() >= times:
                further.append(question)
        asked, number = further, number + len(asked)
    for at, question in enumerate(endings):
        found.add(ask(place, question, times=each_times, number=number + at))
    return found


def _ends(question: Question) -> bool:
    return question.operation.definition.raw["operationId"] in ENDINGS


def callers(keys: Mapping[str, str], ids: Mapping[str, int]) -> list[Caller]:
    """One of each kind, of the district: the booth of a lot and the clerk of its operator; the others of all."""
    limits = {
        Audience.BOOTH: {"operator_id": ids["operator"], "lot_id": ids["lot"]},
        Audience.CLERK: {"operator_id": ids["operator"]},
        Audience.DRIVER: {"id": ids["account"]},
    }
    signed = (Audience.DRIVER, *READERS)
    return [
        Caller(Audience.PUBLIC, {}),
        Caller(Audience.GATEWAY, running.bearer(keys[QC])),
        *(Caller(each, running.bearer(token(each, now=NOW, **limits.get(each, {})))) for each in signed),
    ]


async def ids_of(db: Any) -> dict[str, int]:
    """The numbers of the lot, its operator, and an account of a driver."""
    lot = await db.fetchrow("select id, operator_id from lot where code = $1", QC)
    account = await db.fetchval("select max(id) from account")
    return {"lot": lot["id"], "operator": lot["operator_id"], "account": account}


async def something_there(client: httpx.AsyncClient, known: Sequence[Caller]) -> dict[str, Sequence[str]]:
    """A car that came and left and owes its fee, one that is inside, and what else there is to ask for."""
    by = {each.audience: each.headers for each in known}
    base = {"plate_color": "blue", "vehicle_class": "small", "confidence": 0.4, "replay": True}
    said = [
        {"event_id": "c-1", "kind": "entry", "lane": f"{QC}-in", "occurred_at": "2026-11-16T06:00:00+08:00"},
        {"event_id": "c-2", "kind": "exit", "lane": f"{QC}-out", "occurred_at": "2026-11-16T09:00:00+08:00"},
        {"event_id": "c-3", "kind": "entry", "lane": f"{QC}-in", "occurred_at": "2026-11-16T08:00:00+08:00"},
    ]
    plates = ("鲁A8R35K", "鲁A8R35K", "鲁A6T42H")
    bodies = [{**each, **base, "plate": plate} for each, plate in zip(said, plates, strict=True)]
    answers = (await client.post("/v1/gate-events", json=bodies, headers=by[Audience.GATEWAY])).json()
    cases = (await client.get("/v1/cases", headers=by[Audience.ADMIN])).json()["cases"]
    gateway = (await client.get("/v1/admin/gateways", headers=by[Audience.ADMIN])).json()["gateways"][0]["code"]
    return {
        "code": [QC],
        "lane": [f"{QC}-out"],
        "plate": ["鲁A6T42H"],
        "stay_id": [answers[1]["stay_id"]],
        "reference": [answers[1]["charge_reference"]],
        "case_id": [cases[0]["id"]],
        "event_id": [cases[0]["event_id"]],
        "gateway": [gateway],
    }


async def place_of(client: httpx.AsyncClient, db: Any, keys: Mapping[str, str]) -> Place:
    """A running service with the district in it, as a place to ask."""
    document = (await client.get("/schema/openapi.json")).json()
    ids = await ids_of(db)
    known = callers(keys, ids)
    there = {**await something_there(client, known), "account_id": [str(ids["account"])]}
    return Place(str(client.base_url).rstrip("/"), document, known, there)


async def _long(requests_max: int, role: str | None, number: int) -> Found:
    with (
        embedded.postgres(fsync=False) as database_url,
        embedded.redis() as redis_url,
        tempfile.TemporaryDirectory() as at,
    ):
        await migrate(database_url, now=NOW)
        owner = await asyncpg.connect(database_url)
        keys = await register(owner, now=NOW)
        await open_account(owner, name="", now=NOW)
        many = {"ONELOT_ADDRESS_REQUESTS_MAX": "1000000", "ONELOT_FAILURES_MAX": "1000000"}
        env = running.environment(database_url, redis_url, ONELOT_CLOCK_START=NOW.isoformat(), **many)
        log = Path(at) / "serve.log"
        async with running.serving(log, env) as (_, address), httpx.AsyncClient(base_url=address, timeout=30) as client:
            place = await place_of(client, owner, keys)
            found = await asyncio.to_thread(
                ask_all,
                place,
                requests_max=requests_max,
                number=number,
                role=role,
                progress=track,
            )
        await owner.close()
    return found


@click.command()
@click.option("--requests", "requests_max", default=20_000, show_default=True, help="About how often to ask in all.")
@click.option("--role", type=click.Choice([str(each) for each in Audience]), help="One kind of caller alone.")
@click.option("--seed", "number", default=1, show_default=True, help="What is drawn follows from it.")
def main(requests_max: int, role: str | None, number: int) -> None:
    """Asks a service of its own whatever its description allows, and says what it did not promise."""
    found = asyncio.run(_long(requests_max, role, number))
    for (audience, status), times in sorted(found.asked.items()):
        click.echo(f"{audience:8} {status} {times:6}")
    for label, example in sorted(found.faults.items()):
        click.echo(f"\n{label}\n{example}")
    click.echo(f"\n{sum(found.asked.values())} requests, {len(found.faults)} faults")
    raise SystemExit(bool(found.faults))


if __name__ == "__main__":
    main()
