"""Makes .venv out of requirements.lock: all that `make demo` and `make test` need besides Python and make.

Run by whatever `python3` the machine has, before anything is installed: the standard library only, and readable by a
Python too old to run OneLot, so that it can say so. Does nothing when .venv is already as the lock wants it.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
OLDEST = (3, 11)
LINE_CHARACTERS, TAIL_LINES = 79, 25


def main() -> int:
    """Installs what is missing and returns the exit code."""
    if sys.version_info < OLDEST:
        for newer in filter(None, map(shutil.which, ("python3.13", "python3.12", "python3.11"))):
            # A name alone promises nothing.
            if subprocess.call([newer, "-c", ""], stderr=subprocess.DEVNULL) == 0:
                return subprocess.call([newer, __file__])
        sys.stderr.write("OneLot needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info[:2]))
        return 1
    try:
        if not STAMP.is_file() or STAMP.read_text("utf-8") != state():
            install()
    except subprocess.CalledProcessError:
        sys.stderr.write("\nNot installed; the lines above say why.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted; the next run begins anew.\n")
        return 130
    return 0


def install() -> None:
    """Makes .venv anew. Its stamp is written last, so that what was left half done is never taken for whole."""
    sys.stderr.write("Setting up OneLot in .venv (once) …\n")
    shutil.rmtree(str(VENV), ignore_errors=True)
    # Where Python comes without ensurepip, its own message names the package to install.
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    # Everything is in the lock with its hash, so nothing is looked up, chosen or built with unknown tools.
    pip("--require-hashes", "--requirement", str(LOCK))
    pip("--no-index", "--no-build-isolation", "--editable", str(ROOT))
    STAMP.write_text(state(), "utf-8")


def pip(*what: str) -> None:
    """Runs `pip install`; what it says shows in one line that changes, and its end if it fails."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    lines = []
    with subprocess.Popen([*command, "--no-deps", *what], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.decode(errors="replace").strip())
            if sys.stderr.isatty():
                sys.stderr.write("\r{:{}.{}}".format(lines[-1].split(" (from")[0], LINE_CHARACTERS, LINE_CHARACTERS))
    sys.stderr.write("\r" + " " * LINE_CHARACTERS + "\r" if sys.stderr.isatty() else "")
    if process.returncode:
        sys.stderr.write("\n".join(lines[-TAIL_LINES:]))
        raise subprocess.CalledProcessError(process.returncode, command)


def state() -> str:
    """What .venv is made from. A venv cannot be moved, so its place belongs to it."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(ROOT).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
