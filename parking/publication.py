"""What it takes to publish a price text and to let it hold: no errors, reasons for warnings, nothing in the past."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import get_args

from msgspec import Struct

from parking.tariffs.lint import Finding, Kind
from payments.errors import OneLotError


class TariffState(StrEnum):
    """A draft may be replaced; what is published stays as it is."""

    DRAFT = "draft"
    PUBLISHED = "published"


class UnknownTariff(OneLotError):
    """No tariff has this code and version, or it is not published."""


class TariffMoved(OneLotError):
    """The version was published before, or its draft was replaced after it was looked at."""


class NotPublishable(OneLotError):
    """The publication check found errors, or warnings that nobody accepted. Facts: `findings`."""


class NowhereToHold(OneLotError):
    """A tariff is to be applied, and neither a lot nor an area is named."""


class HoldsAlready(OneLotError):
    """A price holds there at that instant, and what holds is not changed afterwards."""


class OtherTimeZone(OneLotError):
    """A price text of one time zone cannot hold at a lot in another. Facts: both zones."""


class Accepted(Struct, frozen=True):
    """A kind of warning that was accepted: why, by whom and when."""

    kind: str
    reason: str
    by: str
    at: datetime


def accept(findings: Sequence[Finding], reasons: Mapping[str, str], *, by: str, now: datetime) -> list[Accepted]:
    """The warnings that are accepted, each kind once; reasons for what was not found are not kept.

    Raises:
        NotPublishable: there are errors, or warnings without a reason; or a reason is blank or for an unknown kind.
    """
    check_reasons(reasons)
    errors = [one for one in findings if one.severity == "error"]
    if errors:
        raise NotPublishable(
            f"The publication check found {len(errors)} errors; mend the document and register it again.",
            findings=errors,
        )
    warned = dict.fromkeys(one.kind for one in findings)
    silent = [kind for kind in warned if kind not in reasons]
    if silent:
        raise NotPublishable(
            f"These warnings need a reason each under `accept`: {', '.join(silent)}.",
            field="accept",
            findings=[one for one in findings if one.kind in silent],
        )
    return [Accepted(kind, reasons[kind], by, now) for kind in warned]


def check_reasons(reasons: Mapping[str, str]) -> None:
    """Refuses blank reasons, and kinds of warnings that there are not: a typing error must not pass for a reason.

    Raises:
        NotPublishable: says which.
    """
    for kind, reason in reasons.items():
        if kind not in get_args(Kind):
            known = ", ".join(get_args(Kind))
            raise NotPublishable(f"No kind of warning is called {kind!r}; there are: {known}.", field="accept")
        if not reason.strip():
            raise NotPublishable(f"Say why {kind} is accepted.", field="accept")


def check_since(valid_from: datetime, *, now: datetime, is_priced: bool, place: str) -> None:
    """Refuses a beginning in the past where some price holds already: stays were priced by it.

    Raises:
        HoldsAlready: there is one.
    """
    if valid_from < now and is_priced:
        raise HoldsAlready(
            f"A price holds at {place} already, so another can begin at {now.isoformat()} at the earliest.",
            field="valid_from",
            valid_from=valid_from,
            earliest=now,
        )


def check_time_zones(tariff_zone: str, lot_zones: Sequence[str], *, place: str) -> None:
    """Refuses a price text of another time zone than the lot's, or the lots' of an area.

    Raises:
        OtherTimeZone: they differ.
    """
    for zone in lot_zones:
        if zone != tariff_zone:
            raise OtherTimeZone(
                f"The tariff is of the time zone {tariff_zone} and {place} lies in {zone}.",
                tariff_zone=tariff_zone,
                lot_zone=zone,
            )
