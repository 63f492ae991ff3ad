"""A difference made small: everything in its document, visit and history that it does not need is taken out."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

import msgspec
from msgspec import NODEFAULT, Struct

from parking import tariffs
from parking.tariffs import Visit
from payments.errors import OneLotError
from tests.parking.tariffs.oracle.differences import Case, Difference, difference

S = TypeVar("S", bound=Struct)


def smallest(found: Difference) -> Difference:
    """The same difference with as little as possible around it."""
    while True:
        smaller = next((less for case in _smaller(found.case) if (less := _differs(found, case))), None)
        if smaller is None:
            return found
        found = smaller


def _differs(found: Difference, case: Case) -> Difference | None:
    try:
        tariffs.validate(case.tariff)
        tariffs.Compiled(case.tariff)
    except OneLotError:
        return None
    return difference(case, found.seed, found.number)


def _smaller(case: Case) -> Iterator[Case]:
    for pasts in _shorter(case.pasts):
        yield msgspec.structs.replace(case, pasts=pasts)
    for place in range(len(case.later)):
        yield msgspec.structs.replace(case, later=case.later[:place] + case.later[place + 1 :])
    for tariff in _simpler(case.tariff):
        yield msgspec.structs.replace(case, tariff=tariff)
    for visit in _simpler(case.visit):
        yield msgspec.structs.replace(case, visit=visit)
    for visit in _sooner(case.visit):
        yield msgspec.structs.replace(case, visit=visit)


def _sooner(visit: Visit) -> Iterator[Visit]:
    """The stay ended earlier."""
    for minutes in (600, 60, 10, 1):
        left = visit.left_at - timedelta(minutes=minutes)
        if left >= visit.entered_at:
            yield msgspec.structs.replace(visit, left_at=left)


def _shorter(values: tuple[S, ...]) -> Iterator[tuple[S, ...]]:
    for place in range(len(values)):
        yield values[:place] + values[place + 1 :]


def _simpler(part: S) -> Iterator[S]:
    """The part with a field as it is by default, or with something of a field simpler."""
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        default = field.default_factory() if field.default_factory is not NODEFAULT else field.default
        if default is not NODEFAULT and value != default:
            yield msgspec.structs.replace(part, **{field.name: default})
        for simpler in _simpler_values(value):
            yield msgspec.structs.replace(part, **{field.name: simpler})


def _simpler_values(value: object) -> Iterator[object]:
    if isinstance(value, Struct):
        yield from _simpler(value)
    elif isinstance(value, tuple) and value and isinstance(value[0], Struct):
        yield from _shorter(value)
        for place, item in enumerate(value):
            for simpler in _simpler(item):
                yield (*value[:place], simpler, *value[place + 1 :])
