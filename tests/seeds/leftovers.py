"""What a program leaves on the machine: files in its temporary folder, and processes that name it."""

import contextlib
import os
import time
from pathlib import Path

GONE_TIMEOUT_S = 25


def inside(folder: Path) -> list[str]:
    """The names in a folder."""
    return os.listdir(folder)


def processes_in(folder: Path) -> list[str]:
    """The command lines that name the folder."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if os.fsencode(folder) in (line := file.read_bytes()):
                found.append(line.replace(b"\0", b" ").decode(errors="replace"))
    return found


def left_in(folder: Path) -> list[str]:
    """What is still there after a while in which all of it should go."""
    deadline = time.monotonic() + GONE_TIMEOUT_S
    while (left := [*inside(folder), *processes_in(folder)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
