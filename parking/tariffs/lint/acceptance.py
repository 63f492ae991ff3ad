"""Publishing in spite of warnings: each kind that the lint found needs a reason, and errors forbid it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import get_args

from msgspec import Struct

from parking.tariffs.lint.findings import Finding, Kind
from payments.errors import OneLotError


class NotPublishable(OneLotError):
    """The lint found errors, or warnings that nobody accepted. Facts: `findings`."""


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
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        raise NotPublishable(
            f"The publication check found {len(errors)} errors; mend the document and register it again.",
            findings=errors,
        )
    warned = dict.fromkeys(finding.kind for finding in findings)
    silent = [kind for kind in warned if kind not in reasons]
    if silent:
        raise NotPublishable(
            f"These warnings need a reason each under `accept`: {', '.join(silent)}.",
            field="accept",
            findings=[finding for finding in findings if finding.kind in silent],
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
