"""Keeps one process for as long as somebody holds the other end of its standard input, then stops it.

Run by `seeds.embedded`, never imported: `python keeper.py FOLDER SIGNAL UID GID COMMAND…`. The pipe closes when the one
who asked for the process is done, and also when that one dies of anything at all, SIGKILL included. So there is one
ending and it is always the same: the process gets SIGNAL, what is left of its group SIGKILL, and FOLDER is removed.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys

STOP_TIMEOUT_S = 20
LOOK_EACH_S = 0.25


def main() -> None:
    """Starts the command in FOLDER with its output in FOLDER/log, and writes its process id, later its exit code."""
    folder, stop_signal, uid, gid, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    as_user = {"user": int(uid), "group": int(gid), "extra_groups": []} if int(uid) >= 0 else {}
    try:
        with open(os.path.join(folder, "log"), "ab") as log:
            kept = subprocess.Popen(  # type: ignore[call-overload]
                command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, process_group=0, **as_user
            )
        try:
            os.write(1, b"%d\n" % kept.pid)
            while kept.poll() is None and not _let_go():
                pass
            if kept.returncode is not None:
                # It ended by itself. Its log stays to be read until the pipe closes.
                os.write(1, b"%d\n" % kept.returncode)
                while not _let_go():
                    pass
        finally:
            _stop(kept, int(stop_signal))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _let_go() -> bool:
    readable, _, _ = select.select([0], [], [], LOOK_EACH_S)
    return bool(readable) and not os.read(0, 1024)


def _stop(kept: "subprocess.Popen[bytes]", stop_signal: int) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        kept.send_signal(stop_signal)
        kept.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(kept.pid, signal.SIGKILL)
    kept.wait()


if __name__ == "__main__":
    main()
