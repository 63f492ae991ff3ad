"""Makes .venv out of requirements.lock: all that `make demo` and `make test` need besides Python and make.

Run by whatever `python3` the machine has, before anything is installed: the standard library only, and readable by a
Python too old to run OneLot, so that it can say so. Does nothing when .venv is already as the lock wants it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
OLDEST = (3, 11)
# 3.12 and 3.11 first: for them every package comes as a wheel.
NAMES = ("python3.12", "python3.11", "python3.13", "python3", "python")
BAR_CHARACTERS = 28
PIP_TAIL_LINES = 25


class NotPossible(Exception):
    """Something is missing that only the person at the machine can bring; the sentence says what."""


def main() -> int:
    """Installs what is missing and returns the exit code."""
    if sys.version_info < OLDEST:
        newer = newer_python()
        if newer is None:
            sys.stderr.write(
                "OneLot needs Python 3.11 or newer; this is {}.{}, and no newer one is on the PATH.\n".format(
                    *sys.version_info
                )
            )
            return 1
        return subprocess.call([newer, __file__, *sys.argv[1:]])
    try:
        if STAMP.is_file() and STAMP.read_text("utf-8") == state():
            return 0
        install()
    except NotPossible as problem:
        sys.stderr.write(f"\n{problem}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Run the same command again to go on.\n")
        return 130
    return 0


def newer_python() -> str | None:
    """A Python on the PATH that is new enough, by asking it: a name alone promises nothing."""
    for name in NAMES:
        path = shutil.which(name)
        if path is not None and subprocess.call([path, "-c", check_version()], stderr=subprocess.DEVNULL) == 0:
            return path
    return None


def check_version() -> str:
    """A program that fails on a Python older than OLDEST."""
    return f"import sys; sys.exit(sys.version_info < {OLDEST})"


def state() -> str:
    """What .venv was made from. A venv cannot be moved, so its place belongs to it."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest() + "\n"


def install() -> None:
    """Makes .venv anew and fills it.

    Raises:
        NotPossible: the machine's Python lacks ensurepip, or pip failed.
    """
    wanted = wanted_packages()
    say(f"Setting up OneLot with Python {sys.version.split()[0]}: {wanted} packages into .venv (once).")
    make_venv()
    python = str(VENV / "bin" / "python")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar=off"]
    bar = Bar(wanted)
    # Everything is in the lock with its hash, so nothing is looked up, chosen or built with unknown tools.
    run_pip([*pip, "--require-hashes", "--no-deps", "--requirement", str(LOCK)], bar)
    run_pip([*pip, "--no-index", "--no-build-isolation", "--no-deps", "--editable", str(ROOT)], bar)
    bar.text = "ready"
    bar.done()
    STAMP.write_text(state(), "utf-8")


def wanted_packages() -> int:
    """How many packages of the lock this machine will get, about: markers for other systems are few."""
    lines = re.findall(r"^[a-z0-9][\w.\[\]-]*==[^\\\n]*", LOCK.read_text("utf-8"), re.MULTILINE)
    return sum("win32" not in line or "!=" in line for line in lines)


def make_venv() -> None:
    """A new .venv with pip in it.

    Raises:
        NotPossible: this Python cannot make one.
    """
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        major, minor = sys.version_info[:2]
        raise NotPossible(
            f"{sys.executable} cannot make a virtual environment:\n{made.stdout.decode(errors='replace').strip()}\n\n"
            f"On Debian and Ubuntu: sudo apt-get install python{major}.{minor}-venv (or python3-venv).\n"
            "Elsewhere: install a Python 3.11 or newer that comes with ensurepip. Then run the same command again."
        )


def run_pip(command: list[str], bar: Bar) -> None:
    """Runs pip and moves the bar with what it says.

    Raises:
        NotPossible: pip failed; with the end of what it said.
    """
    said: list[str] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as pip:
        reader = threading.Thread(target=_read, args=(pip, said, bar), daemon=True)
        reader.start()
        while reader.is_alive():
            reader.join(0.2)
            bar.installed(sum(1 for _ in VENV.glob("lib/python*/site-packages/*.dist-info")))
    if pip.returncode != 0:
        bar.done()
        tail = "\n".join(said[-PIP_TAIL_LINES:])
        raise NotPossible(f"pip could not install what requirements.lock names:\n{tail}")


def _read(pip: subprocess.Popen[bytes], said: list[str], bar: Bar) -> None:
    assert pip.stdout is not None
    for raw in pip.stdout:
        line = raw.decode(errors="replace").rstrip()
        said.append(line)
        words = line.split()
        if words[:1] == ["Collecting"]:
            bar.collected(words[1])
        elif words[:1] == ["Installing"]:
            bar.text = "installing"


class Bar:
    """How far it is: half the way is downloading, half unpacking. A line now and then where there is no terminal."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.text = "starting"
        self._collected = 0
        self._installed = 0
        self._shown = -1
        self._terminal = sys.stderr.isatty()

    def collected(self, name: str) -> None:
        """One more package is being fetched."""
        self._collected += 1
        self.text = "fetching " + re.split(r"[=<>\[;]", name)[0]
        self._show()

    def installed(self, packages: int) -> None:
        """So many packages are in place."""
        self._installed = packages
        self._show()

    def done(self) -> None:
        """Ends the line of the bar."""
        self._show()
        if self._terminal:
            sys.stderr.write("\n")

    def _show(self) -> None:
        share = min(1.0, (min(self._collected, self.wanted) + min(self._installed, self.wanted)) / (2 * self.wanted))
        percent = int(share * 100)
        if self._terminal:
            full = int(share * BAR_CHARACTERS)
            bar = "█" * full + "░" * (BAR_CHARACTERS - full)
            sys.stderr.write(f"\r{bar} {percent:3}%  {self.text:<32.32}")
            sys.stderr.flush()
        elif percent // 20 > self._shown:
            self._shown = percent // 20
            say(f"  {percent:3}%  {self.text}")


def say(line: str) -> None:
    """A line for the person who waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
