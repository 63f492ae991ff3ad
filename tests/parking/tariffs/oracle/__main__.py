"""`python -m tests.parking.tariffs.oracle`: many random cases priced by the engine and by the oracle.

Prints how many differ, each made small, and ends with 1 if any does.
"""

import sys
from argparse import ArgumentParser

from rich.console import Console

from tests.parking.tariffs.oracle.differences import Difference, differences
from tests.parking.tariffs.oracle.shrinking import smallest

SHOWN_MAX = 5


def main(console: Console) -> int:
    """Reads the options, compares, and returns the exit code."""
    options = ArgumentParser(prog="python -m tests.parking.tariffs.oracle", description=__doc__)
    options.add_argument("--cases", type=int, default=10_000, help="random cases (10,000)")
    options.add_argument("--seed", type=int, default=1, help="of the cases; the same seed gives the same cases (1)")
    asked = options.parse_args()
    found = differences(asked.cases, asked.seed)
    console.print(f"{asked.cases:,} random cases of seed {asked.seed}: {len(found)} differences", highlight=False)
    for each in found[:SHOWN_MAX]:
        console.print(_text(smallest(each)), highlight=False, markup=False)
    return 1 if found else 0


def _text(found: Difference) -> str:
    return f"case {found.number}: engine {found.engine}; oracle {found.oracle}\n{found.case}"


if __name__ == "__main__":
    sys.exit(main(Console()))
