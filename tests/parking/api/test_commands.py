"""Every car that waits gets a command: whatever is wrong with its event, or with the service."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parking.events import BODY_BYTES_MAX
from parking.ingest import queue
from tests import running
from tests.conftest import NOW
from tests.district import HOSPITAL, QC, District, Say, event, visit
from tests.parking.api.problem import problem

DOOR = "/v1/gate-events"
HELP = {"zh": "请联系值守", "en": "Please call for help"}
WELCOME = {"zh": "欢迎光临", "en": "Welcome"}
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
CAR = event("law", "entry", NOW, "鲁A10001", lot=HOSPITAL, images=[], remaining_spaces=5)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process, called with the key of the gateway at the hospital."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        client.headers.update(running.bearer(registered[HOSPITAL]))
        yield client


def instruction(response: httpx.Response) -> tuple[str, object]:
    said = response.json()
    return said["gate"], said.get("display")


# -- the law


def is_told(said: dict[str, Any]) -> bool:
    return said["gate"] in ("open", "hold") and bool(said["display"]["zh"]) and bool(said["display"]["en"])


@settings(max_examples=60)
@given(
    st.sampled_from(["", "-x", "-y"]),
    st.dictionaries(st.sampled_from([*CAR, "x"]), JSON, max_size=3),
    st.lists(st.sampled_from(list(CAR)), max_size=2),
    st.sampled_from(["entry", "exit"]),
)
async def test_every_answer_to_a_live_event_has_a_command(
    client: httpx.AsyncClient, number: str, changes: dict[str, object], gone: list[str], kind: str
) -> None:
    said = {**CAR, "event_id": f"law{number}", "kind": kind, **changes}
    said = {name: value for name, value in said.items() if name not in gone}
    body = msgspec.json.encode(said)
    response = await client.post(DOOR, content=body)
    assert response.status_code in (200, 400, 403, 422), response.text
    if said.get("replay") is not True:
        answer = response.json()
        assert is_told(answer) or (answer["gate"] == "none" and "replay" in changes), answer
    (answer,) = (await client.post(DOOR, content=b"[" + body + b"]")).raise_for_status().json()
    assert is_told(answer) or (answer["gate"] == "none" and "replay" in changes), answer


@settings(max_examples=50)
@given(st.integers(0, 300), st.binary(max_size=4))
async def test_every_answer_to_broken_bytes_has_a_command(client: httpx.AsyncClient, at: int, bytes_: bytes) -> None:
    body = msgspec.json.encode(CAR)
    response = await client.post(DOOR, content=body[:at] + bytes_)
    assert is_told(response.json()), response.text


# -- what is refused


@pytest.mark.parametrize("replay", [True, False])
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"event_id": None}, 400),
        ({"kind": None}, 400),
        ({"lane": "nowhere"}, 422),
        ({"lane": f"{QC}-in"}, 403),
    ],
)
async def test_what_is_refused_is_held_and_a_replay_left_alone(
    client: httpx.AsyncClient, changes: Say, status: int, replay: bool
) -> None:
    response = await client.post(DOOR, json={**CAR, **changes, "replay": replay})
    assert response.status_code == status
    assert instruction(response) == (("none", None) if replay else ("hold", HELP))


async def test_each_event_of_an_array_has_its_own_command(client: httpx.AsyncClient) -> None:
    said = [
        event("own1", "entry", NOW, "鲁A10011", lot=HOSPITAL),
        {**event("own2", "entry", NOW, "鲁A10012", lot=HOSPITAL), "kind": None},
        {**event("own3", "entry", NOW, "鲁A10013", lot=HOSPITAL), "lane": "nowhere", "replay": True},
        {**event("own4", "exit", NOW, "鲁A10011", lot=HOSPITAL), "lane": f"{HOSPITAL}-in"},
        event("own5", "exit", NOW, "鲁A10014", lot=HOSPITAL),
    ]
    answers = (await client.post(DOOR, json=said)).raise_for_status().json()
    assert [(a["gate"], a.get("display")) for a in answers] == [
        *(("open", WELCOME), ("hold", HELP), ("none", None), ("hold", HELP), ("hold", HELP))
    ]


async def test_the_way_in_is_no_way_out(client: httpx.AsyncClient) -> None:
    came, _ = visit("way", "鲁B11111", NOW - timedelta(hours=5), NOW, lot=HOSPITAL)
    (await client.post(DOOR, json={**came, "replay": True})).raise_for_status()
    out = {**event("wayo", "exit", NOW, "鲁B11111", lot=HOSPITAL), "lane": f"{HOSPITAL}-in"}
    answer = (await client.post(DOOR, json=out)).json()
    assert (answer["reason"], answer["gate"], answer["display"]) == ("kind_contradicts_lane", "hold", HELP)


async def test_what_is_refused_before_it_is_looked_at_is_held(client: httpx.AsyncClient) -> None:
    wrong_key = await client.post(DOOR, json=CAR, headers={"Authorization": "Bearer x"})
    assert instruction(wrong_key) == ("hold", HELP)
    large = await client.post(DOOR, content=b" " * (BODY_BYTES_MAX + 1))
    assert (large.status_code, instruction(large)) == (413, ("hold", HELP))
    twice = await client.post(f"{DOOR}?a=1&a=2", json=CAR)
    assert (twice.status_code, instruction(twice)) == (400, ("hold", HELP))
    many = await client.post(DOOR, json=[CAR] * 501)
    assert (many.status_code, instruction(many)) == (400, ("hold", HELP))
    elsewhere = await client.post("/v1/accounts", json={}, headers={"Authorization": "Bearer x"})
    assert "gate" not in elsewhere.json()


# -- when nothing can be stored


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that takes no more events."""
    monkeypatch.setattr(queue, "WAITING_OF_GATEWAY_MAX", 0)


async def test_while_nothing_can_be_stored_cars_come_in_and_are_held_at_the_exit(
    client: httpx.AsyncClient, full: None, district: District, registered: dict[str, str]
) -> None:
    came, went = visit("away", "鲁A10021", NOW, NOW, lot=HOSPITAL)
    assert instruction(await client.post(DOOR, json=came)) == ("open", WELCOME)
    assert instruction(await client.post(DOOR, json=went)) == ("hold", HELP)
    assert instruction(await client.post(DOOR, json={**came, "replay": True})) == ("none", None)
    # Along a road there is nobody to be called.
    own = running.bearer(registered[QC])
    assert instruction(await client.post(DOOR, json=event("awayr", "exit", NOW, lot=QC), headers=own))[0] == "open"

    broken = {**came, "kind": None}
    refused = await client.post(DOOR, json=[came, went, {**went, "event_id": "r", "replay": True}, broken])
    said = problem(refused, 503)
    assert refused.headers["retry-after"]
    assert "gate" not in said
    assert [(each["event_id"], each["gate"], each.get("display")) for each in said["events"]] == [
        *(("awayi", "open", WELCOME), ("awayo", "hold", HELP), ("r", "none", None), ("awayi", "hold", HELP))
    ]
    assert await district.count("select count(*) from gate_event where event_id like 'away%'") == 0
