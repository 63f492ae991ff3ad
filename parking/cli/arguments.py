"""Arguments and options: files and what is wrong in them, times, periods, facts, passes and accepted warnings."""

from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args
from zoneinfo import ZoneInfo

import click
import msgspec

from parking import tariffs
from parking.cli.spoken import sentence, word
from parking.tariffs.engine.quote import PassHeld
from parking.tariffs.language.document import DOCUMENT_BYTES_MAX
from parking.tariffs.lint import Kind
from parking.tariffs.lint.acceptance import name_of
from payments.shapes import misfit, sentence_of

T = TypeVar("T")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS = tuple(get_args(Kind))
# The same limit as in the API.
_REASON_CHARS_MAX = 1000


class Period(NamedTuple):
    """From when until when; a time without an offset is local to the tariff."""

    since: datetime
    until: datetime

    def within(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The two as aware instants."""
        return aware(self.since, zone), aware(self.until, zone)


class HeldPass(NamedTuple):
    """The code of a pass and its validity."""

    code: str
    period: Period

    def within(self, zone: ZoneInfo) -> PassHeld:
        """The pass of a visit."""
        return PassHeld(self.code, *self.period.within(zone))


class Typed(click.ParamType):  # type: ignore[type-arg]  # takes none before click 8.5
    """An option that a function reads; the example is shown where it cannot."""

    def __init__(self, name: str, read: Callable[[str], Any], example: str) -> None:
        self.name = name
        self._read = read
        self._example = example

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The value, or a usage error with the example."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except ValueError as e:
            why = f": {e}" if str(e) else ""
            self.fail(
                sentence("{value!r} is not of the form {form}{why}.", value=value, form=self._example, why=why),
                param,
                ctx,
            )


def aware(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant; without an offset it is a local time of the zone, the first of two where clocks go back.

    Raises:
        click.UsageError: clocks are put forward over that time, so there is no such instant.
    """
    if at.tzinfo is not None:
        return at
    instant = at.replace(tzinfo=zone)
    if not MINYEAR < at.year < MAXYEAR:
        # At the ends of the calendar nothing can be converted, and no clock was ever changed.
        return instant
    shown = instant.astimezone(UTC).astimezone(zone)
    if shown.replace(tzinfo=None) != at:
        raise click.UsageError(
            sentence(
                "There is no {at:%Y-%m-%dT%H:%M} in {zone}: clocks go forward over it. Say the offset, e.g. "
                "{later:%Y-%m-%dT%H:%M%z}.",
                at=at,
                zone=zone,
                later=shown,
            )
        )
    return instant


def _period(text: str) -> Period:
    since, _, until = text.partition("/")
    return Period(datetime.fromisoformat(since), datetime.fromisoformat(until))


def _held(text: str) -> HeldPass:
    code, _, period = text.partition(":")
    return HeldPass(code, _period(period))


def _fact(text: str) -> tuple[str, int]:
    name, _, number = text.partition("=")
    if not name:
        raise ValueError
    return name, int(number)


def _accepted(text: str) -> tuple[str, str]:
    name, _, reason = text.partition("=")
    kind, _, place = name.partition("@")
    if kind not in _KINDS:
        raise ValueError(sentence("there is no finding {kind!r}, but {kinds}", kind=kind, kinds=", ".join(_KINDS)))
    if not reason.strip():
        raise ValueError(word("say why it is accepted"))
    if len(reason.strip()) > _REASON_CHARS_MAX:
        raise ValueError(sentence("a reason has {most} characters at most", most=_REASON_CHARS_MAX))
    return name_of(kind, place), reason.strip()


INSTANT = Typed("time", datetime.fromisoformat, "2025-11-18T09:00 or 2025-11-18T09:00+08:00")
PERIOD = Typed("from/to", _period, "2025-11-18T09:00/2025-11-18T10:30")
PASS = Typed("code:from/until", _held, "monthly:2025-11-01/2025-12-01")
FACT = Typed("name=number", _fact, "length_cm=1200")
ACCEPTED = Typed("kind@place=reason", _accepted, '"farmable@free=known since 2019"')


def document_of(file: Path) -> bytes:
    """The bytes of a file, or one more than a document may have."""
    with file.open("rb") as opened:
        return opened.read(DOCUMENT_BYTES_MAX + 1)


def is_toml(file: Path) -> bool:
    """Whether a file is read as TOML; a name that ends in .json is JSON."""
    return file.suffix.lower() != ".json"


def tariff_of(file: Path) -> tariffs.Tariff:
    """The tariff of a file.

    Raises:
        TariffUnclear, UnknownTimeZone: it is none; says in which file, where, and what to do.
    """
    document = document_of(file)
    try:
        return tariffs.from_toml(document) if is_toml(file) else tariffs.from_json(document)
    except (tariffs.TariffUnclear, tariffs.UnknownTimeZone) as e:
        raise type(e)(f"{file}, at {e.facts['path']}: {e}", **e.facts) from None


def why_unfit(error: msgspec.DecodeError | UnicodeDecodeError, shape: Any) -> str:
    """What is wrong in a JSON file that a person wrote, and where; with the words or fields that there are."""
    if not isinstance(error, msgspec.ValidationError):
        return str(error)
    wrong = misfit(error)
    why = sentence_of(wrong, shape)
    return f"{wrong.name}: {why}" if wrong.name else why
