"""`python -m tests.parking.tariffs.oracle`: many random cases priced by the engine and by the oracle.

Prints how many differ, each made small, and ends with 1 if any does.
"""

import json
import sys
from argparse import ArgumentParser
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console

from tests.parking.tariffs.oracle.differences import Difference, differences
from tests.parking.tariffs.oracle.shrinking import smallest


def main(console: Console) -> int:
    """Reads the options, compares, and returns the exit code."""
    options = ArgumentParser(prog="python -m tests.parking.tariffs.oracle", description=__doc__)
    options.add_argument("--cases", type=int, default=10_000, help="random cases (10,000)")
    options.add_argument("--seed", type=int, default=1, help="of the cases; the same seed gives the same cases (1)")
    options.add_argument("--shown", type=int, default=5, help="differences to make small and show (5)")
    asked = options.parse_args()
    found = differences(asked.cases, asked.seed)
    console.print(f"{asked.cases:,} random cases of seed {asked.seed}: {len(found)} differences", highlight=False)
    for each in found[: asked.shown]:
        console.print(_text(smallest(each)), highlight=False, markup=False)
    return 1 if found else 0


def _text(found: Difference) -> str:
    case = json.dumps(_written(found.case), ensure_ascii=False)
    return f"case {found.number}: engine {found.engine}; oracle {found.oracle}\n{case}"


def _written(value: Any) -> Any:
    """A part of a case as JSON without the fields that are as by default, and without names."""
    if isinstance(value, Struct):
        plain = msgspec.structs.replace(value, name_zh="", name_en="") if hasattr(value, "name_zh") else value
        return {
            field.encode_name: _written(getattr(plain, field.name))
            for field in msgspec.structs.fields(plain)
            if getattr(plain, field.name) not in (field.default, "")
        }
    return [_written(each) for each in value] if isinstance(value, tuple | frozenset) else msgspec.to_builtins(value)


if __name__ == "__main__":
    sys.exit(main(Console()))
