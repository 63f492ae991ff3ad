"""`onelot serve` as it is started: its listeners, its processes, and the descriptors it may open."""

import asyncio
import resource
import socket
from pathlib import Path

import httpx
import pytest

from seeds.servers.process import free_port
from tests import running
from tests.patience import PATIENCE_S

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


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, ("--fd", "{fd}", "--gateway-port", "{other}")),
        ({}, ("--fd", "{fd}", "--gateway-fd", "{fd}", "--gateway-port", "{other}")),
        ({}, ("--gateway-fd", "{fd}", "--gateway-port", "{port}")),
        ({}, ("--fd", "{fd}", "--only-gateways", "--gateway-port", "{other}")),
        ({"ONELOT_GATEWAY_PORT": "1"}, ("--fd", "{fd}")),
        ({"ONELOT_GATEWAY_PORT": "1"}, ("--fd", "{fd}", "--gateway-fd", "{fd}", "--gateway-port", "0")),
        ({"ONELOT_GATEWAY_PORT": "1"}, ("--only-gateways", "--gateway-port", "0")),
    ],
)
async def test_a_socket_that_is_not_the_one_that_is_meant(
    database_url: str, redis_url: str, tmp_path: Path, more: dict[str, str], words: tuple[str, ...]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as given:
        names = {"fd": given.fileno(), "port": given.getsockname()[1], "other": free_port()}
        env = running.environment(database_url, redis_url, **more)
        filled = [word.format_map(names) for word in words]
        server = await running.child(tmp_path / "log", env, "serve", *filled, fds=(given.fileno(),))
        try:
            assert await asyncio.wait_for(server.process.wait(), PATIENCE_S) == 2
        finally:
            if server.process.returncode is None:
                await server.kill()
    assert "Error" in (tmp_path / "log").read_text()


async def test_both_sockets_are_handed_over(database_url: str, redis_url: str, tmp_path: Path) -> None:
    env = running.environment(database_url, redis_url)
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        address, gateways = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in (one, other))
        words = ("--fd", str(one.fileno()), "--gateway-fd", str(other.fileno()))
        port = ("--gateway-port", str(other.getsockname()[1]))
        fds = (one.fileno(), other.fileno())
        server = await running.child(tmp_path / "log", env, "serve", *words, *port, fds=fds)
        try:
            await running.ready(server, address)
            async with httpx.AsyncClient() as client:
                assert (await client.get(f"{address}/v1/lots")).status_code == 200
                assert (await client.get(f"{gateways}/v1/lots")).status_code == 404
        finally:
            if server.process.returncode is None:
                await server.stop()


async def test_a_proxy_that_is_no_address(database_url: str, redis_url: str) -> None:
    env = running.environment(database_url, redis_url, ONELOT_TRUSTED_PROXIES="proxy.example")
    code, said = await running.onelot(env, "serve")
    assert code == 2
    assert "ONELOT_TRUSTED_PROXIES" in said
