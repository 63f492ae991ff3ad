"""`onelot doctor`: what is wrong with this installation, and what to do about it."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click
import msgspec
from redis.exceptions import RedisError
from rich.console import Console
from rich.text import Text

from parking import doctor
from parking.doctor import Area, Remark, Severity, Told
from parking.flow.doctor import Examined, examine_database
from parking.limits import BATCHES_AT_ONCE_MAX
from parking.live import redis as live_redis
from parking.settings import SECRET_CHARACTERS_MIN, BadSetting, Settings, language, read
from parking.texts import doctor as texts
from parking.texts.languages import ZH
from parking.texts.words import Words

REDIS_TIMEOUT_S = 5.0
# What each process takes beside its pool: for its health, and for gate events; a worker for its leases.
BESIDE_THE_POOL, LEADING = 1 + BATCHES_AT_ONCE_MAX, 3
_out = Console(markup=False)


@click.command("doctor")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="One language; without it both.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def examine(lang: str | None, *, as_json: bool) -> None:
    """Look at settings, servers, schema, worker and city, and say what to do.

    Exit code 0: all is well; 1: something is odd; 2: something is wrong, and OneLot does not work so.
    """
    examined = asyncio.run(_examined(read()))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(_listed(examined))).decode())
    else:
        _print(examined, lang)
    sys.exit(doctor.exit_code(examined.remarks))


async def _examined(settings: Settings) -> Examined:
    told = _told(settings)
    outside = [
        *doctor.of_settings(told),
        *doctor.of_disk(_free_bytes()),
        *doctor.of_redis(*await _redis(settings.redis_url)),
    ]
    inside = await examine_database(settings.database_url, told, settings.clock())
    return Examined([Area.SETTINGS, Area.DISK, Area.REDIS, *inside.areas], [*outside, *inside.remarks])


def _told(settings: Settings) -> Told:
    secrets = None
    with suppress(BadSetting):
        secrets = settings.secrets
    return Told(
        secrets=secrets,
        secret_characters_min=SECRET_CHARACTERS_MIN,
        test_channel=settings.test_channel,
        allow_owner=settings.allow_owner,
        other_clock=settings.clock_start is not None,
        connections=settings.workers * (settings.pool_max + BESIDE_THE_POOL) + settings.pool_max + LEADING,
    )


def _free_bytes() -> dict[str, tuple[int, int]]:
    """Of the file systems that are known here: where this runs, and where what is temporary goes."""
    found = {}
    for folder in {str(Path.cwd()), tempfile.gettempdir()}:
        usage = shutil.disk_usage(folder)
        found[folder] = usage.free, usage.total
    return found


async def _redis(url: str) -> tuple[str | None, str]:
    """The version of Redis, or None and why it does not answer."""
    client = live_redis.connect(url)
    try:
        async with asyncio.timeout(REDIS_TIMEOUT_S):
            info = await client.info("server")
        return str(info.get("redis_version", "")), ""
    except (RedisError, OSError, TimeoutError) as e:
        return None, str(e) or type(e).__name__
    finally:
        await client.aclose()


def _listed(examined: Examined) -> dict[str, object]:
    remarks = []
    for remark in examined.remarks:
        zh, en = texts.text(remark)
        remarks.append({**msgspec.to_builtins(remark), "text_zh": zh, "text_en": en})
    return {"looked_at": examined.areas, "remarks": remarks}


def _print(examined: Examined, lang: str | None) -> None:
    for area in Area:
        found = [remark for remark in examined.remarks if remark.area is area]
        if found:
            for remark in found:
                _print_remark(remark, lang)
            continue
        state = texts.WELL if area in examined.areas else texts.NOT_LOOKED_AT
        style = "green" if area in examined.areas else "dim"
        _out.print(Text.assemble((f"{_in(lang, state):>13}", style), f"  {area}"), highlight=False)


def _print_remark(remark: Remark, lang: str | None) -> None:
    style = "red" if remark.severity is Severity.WRONG else "yellow"
    head = Text.assemble((f"{_in(lang, texts.SEVERITIES[remark.severity]):>13}", style), f"  {remark.area}")
    _out.print(head, highlight=False)
    zh, en = texts.text(remark)
    for said in _chosen(lang, zh, en):
        _out.print(f"               {said}", highlight=False, soft_wrap=True)


def _in(lang: str | None, words: Words) -> str:
    return words[0] if (lang or language()) == ZH else words[1]


def _chosen(lang: str | None, zh: str, en: str) -> Sequence[str]:
    return [en] * (lang != "zh") + [zh] * (lang != "en")
