"""What handlers of parking are given by name, beside what all handlers are given."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from parking.api.checks import Checks as _Checks
from parking.catalog import Catalog as _Catalog
from parking.counters import Counters as _Counters
from parking.stream import Stream as _Stream

Catalog: TypeAlias = NamedDependency[SkipValidation[_Catalog]]
Checks: TypeAlias = NamedDependency[SkipValidation[_Checks]]
Counters: TypeAlias = NamedDependency[SkipValidation[_Counters]]
Stream: TypeAlias = NamedDependency[SkipValidation[_Stream]]
Clock: TypeAlias = NamedDependency[SkipValidation[Callable[[], datetime]]]
# 32 random bytes for a new key.
Secret: TypeAlias = NamedDependency[SkipValidation[bytes]]
