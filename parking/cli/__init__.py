"""The command line. `main` is what `onelot` runs."""

from parking.cli.main import main

__all__ = ["main"]
