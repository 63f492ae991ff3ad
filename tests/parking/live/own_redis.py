"""A Redis that a test may stop and start again."""

import secrets
import subprocess
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

from redis import Redis, RedisError

from seeds.servers.process import free_port

START_S = 10.0


class Server:
    """A Redis of our own, to be stopped and started at the same address."""

    def __init__(self, folder: Path, program: str) -> None:
        self.port, password = free_port(), secrets.token_hex(16)
        self.url = f"redis://:{password}@127.0.0.1:{self.port}/3"
        self._command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", password]
        self._command += ["--save", "", "--dir", str(folder)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        until = monotonic() + START_S
        while monotonic() < until:
            # Whoever took the port meanwhile does not know the password.
            with suppress(RedisError), Redis.from_url(self.url) as client:
                client.ping()
                return
            sleep(0.01)
        raise TimeoutError("redis-server did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
