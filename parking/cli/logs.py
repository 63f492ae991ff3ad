"""What log lines look like: text for a person, or a JSON object a line. In both no whole plate and no secret stands.

Modules log by the standard library, as the libraries they use do, so that all lines go the same way.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import JSONRenderer, format_exc_info
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from parking.masks import masked
from parking.settings import Settings
from parking.trail import current

Form: TypeAlias = Literal["text", "json"]


class _Formatter(ProcessorFormatter):
    """Renders a record and masks what came out, wherever in it that stood."""

    def __init__(self, renderers: Sequence[Processor], known: Sequence[str]) -> None:
        super().__init__(processors=renderers, foreign_pre_chain=[_said])
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a trace after it if the form is text."""
        return masked(super().format(record), self._known)


def _said(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A record with the fields of its `extra`, and the request whose task wrote it: its identifier, and who called."""
    record: logging.LogRecord = event["_record"]
    said = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "logger": record.name,
        # What somebody sent never makes a line of its own.
        "message": event["event"].replace("\n", "\\n"),
    }
    trail = current.get()
    if trail is not None:
        said |= {"request_id": trail.id, "caller": trail.kind}
    fields = {name: value for name, value in getattr(record, "fields", {}).items() if value is not None}
    trace = {"exc_info": event["exc_info"]} if event.get("exc_info") else {}
    return {**said, **fields, **trace}


def configure(form: Form, level: int = logging.WARNING, *, known: Sequence[str] = ()) -> None:
    """Makes all lines of this process look so; called again it takes the place of what was said before.

    known: secrets that are masked wherever they stand.
    """
    handler = logging.StreamHandler()
    renderers: list[Processor] = [format_exc_info, JSONRenderer(ensure_ascii=False, default=str)]
    if form == "text":
        # No colours: what a terminal shows is what a file has, and `grep` finds ALARM and INVARIANT in both.
        renderers = [
            ConsoleRenderer(
                colors=False,
                event_key="message",
                timestamp_key="at",
                pad_event_to=0,
                pad_level=False,
                repr_native_str=True,
                # The other one shows the values of variables.
                exception_formatter=plain_traceback,
            )
        ]
    handler.setFormatter(_Formatter(renderers, known))
    logging.basicConfig(level=level, handlers=[handler], force=True)


def configure_for(settings: Settings) -> None:
    """The lines of a process that serves or works."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    configure(settings.log_format, level, known=settings.confidential)
