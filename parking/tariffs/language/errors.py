"""Why a document is refused: the errors, and the sentences and paths they are made of."""

import re

import msgspec

from payments.errors import OneLotError


class TariffUnclear(OneLotError):
    """A tariff document cannot be priced by. Facts: `path` of the field in question, `advice` what to do."""


class UnknownTimeZone(OneLotError):
    """No time zone of the IANA database has this name. Facts: `time_zone`, `path`, `advice`."""


def unclear(path: str, what: str, advice: str) -> TariffUnclear:
    """A refusal as one sentence: what is wrong at this place, and what to do."""
    return TariffUnclear(f"{what}: {advice}.", path=path, advice=advice)


def unknown_time_zone(time_zone: str, near: list[str]) -> UnknownTimeZone:
    """The refusal of a time zone, with the names that come nearest."""
    advice = f"write {one_of(near)}" if near else 'write a name like "Asia/Shanghai"'
    sentence = f"No time zone of the IANA database is called {shown(time_zone)}: {advice}."
    return UnknownTimeZone(sentence, time_zone=time_zone[:64], path="$.time_zone", advice=advice)


def one_of(names: list[str]) -> str:
    """Names of which one is to be chosen, in quotes."""
    quoted = [f'"{name}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def shown(value: object) -> str:
    """A value of the document as a sentence quotes it, never longer than a line."""
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 64 else f"{text[:60]}…"


def below(path: str, key: str | int) -> str:
    """The path of an item, or of a field."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    return f"{path}.{key}" if re.fullmatch(r"[\w-]{1,64}", key) else f"{path}[{msgspec.json.encode(key[:64]).decode()}]"
