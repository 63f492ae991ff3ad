"""What the environment says: every setting, its default and its limits. Nothing else reads the environment."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from time import time
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from parking import clock
from payments.channels import ChannelSettings
from payments.errors import OneLotError
from payments.shapes import misfit

PREFIX = "ONELOT_"
SECRET_CHARACTERS_MIN = 32
_URLS = {
    "database_url": ("postgresql://", "postgres://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
}


class BadSetting(OneLotError):
    """A setting is missing or not of its form."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The environment, read once at start. Each field is the variable ONELOT_<NAME>."""

    database_url: str = "postgresql://localhost/onelot"
    redis_url: str = "redis://localhost:6379/0"
    token_secrets: str = ""
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    pool_max: Annotated[int, Meta(ge=2, le=200)] = 10
    # What a balancer needs to send gates elsewhere, once this process says that it ends.
    ending_grace_s: Annotated[float, Meta(ge=0, le=60)] = 0.5
    batch_events_max: Annotated[int, Meta(ge=1, le=5000)] = 500
    gateway_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    trusted_proxies: str = ""
    address_requests_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    caller_requests_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 500
    failures_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    clock_start: Annotated[datetime, Meta(tz=True)] | None = None
    clock_speed: Annotated[float, Meta(gt=0, le=100_000)] = 1.0
    clock_started: float | None = None
    test_channel: bool = False
    allow_owner: bool = False
    log_format: Literal["text", "json"] = "text"

    @property
    def secrets(self) -> tuple[str, ...]:
        """The token secrets, the newest first.

        Raises:
            BadSetting: there is none, or one is too short to be safe.
        """
        secrets = tuple(part.strip() for part in self.token_secrets.split(",") if part.strip())
        if not secrets or any(len(secret) < SECRET_CHARACTERS_MIN for secret in secrets):
            raise BadSetting(
                f"{PREFIX}TOKEN_SECRETS must hold one or more secrets of at least {SECRET_CHARACTERS_MIN} characters, "
                "separated by commas, the newest first.",
                setting=f"{PREFIX}TOKEN_SECRETS",
            )
        return secrets

    @property
    def channels(self) -> ChannelSettings:
        return ChannelSettings(local=self.test_channel)

    def clock(self) -> clock.Clock:
        """The clock all parts of the process ask."""
        if self.clock_start is None:
            return clock.system
        started = self.clock_started if self.clock_started is not None else time()
        return clock.accelerated(self.clock_start.astimezone(UTC), self.clock_speed, started=started)


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings in an environment; a variable with the prefix that names none of them is an error.

    Raises:
        BadSetting: with the variable and what was expected.
    """
    values = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
        and not name.startswith(f"{PREFIX}TEST_DATABASE")
        and not name.startswith(f"{PREFIX}TEST_REDIS")
    }
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as e:
        raise _bad(e) from None
    for name, begins in _URLS.items():
        if not getattr(settings, name).startswith(begins):
            variable = PREFIX + name.upper()
            raise BadSetting(f"{variable} must be an address that begins with {begins[0]}.", setting=variable)
        _check_port(PREFIX + name.upper(), getattr(settings, name))
    _check_proxies(settings.trusted_proxies)
    return settings


def _check_proxies(text: str) -> None:
    """Refuses what is no address: it would be believed of nobody, and everybody would share one limit."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            ip_network(part)
        except ValueError:
            variable = f"{PREFIX}TRUSTED_PROXIES"
            raise BadSetting(
                f"{variable}: {part!r} is no IP address and no network like 10.0.0.0/8.", setting=variable
            ) from None


def _check_port(variable: str, address: str) -> None:
    try:
        # More than one server may be named for PostgreSQL; the driver reads that by itself.
        _ = "," in address or urlsplit(address).port
    except ValueError:
        raise BadSetting(f"{variable} has a port that is no number up to 65535.", setting=variable) from None


def _bad(error: msgspec.ValidationError) -> BadSetting:
    """The refusal of a variable, by the name it has in the environment."""
    wrong = misfit(error)
    variable = PREFIX + wrong.name.upper()
    if wrong.field is not None:
        return BadSetting(f"{variable} is no setting of OneLot.", setting=variable)
    return BadSetting(f"{variable}: {wrong.sentence}.", setting=variable)
