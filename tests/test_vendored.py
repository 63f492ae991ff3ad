"""Files of others are what their list says: the version that was reviewed, with its licence."""

import pytest
from msgspec.structs import replace

from tests.vendored import ROOT, Package, differences, packages


@pytest.mark.parametrize("package", packages(), ids=lambda package: package.name)
def test_files_are_those_of_the_list(package: Package) -> None:
    assert not differences(package, {path: package.place(path) for path in package.sha256})
    assert {"LICENSE", "LICENSE.txt"} & package.sha256.keys()
    assert package.licence


def test_another_file_is_noticed() -> None:
    package = replace(packages()[0], sha256={"LICENSE": "0" * 64, "nothing": "0" * 64})
    said = differences(package, {path: package.place(path) for path in package.sha256})
    assert [sentence.rpartition(" is ")[2] == "missing" for sentence in said] == [False, True]


def test_no_file_of_others_is_here_unlisted() -> None:
    listed = {package.place(path) for package in packages() for path in package.sha256}
    folders = {ROOT / package.folder for package in packages()} | {*(ROOT / "parking/web/vendored").iterdir()}
    ours = {"page.html", "page.js", "__init__.py"}
    assert (
        not {file for folder in folders for file in folder.iterdir() if file.is_file()}
        - listed
        - {folder / name for folder in folders for name in ours}
    )
