"""The demonstration from its first line to its last, as a person runs it; but in a folder of the test's own."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from seeds.demo.terminal import Figures, Terminal
from seeds.servers.process import free_port
from tests import blocks
from tests.seeds.leftovers import left_in

ROOT = Path(__file__).parents[3]
# A part of the city begins sooner, and leaves a processor to what is done beside it.
PART = "--lots=6"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Where the demonstration is run: a demonstration that somebody runs in this checkout keeps its .onelot."""
    made = tmp_path / "checkout"
    made.mkdir()
    return made


def files_of(folder: Path) -> dict[str, int]:
    """When each file of a folder was last written, in nanoseconds."""
    return {file.name: file.stat().st_mtime_ns for file in folder.glob("*")}


def demo(folder: Path, checkout: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "parking", "demo", *options],
        cwd=checkout,
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_day_ends_with_its_books_closed(folder: Path, checkout: Path) -> None:
    with demo(folder, checkout, f"--port={free_port()}", "--minutes=0.2", PART) as running:
        assert running.stdout is not None
        printed = running.stdout.read()
    assert running.returncode == 0, printed
    for part in ("First stay paid: ", "Settled ", "in balance", "count_differs_from_stays"):
        assert part in printed
    assert left_in(folder) == []


def test_blocks_of_all_documents_run_beside_it_until_it_is_told_to_stop(
    folder: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The addresses of this process's sockets may not be as long as the names of the demonstration's folder.
    monkeypatch.setattr(tempfile, "tempdir", None)
    others = files_of(ROOT / ".onelot")
    with stopped_once_it_runs(folder, checkout, signal.SIGINT, f"--port={free_port()}", PART):
        wrong = asyncio.run(blocks.try_all(checkout))
    assert not wrong, "\n\n".join(wrong)
    assert files_of(ROOT / ".onelot") == others
    assert files_of(checkout / ".onelot") == {}
    assert left_in(folder) == []


@contextmanager
def stopped_once_it_runs(folder: Path, checkout: Path, number: signal.Signals, *options: str) -> Iterator[None]:
    """A demonstration that plays its day, and afterwards is told to stop."""
    with demo(folder, checkout, *options) as running:
        assert running.stdout is not None
        try:
            printed = "".join(lines_until(running.stdout, "Live lots"))
            assert "Live lots" in printed, printed
            yield
        finally:
            running.send_signal(number)
            printed = running.stdout.read()
    assert running.returncode == 0, printed
    assert "Nothing is left running" in printed


def lines_until(lines: Iterable[str], begins: str) -> Iterator[str]:
    """Lines up to the one that begins so."""
    for line in lines:
        yield line
        if line.startswith(begins):
            return


def test_a_port_that_is_taken_is_told_at_once(folder: Path, checkout: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with demo(folder, checkout, f"--port={port}") as running:
            printed, _ = running.communicate(timeout=30)
    assert running.returncode == 2
    assert printed.startswith(f"Port {port} cannot be served on (Address already in use)"), printed
    assert len(printed.splitlines()) <= 2
    assert left_in(folder) == []


def test_what_is_not_known_yet_shows_as_dots() -> None:
    console = Console(width=200)
    figures = Figures(datetime(2026, 11, 16, tzinfo=UTC), 60, "http://127.0.0.1:8000")
    with console.capture() as captured, Terminal(console, figures, lambda: None) as terminal:
        terminal.show()
    assert "… cars inside  … free  0 fees paid" in captured.get()
    figures.capacity, figures.free = 1500, 1400
    with console.capture() as captured, Terminal(console, figures, lambda: None) as terminal:
        terminal.show()
    assert "100 cars inside  1,400 free" in captured.get()
