"""Runs one process for as long as its own standard input stays open, then stops it and removes its folder.

Started by `seeds/servers/process.py` as `python supervisor.py FOLDER SIGNAL UID GID COMMAND…`, never imported. The
other end of the pipe closes when the program that asked for the process closes it, and also when that program dies of
anything at all, SIGKILL included. So there is one ending: the process gets SIGNAL, what is left of its group SIGKILL,
and FOLDER is removed.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys

STOP_TIMEOUT_S = 20
POLL_S = 0.25


def main() -> None:
    """Starts the command in FOLDER, its output in FOLDER/log; writes its process id, and its exit code if it ends."""
    folder, stop_signal, uid, gid, *command = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    as_user = {"user": int(uid), "group": int(gid), "extra_groups": []} if int(uid) >= 0 else {}
    try:
        with open(os.path.join(folder, "log"), "ab") as log:
            # What was handed over to this program is handed on; nothing else that is open here can be inherited.
            process = subprocess.Popen(  # type: ignore[call-overload]
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                close_fds=False,
                process_group=0,
                **as_user,
            )
        try:
            os.write(1, b"%d\n" % process.pid)
            while process.poll() is None and not _input_closed():
                pass
            if process.returncode is not None:
                os.write(1, b"%d\n" % process.returncode)
                # Its log stays to be read until the pipe closes.
                while not _input_closed():
                    pass
        finally:
            _stop(process, int(stop_signal))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _input_closed() -> bool:
    readable, _, _ = select.select([0], [], [], POLL_S)
    return bool(readable) and not os.read(0, 1024)


def _stop(process: "subprocess.Popen[bytes]", stop_signal: int) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.send_signal(stop_signal)
        process.wait(STOP_TIMEOUT_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == "__main__":
    main()
