"""What log lines look like, and what never stands in one."""

import json
import logging
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest

from parking import trail
from parking.cli import logs
from parking.masks import masked
from parking.settings import Settings
from parking.trail import Trail

KEY = "olk_0123456789abcdef_" + "5ec2e7" * 10
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJsaSJ9.c2lnbmF0dXJlLW9mLWl0"
SECRET = "a-secret-of-this-process-0123456789"
SETTINGS = Settings(
    database_url="postgresql://login:pass-word-1@db/onelot",
    redis_url="redis://:pass-word-2@cache/0",
    token_secrets=f"{SECRET},{'z' * 32}",
)
HIDDEN = {
    "key": (KEY, KEY[21:]),
    "token": (TOKEN, TOKEN.rpartition(".")[2]),
    "secret": (SECRET, SECRET),
    "older secret": ("z" * 32, "z" * 32),
    "address": (SETTINGS.database_url, "pass-word-1"),
    "password alone": ("pass-word-2", "pass-word-2"),
    "another address": ("amqp://user:hunter2@queue", "hunter2"),
    "header": ("Authorization: Bearer c2VjcmV0LW9mLW90aGVycw==", "c2VjcmV0LW9mLW90aGVycw"),
    **{
        plate: (plate, plate[-6:])
        for plate in (
            *("鲁A12345", "鲁AD12345", "鲁A12345D", "粤Z1234港", "WJ京1234J", "使123456", "京A1234警", "临鲁12345"),
            *("鲁a12345", "鲁A·12345", "鲁A 12345", "鲁123456领", "KA12345", "票8F3K29XQ"),
        )
    },
    "plate in a path": (quote("/v1/account/plates/鲁A12345"), "12345"),
    "plate in JSON": (json.dumps({"plate": "鲁AD12345"}), "D12345"),
    "plate in bytes": (repr("鲁A12345".encode()), "12345"),
}


def message(log: logging.Logger, text: str) -> None:
    log.warning("Key (plate)=(%s) exists", text)


def field(log: logging.Logger, text: str) -> None:
    log.info("answered", extra={"fields": {"status": 401, "problem": text, "facts": {"deep": [text]}}})


def trace(log: logging.Logger, text: str) -> None:
    try:
        _fail(text)
    except ValueError:
        log.exception("job %s failed", "collect")


def _fail(text: str) -> None:
    known: dict[str, str] = {}
    try:
        known[text]
    except KeyError as e:
        raise ValueError(f"not {text}") from e


def bytes_of_it(log: logging.Logger, text: str) -> None:
    log.error("ALARM %r", text.encode())


def of_a_library(log: logging.Logger, text: str) -> None:
    logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=OSError(text))


def of_a_request(log: logging.Logger, text: str) -> None:
    told = trail.current.set(Trail("request-1", caller=f"driver {text}"))
    try:
        log.warning("refused", extra={"fields": {"caller": trail.current.get()}})
    finally:
        trail.current.reset(told)


WAYS = (message, field, trace, bytes_of_it, of_a_library, of_a_request)


@pytest.fixture
def _kept() -> Iterator[None]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = before, level


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", HIDDEN)
def test_no_line_has_a_secret_or_a_whole_plate(
    form: logs.Form, way: Callable[[logging.Logger, str], None], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text, hidden = HIDDEN[what]
    logs.configure(form, logging.INFO, known=SETTINGS.confidential)
    way(logging.getLogger("x"), text)
    said = capsys.readouterr().err
    assert said
    assert "•••" in said
    for form_of_it in {hidden, repr(hidden.encode())[2:-1], json.dumps(hidden)[1:-1], quote(hidden)}:
        assert form_of_it not in said, said


@pytest.mark.parametrize(
    "text",
    [
        "INVARIANT count_differs_from_stays broken by 3 rows: lot 128, 2026-11-16",
        "ALARM gateway 7 of lot 1001 billed 1200000 fen in this hour",
        "GET /v1/account/plates/{plate} 401 request-00012345",
        "018f3a1e-7c1d-7c3e-9d2f-0123456789ab until 2026-11-30 12:00 UTC",
        "http://127.0.0.1:8000/v1/lots?near=36.6758,117.0009",
        "did collect job=collect rounds=50 paid=120",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text, SETTINGS.confidential) == text


def line(form: logs.Form, capsys: pytest.CaptureFixture[str], *said: object, **fields: object) -> str:
    logs.configure(form)
    told = trail.current.set(Trail("request-1", caller="driver 1001"))
    try:
        logging.getLogger("x").warning(*said, extra={"fields": fields})
    finally:
        trail.current.reset(told)
    return capsys.readouterr().err


@pytest.mark.usefixtures("_kept")
def test_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(line("json", capsys, "refused %d", 1, status=401, route=None))
    assert list(said) == ["at", "level", "logger", "message", "request_id", "caller", "status"]
    assert said["at"].endswith("+00:00")
    assert [said[name] for name in list(said)[1:]] == ["WARNING", "x", "refused 1", "request-1", "driver", 401]


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_is_sent_makes_no_line_of_its_own(form: logs.Form, capsys: pytest.CaptureFixture[str]) -> None:
    said = line(form, capsys, "ALARM no\n%s", "INVARIANT broken", problem="a\nALARM b")
    assert said.count("\n") == 1
    assert "ALARM no\\nINVARIANT" in said.replace("\\\\", "\\")


@pytest.mark.usefixtures("_kept")
def test_a_line_of_text_is_found_by_its_first_word(capsys: pytest.CaptureFixture[str]) -> None:
    said = line("text", capsys, "INVARIANT %s broken", "x", status=401)
    assert " INVARIANT x broken" in said
    assert "status=401" in said
    assert "request_id='request-1'" in said


@pytest.mark.usefixtures("_kept")
def test_a_trace_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text")
    only_there = "in a " + "variable only"
    try:
        _fail("told")
    except ValueError:
        logging.getLogger("x").exception("failed")
    said = capsys.readouterr().err
    assert "ValueError: not told" in said
    assert only_there not in said
