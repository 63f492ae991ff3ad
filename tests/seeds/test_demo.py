"""The demonstration from its first line to its last, as a person runs it."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from seeds.embedded import free_port
from seeds.screen import Board, Screen
from tests.seeds.leftovers import left_in

ROOT = Path(__file__).parents[2]


def demo(folder: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "parking", "demo", f"--port={free_port()}", *options],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.timeout(180)
def test_a_day_ends_with_its_books_closed(folder: Path) -> None:
    with demo(folder, "--minutes=0.2") as running:
        assert running.stdout is not None
        said = running.stdout.read()
    assert running.returncode == 0, said
    for part in ("First stay paid: ", "Settled ", "in balance", "count_differs_from_stays"):
        assert part in said
    assert left_in(folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_told(folder: Path, number: signal.Signals) -> None:
    with demo(folder) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if line.startswith("Live lots"):
                running.send_signal(number)
                break
        said = running.stdout.read()
    assert running.returncode == 0, said
    assert "Nothing is left running" in said
    assert left_in(folder) == []


def test_a_port_that_is_taken_is_told_at_once(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "parking", "demo", f"--port={port}"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert ended.stdout.startswith(f"Port {port} cannot be served on (Address already in use)"), ended.stdout
    assert len(ended.stdout.splitlines()) <= 2
    assert left_in(folder) == []


def test_the_board_says_what_is_not_known_yet() -> None:
    console = Console(width=200)
    board = Board(datetime(2026, 11, 16, tzinfo=UTC), 60, "http://127.0.0.1:8000")
    with console.capture() as captured, Screen(console, board, lambda: None) as screen:
        screen.show()
    assert "… cars inside  … free  0 fees paid" in captured.get()
    board.capacity, board.free = 1500, 1400
    with console.capture() as captured, Screen(console, board, lambda: None) as screen:
        screen.show()
    assert "100 cars inside  1,400 free" in captured.get()
