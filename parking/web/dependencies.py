"""What the application hands to the handlers of pages, by name."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from parking.live.network import LiveNetwork

Network: TypeAlias = NamedDependency[SkipValidation[LiveNetwork]]
Clock: TypeAlias = NamedDependency[SkipValidation[Callable[[], datetime]]]
