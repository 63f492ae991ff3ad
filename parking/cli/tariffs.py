"""The commands about tariffs: check, explain, quote and compare files; publish a tariff and put it into force."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

import sql
from parking import tariffs
from parking.cli.actor import by, staff
from parking.cli.arguments import (
    ACCEPTED,
    FACT,
    FILE,
    INSTANT,
    PASS,
    PERIOD,
    HeldPass,
    Period,
    aware,
    document_of,
    is_toml,
    tariff_of,
)
from parking.cli.registry import CODE, FROM, in_transaction
from parking.cli.simulation import replay
from parking.cli.spoken import sentence, word
from parking.cli.tables import Printer
from parking.flow.prices import Places, apply_newest
from parking.flow.tariffs import publish_tariff
from parking.plates import PlateColor, VehicleClass
from parking.store.tariffs import TariffRow
from parking.tariffs.comparison import differences, price_differences, typical_stays
from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.schema import json_schema
from parking.tariffs.language.validation import coupons_of
from parking.tariffs.lint import BUDGET, Finding, acceptance, check_document, unclear
from parking.tariffs.lint.vehicles import sample_vehicles

_out = Console(markup=False)
_err = Console(stderr=True, markup=False)
CLEAN, WARNED, WRONG = 0, 1, 2
_MEANING = {
    WARNED: ("退出码 1：有警告未确认。", "Exit code 1: a warning is not accepted."),
    WRONG: ("退出码 2：有错误，不能发布。", "Exit code 2: an error forbids publication."),
}


class _Checked(NamedTuple):
    """A file with what was found in it, and the reasons of warnings that are accepted by the names of the findings."""

    file: Path
    text: tariffs.Tariff | None
    findings: list[Finding]
    reasons: dict[str, str]


def _one_of(words: type[StrEnum]) -> click.Choice[str]:
    return click.Choice([word.value for word in words])


_lang = click.option("--lang", type=click.Choice(["zh", "en"]), help="One language; without it both.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_accept = click.option(
    "--accept",
    "accepted",
    multiple=True,
    type=ACCEPTED,
    help="A warning that is meant so, by its kind and place, and why.",
)


@click.group()
def tariff() -> None:
    """Price texts: what they say, what they cost, and where and since when they hold."""


@tariff.command("check")
@click.argument("files", nargs=-1, required=True, type=FILE)
@_accept
@_lang
@_json
def check(files: tuple[Path, ...], accepted: tuple[tuple[str, str], ...], lang: str | None, as_json: bool) -> None:
    """Look for what would surprise drivers.

    Exit code 0: nothing, or every warning is accepted; 1: a warning is not accepted; 2: an error, which forbids
    publication.
    """
    checked = _checked(files, dict(accepted))
    result = max(_result(file) for file in checked)
    if as_json:
        _print_json([_as_json(file) for file in checked])
        sys.exit(result)
    printer = Printer(_out, lang)
    _print_findings(checked, printer)
    if result != CLEAN:
        printer.both(*_MEANING[result])
    sys.exit(result)


@tariff.command("schema")
def schema() -> None:
    """Print the JSON Schema of a tariff document, for editors."""
    _print_json(json_schema())


@tariff.command("explain")
@click.argument("file", type=FILE)
@_lang
def explain(file: Path, lang: str | None) -> None:
    """Print the tariff notice, and what usual stays cost."""
    text = tariff_of(file)
    compiled = tariffs.Compiled(text)
    printer = Printer(_out, lang)
    printer.notice(text)
    printer.prices(compiled, sample_vehicles(compiled))


@tariff.command("quote")
@click.argument("file", type=FILE)
@click.option("--from", "entered", required=True, type=INSTANT, help="The entry; without offset in the tariff's zone.")
@click.option("--to", "left", required=True, type=INSTANT, help="The exit.")
@click.option("--class", "kind", type=_one_of(VehicleClass), default="small", show_default=True)
@click.option("--color", type=_one_of(PlateColor), default="unknown", show_default=True, help="The plate's.")
@click.option("--new-energy", is_flag=True, help="A new energy vehicle.")
@click.option("--tag", "tags", multiple=True, help="A class or entitlement it is known for.")
@click.option("--fact", "facts", multiple=True, type=FACT, help="What is known of it, e.g. length_cm=1200.")
@click.option("--bays", default=1, show_default=True, type=click.IntRange(1, 100), help="How many bays it takes.")
@click.option(
    "--coupon", "coupons", multiple=True, help="The code of a discount, a stamp or a lost ticket that comes with it."
)
@click.option("--paid-by", default="", help="The method of payment.")
@click.option("--pass", "passes", multiple=True, type=PASS, help="A pass it has: code:from/until.")
@click.option("--charging", multiple=True, type=PERIOD, help="When it was charged: from/to.")
@click.option("--booked", multiple=True, type=PERIOD, help="When a space was booked for it: from/to.")
@click.option("--history", multiple=True, type=PERIOD, help="An earlier visit to the same lot: from/to.")
@_lang
@_json
def quote(
    file: Path,
    entered: datetime,
    left: datetime,
    passes: tuple[HeldPass, ...],
    charging: tuple[Period, ...],
    booked: tuple[Period, ...],
    history: tuple[Period, ...],
    lang: str | None,
    as_json: bool,
    **brought: Any,
) -> None:
    """Price one visit by a file, without a database."""
    text = tariff_of(file)
    compiled = tariffs.Compiled(text)
    zone = compiled.time_zone
    _refuse_unknown("--pass", word("pass"), [held.code for held in passes], [known.code for known in text.passes])
    _refuse_unknown("--coupon", word("coupon"), brought["coupons"], coupons_of(text))
    vehicle = _vehicle(brought)
    visit = Visit(
        entered_at=aware(entered, zone),
        left_at=aware(left, zone),
        vehicle=vehicle,
        bays=brought["bays"],
        charging=tuple(period.within(zone) for period in charging),
        booked=tuple(period.within(zone) for period in booked),
        passes=tuple(held.within(zone) for held in passes),
        coupons=brought["coupons"],
        paid_by=brought["paid_by"],
    )
    earlier = [Visit(*period.within(zone), vehicle=vehicle, bays=visit.bays) for period in history]
    if any(past.entered_at >= visit.entered_at for past in earlier):
        raise click.BadParameter(word("An earlier visit begins before --from."), param_hint="--history")
    try:
        fee = tariffs.price_sequence(compiled, [*earlier, visit])[-1]
    except tariffs.StayNotPriceable as e:
        raise (tariffs.StayNotPriceable(str(e.facts["text_zh"]), **e.facts) if lang == "zh" else e) from None
    if as_json:
        _print_json({"fee_fen": fee.fee_fen, "currency": text.currency, "tariff": text.code, "lines": fee.lines})
        return
    printer = Printer(_out, lang)
    name = printer.word(text.name_zh, text.name_en)
    printer.times(name, [(visit.entered_at.astimezone(zone), visit.left_at.astimezone(zone))])
    printer.lines(fee.lines, text.currency, fee.fee_fen)


@tariff.command("diff")
@click.argument("before", type=FILE)
@click.argument("after", type=FILE)
@_lang
@_json
def diff(before: Path, after: Path, lang: str | None, as_json: bool) -> None:
    """Compare two price texts: what they say, and what typical stays cost."""
    old, new = tariffs.Compiled(tariff_of(before)), tariffs.Compiled(tariff_of(after))
    changes = differences(old.tariff, new.tariff)
    prices = [
        (sample, changes_of_vehicle)
        for sample in sample_vehicles(new)
        if (changes_of_vehicle := price_differences(old, new, typical_stays(new.time_zone, sample.vehicle)))
    ]
    if as_json:
        stays = [
            {"vehicle_zh": sample.name_zh, "vehicle_en": sample.name_en, **msgspec.structs.asdict(change)}
            for sample, changes_of_vehicle in prices
            for change in changes_of_vehicle
        ]
        _print_json({"changes": changes, "prices": stays})
        return
    printer = Printer(_out, lang)
    if not changes:
        printer.say(printer.word("两份文本内容相同。", "The two say the same."))
        return
    printer.changes(changes)
    if prices:
        printer.price_changes(prices, old.tariff, new.tariff)
    else:
        printer.say(printer.word("常见停放的收费均无变化。", "No typical stay costs another fee."))


@tariff.command("publish")
@click.argument("file", type=FILE)
@_accept
@_lang
def publish(file: Path, accepted: tuple[tuple[str, str], ...], lang: str | None) -> None:
    """Check and publish the tariff of a file; the same text again is the version that stands.

    Errors forbid it; every warning is accepted with a reason of its own.
    """
    text = tariff_of(file)
    reasons = dict(accepted)
    checked = _checked([file], reasons)
    result = _result(checked[0])
    if result != CLEAN:
        printer = Printer(_err, lang)
        _print_findings(checked, printer)
        printer.say(printer.word("未发布。", "Not published."), "red")
        sys.exit(result)

    async def published(db: sql.Connection, now: datetime) -> TariffRow:
        document = tariffs.to_json(text)
        return await publish_tariff(
            db, document=document, by=by(), now=now, findings=checked[0].findings, reasons=reasons
        )

    row = in_transaction(published)
    click.echo(sentence("{code} version {version}", code=row.code, version=row.version))


@tariff.command("apply")
@click.argument("code")
@click.option("--lot", "lots", multiple=True, type=CODE, help="Where it holds; may be given again.")
@click.option("--zone", "zones", multiple=True, type=CODE, help="A price area where it holds; may be given again.")
@FROM
def apply(code: str, lots: tuple[str, ...], zones: tuple[str, ...], since: datetime | None) -> None:
    """Let the newest published version of a tariff hold from an instant on: at all these places, or at none.

    In a price area it holds at the lots that have no price of their own.
    """
    if not (lots or zones):
        raise click.UsageError(word("Say where it is to hold: --lot or --zone."))

    async def applied(db: sql.Connection, now: datetime) -> tuple[int, datetime]:
        begins, principal = since or now, staff()
        places = Places(lots, zones, begins)
        return await apply_newest(db, code=code, places=places, principal=principal, now=now), begins

    version, begins = in_transaction(applied)
    holds = {"version": version, "places": ", ".join((*lots, *zones)), "since": begins.isoformat()}
    click.echo(sentence("{code} version {version} holds at {places} from {since}", code=code, **holds))


tariff.add_command(replay)


def _checked(files: Sequence[Path], reasons: dict[str, str]) -> list[_Checked]:
    """Each file with its findings, and with an error where files supersede each other in a circle."""
    today = datetime.now(UTC).date()
    checked = []
    for file in files:
        with _progress(file) as progress:
            text, findings = check_document(
                document_of(file), toml=is_toml(file), today=today, budget=BUDGET, progress=progress, clock=process_time
            )
        checked.append(_Checked(file, text, findings, {}))
    try:
        tariffs.check_succession({each.text.code: each.text for each in checked if each.text is not None})
    except tariffs.TariffUnclear as e:
        checked[-1].findings.insert(0, unclear(e))
    try:
        return [each._replace(reasons=acceptance.reasons_by_name(each.findings, reasons)) for each in checked]
    except acceptance.NotPublishable as e:
        raise click.BadParameter(str(e), param_hint="--accept") from None


@contextmanager
def _progress(file: Path) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn(sentence("checking {file}", file=file.name)), BarColumn(), TaskProgressColumn())
    # Without a terminal a bar would leave an empty line.
    with Progress(*columns, console=_err, transient=True, disable=not _err.is_interactive) as progress:
        task = progress.add_task("", total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _result(checked: _Checked) -> int:
    if any(finding.severity == "error" for finding in checked.findings):
        return WRONG
    return WARNED if _open(checked) else CLEAN


def _open(checked: _Checked) -> list[str]:
    """The names of the warnings that nobody accepted."""
    return [each.name for each in acceptance.warnings_of(checked.findings) if each.name not in checked.reasons]


def _print_findings(files: Sequence[_Checked], printer: Printer) -> None:
    for checked in files:
        printer.outcome(checked.file, checked.findings, checked.reasons)
        for finding in checked.findings:
            printer.finding(
                finding, checked.text.currency if checked.text else "CNY", checked.reasons.get(finding.name)
            )
        for name in dict.fromkeys(_open(checked)):
            place = name.replace("@$.", "@")
            option = f'--accept "{place}=理由"', f'--accept "{place}=the reason"'
            printer.say(printer.word(f"如确属本意：{option[0]}", f"If this is meant: {option[1]}"))


def _as_json(checked: _Checked) -> dict[str, Any]:
    listed = [
        {**msgspec.to_builtins(finding), "accepted": checked.reasons.get(finding.name)} for finding in checked.findings
    ]
    return {"file": str(checked.file), "tariff": checked.text.code if checked.text else None, "findings": listed}


def _print_json(value: object) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def _vehicle(brought: dict[str, Any]) -> Vehicle:
    return Vehicle(
        kind=VehicleClass(brought["kind"]),
        color=PlateColor(brought["color"]),
        new_energy=brought["new_energy"],
        tags=frozenset(brought["tags"]),
        facts=dict(brought["facts"]),
    )


def _refuse_unknown(option: str, noun: str, codes: Sequence[str], known: Sequence[str]) -> None:
    for code in codes:
        if code not in known:
            known_here = ", ".join(known) or word("there is none")
            about = {"noun": noun, "code": code, "known": known_here}
            raise click.BadParameter(
                sentence("The tariff has no {noun} {code!r}: {known}.", **about), param_hint=option
            )
