"""A child process that answers over HTTP, as it is measured, killed and started again."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic

from seeds.servers.process import Process, environment_without, temporary_folder

ROOT = Path(__file__).parent.parent
START_TIMEOUT_S = 30.0
END_TIMEOUT_S = 30.0
LOG_LINES = 200


class ServerFailed(Exception):
    """A child process did not start or died; the sentence holds the end of its log."""


class Server:
    """A child process that answers on a loopback port."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        port: int,
        *,
        listener: socket.socket | None = None,
        python: Path | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self.logs = ""
        self._command = [str(python or sys.executable), *command]
        self._environment = environment
        self._fds = () if listener is None else (listener.fileno(),)
        self._process: Process | None = None

    @property
    def pid(self) -> int:
        """The process's number, for a profiler."""
        assert self._process is not None
        return self._process.pid

    async def start(self, *, path: str | None, status: int = 200, says: str = "") -> None:
        """Starts the process and returns when it answers `path` with `status` (without a path: at once), and has said
        what is to stand in its log: on a shared port it may be another one that answers.

        Raises:
            ServerFailed: it did not within START_TIMEOUT_S.
        """
        folder = temporary_folder(f"load-{self.name}")
        self._process = Process(folder, self._command, stop_signal=signal.SIGTERM, env=self._environment, fds=self._fds)
        deadline = monotonic() + START_TIMEOUT_S
        while not (
            says in self._process.log_tail(LOG_LINES) and (path is None or await _answers(self.port, path, status))
        ):
            if not self._process.running() or monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"{self.name} did not start:\n{self.logs}")
            await asyncio.sleep(0.05)

    def cpu_s(self) -> float | None:
        """Processor time used so far by the process and its children; None where there is no /proc."""
        children = self._children() if Path("/proc/self/stat").exists() else None
        return None if children is None else sum(_cpu_s(pid) for pid in (self.pid, *children))

    def rss_kb(self) -> int:
        """Memory of the process now; 0 where there is no /proc."""
        with suppress(OSError):
            return int(Path(f"/proc/{self.pid}/status").read_text("utf-8").partition("VmRSS:")[2].split()[0])
        return 0

    def _children(self) -> list[int]:
        with suppress(OSError):
            return [int(pid) for pid in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()]
        return []

    def kill(self) -> None:
        """SIGKILL: as if the power went, for this process."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    async def end(self) -> float:
        """SIGTERM, as whoever brings a new version tells it; the seconds until it had ended by itself.

        Raises:
            ServerFailed: it did not within END_TIMEOUT_S.
        """
        assert self._process is not None
        began = monotonic()
        os.kill(self.pid, signal.SIGTERM)
        while self._process.running():
            if monotonic() > began + END_TIMEOUT_S:
                raise ServerFailed(f"{self.name} did not end:\n{self._process.log_tail(LOG_LINES)}")
            await asyncio.sleep(0.05)
        took_s = monotonic() - began
        await asyncio.to_thread(self.stop)
        return took_s

    def stop(self) -> None:
        """Ends the process; what it logged stays in `logs`. A second call does nothing."""
        if self._process is not None:
            self.logs += self._process.log_tail(LOG_LINES)
            self._process.stop()
            self._process = None


def child_environment(python: Path | None = None) -> dict[str, str]:
    """The environment of a child: nothing of the caller's own settings for OneLot. The interpreter of another
    installation has its own packages.
    """
    environment = {**environment_without("ONELOT_"), "PYTHONUTF8": "1"}
    environment.pop("PYTHONPATH", None)
    return environment if python else {**environment, "PYTHONPATH": str(ROOT)}


async def _answers(port: int, path: str, status: int) -> bool:
    """Whether an HTTP server on this port answers the path with this status."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(5):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
                return f" {status} ".encode() in await reader.readline()
            finally:
                writer.close()
    return False


def _cpu_s(pid: int) -> float:
    """User and system time of a process. The name in the file may hold blanks, so counting starts behind it."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
