"""The proxies' configurations in docs/proxy agree with the limits that OneLot itself keeps."""

import re
from pathlib import Path

import pytest

from parking import limits
from parking.api.limits import RATE_SECONDS
from parking.api.stream import HEARTBEAT_S
from parking.events import BODY_BYTES_MAX
from parking.ingest import batch
from parking.settings import Settings

FOLDER = Path(__file__).parent.parent / "docs" / "proxy"
UNITS = {"k": 1 << 10, "m": 1 << 20, "kib": 1 << 10, "mib": 1 << 20, "s": 1, "": 1}


@pytest.fixture(params=["nginx.conf", "Caddyfile"])
def text(request: pytest.FixtureRequest) -> str:
    """Each configuration without its comments."""
    return re.sub(r"(?m)^\s*#.*$", "", (FOLDER / request.param).read_text("utf-8"))


def values(text: str, name: str) -> list[int]:
    """Every value of a directive, in bytes or seconds."""
    found = re.findall(rf"(?im)^\s*{name}\s+(\d+)(k|m|kib|mib|s)?\s*;?\s*$", text)
    return [int(number) * UNITS[unit.lower()] for number, unit in found]


def test_brackets_are_closed(text: str) -> None:
    assert text.count("{") == text.count("}") > 0


def test_bodies(text: str) -> None:
    sizes = values(text, "client_max_body_size") + values(text, "max_size")
    wanted = {
        limits.BODY_BYTES_MAX,
        limits.LOT_BODY_BYTES_MAX,
        limits.TARIFF_BODY_BYTES_MAX,
        BODY_BYTES_MAX,
    }
    assert set(sizes) == wanted


def test_heads_and_times(text: str) -> None:
    assert values(text, "client_header_timeout") + values(text, "read_header") == [limits.HEAD_TIMEOUT_S]
    assert values(text, "keepalive_timeout")[:1] + values(text, "idle") == [limits.IDLE_TIMEOUT_S]
    # Towards OneLot the proxy closes first, so that no request meets a connection that is being closed.
    kept = values(text, "keepalive_timeout")[1:] + values(text, "keepalive")
    assert any(1 < each < limits.IDLE_TIMEOUT_S for each in kept)
    answers = values(text, "proxy_read_timeout") + values(text, "response_header_timeout")
    assert min(answers) > batch.RECORD_TIMEOUT_S
    head = values(text, "max_header_size") or [limits.HEAD_BYTES_MAX]
    assert head == [limits.HEAD_BYTES_MAX]


def test_the_stream_is_passed_on_at_once(text: str) -> None:
    assert "proxy_buffering off" in text or "flush_interval -1" in text
    silences = values(text, "proxy_read_timeout")
    assert not silences or max(silences) > 2 * HEARTBEAT_S


def test_nginx_alone() -> None:
    text = re.sub(r"(?m)^\s*#.*$", "", (FOLDER / "nginx.conf").read_text("utf-8"))
    assert re.search(r"large_client_header_buffers 4 8k;", text)
    assert limits.URL_BYTES_MAX == 8 << 10
    assert values(text, "client_body_timeout") == [limits.BODY_TIMEOUT_S]
    assert values(text, "send_timeout") == [limits.WRITE_TIMEOUT_S]
    (rate,) = re.findall(r"rate=(\d+)r/s", text)
    (burst,) = re.findall(r"burst=(\d+)", text)
    requests = Settings().address_requests_max
    assert (int(rate) * RATE_SECONDS, int(burst)) == (requests, requests)
    # What a caller wrote there itself must not come through.
    assert re.findall(r"X-Forwarded-For (\S+);", text) == ["$remote_addr"]
    # A directive in a location would drop all of those that stand outside of it.
    assert all("proxy_set_header" not in part for part in re.findall(r"location [^{]*\{[^}]*\}", text))


def test_no_log_has_whole_paths() -> None:
    """Plates and references of charges stand in paths."""
    nginx = (FOLDER / "nginx.conf").read_text("utf-8")
    formats = [line for line in nginx.splitlines() if line.strip().startswith("log_format")]
    assert formats
    assert not [line for line in formats if any(name in line for name in ("$uri", "$request ", "$request_uri"))]
