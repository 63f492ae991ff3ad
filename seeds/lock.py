"""Writes requirements.lock: every package of the service, the demo and the tests, by version and hash, for all Pythons.

The lock names no index, so that it installs from whichever one the machine is set up with.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from seeds.install import LOCK, OLDEST, ROOT

HEADER = """\
# Every package of the service, the demo and the tests, pinned by hash. Written by `make lock`; do not edit.
"""


def main() -> int:
    """Resolves pyproject.toml anew and returns the exit code."""
    with tempfile.TemporaryDirectory(prefix="onelot-lock-") as folder:
        # uv resolves for all platforms at once, which pip cannot; it is not needed for anything else.
        tool = Path(folder) / "tool"
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", tool, "uv"], check=True)
        resolved = Path(folder) / "lock"
        subprocess.run(
            [
                tool / "bin" / "uv", "pip", "compile", "pyproject.toml", "--extra=demo", "--extra=dev", "--universal",
                f"--python-version={OLDEST[0]}.{OLDEST[1]}", "--generate-hashes", "--no-emit-index-url", "--no-header",
                "--no-annotate", "--no-config", "--quiet", "--output-file", resolved,
            ],
            cwd=ROOT,
            check=True,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        LOCK.write_text(HEADER + resolved.read_text("utf-8"), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
