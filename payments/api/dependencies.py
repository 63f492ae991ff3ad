"""What the application gives handlers by name. Nothing here comes from the request, so nothing of it is validated."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

import sql
from payments import channels, identity, wording
from payments.flow import charges
from payments.settlement import LotName

# One transaction for the request, committed before the answer is sent.
Db: TypeAlias = NamedDependency[SkipValidation[sql.Connection]]
# For use cases that make their own transactions, because no channel is asked inside one.
Pool: TypeAlias = NamedDependency[SkipValidation[sql.Pool]]
Channels: TypeAlias = NamedDependency[SkipValidation[dict[str, channels.Channel]]]
Principal: TypeAlias = NamedDependency[SkipValidation[identity.Principal]]
# Whoever said who they are on a route that is for everybody; None for those who did not.
Caller: TypeAlias = NamedDependency[SkipValidation[identity.Principal | None]]
Now: TypeAlias = NamedDependency[SkipValidation[datetime]]
RandomBits: TypeAlias = NamedDependency[SkipValidation[Callable[[], int]]]
# What lots are called, by their numbers: payments keeps none.
LotNames: TypeAlias = NamedDependency[SkipValidation[Mapping[int, LotName]]]
# What charges are for: payments keeps no stays.
VisitsOf: TypeAlias = NamedDependency[SkipValidation[charges.VisitsOf]]
# What the words of parking mean, for people.
Wording: TypeAlias = NamedDependency[SkipValidation[wording.Wording]]
TokenSecret: TypeAlias = NamedDependency[SkipValidation[str]]
