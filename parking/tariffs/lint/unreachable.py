"""Parts of a document that no stay ever reaches: rate periods, tiers, caps, classes and discounts."""

from collections.abc import Iterator, Sequence
from itertools import islice, product

from msgspec import structs

from parking.tariffs.engine.calendar import instant
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.engine.matching import asks_visit
from parking.tariffs.engine.price import calculate
from parking.tariffs.engine.quote import Visit
from parking.tariffs.language.document import STAY_DAYS_MAX, Cap, Discount, Promises, Tariff, Tier
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Finding, path_of
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.trials import Trials
from parking.tariffs.lint.vehicles import SampleVehicle, always, witness
from parking.texts import amounts, durations

# Long enough that every weekday passes, and every period of a cap but that of a whole stay.
_LONG_DAYS = 9
_STAY_DAYS = 60
_VISITS_MAX = 60
_ENTRIES_OF_MANY = 6


def unreachable(trials: Trials, probes: Probes, vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """A finding for each part that is never reached; first those that no price is needed for."""
    text = trials.tariff.tariff
    yield from _bands(text, probes)
    yield from _classes(text)
    yield from _discounts(text)
    yield from _surcharges(text)
    yield from _tiers(trials, probes, vehicles)
    yield from _caps(trials, probes, vehicles)


def _bands(text: Tariff, probes: Probes) -> Iterator[Finding]:
    for index, band in enumerate(text.bands):
        if index not in probes.bands_met:
            yield Finding(
                "unused_band",
                "warning",
                f"$.bands[{index}]",
                f"时段“{band.name_zh}”在任何一天都不出现，其价格永远不会用到；请检查它的时间和日期，或删去。",
                f"The band “{band.name_en}” holds on no day there is, so nobody ever pays its price: "
                "check its hours and days, or take it out.",
            )


def _entries(probes: Probes) -> Iterator[int]:
    """Where long stays begin: the longest segments, then every mark and the minute before it."""
    yield from (begins for _, begins, _ in probes.longest())
    for day in probes.days:
        for mark in [*probes.marks(day), probes.ordinary(day)]:
            yield mark
            yield mark - 60


def _tiers(trials: Trials, probes: Probes, vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """Gives every tier a price of its own; a price that stands on no bill is of a tier that is never reached."""
    text = trials.tariff.tariff
    marked, places = _marked(text)
    missing: set[int] = set()
    by_class = {trials.tariff.usual_class_of(sample.vehicle): sample for sample in reversed(vehicles)}
    tariff = Compiled(marked)
    stretch = max(sum(tier.for_min or 0 for tier in band.tiers) for band in text.bands)
    days = min(STAY_DAYS_MAX - 1, _LONG_DAYS + stretch // DAY_MIN)
    seen: set[int] = set()
    for of_class, sample in sorted(by_class.items()):
        pays = _pays(text, of_class)
        mine = {at for at, (rule, band, _) in enumerate(places, 1) if band in probes.bands_met and rule == pays[band]}
        missing |= mine
        for entry in _entries(probes):
            if mine <= seen:
                break
            if trials.left <= 0:
                return
            seen |= _prices(trials, tariff, sample, entry, days)
    for at in sorted(missing - seen):
        yield _unreachable(text, *places[at - 1])


def _pays(text: Tariff, of_class: int) -> list[int]:
    """For each band whose prices a class pays: its own, or -1 for those of the band."""
    own = text.classes[of_class].prices if of_class >= 0 else {}
    return [of_class if band.code in own else -1 for band in text.bands]


def _unreachable(text: Tariff, of_class: int, band: int, tier: int) -> Finding:
    named = text.bands[band]
    tiers = named.tiers if of_class < 0 else text.classes[of_class].prices[named.code]
    after = sum(before.for_min or 0 for before in tiers[:tier])
    after_zh, after_en = durations.short(after)
    path = f"$.bands[{band}].tiers[{tier}]"
    if of_class >= 0:
        path = f"$.classes[{of_class}].prices.{named.code}[{tier}]"
    return Finding(
        "unreachable_tier",
        "warning",
        path,
        f"“{named.name_zh}”的第 {tier + 1} 档从 {after_zh} 起，但没有任何停放能停到这一档；"
        "请检查前几档的时长、重新起算的时点（restart），或删去这一档。",
        f"Tier {tier + 1} of “{named.name_en}” begins after {after_en}, and no stay ever gets there: "
        "check how long the tiers before it last and where they begin again (restart), or take it out.",
        facts={"after_min": after},
    )


def _marked(text: Tariff) -> tuple[Tariff, list[tuple[int, int, int]]]:
    """Nothing but bands and classes, each tier at the price of its number; and (class, band, tier) by number."""
    places: list[tuple[int, int, int]] = []

    def mark(tiers: Sequence[Tier], of_class: int, band: int) -> tuple[Tier, ...]:
        places.extend((of_class, band, at) for at in range(len(tiers)))
        since = len(places) - len(tiers) + 1
        return tuple(structs.replace(tier, unit_fen=since + at) for at, tier in enumerate(tiers))

    bands = [
        structs.replace(band, tiers=mark(band.tiers, -1, at), part_unit="up") for at, band in enumerate(text.bands)
    ]
    places_of = {band.code: at for at, band in enumerate(text.bands)}
    classes = [
        structs.replace(
            rule,
            prices={code: mark(tiers, at, places_of[code]) for code, tiers in rule.prices.items()},
            percent=100,
            add_fen=0,
            caps={},
        )
        for at, rule in enumerate(text.classes)
    ]
    plain = structs.replace(
        text,
        bands=tuple(bands),
        classes=tuple(classes),
        caps=(),
        quotas=(),
        discounts=(),
        exempt=(),
        minimum_fen=0,
        round_to_fen=1,
        promises=Promises(),
    )
    return plain, places


def _prices(trials: Trials, tariff: Compiled, sample: SampleVehicle, entry: int, days: int) -> set[int]:
    trials.spend(trials.weight(days * DAY_MIN))
    visit = Visit(instant(entry), instant(entry + days * DAY_MIN * 60), sample.vehicle)
    return {units.unit_fen for units in calculate(tariff, visit).units}


def _caps(trials: Trials, probes: Probes, vehicles: Sequence[SampleVehicle]) -> Iterator[Finding]:
    """Caps that take nothing off any long stay, of any class, nor off many short ones where they remember those."""
    text = trials.tariff.tariff
    idle = {f"caps.{cap.code}": cap for cap in text.caps}
    is_long = any(cap.per in ("stay", "month") for cap in text.caps)
    for sample, entry in product(vehicles, _entries(probes)):
        if not idle or trials.left <= 0:
            return
        for length in (_LONG_DAYS, _STAY_DAYS) if is_long else (_LONG_DAYS,):
            fees = trials.fees(sample, [(entry, length * DAY_MIN)])
            _strike(idle, (line.rule for line in fees[0].lines if line.kind == "cap"))
    for sample in vehicles:
        if any(cap.memory != "none" for cap in idle.values()):
            _strike(idle, _caps_of_many_visits(trials, probes, sample))
        if any(cap.entered or cap.left or cap.who.entered or cap.who.left for cap in idle.values()):
            _strike(idle, _caps_by_the_clock(trials, probes, sample))
        if trials.left <= 0:
            return
    for rule, cap in idle.items():
        yield _never_binds(text, rule, cap)


def _strike(idle: dict[str, Cap], applied: Iterator[str]) -> None:
    for rule in applied:
        idle.pop(rule, None)


def _caps_of_many_visits(trials: Trials, probes: Probes, sample: SampleVehicle) -> Iterator[str]:
    """The caps that apply where a vehicle comes again and again, just longer than is free."""
    free = trials.tariff.table(trials.tariff.usual_class_of(sample.vehicle), 1).free
    length = free.minutes + 1
    count = min(_VISITS_MAX, DAY_MIN // length)
    if any(cap.memory != "none" and cap.per in ("week", "month") for cap in trials.tariff.tariff.caps):
        entry = probes.ordinary(probes.days[0])
        fees = trials.fees(sample, [(entry + at * DAY_MIN * 60, DAY_MIN // 2) for at in range(_VISITS_MAX)])
        yield from (line.rule for fee in fees for line in fee.lines if line.kind == "cap")
    for entry in islice(_entries(probes), _ENTRIES_OF_MANY):
        fees = trials.fees(sample, [(entry + at * length * 60, length) for at in range(count)])
        yield from (line.rule for fee in fees for line in fee.lines if line.kind == "cap")


def _caps_by_the_clock(trials: Trials, probes: Probes, sample: SampleVehicle) -> Iterator[str]:
    """The caps that apply to those who enter and leave at certain hours."""
    for day in probes.days:
        ends = [end for ahead in range(3) for mark in probes.marks(day + ahead) for end in (mark, mark + 60)]
        for entry in [*probes.marks(day), probes.ordinary(day)]:
            for end in ends:
                if entry < end and trials.left > 0:
                    (fee,) = trials.fees(sample, [(entry, (end - entry) // 60)])
                    yield from (line.rule for line in fee.lines if line.kind == "cap")


def _never_binds(text: Tariff, rule: str, cap: Cap) -> Finding:
    zh, en = amounts.short(cap.fen, text.currency)
    return Finding(
        "cap_never_binds",
        "warning",
        path_of(text, rule),
        f"封顶“{cap.name_zh}”（{zh}）从不起作用：任何停放都达不到它，或总有别的封顶更低；请检查金额和周期，或删去。",
        f"The cap “{cap.name_en}” of {en} never takes anything off: no stay reaches it, or another "
        "cap is always lower. Check its amount and its period, or take it out.",
        facts={"cap_fen": cap.fen},
    )


def _classes(text: Tariff) -> Iterator[Finding]:
    exempt = always(exemption.who for exemption in text.exempt)
    for index, rule in enumerate(text.classes):
        before = always(each.who for each in text.classes[:index])
        if witness((rule.who,), [*exempt, *before]) is None:
            yield Finding(
                "class_never_matches",
                "warning",
                f"$.classes[{index}]",
                f"没有车辆会归入“{rule.name_zh}”：排在它前面的类别或免费车辆已经包括了它的全部车辆；请调整先后次序或条件。",
                f"No vehicle is ever of the class “{rule.name_en}”: the classes before it, or the exempt vehicles, "
                "take all of them. Put it before them, or change whom it is for.",
            )


def _discounts(text: Tariff) -> Iterator[Finding]:
    exempt = always(exemption.who for exemption in text.exempt)
    for index, discount in enumerate(text.discounts):
        if witness((discount.who,), exempt) is None:
            zh, en = "能享受它的车辆全部免费停放", "all vehicles it is for park free anyway"
        elif text.stacking == "best" and (better := _better(text.discounts, discount)) is not None:
            zh, en = f"“{better.name_zh}”总是更优惠", f"“{better.name_en}” always takes off as much or more"
        else:
            continue
        yield Finding(
            "discount_never_fits",
            "warning",
            f"$.discounts[{index}]",
            f"优惠“{discount.name_zh}”从不起作用：{zh}；请修改条件，或删去。",
            f"The discount “{discount.name_en}” never takes anything off: {en}. Change whom it is for, or take it out.",
        )


def _surcharges(text: Tariff) -> Iterator[Finding]:
    exempt = always(exemption.who for exemption in text.exempt)
    for index, surcharge in enumerate(text.surcharges):
        if witness((surcharge.who,), exempt) is None:
            yield Finding(
                "surcharge_never_fits",
                "warning",
                f"$.surcharges[{index}]",
                f"加收“{surcharge.name_zh}”从不起作用：它针对的车辆全部免费；请修改条件，或删去。",
                f"The surcharge “{surcharge.name_en}” is never paid: all vehicles it is for park free. "
                "Change whom it is for, or take it out.",
            )


def _better(others: Sequence[Discount], discount: Discount) -> Discount | None:
    """A discount of the same kind that takes off at least as much and applies wherever this one does."""
    for other in others:
        # Of equals the first is taken.
        first = others.index(other) < others.index(discount)
        alike = (other.kind, other.stage, other.minutes_as) == (discount.kind, discount.stage, discount.minutes_as)
        ours, theirs = (discount.percent, discount.fen, discount.minutes), (other.percent, other.fen, other.minutes)
        most = theirs > ours or (first and theirs == ours)
        paid = not other.paid_by or (bool(discount.paid_by) and set(discount.paid_by) <= set(other.paid_by))
        if (
            alike
            and most
            and paid
            and not other.coupon
            and not asks_visit(other.who)
            and witness((discount.who,), (other.who,)) is None
        ):
            return other
    return None
