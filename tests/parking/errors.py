"""Every class of refusal there is, found by importing all there is."""

from importlib import import_module
from pkgutil import walk_packages

import parking
import payments
from payments.errors import OneLotError


def errors() -> list[type[OneLotError]]:
    """The classes of both packages."""
    for package in (parking, payments):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    found, waiting = list[type[OneLotError]](), [OneLotError]
    while waiting:
        children = waiting.pop().__subclasses__()
        found += children
        waiting += children
    return [each for each in found if each.__module__.partition(".")[0] in ("parking", "payments")]
