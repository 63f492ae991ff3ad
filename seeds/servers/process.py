"""A child process that never outlives this program, however this program ends."""

import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from pwd import struct_passwd

STOP_TIMEOUT_S = 30
LOG_TAIL_LINES = 30
_SUPERVISOR = Path(__file__).with_name("supervisor.py")


class ServerFailed(Exception):
    """A server could not be found or did not start; the sentence says why, with the end of its log."""


class Process:
    """A process under a supervisor: stopped, and its folder removed, when `stop` is called or this program dies.

    `fds` are open descriptors that it gets, by the same numbers.
    """

    def __init__(
        self,
        folder: Path,
        command: Sequence[str],
        *,
        stop_signal: signal.Signals,
        user: struct_passwd | None = None,
        env: Mapping[str, str] | None = None,
        fds: Sequence[int] = (),
    ) -> None:
        self.folder = folder
        self.exit_code: int | None = None
        uid, gid = (user.pw_uid, user.pw_gid) if user else (-1, -1)
        self._supervisor = subprocess.Popen(
            [sys.executable, "-I", str(_SUPERVISOR), str(folder), str(int(stop_signal)), str(uid), str(gid), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            pass_fds=fds,
            # Ctrl-C reaches every process of a terminal's session; this one is stopped in its turn instead.
            start_new_session=True,
        )
        self.pid = int(self._line() or 0)
        if not self.pid:
            raise ServerFailed(f"{command[0]} could not be started.")

    def _line(self) -> bytes:
        assert self._supervisor.stdout is not None
        return self._supervisor.stdout.readline()

    def running(self) -> bool:
        """Whether the process still runs; sets `exit_code` when it has ended by itself."""
        assert self._supervisor.stdout is not None
        if self.exit_code is None and select.select([self._supervisor.stdout], [], [], 0)[0]:
            self.exit_code = int(self._line() or -1)
        return self.exit_code is None

    def log_tail(self, lines_max: int = LOG_TAIL_LINES) -> str:
        """The last lines the process wrote."""
        try:
            text = (self.folder / "log").read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines_max:])

    def stop(self) -> None:
        """Ends the process and removes its folder; a second call does nothing."""
        assert self._supervisor.stdin is not None
        assert self._supervisor.stdout is not None
        self._supervisor.stdin.close()
        # A second Ctrl-C must not leave half of a server behind: the supervisor finishes in any case.
        self._supervisor.wait(STOP_TIMEOUT_S)
        self._supervisor.stdout.close()


def temporary_folder(name: str, parent: Path | None = None) -> Path:
    """A new folder of this program's own user, in the folder for temporary files unless another is named."""
    return Path(tempfile.mkdtemp(prefix=f"onelot-{name}-", dir=parent))


def free_port() -> int:
    """A loopback TCP port that is free now; whoever binds it must expect to be too late."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment_without(prefix: str) -> dict[str, str]:
    """This program's environment without the variables of this prefix."""
    return {name: value for name, value in os.environ.items() if not name.startswith(prefix)}
