"""Tariffs in files: their documents, and from when on they are in force at which lots and in which price areas."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from parking import tariffs
from parking.imports import Column, Form, Reading
from parking.lots import Code
from parking.tariffs import Tariff
from parking.tariffs.lint import Finding
from parking.tariffs.lint.acceptance import Accepted, name_of

_PLACES_MAX = 2_000
_Codes = Annotated[tuple[Code, ...], Meta(max_length=_PLACES_MAX)]
# From when on (None: never), and the codes of lots and of price areas.
Place = tuple[datetime | None, Sequence[str], Sequence[str]]
_NOWHERE: Place = (None, (), ())
_SINCE = "since when, as in 2026-12-01T00:00:00+08:00"


class TariffRow(Struct, frozen=True):
    """A version of a tariff (None: the newest) with its document, if it is not known yet, and where it is in force from
    an instant on. `accept`: why warnings of the check are accepted; `findings`: what the check found.
    """

    code: str
    version: int | None = None
    document: Tariff | None = None
    lots: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    valid_from: datetime | None = None
    accept: Mapping[str, str] = {}
    findings: Sequence[Finding] = ()


def written(
    code: str, version: int, *, document: str, accepted: str, places: Sequence[Place]
) -> list[dict[str, object]]:
    """A published version as rows: its document once, and one for each instant from which it is in force somewhere."""
    reasons = {
        name_of(each.kind, each.path): each.reason for each in msgspec.json.decode(accepted, type=list[Accepted])
    }
    head: dict[str, object] = {"document": document, "accept": reasons}
    rows = list[dict[str, object]]()
    for since, lots, zones in places or [_NOWHERE]:
        where = {"valid_from": since, "lots": " ".join(lots), "zones": " ".join(zones)}
        rows.append({"code": code, "version": version, **head, **where})
        head = {}
    return rows


def _instant(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    if at.utcoffset() is None:
        raise ValueError(_SINCE)
    return at


def _codes(said: str) -> tuple[str, ...]:
    return msgspec.convert(tuple(dict.fromkeys(said.split())), _Codes)


def _whole(reading: Reading) -> TariffRow | None:
    values: dict[str, Any] = reading.values
    document, is_placed = values.get("document"), bool(values.get("lots") or values.get("zones"))
    if document is not None and document.code != values.get("code"):
        reading.fault("code", *reading.given("code"), f"the code of the document, {document.code}")
    if is_placed != ("valid_from" in values) and not reading.faults:
        reading.fault("valid_from", *reading.given("valid_from"), _SINCE if is_placed else "lots or zones with it")
    return None if reading.stands() is not None else TariffRow(**values)


_FIELDS = {
    "code": Column(str, is_needed=True),
    "version": Column(Annotated[int, Meta(ge=1)]),
    "document": Column(Tariff, read=lambda said: tariffs.from_json(said.encode())),
    "valid_from": Column(datetime, read=_instant),
    "lots": Column(_Codes, read=_codes),
    "zones": Column(_Codes, read=_codes),
    "accept": Column(dict[str, str], read=lambda said: msgspec.json.decode(said, type=dict[str, str])),
}
FORM = Form(
    noun="tariffs",
    fields=_FIELDS,
    columns=tuple(_FIELDS),
    whole=_whole,
    key=lambda row: (row.code, row.version, row.valid_from, row.lots, row.zones),
    named_by=("code", "version"),
)
