"""The proxies' configurations in docs/proxy agree with the limits that OneLot itself keeps."""

import re
from pathlib import Path

import pytest

from parking import limits
from parking.api.authentication import audience_of
from parking.api.limits import RATE_SECONDS
from parking.api.stream import HEARTBEAT_S
from parking.events import BODY_BYTES_MAX
from parking.ingest import batch
from parking.settings import Settings
from payments.identity import Audience
from tests.test_routes import OURS, filled

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


def sections(text: str) -> tuple[str, str]:
    """What a configuration says to everybody, and what to gateways."""
    parts = re.split(r"(?m)^\s*server \{|^\S*parking\.example\S* \{", text)
    everybody, gateways = parts[-2:]
    return everybody, gateways


def bodies(section: str) -> dict[str, int]:
    """The largest body of each kind of path that has one of its own, as a regular expression."""
    found: dict[str, int] = {}
    for sign, path, inner in re.findall(r"location (= |~ |\^~ )?(\S+) \{([^}]*)\}", section):
        ends = "$" if sign == "= " else ""
        found |= {path if sign == "~ " else f"^{path}{ends}": size for size in values(inner, "client_max_body_size")}
    for name, paths in re.findall(r"@(\w+) path (.*)", section):
        (inner,) = re.findall(rf"request_body @{name} \{{([^}}]*)\}}", section) or [""]
        for path in paths.split():
            pattern = "^" + path.replace("*", "[^/]*" if not path.endswith("*") else ".*") + "$"
            found.update((pattern, size) for size in values(inner, "max_size"))
    return found


def test_each_route_may_have_the_body_that_it_takes(text: str) -> None:
    everybody, gateways = sections(text)
    own = bodies(everybody)
    (plain,) = set(values(text, "client_max_body_size") + values(text, "max_size")) - {*own.values(), BODY_BYTES_MAX}
    assert plain == limits.BODY_BYTES_MAX
    assert max(values(gateways, "client_max_body_size") + values(gateways, "max_size")) == BODY_BYTES_MAX
    routes = [(path, handler) for method, path, handler in OURS if method in ("POST", "PUT", "PATCH")]
    for path, handler in routes:
        takes = handler.resolve_request_max_body_size() or limits.BODY_BYTES_MAX
        if Audience.GATEWAY not in audience_of(handler):
            sizes = [size for pattern, size in own.items() if re.match(pattern, filled(path))]
            assert takes <= max(sizes, default=plain), path


def test_gateways_are_nobody_elses(text: str) -> None:
    everybody, _ = sections(text)
    refused = re.findall(r"location (?:= |\^~ )(\S+) \{\s*return 404;", everybody)
    refused += [path.rstrip("*") for path in " ".join(re.findall(r"@gates path (.*)", everybody)).split()]
    assert sorted(refused) == ["/v1/gate-events", "/v1/gateway/"]


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
    for section in sections(text):
        assert "proxy_buffering off" in section or "flush_interval -1" in section
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
