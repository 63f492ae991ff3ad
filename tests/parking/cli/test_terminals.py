"""What people have named is printed as it is, whatever stands in it."""

import importlib
import pkgutil

import pytest
from rich.console import Console
from rich.table import Table

from parking import cli

# A name that is no markup of a terminal's, and one that would break it.
NAMES = ("Garage [north]", "Garage [/north]")
CONSOLES = [
    (module.name, name)
    for module in pkgutil.iter_modules(cli.__path__)
    for name, value in vars(importlib.import_module(f"parking.cli.{module.name}")).items()
    if isinstance(value, Console)
]


def test_there_are_terminals() -> None:
    assert len(CONSOLES) > 20


@pytest.mark.parametrize(("module", "name"), CONSOLES)
def test_names_are_printed_as_they_are(module: str, name: str) -> None:
    console: Console = getattr(importlib.import_module(f"parking.cli.{module}"), name)
    table = Table("name")
    for each in NAMES:
        table.add_row(each)
    with console.capture() as printed:
        console.print(table)
        console.print(*NAMES)
    assert all(printed.get().count(each) == 2 for each in NAMES)
