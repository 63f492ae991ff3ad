"""`onelot serve`: the HTTP API on its listeners, with room for as many connections as the machine allows."""

import asyncio
import resource
import socket
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from parking.cli import logs
from parking.cli.spoken import sentence, word
from parking.live import metrics, tracing
from parking.settings import Settings, read
from sql.pool import check_login, open_pool

if TYPE_CHECKING:
    from uvicorn import Config

# Longer than a batch may take to be recorded: what is in flight is answered.
SHUTDOWN_S = 22


@click.command()
@click.option("--host", help="Address to listen on (ONELOT_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (ONELOT_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (ONELOT_WORKERS).")
@click.option(
    "--gateway-port", type=click.IntRange(0, 65535), help="Gateways' own port (ONELOT_GATEWAY_PORT); 0: none."
)
@click.option(
    "--metrics-port", type=click.IntRange(0, 65535), help="Where /metrics is (ONELOT_METRICS_PORT); 0: nowhere."
)
@click.option("--only-gateways", is_flag=True, help="Listen on the gateways' port alone.")
@click.option("--fd", type=click.IntRange(min=3), help="A socket that listens already, handed over by who starts this.")
@click.option("--gateway-fd", type=click.IntRange(min=3), help="The same for the gateways' port, beside --fd.")
def serve(
    host: str | None,
    port: int | None,
    workers: int | None,
    gateway_port: int | None,
    fd: int | None,
    gateway_fd: int | None,
    metrics_port: int | None,
    *,
    only_gateways: bool,
) -> None:
    """Serve the HTTP API."""
    # Other commands need nothing of the HTTP service, and start sooner without it.
    from parking.app import server_config, shares_of  # noqa: PLC0415

    settings = read()
    _ = settings.secrets  # refuses to start without them
    logs.configure_for(settings)
    asyncio.run(_check(settings))
    raise_descriptors()
    gateway_port = settings.gateway_port if gateway_port is None else gateway_port
    if only_gateways and not gateway_port:
        raise click.UsageError(word("--only-gateways needs --gateway-port, or ONELOT_GATEWAY_PORT."))
    both = bool(gateway_port) and not only_gateways
    if both and (fd is None) != (gateway_fd is None):
        raise click.UsageError(
            word("Where everybody's socket is handed over (--fd), so is the gateways' (--gateway-fd).")
        )
    if gateway_fd is not None and not both:
        raise click.UsageError(
            word("--gateway-fd needs --gateway-port; with --only-gateways the socket is that of --fd.")
        )
    made = server_config(
        settings,
        "parking.app:application",
        factory=True,
        host=host or settings.host,
        port=gateway_port if only_gateways else settings.port if port is None else port,
        gateway_port=gateway_port,
        shares=shares_of(settings, gateways=bool(gateway_port), public=not only_gateways),
        workers=workers or settings.workers,
        # Its lines look like all others.
        log_config=None,
        log_level=settings.log_level,
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    # What the kernel has queued on a socket that two processes share is not lost when one of them closes it.
    listeners = [made.bind_socket() if fd is None else _given(fd, gateway_port if only_gateways else None)]
    if gateway_fd is not None:
        listeners.append(_given(gateway_fd, gateway_port))
    elif both:
        listeners.append(server_config(settings, made.app, host=made.host, port=gateway_port).bind_socket())
    _run(made, listeners, settings.metrics_host, settings.metrics_port if metrics_port is None else metrics_port)


def _run(made: "Config", listeners: list[socket.socket], metrics_host: str, metrics_port: int) -> None:
    """Serves until it is told to end."""
    import uvicorn  # noqa: PLC0415
    from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415

    from parking.cli.processes import Processes  # noqa: PLC0415

    if made.workers > 1:
        with metrics.shown_together(metrics_host, metrics_port):
            Processes(made, listeners).run()
        return
    server = uvicorn.Server(made)
    with suppress(KeyboardInterrupt), metrics.shown(metrics.SERVING, metrics_host, metrics_port):
        server.run(sockets=listeners)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def _given(fd: int, port: int | None) -> socket.socket:
    """A socket that was handed over. By its port a connection is known as a gateway's.

    Raises:
        UsageError: it listens on another port than it should.
    """
    given = socket.socket(fileno=fd)
    name = given.getsockname()
    if port is not None and (given.family not in (socket.AF_INET, socket.AF_INET6) or name[1] != port):
        template = "The socket {fd} listens on {name!r}, and the gateways' port is {port}."
        raise click.UsageError(sentence(template, fd=fd, name=name, port=port))
    return given


def raise_descriptors() -> None:
    """Lets this process, and those it starts, open as many descriptors as the machine permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


async def _check(settings: Settings) -> None:
    """What serving needs, looked at before it starts, so that what is missing is said in one sentence."""
    tracing.check_installed(settings.tracing_endpoint)
    async with await open_pool(settings.database_url, connections_max=1) as pool:
        if not settings.allow_owner:
            await check_login(pool)
