"""`onelot <words>` in a process of its own that has imported what it needs before it began.

Starting Python and importing the service takes half a second, most of what a command takes. A process that did nothing
but that is forked for each command.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from parking.cli import main
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.imported", "tests.forked"])


async def command(env: Mapping[str, str], *words: str, folder: Path = ROOT) -> tuple[int, str]:
    """Runs `onelot <words>` in a folder to its end: exit code, and what it printed."""
    with TemporaryDirectory() as outside:
        printed = Path(outside) / "printed"
        process = _FORKS.Process(target=_command, args=(dict(env), words, folder, printed))
        process.start()
        try:
            await asyncio.to_thread(process.join, PATIENCE_S)
            if process.exitcode is None:
                process.kill()
                process.join()
                raise TimeoutError(printed.read_text("utf-8"))
            return process.exitcode, printed.read_text("utf-8")
        finally:
            process.close()


def _command(env: dict[str, str], words: tuple[str, ...], folder: Path, printed: Path) -> None:
    """The command as it is from here on: its environment, folder, arguments and outputs are those of a new process."""
    with printed.open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    sys.argv = ["onelot", *words]
    main()
