"""`onelot serve`: the HTTP API on its listeners, with room for as many connections as the machine allows."""

import resource
import sys
from contextlib import suppress

import click

from parking.settings import read

SHUTDOWN_S = 10


@click.command()
@click.option("--host", help="Address to listen on (ONELOT_HOST).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (ONELOT_PORT).")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes (ONELOT_WORKERS).")
@click.option("--gateway-port", type=click.IntRange(1, 65535), help="A port for gateways alone (ONELOT_GATEWAY_PORT).")
@click.option("--only-gateways", is_flag=True, help="Listen on the gateways' port alone.")
def serve(
    host: str | None, port: int | None, workers: int | None, gateway_port: int | None, only_gateways: bool
) -> None:
    """Serve the HTTP API."""
    # Other commands need nothing of the HTTP service, and start sooner without it.
    import uvicorn  # noqa: PLC0415
    from uvicorn.config import STARTUP_FAILURE  # noqa: PLC0415
    from uvicorn.supervisors import Multiprocess  # noqa: PLC0415

    from parking.app import server_config  # noqa: PLC0415

    settings = read()
    _ = settings.secrets  # refuses to start without them
    raise_descriptors()
    gateway_port = gateway_port or settings.gateway_port
    if only_gateways and not gateway_port:
        raise click.UsageError("--only-gateways needs --gateway-port, or ONELOT_GATEWAY_PORT.")
    made = server_config(
        settings,
        "parking.app:application",
        factory=True,
        host=host or settings.host,
        port=gateway_port if only_gateways else settings.port if port is None else port,
        gateway_port=gateway_port,
        workers=workers or settings.workers,
        log_level="info",
        timeout_graceful_shutdown=SHUTDOWN_S,
    )
    listeners = [made.bind_socket()]
    if gateway_port and not only_gateways:
        listeners.append(server_config(settings, made.app, host=made.host, port=gateway_port).bind_socket())
    if made.workers > 1:
        Multiprocess(made, sockets=listeners).run()
        return
    server = uvicorn.Server(made)
    with suppress(KeyboardInterrupt):
        server.run(sockets=listeners)
    if not server.started:
        sys.exit(STARTUP_FAILURE)


def raise_descriptors() -> None:
    """Lets this process, and those it starts, open as many descriptors as the machine permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
