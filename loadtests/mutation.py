"""Would the tests notice? The engine with one small mistake at a time, against what holds it: oracle, examples, laws.

`python -m loadtests.mutation` tries every mistake in some minutes, `--sample 200 --seed 1` some of them in one.
"""

import importlib
import inspect
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from random import Random
from types import CodeType, ModuleType
from typing import Any, NoReturn, TypeAlias

import click
import pytest
from hypothesis import Phase, settings
from rich.console import Console
from rich.progress import Progress

from loadtests import differences
from loadtests.differences import Case
from loadtests.equivalent import changes_nothing, unfitting
from loadtests.mistakes import Mistake, made_in, mistakes
from parking import tariffs

FOLDER = Path(tariffs.__file__).parent
MODULES = (
    "caps", "compiled", "covering", "discounts", "hours", "memory", "metering", "pricing", "sums", "versions",
)  # fmt: skip
# Shapes and days are no part of the engine, and the stored cases are made of them.
KEPT = ("document", "visits", "days", "holidays", "refusals", "words")
TESTS = "tests.parking.tariffs.test_"
EXAMPLES = tuple(f"{TESTS}{of}" for of in ("vectors", "edges", "corners", "explained", "caps_of_visits"))
NIGHTS = f"{TESTS}edges"
LAWS = tuple(f"{TESTS}{of}" for of in ("grants", "laws", "laws_of_money", "laws_of_memory"))
WORKERS = 2
CASES_S, LAWS_S = 20, 90
LAW_EXAMPLES = 15
MEMORY_BYTES = 4 << 30
SURVIVED, BY_ORACLE, BY_EXAMPLE, BY_LAW = range(10, 14)
HOW = {SURVIVED: "survived", BY_ORACLE: "oracle", BY_EXAMPLE: "example", BY_LAW: "law"}
Expected: TypeAlias = tuple[Case, str]


class _Mutated(MetaPathFinder, Loader):
    """Imports one module with the mistake in it."""

    def __init__(self, name: str, code: CodeType) -> None:
        self.name, self.code = name, code

    def find_spec(self, fullname: str, _path: object, _target: ModuleType | None = None) -> ModuleSpec | None:
        """Only the one module is ours."""
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Let Python make it."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill it."""
        exec(self.code, module.__dict__)


def expected_of(count: int, seed: int) -> list[Expected]:
    """Cases with what the oracle says of them, from several processes."""
    share = -(-count // WORKERS)
    with ProcessPoolExecutor(WORKERS) as pool:
        found = list(pool.map(_expected, [share] * WORKERS, range(seed, seed + WORKERS)))
    nights = [(case, differences.by_oracle(case)) for case in importlib.import_module(NIGHTS).where_clocks_change()]
    # What costs nothing tells least.
    return sorted((each for some in (*found, nights) for each in some), key=lambda each: each[1].startswith("0 fen"))


def _expected(count: int, seed: int) -> list[Expected]:
    cases = [(case, differences.by_oracle(case)) for case in differences.cases(count, seed)]
    return [(case, said) for case, said in cases if differences.by_engine(case) == said]


def forget() -> None:
    """Take the engine and all that holds a part of it out of what is imported."""
    kept = {f"parking.tariffs.{name}" for name in KEPT}
    for name in list(sys.modules):
        engine = name.startswith("parking.tariffs") and name not in kept
        if engine or name.startswith("tests.parking.tariffs.") or name == "loadtests.differences":
            del sys.modules[name]
    # What was imported from a package stays its attribute, and would be found there first.
    for package, name in ((sys.modules["parking"], "tariffs"), (sys.modules["loadtests"], "differences")):
        package.__dict__.pop(name, None)
    vars(sys.modules["tests.parking"]).pop("tariffs", None)


def examples(module: ModuleType) -> Iterator[Callable[[], object]]:
    """The tests of a module as calls, for every row of their parameters."""
    for name, test in inspect.getmembers(module, inspect.isfunction):
        rows: list[dict[str, Any]] = [{}]
        for mark in getattr(test, "pytestmark", ()):
            given = mark.args[0]
            names = [each.strip() for each in given.split(",")] if isinstance(given, str) else list(given)
            more = [dict(zip(names, _row(values, len(names)), strict=True)) for values in mark.args[1]]
            rows = [row | each for row in rows for each in more]
        # What asks the oracle is asked once, before any mistake is made.
        if name.startswith("test_") and "oracle" not in name:
            yield from (partial(test, **row) for row in rows)


def _row(values: object, width: int) -> Sequence[object]:
    if isinstance(values, type(pytest.param())):
        return values.values
    return values if width > 1 and isinstance(values, tuple | list) else (values,)


def holds(calls: Iterator[Callable[[], object]]) -> bool:
    """Whether everything passes."""
    try:
        for call in calls:
            call()
    except Exception:  # noqa: BLE001
        return False
    return True


def judge(mistake: Mistake | None, source: str, expected: Sequence[Expected]) -> int:
    """How a mistake is noticed: the quick ways first."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    signal.alarm(CASES_S)
    forget()
    if mistake:
        sys.meta_path.insert(0, _Mutated(f"parking.tariffs.{mistake.module}", made_in(source, mistake)))
    try:
        by_engine = importlib.import_module("loadtests.differences").by_engine
        if any(by_engine(case) != said for case, said in expected):
            return BY_ORACLE
    except Exception:  # noqa: BLE001
        return BY_ORACLE
    if not all(holds(examples(importlib.import_module(name))) for name in EXAMPLES):
        return BY_EXAMPLE
    signal.alarm(LAWS_S)
    drawn = vars(importlib.import_module("tests.parking.tariffs.drawn"))
    drawn["law"] = settings(drawn["law"], max_examples=LAW_EXAMPLES, phases=[Phase.explicit, Phase.generate])
    return SURVIVED if all(holds(examples(importlib.import_module(name))) for name in LAWS) else BY_LAW


def child(mistake: Mistake | None, source: str, expected: Sequence[Expected]) -> NoReturn:
    """One mistake in a process of its own, whose exit says how it was noticed."""
    code = BY_ORACLE
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        code = judge(mistake, source, expected)
    finally:
        os._exit(code)


def run(chosen: Sequence[Mistake], sources: Mapping[str, str], expected: Sequence[Expected]) -> dict[Mistake, str]:
    """Try all mistakes, some at a time. One that never ends is noticed as well."""
    console = Console(stderr=True)
    found, running, left = dict[Mistake, str](), dict[int, Mistake](), list(chosen)[::-1]
    with Progress(console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("Mistakes", total=len(left))
        while left or running:
            while left and len(running) < WORKERS:
                mistake = left.pop()
                pid = os.fork()
                if pid == 0:
                    child(mistake, sources[mistake.module], expected)
                running[pid] = mistake
            pid, status = os.wait()
            if pid in running:
                code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
                found[running.pop(pid)] = HOW.get(code, "never ended")
                progress.advance(task)
    return found


def passes_without_a_mistake(expected: Sequence[Expected]) -> bool:
    """Whether the engine as it is passes everything."""
    pid = os.fork()
    if pid == 0:
        child(None, "", expected)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == SURVIVED


def report(found: dict[Mistake, str], same: int) -> float:
    """Print what was noticed how, and what was not; the share that was."""
    console = Console(width=160)
    unnoticed = [mistake for mistake, how in found.items() if how == "survived"]
    for mistake in sorted(unnoticed, key=lambda each: (each.module, each.line)):
        place = f"parking/tariffs/{mistake.module}.py:{mistake.line}"
        console.print(f"{place}  {mistake.written}\n    {mistake.text}", markup=False, highlight=False)
    noticed = len(found) - len(unnoticed)
    ways = ", ".join(f"{how} {count}" for how, count in Counter(found.values()).most_common())
    console.print(f"{len(found)} mistakes: {ways}. {same} more can change no fee and were left out.")
    console.print(f"Noticed: {noticed} of {len(found)}, {100 * noticed / max(1, len(found)):.1f} percent.")
    return noticed / max(1, len(found))


@click.command()
@click.option("--sample", default=0, type=click.IntRange(0), help="So many mistakes by random_bits; 0: all.")
@click.option("--seed", default=1, help="Which ones.")
@click.option("--cases", default=2000, type=click.IntRange(1), help="Stays that the oracle prices first.")
@click.option("--module", "modules", multiple=True, type=click.Choice(MODULES), help="Only in these modules.")
@click.option("--least", default=90.0, help="Percent that must be noticed.")
def main(sample: int, seed: int, cases: int, modules: tuple[str, ...], least: float) -> None:
    """Put one mistake at a time into the engine and see whether anything notices."""
    sources = {name: (FOLDER / f"{name}.py").read_text(encoding="utf-8") for name in modules or MODULES}
    every = [mistake for name, source in sources.items() for mistake in mistakes(name, source)]
    if not modules and (left := unfitting(every)):
        raise click.ClickException(f"the engine has changed: no mistake is meant any more by {left}")
    chosen = [mistake for mistake in every if not changes_nothing(mistake)]
    same = len(every) - len(chosen)
    if sample and sample < len(chosen):
        chosen = Random(seed).sample(chosen, sample)
    # Everything heavy is imported before the processes part.
    for name in (*EXAMPLES, *LAWS):
        importlib.import_module(name)
    expected = expected_of(cases, seed)
    if not passes_without_a_mistake(expected):
        raise click.ClickException("the engine as it is does not pass, or is being changed: run its tests first")
    sys.exit(0 if 100 * report(run(chosen, sources, expected), same) >= least else 1)


if __name__ == "__main__":
    main()
