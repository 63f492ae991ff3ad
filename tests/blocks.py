"""The blocks of documents, run as a reader runs them beside a demonstration: those for a shell, and bodies of calls.

A block for a shell is read by its commands. Each is run, but for those that begin as a line of `NOT_RUN` says. All of
a document are run by one shell, as its reader types them into one terminal. A block of JSON is the body of the call
that was named last before it, or its answer where that is a GET, and is written to the file that this sentence names.
"""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from tests import forked

ROOT = Path(__file__).parent.parent
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
# Commands that are not run here, by how they begin, and why. A line that fits no command of any document is taken out.
NOT_RUN = {
    r"make demo": "is what all others are run beside",
    r"make (test|install)": "would install and test what runs this",
    r"pip install|/opt/onelot/a/bin/pip": "installs from an index",
    r"psql|ONELOT_DATABASE_URL=\S+ onelot migrate|export ONELOT_": "is for a server of the reader's own",
    r"onelot (serve|work)": "serves for ever",
    r"docker": "needs an engine for containers",
    r"useradd|install -|python3 -m venv /opt|systemctl|ONELOT_DATABASE_URL_FILE=": "needs root",
    r"pg_basebackup|cp -a /backups|cat >> /var": "is rehearsed by `python -m loadtests restore`",
    r"openapi-python-client": "is run by tests/parking/api/test_client.py",
    r"onelot import lots TCMSV": "needs the file that Taipei publishes",
}
# What documents write for what a reader has.
FILES = {"tariff.toml": "seeds/tariffs/jinan_road.toml"}
PLACES = {"JN-LX-001-X1": "LANE_OUT"}
GATEWAYS = "/v1/gateway/"
SECONDS_MAX = 120
# The lot that documents register.
CODE = "jn-lx-001"
# As curl, but it fails where it is refused; and a stream that is listened to for a time ends well if it said anything.
CURL = """#!/bin/sh
PATH="${PATH#*:}"
case " $* " in
*" --max-time "*) curl --fail "$@" --max-time 2 > heard.txt || [ $? = 28 ]; cat heard.txt; test -s heard.txt ;;
*) exec curl --fail-with-body "$@" ;;
esac
"""
# Python has to import the service for each command; a process that has done so is asked instead.
ONELOT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asked:
    asked.connect({address!r})
    asked.sendall(json.dumps([sys.argv[1:], dict(os.environ)]).encode())
    asked.shutdown(socket.SHUT_WR)
    code, printed = json.load(asked.makefile())
sys.stdout.write(printed)
sys.exit(code)
"""
HEAD = """set -eE -o pipefail
trap 'echo "$AT: exit code $? of: $BASH_COMMAND" >&2' ERR
. .onelot/demo.env
PATH="$PWD/.venv/bin:$PATH"
"""
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"`(GET|POST|PUT|PATCH) (/[\w/{}$.-]*)`")
_FILE = re.compile(r"`(?:onelot [^`]* )?(\w+\.json)`")


class Block(Struct, frozen=True):
    """A block of a document: where it stands, what is between its fences, and what was said just before it."""

    document: str
    line: int
    language: str
    text: str
    before: str


class Json(Struct, frozen=True):
    """A block of JSON: the call that it belongs to, and the file that a reader keeps it in, if any."""

    block: Block
    method: str
    path: str
    file: str | None


def documents() -> list[Path]:
    """All whose blocks are run, in this order: what is registered by one is there for the next.

    Translations of pages have the same blocks as these.
    """
    named = re.findall(r'= "([\w.-]+\.md)" \}', (ROOT / "zensical.toml").read_text("utf-8"))
    return [*READMES, *(ROOT / "docs" / name for name in named)]


def blocks(document: Path) -> Iterator[Block]:
    """The blocks of a document."""
    text = document.read_text("utf-8")
    for found in _FENCE.finditer(text):
        indent = found[1]
        inside = re.sub(rf"^{indent}", "", found[3], flags=re.MULTILINE)
        before = re.sub(r"^( *)```.*?^\1```$", "", text[: found.start()], flags=re.DOTALL | re.MULTILINE)
        yield Block(document.name, text.count("\n", 0, found.start()) + 1, found[2], inside, before)


def commands(block: Block) -> list[str]:
    """The commands of a block for a shell, without lines that are empty or say something.

    Raises:
        ValueError: the last one does not end.
    """
    found, begun = [], ""
    for line in block.text.splitlines(keepends=True):
        begun += line
        if not begun.strip() or begun.lstrip().startswith("#"):
            begun = ""
            continue
        read = subprocess.run(["bash", "-n"], input=begun, capture_output=True, text=True, check=False)
        if read.returncode == 0 and not read.stderr and not begun.endswith("\\\n"):
            found.append(begun.rstrip("\n"))
            begun = ""
    if begun:
        raise ValueError(f"{block.document}:{block.line}: {begun!r} does not end")
    return found


def why_not(command: str) -> str | None:
    """The line of `NOT_RUN` by which a command is not run."""
    return next((begins for begins in NOT_RUN if re.match(begins, command)), None)


def json_of(block: Block) -> Json:
    """What a block of JSON is.

    Raises:
        ValueError: no call is named before it.
    """
    calls = _CALL.findall(block.before)
    if not calls:
        raise ValueError(f"{block.document}:{block.line}: name the call that this is for before it")
    sentence = block.before.rstrip().rpartition("\n\n")[2]
    files = _FILE.findall(sentence)
    method, path = calls[-1]
    return Json(block, method, path, files[-1] if files else None)


class Reader(Struct, frozen=True):
    """Who tries what documents show: in a folder like a checkout, where a demonstration wrote down what it needs."""

    folder: Path

    @classmethod
    @asynccontextmanager
    async def beside(cls, folder: Path) -> AsyncIterator["Reader"]:
        """Makes of the folder in which a demonstration runs one like a checkout."""
        for path in ROOT.iterdir():
            if path.name not in (".onelot", ".venv", ".git"):
                (folder / path.name).symlink_to(path)
        for name, known in FILES.items():
            shutil.copy(ROOT / known, folder / name)
        reader, programs = cls(folder), folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        # The address of a socket may not be longer than a hundred bytes.
        with TemporaryDirectory() as short:
            address = f"{short}/onelot"
            for name, script in (("curl", CURL), ("onelot", ONELOT.format(python=sys.executable, address=address))):
                (programs / name).write_text(script, "utf-8")
                (programs / name).chmod(0o755)
            async with await asyncio.start_unix_server(reader.asked, address):
                yield reader

    async def asked(self, said: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        """Runs a command of OneLot for a shell."""
        words, env = msgspec.json.decode(await said.read())
        ended = await forked.command(env, *words, folder=self.folder)
        answer.write(msgspec.json.encode(ended))
        answer.close()
        await answer.wait_closed()

    async def run(self, found: Sequence[Block]) -> str | None:
        """Runs the commands of a document until one of them fails: what went wrong, if anything."""
        script = "".join(
            f"AT={quote(f'{block.document}:{block.line}')}\n{command}\n"
            for block in found
            if block.language == "sh"
            for command in commands(block)
            if why_not(command) is None
        )
        shell = await asyncio.create_subprocess_exec(
            *("bash", "-c", HEAD + script),
            cwd=self.folder,
            env={**os.environ, "PYTHONUTF8": "1", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        printed, complained = await asyncio.wait_for(shell.communicate(), SECONDS_MAX)
        return None if shell.returncode == 0 else f"{printed.decode()[-2000:]}{complained.decode()[-2000:]}"

    def keep(self, bodies: Sequence[Json]) -> None:
        """Writes bodies to the files that documents name."""
        for body in bodies:
            if body.file is not None:
                (self.folder / body.file).write_text(body.block.text, "utf-8")

    async def call(self, body: Json) -> str | None:
        """Makes the call that a block of JSON belongs to: what went wrong, if anything."""
        at, said = f"{body.block.document}:{body.block.line}", body.block.text
        variables = self.variables()
        for name, variable in PLACES.items():
            said = said.replace(name, variables[variable])
        path = body.path.replace("{code}", CODE)
        credentials = variables["GATEWAY_KEY" if path.startswith(GATEWAYS) else "ADMIN_TOKEN"]
        async with httpx.AsyncClient(base_url=variables["ONELOT"], timeout=SECONDS_MAX, trust_env=False) as client:
            response = await client.request(
                body.method,
                path,
                content=None if body.method == "GET" else said.encode(),
                headers={"Authorization": f"Bearer {credentials}", "Content-Type": "application/json"},
            )
        if response.is_error:
            return f"{at}: {body.method} {path}: {response.status_code} {response.text}"
        if body.method == "GET" and (missing := shape(msgspec.json.decode(said)) - shape(response.json())):
            return f"{at}: {body.method} {path} does not answer {sorted(missing)}: {response.text}"
        return None

    def variables(self) -> dict[str, str]:
        """What the demonstration wrote down."""
        lines = (self.folder / ".onelot" / "demo.env").read_text("utf-8").splitlines()
        return {name: value for _, said in map(shlex.split, lines) for name, _, value in [said.partition("=")]}


def shape(answer: Any, depth: int = 0) -> set[tuple[int, str, str]]:
    """The names in an answer: how deep each stands, and what is there."""
    if isinstance(answer, list):
        return set().union(*(shape(each, depth) for each in answer))
    if not isinstance(answer, dict):
        return set()
    named = {(depth, name, type(value).__name__) for name, value in answer.items()}
    return named.union(*(shape(value, depth + 1) for value in answer.values()))


async def try_all(folder: Path) -> list[str]:
    """Runs the blocks of all documents beside the demonstration of a folder: what went wrong."""
    read = [list(blocks(path)) for path in documents()]
    bodies = [[json_of(block) for block in found if block.language == "json"] for found in read]
    wrong = []
    async with Reader.beside(folder) as reader:
        for each in bodies:
            reader.keep(each)
        for found, of_calls in zip(read, bodies, strict=True):
            wrong += [await reader.run(found), *[await reader.call(body) for body in of_calls]]
    return [each for each in wrong if each is not None]
