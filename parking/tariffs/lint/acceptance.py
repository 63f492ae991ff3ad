"""Publishing in spite of warnings: every warning that the lint found needs a reason of its own, and errors forbid it.

A reason names its finding as `kind@place` ("farmable@$.free", the "$." may be left out). The kind alone does where
there is exactly one finding of it, so that accepting what is harmless never accepts what comes later.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import get_args

from msgspec import Struct

from parking.tariffs.lint.findings import Finding, Kind
from payments.errors import OneLotError

_KINDS: tuple[str, ...] = get_args(Kind)


class NotPublishable(OneLotError):
    """The lint found errors, or warnings that nobody accepted. Facts: `findings`."""


class Accepted(Struct, frozen=True):
    """A warning that was accepted: its kind and place ("" in records of earlier versions), why, by whom and when."""

    kind: str
    reason: str
    by: str
    at: datetime
    path: str = ""


def name_of(kind: str, place: str) -> str:
    """The name of a finding; without a place the kind alone."""
    if not place:
        return kind
    return f"{kind}@{place if place.startswith('$') else f'$.{place}'}"


def accept(findings: Sequence[Finding], reasons: Mapping[str, str], *, by: str, now: datetime) -> list[Accepted]:
    """The warnings that are accepted; reasons for what was not found are not kept.

    Raises:
        NotPublishable: there are errors, or warnings without a reason; or a reason is blank, for an unknown kind, or
            for a kind of which several were found.
    """
    check_reasons(reasons)
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise NotPublishable(
            f"The publication check found {len(errors)} errors; mend the document and register it again.",
            findings=errors,
        )
    accepted = reasons_by_name(findings, reasons)
    silent = [finding for finding in warnings_of(findings) if finding.name not in accepted]
    if silent:
        names = ", ".join(dict.fromkeys(finding.name for finding in silent))
        raise NotPublishable(
            f"These warnings need a reason each under `accept`: {names}.", field="accept", findings=silent
        )
    kept = {finding.name: finding for finding in warnings_of(findings)}
    return [Accepted(each.kind, accepted[name], by, now, each.path) for name, each in kept.items()]


def warnings_of(findings: Iterable[Finding]) -> list[Finding]:
    """Those that need a reason."""
    return [finding for finding in findings if finding.severity == "warning"]


def reasons_by_name(findings: Sequence[Finding], reasons: Mapping[str, str]) -> dict[str, str]:
    """The reasons of those warnings that have one, by the name of the finding.

    Raises:
        NotPublishable: a reason is for a kind of which there are several findings.
    """
    named = dict.fromkeys(finding.name for finding in warnings_of(findings))
    found = {name: reasons[name] for name in named if name in reasons}
    for kind in [name for name in reasons if "@" not in name]:
        alike = [name for name in named if name.partition("@")[0] == kind]
        if len(alike) > 1 and not found.keys() >= set(alike):
            raise NotPublishable(
                f"There are {len(alike)} findings {kind}; say which of them is accepted, each with its reason: "
                f"{', '.join(alike)}.",
                field="accept",
                findings=[finding for finding in findings if finding.name in alike],
            )
        found |= {name: reasons[kind] for name in alike if name not in found}
    return found


def check_reasons(reasons: Mapping[str, str]) -> None:
    """Refuses blank reasons, and kinds of warnings that there are not: a typing error must not pass for a reason.

    Raises:
        NotPublishable: says which.
    """
    for name, reason in reasons.items():
        kind = name.partition("@")[0]
        if kind not in _KINDS:
            known = ", ".join(_KINDS)
            raise NotPublishable(f"No kind of warning is called {kind!r}; there are: {known}.", field="accept")
        if not reason.strip():
            raise NotPublishable(f"Say why {name} is accepted.", field="accept")
