"""`make vendor`: fetches the files of others that vendored.toml lists, and puts them where they belong if they are
those whose hashes stand there.
"""

import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import msgspec
from msgspec import Struct

ROOT = Path(__file__).parent.parent
LIST = ROOT / "vendored.toml"


class Package(Struct, frozen=True, forbid_unknown_fields=True):
    """A package of npm. `sha256`: of each file that is taken, by its path in the package."""

    name: str
    version: str
    licence: str
    folder: str
    sha256: Mapping[str, str]

    def place(self, path: str) -> Path:
        """Where one of its files lies here."""
        return ROOT / self.folder / PurePosixPath(path).name


def packages() -> Sequence[Package]:
    """What is listed."""
    return msgspec.convert(tomllib.loads(LIST.read_text("utf-8"))["package"], list[Package])


def differences(package: Package, files: Mapping[str, Path]) -> list[str]:
    """A sentence for each file of a package that is missing or is another one."""
    wrong = []
    for path, wanted in package.sha256.items():
        found = sha256(files[path].read_bytes()).hexdigest() if files[path].is_file() else "missing"
        if found != wanted:
            wrong.append(f"{package.name} {package.version}: {path} is {found}")
    return wrong


def fetch(package: Package) -> list[str]:
    """Takes a package's files; what differs is said, and then nothing is put anywhere."""
    npm = shutil.which("npm")
    if npm is None:
        return ["npm is needed to fetch packages, and is not here."]
    with TemporaryDirectory() as name:
        folder = Path(name)
        subprocess.run([npm, "pack", "--silent", f"{package.name}@{package.version}"], cwd=folder, check=True)
        (packed,) = folder.glob("*.tgz")
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        files = {path: folder / "package" / path for path in package.sha256}
        if wrong := differences(package, files):
            return wrong
        for path, file in files.items():
            package.place(path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, package.place(path))
    return []


if __name__ == "__main__":
    said = [sentence for package in packages() for sentence in fetch(package)]
    sys.stdout.writelines(f"{sentence}\n" for sentence in said)
    sys.exit(bool(said))
