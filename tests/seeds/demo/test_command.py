"""The demonstration from its first line to its last, as a person runs it; but in a folder of the test's own."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from seeds.demo.env_file import env_file
from seeds.demo.terminal import Figures, Terminal
from seeds.servers.process import free_port
from tests.seeds.leftovers import left_in

ROOT = Path(__file__).parents[3]


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


@pytest.mark.timeout(180)
def test_a_day_ends_with_its_books_closed(folder: Path, checkout: Path) -> None:
    with demo(folder, checkout, f"--port={free_port()}", "--minutes=0.2") as running:
        assert running.stdout is not None
        printed = running.stdout.read()
    assert running.returncode == 0, printed
    for part in ("First stay paid: ", "Settled ", "in balance", "count_differs_from_stays"):
        assert part in printed
    assert left_in(folder) == []


# Once with the whole city and no end, once with a part of it.
@pytest.mark.parametrize(("number", "options"), [(signal.SIGINT, ()), (signal.SIGTERM, ("--minutes=0.2",))])
def test_it_stops_when_told_and_leaves_the_files_of_others_alone(
    folder: Path, checkout: Path, number: signal.Signals, options: tuple[str, ...]
) -> None:
    port, others = free_port(), files_of(ROOT / ".onelot")
    with env_file({"ONELOT": "another demonstration"}, 8000, checkout / ".onelot") as anothers:
        before = (anothers.read_text("utf-8"), anothers.stat().st_mtime_ns)
        with demo(folder, checkout, f"--port={port}", *options) as running:
            assert running.stdout is not None
            for line in running.stdout:
                if line.startswith("Live lots"):
                    assert "GATEWAY_KEY" in (checkout / ".onelot" / f"demo-{port}.env").read_text("utf-8")
                    running.send_signal(number)
                    break
            printed = running.stdout.read()
        assert running.returncode == 0, printed
        assert "Nothing is left running" in printed
        assert list(files_of(checkout / ".onelot")) == ["demo.env"]
        assert (anothers.read_text("utf-8"), anothers.stat().st_mtime_ns) == before
    assert files_of(ROOT / ".onelot") == others
    assert left_in(folder) == []


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
