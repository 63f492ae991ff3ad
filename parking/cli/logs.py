"""What log lines look like: text for a person, or a JSON object a line. In both no whole plate stands."""

import json
import logging
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from parking import plates
from parking.trail import current

Form: TypeAlias = Literal["text", "json"]


class _Formatter(logging.Formatter):
    """A record with the fields of its `extra`, and the identifier of the request whose task wrote it."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the lines of a trace after it if the form is text."""
        fields: dict[str, Any] = dict(getattr(record, "fields", {}))
        trail = current.get()
        if trail is not None:
            fields.setdefault("request_id", trail.id)
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        trace = self.formatException(record.exc_info) if record.exc_info else None
        if self._form == "json":
            head = {"at": at, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
            whole = {**head, **fields, **({} if trace is None else {"trace": trace})}
            return plates.mask_all(json.dumps(whole, ensure_ascii=False, default=str))
        said = " ".join(f"{name}={value}" for name, value in fields.items() if value is not None)
        line = f"{at} {record.levelname} {record.name}: {record.getMessage()}{' ' + said if said else ''}"
        return plates.mask_all(line if trace is None else f"{line}\n{trace}")


def configure(form: Form, level: int = logging.WARNING) -> None:
    """Makes all lines of this process look so; called again it takes the place of what was said before."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Formatter(form))
    logging.basicConfig(level=level, handlers=[handler], force=True)
