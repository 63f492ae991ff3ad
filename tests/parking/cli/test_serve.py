"""`onelot serve` as it is started: its listeners, its processes, and the descriptors it may open."""

import resource
from pathlib import Path

import httpx
import pytest

from seeds.servers.process import free_port
from tests import running

SOFT = 512


@pytest.mark.parametrize("workers", [1, 2])
async def test_two_listeners_and_as_many_descriptors_as_the_machine_permits(
    database_url: str, redis_url: str, tmp_path: Path, workers: int
) -> None:
    gateway_port = free_port()
    more = {"ONELOT_GATEWAY_PORT": str(gateway_port), "ONELOT_TRUSTED_PROXIES": "10.0.0.0/8, ::1"}
    env = running.environment(database_url, redis_url, **more)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SOFT, hard))
    try:
        async with running.serving(tmp_path / "log", env, workers=workers) as (server, address):
            may_open = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
            assert may_open == (hard, hard)
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{address}/v1/lots")).status_code == 200
                gateways = f"http://127.0.0.1:{gateway_port}"
                assert (await client.get(f"{gateways}/readyz")).status_code == 200
                assert (await client.get(f"{gateways}/v1/lots")).status_code == 404
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_gateways_alone(database_url: str, redis_url: str, tmp_path: Path) -> None:
    env = running.environment(database_url, redis_url)
    code, said = await running.onelot(env, "serve", "--only-gateways")
    assert (code, "--gateway-port" in said) == (2, True)


async def test_a_proxy_that_is_no_address(database_url: str, redis_url: str) -> None:
    env = running.environment(database_url, redis_url, ONELOT_TRUSTED_PROXIES="proxy.example")
    code, said = await running.onelot(env, "serve")
    assert code == 2
    assert "ONELOT_TRUSTED_PROXIES" in said
