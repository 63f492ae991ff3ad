"""What the application hands to the handlers of pages, by name."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

import sql
from parking.flow.staff import RandomBytes as _RandomBytes
from parking.live.city_identity import LiveCityIdentity
from parking.live.commands import Dialogue as _Dialogue
from parking.live.network import LiveNetwork
from parking.live.pulse import Pulse as _Pulse
from parking.live.redis import LiveCounts as _LiveCounts
from parking.live.stream import Stream as _Stream
from parking.live.usual import LiveUsual as _LiveUsual
from parking.offers import Shelf as _Shelf
from parking.phone_codes import Offer
from parking.report_runs import Room
from parking.sessions import Session
from payments import identity

Network: TypeAlias = NamedDependency[SkipValidation[LiveNetwork]]
LiveCounts: TypeAlias = NamedDependency[SkipValidation[_LiveCounts]]
Dialogue: TypeAlias = NamedDependency[SkipValidation[_Dialogue]]
Clock: TypeAlias = NamedDependency[SkipValidation[Callable[[], datetime]]]
# The time by which people sign in, which is that of their telephones however fast the city's runs.
Wall: TypeAlias = NamedDependency[SkipValidation[Callable[[], datetime]]]
# None where no identity of the city is set.
CityIdentity: TypeAlias = NamedDependency[SkipValidation[LiveCityIdentity | None]]
Secrets: TypeAlias = NamedDependency[SkipValidation[Sequence[str]]]
RandomBytes: TypeAlias = NamedDependency[SkipValidation[_RandomBytes]]
# Whether drivers sign in by phone here.
PhoneOffer: TypeAlias = NamedDependency[SkipValidation[Offer]]
ReportRoom: TypeAlias = NamedDependency[SkipValidation[Room]]
RandomBits: TypeAlias = NamedDependency[SkipValidation[Callable[[], int]]]
Principal: TypeAlias = NamedDependency[SkipValidation[identity.Principal]]
# None where somebody shows a token in place of a session, or where a page is for everybody.
SignedIn: TypeAlias = NamedDependency[SkipValidation[Session | None]]
Db: TypeAlias = NamedDependency[SkipValidation[sql.Connection]]
Pool: TypeAlias = NamedDependency[SkipValidation[sql.Pool]]
Now: TypeAlias = NamedDependency[SkipValidation[datetime]]
Pulse: TypeAlias = NamedDependency[SkipValidation[_Pulse]]
Stream: TypeAlias = NamedDependency[SkipValidation[_Stream]]
LiveUsual: TypeAlias = NamedDependency[SkipValidation[_LiveUsual]]
Shelf: TypeAlias = NamedDependency[SkipValidation[_Shelf]]
