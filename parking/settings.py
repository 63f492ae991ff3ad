"""Every setting, its default and its limits, as a file or the environment says it. Nothing else reads either."""

import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from getpass import getuser
from ipaddress import ip_network
from pathlib import Path
from time import time
from typing import Annotated, Literal, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta, Struct, inspect

from parking import clock, phone_codes, report_runs
from parking.city_identity import Provider, provider
from parking.positions import Box, box_of
from parking.report_runs import Room
from parking.texts import languages
from parking.texts.languages import Language
from payments.channels import ChannelSettings
from payments.errors import OneLotError
from payments.reports.pdf import Setting
from payments.shapes import misfit

PREFIX = "ONELOT_"
CONFIG = f"{PREFIX}CONFIG"
# Who types at the command line: nothing that is set of the service.
ACTOR = f"{PREFIX}ACTOR"
# And in which language they read.
LANGUAGE = f"{PREFIX}LANG"
_OF_TERMINALS = (ACTOR, LANGUAGE)
# The variables of a locale, as POSIX orders them: the first that is set says it.
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
# What the tests are told where to find, and nobody else.
_OF_TESTS = (f"{PREFIX}TEST_DATABASE", f"{PREFIX}TEST_REDIS")
# A setting with a secret in it may name a file that has it: token_secrets_file.
_KEYS = ("token_secrets", "report_webhook_secret", "city_identity_client_secret", "text_gateway_key")
SECRET = ("database_url", "redis_url", "report_mail", *_KEYS)
FILE_SUFFIX = "_file"
_IN_FILES = tuple(name + FILE_SUFFIX for name in SECRET)
FILE_BYTES_MAX = 1 << 16
SECRET_CHARACTERS_MIN = 32
_URLS = {
    "database_url": ("postgresql://", "postgres://"),
    "redis_url": ("redis://", "rediss://", "unix://"),
    "tracing_endpoint": ("http://", "https://"),
    "report_webhook": ("http://", "https://"),
    "report_mail": ("smtp://", "smtps://"),
    "map_style_url": ("http://", "https://", "/"),
    "text_gateway": ("http://", "https://"),
}


class BadSetting(OneLotError):
    """A setting is missing or not of its form."""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """What is set, read once at start. Each field is a key of the file, and the variable ONELOT_<NAME>."""

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
    # Nothing in what is counted is secret, and none of it is the public's: a port of its own, on this machine alone.
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    work_metrics_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    trusted_proxies: str = ""
    address_requests_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 1000
    caller_requests_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 500
    failures_max: Annotated[int, Meta(ge=1, le=1_000_000)] = 60
    clock_start: Annotated[datetime, Meta(tz=True)] | None = None
    clock_speed: Annotated[float, Meta(gt=0, le=100_000)] = 1.0
    clock_started: float | None = None
    clock_until: Annotated[datetime, Meta(tz=True)] | None = None
    test_channel: bool = False
    allow_owner: bool = False
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    # The share of requests that get a line though nothing was refused; gate events never do.
    access_log_share: Annotated[float, Meta(ge=0, le=1)] = 0.0
    tracing_endpoint: str = ""
    tracing_share: Annotated[float, Meta(ge=0, le=1)] = 0.1
    city_box: str = ""
    # The city's identity, by which staff may sign in (OpenID Connect): its issuer, and what we are there.
    city_identity: str = ""
    city_identity_client: str = ""
    city_identity_client_secret: str = ""
    city_identity_redirect: str = ""
    city_identity_claim: str = "sub"
    # What sends text messages, by whose codes drivers sign in.
    text_gateway: str = ""
    text_gateway_key: str = ""
    map_style_url: str = ""
    # Where fonts for printed reports lie beside those of the system, and a template in the place of ours.
    report_fonts: str = ""
    report_template: str = ""
    # Where files of runs of reports lie, for `serve` and `work` alike, and how they are delivered.
    report_folder: str = ""
    report_webhook: str = ""
    report_webhook_secret: str = ""
    report_mail: str = ""
    report_mail_from: str = ""

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
    def confidential(self) -> tuple[str, ...]:
        """What must never be shown: the token secrets, and the passwords in addresses."""
        secrets = (part.strip() for part in self.token_secrets.split(","))
        passwords = [
            urlsplit(address).password or "" for address in (self.database_url, self.redis_url, self.report_mail)
        ]
        own = (self.report_webhook_secret, self.city_identity_client_secret, self.text_gateway_key)
        return tuple(filter(None, (*secrets, *own, *passwords, *map(unquote, passwords))))

    @property
    def city(self) -> Box | None:
        """Where lots may lie, if that is set.

        Raises:
            ValueError: it is no rectangle.
        """
        if not self.city_box:
            return None
        return box_of(self.city_box)

    @property
    def identity_provider(self) -> Provider | None:
        """The city's identity, if one is set.

        Raises:
            BadSetting: part of it is missing, or it is not asked through TLS.
        """
        who = (self.city_identity_client, self.city_identity_client_secret)
        try:
            return provider(self.city_identity, *who, self.city_identity_redirect, self.city_identity_claim)
        except ValueError as e:
            raise BadSetting(f"{PREFIX}CITY_IDENTITY{e}", setting=f"{PREFIX}CITY_IDENTITY") from None

    @property
    def texting(self) -> phone_codes.Gateway | None:
        """What sends text messages, if one is set.

        Raises:
            BadSetting: its key is missing, or it is not told through TLS.
        """
        try:
            return phone_codes.gateway(self.text_gateway, self.text_gateway_key)
        except ValueError as e:
            raise BadSetting(f"{PREFIX}TEXT_GATEWAY{e}", setting=f"{PREFIX}TEXT_GATEWAY") from None

    @property
    def printing(self) -> Setting:
        """How reports are set as PDF.

        Raises:
            BadSetting: the template cannot be read.
        """
        try:
            template = Path(self.report_template).read_bytes() if self.report_template else b""
        except OSError as e:
            raise BadSetting(
                f"{PREFIX}REPORT_TEMPLATE names {self.report_template}, which cannot be read: {_why(e)}.",
                setting=f"{PREFIX}REPORT_TEMPLATE",
            ) from None
        return Setting(self.report_fonts, template)

    @property
    def report_room(self) -> Room:
        """Where reports are kept, and how they are delivered.

        Raises:
            BadSetting: the secret of the webhook is none.
        """
        try:
            key = report_runs.webhook_key(self.report_webhook_secret) if self.report_webhook else b""
        except ValueError as e:
            raise BadSetting(f"{PREFIX}REPORT_WEBHOOK_SECRET{e}", setting=f"{PREFIX}REPORT_WEBHOOK_SECRET") from None
        return Room(
            self.report_folder, self.printing, self.report_webhook, key, self.report_mail, self.report_mail_from
        )

    @property
    def channels(self) -> ChannelSettings:
        return ChannelSettings(local=self.test_channel)

    def clock(self) -> clock.Clock:
        """The clock all parts of the process ask."""
        if self.clock_start is None:
            return clock.system
        started = self.clock_started if self.clock_started is not None else time()
        return clock.accelerated(
            self.clock_start.astimezone(UTC), self.clock_speed, started=started, until=self.clock_until
        )


class _Given(NamedTuple):
    """What was said of a setting, and where. `in_file`: the value names a file that has it."""

    value: object
    place: str
    facts: dict[str, str]
    in_file: bool

    def refused(self, why: str) -> BadSetting:
        """The refusal of it; `why` goes on after the place."""
        return BadSetting(f"{self.place} {why}", **self.facts)


def use_file(file: Path) -> None:
    """Names the file of settings to this process and to those it starts."""
    os.environ[CONFIG] = str(file)


def user(environment: Mapping[str, str] = os.environ) -> str:
    """The user of the system who started this process; of who became another one by sudo, the one before."""
    try:
        return environment.get("SUDO_USER") or getuser()
    except (KeyError, ImportError, OSError):
        # A container may run as a number that nobody has named.
        return f"uid {os.getuid()}"


def language(environment: Mapping[str, str] = os.environ) -> Language:
    """The language of who reads a terminal: what ONELOT_LANG says, else the locale; English if neither is ours."""
    locale = next(filter(None, map(environment.get, _LOCALE)), "")
    return languages.choose(environment.get(LANGUAGE, "").lower(), locale, default=languages.EN)


def read(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file that ONELOT_CONFIG names, if it does, and of an environment, which has the last word.

    Raises:
        BadSetting: with the file, the setting and what is allowed; also for a name that is none of a setting.
    """
    file = environment.get(CONFIG)
    given = (_of_file(Path(file)) if file else {}) | _of_environment(environment)
    values = {name: _of_own_file(each) if each.in_file else each.value for name, each in given.items()}
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as e:
        name = misfit(e).name
        raise given[name].refused(f"must be {_ALLOWED[name]}.") from None
    for name, begins in _URLS.items():
        # What nobody gave is the default, which is well.
        if name in given:
            _check_url(given[name], getattr(settings, name), begins)
    if "trusted_proxies" in given:
        _check_proxies(given["trusted_proxies"], settings.trusted_proxies)
    if "city_box" in given:
        _check_box(given["city_box"], settings)
    return settings


def _of_environment(environment: Mapping[str, str]) -> dict[str, _Given]:
    """What variables say, by setting."""
    said = [
        (name.removeprefix(PREFIX).lower(), value, name, {"setting": name})
        for name, value in environment.items()
        if name.startswith(PREFIX) and name not in (CONFIG, *_OF_TERMINALS) and not name.startswith(_OF_TESTS)
    ]
    return _by_setting(said)


def _of_file(file: Path) -> dict[str, _Given]:
    """What a TOML file says, by setting."""
    place = f"{file} ({CONFIG})"
    try:
        said = tomllib.loads(_text(file))
    except (OSError, ValueError) as e:
        raise BadSetting(f"{place} cannot be read: {_why(e)}.", setting=CONFIG) from None
    return _by_setting(
        [(name, value, f"{file}: {name}", {"setting": name, "file": str(file)}) for name, value in said.items()]
    )


def _by_setting(said: Iterable[tuple[str, object, str, dict[str, str]]]) -> dict[str, _Given]:
    """By setting what is said: name, value, the place and the facts of a refusal.

    Raises:
        BadSetting: a name is none of a setting, or a secret is given twice.
    """
    found: dict[str, _Given] = {}
    for name, value, place, facts in said:
        in_file = name in _IN_FILES
        setting = name.removesuffix(FILE_SUFFIX) if in_file else name
        given = _Given(value, place, facts, in_file)
        if setting not in Settings.__struct_fields__:
            near = get_close_matches(name, [*Settings.__struct_fields__, *_IN_FILES], n=1)
            upper = facts["setting"].startswith(PREFIX)
            meant = [PREFIX + each.upper() if upper else each for each in near]
            raise given.refused("is no setting of OneLot" + "".join(f"; is {each} meant?" for each in meant[:1]))
        if setting in found:
            raise given.refused(f"is given twice, here and as {found[setting].place}.")
        found[setting] = given
    return found


def _of_own_file(given: _Given) -> str:
    """The text of the file that has a secret, without the white space around it."""
    try:
        text = _text(Path(str(given.value))).strip()
    except (OSError, ValueError) as e:
        raise given.refused(f"names {given.value}, which cannot be read: {_why(e)}.") from None
    if not text:
        raise given.refused(f"names {given.value}, which is empty.")
    return text


def _text(file: Path) -> str:
    with file.open("rb") as opened:
        raw = opened.read(FILE_BYTES_MAX + 1)
    if len(raw) > FILE_BYTES_MAX:
        raise ValueError(f"it has more than {FILE_BYTES_MAX} bytes")
    return raw.decode()


def _why(error: Exception) -> str:
    """Why a file cannot be read, without what stands in it: that may be a secret."""
    if isinstance(error, UnicodeDecodeError):
        return "it is no UTF-8"
    return (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)


def _check_box(given: _Given, settings: Settings) -> None:
    """Refuses what is no rectangle of the map."""
    try:
        _ = settings.city
    except ValueError:
        raise given.refused("must be west,south,east,north in WGS-84 degrees, like 116.2,36.0,117.8,37.6.") from None


def _check_proxies(given: _Given, text: str) -> None:
    """Refuses what is no address: it would be believed of nobody, and everybody would share one limit."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            ip_network(part)
        except ValueError:
            raise given.refused(f"has {part!r}, which is no IP address and no network like 10.0.0.0/8.") from None


def _check_url(given: _Given, address: str, begins: Sequence[str]) -> None:
    """Refuses what is no address. It is never shown: there may be a password in it."""
    if not address.startswith(tuple(begins)):
        raise given.refused(f"must be an address that begins with {' or '.join(begins)}.")
    try:
        # More than one server may be named for PostgreSQL; the driver reads that by itself.
        _ = "," in address or urlsplit(address).port
    except ValueError:
        raise given.refused("has a port that is no number up to 65535.") from None


def _allowed(type_: inspect.Type) -> str:
    """What a setting may be, in words."""
    match type_:
        case inspect.UnionType(types=types):
            return _allowed(next(each for each in types if not isinstance(each, inspect.NoneType)))
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return " or ".join(map(str, values))
        case inspect.DateTimeType():
            return "an instant with its offset, like 2026-11-20T08:00:00+08:00"
        case inspect.IntType() | inspect.FloatType():
            kind = "a whole number" if isinstance(type_, inspect.IntType) else "a number"
            low = f" of at least {type_.ge}" if type_.ge is not None else ""
            low = f" above {type_.gt}" if type_.gt is not None else low
            return f"{kind}{low}{f' and at most {type_.le}' if type_.le is not None else ''}"
        case _:
            return "text"


_ALLOWED = {field.name: _allowed(field.type) for field in inspect.type_info(Settings).fields}  # type: ignore[attr-defined]
