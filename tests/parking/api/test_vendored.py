"""Files of others are what their list says: the version that was reviewed, with its licence."""

import tomllib
from hashlib import sha256
from pathlib import Path

LIST = Path(__file__).parents[3] / "parking" / "api" / "vendored.toml"


def test_files_are_those_of_the_list() -> None:
    for package in tomllib.loads(LIST.read_text("utf-8"))["package"]:
        folder = LIST.parent / package["folder"]
        found = {name: sha256((folder / name).read_bytes()).hexdigest() for name in package["sha256"]}
        assert found == package["sha256"], f"{package['name']} {package['version']}"
        assert "LICENSE" in found
        assert package["licence"]
