"""A folder for temporary files, as hard to quote as any."""

import tempfile
from itertools import takewhile
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files with a name that breaks careless quoting."""
    made = tmp_path / "停车 场 'a'"
    made.mkdir()
    for parent in takewhile(lambda parent: parent != Path(tempfile.gettempdir()), (made, *made.parents)):
        parent.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made
