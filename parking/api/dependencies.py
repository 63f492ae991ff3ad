"""What the application hands to parking's handlers by name, beside payments/api/dependencies.py."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from parking.api.tariff_lint import TariffLint as _TariffLint
from parking.ingest.batch import GroupCommit as _GroupCommit
from parking.live.clocks import LiveClocks as _LiveClocks
from parking.live.commands import Dialogue as _Dialogue
from parking.live.health import LiveHealth as _LiveHealth
from parking.live.network import LiveNetwork
from parking.live.redis import LiveCounts as _LiveCounts
from parking.live.stream import Stream as _Stream
from parking.live.usual import LiveUsual as _LiveUsual
from parking.offers import Shelf as _Shelf
from parking.positions import Box
from parking.report_runs import Room

Network: TypeAlias = NamedDependency[SkipValidation[LiveNetwork]]
TariffLint: TypeAlias = NamedDependency[SkipValidation[_TariffLint]]
LiveCounts: TypeAlias = NamedDependency[SkipValidation[_LiveCounts]]
LiveClocks: TypeAlias = NamedDependency[SkipValidation[_LiveClocks]]
GroupCommit: TypeAlias = NamedDependency[SkipValidation[_GroupCommit]]
Dialogue: TypeAlias = NamedDependency[SkipValidation[_Dialogue]]
LiveHealth: TypeAlias = NamedDependency[SkipValidation[_LiveHealth]]
Stream: TypeAlias = NamedDependency[SkipValidation[_Stream]]
Shelf: TypeAlias = NamedDependency[SkipValidation[_Shelf]]
LiveUsual: TypeAlias = NamedDependency[SkipValidation[_LiveUsual]]
Clock: TypeAlias = NamedDependency[SkipValidation[Callable[[], datetime]]]
# Where the city lies, if that is set.
City: TypeAlias = NamedDependency[SkipValidation[Box | None]]
# Where reports are kept, how they are printed and delivered.
ReportRoom: TypeAlias = NamedDependency[SkipValidation[Room]]
# 32 random bytes for a new key.
Secret: TypeAlias = NamedDependency[SkipValidation[bytes]]
