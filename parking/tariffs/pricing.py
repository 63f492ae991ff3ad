"""The price of a visit: the steps of `seeds/tariffs/README.md`, one after the other."""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec import Struct, structs

from parking.tariffs import lines
from parking.tariffs.caps import Caps
from parking.tariffs.compiled import Compiled, Table
from parking.tariffs.covering import Cover, Stay, covered
from parking.tariffs.discounts import NONE, Fitting, by_stage, choices, fitting, raised, rounded, taken_off
from parking.tariffs.document import STAY_DAYS_MAX, Discount, Tariff
from parking.tariffs.hours import DAY_S, Interval, instant, seconds
from parking.tariffs.metering import Meter, followed, runs, short_crossing
from parking.tariffs.sums import Step, Sum, without_units
from parking.tariffs.visits import Fee, LineKind, Past, StayNotPriceable, Use, Visit

# Stays of other years are slips of a clock.
_EARLIEST, _LATEST = seconds(datetime(1970, 1, 2, tzinfo=UTC)), seconds(datetime(2200, 1, 1, tzinfo=UTC))


class Owed(Struct, frozen=True, gc=False):
    """What a visit costs and what it used, without the explanation."""

    fee_fen: int
    uses: tuple[Use, ...]


def price(tariff: Compiled, visit: Visit, pasts: Sequence[Past] = ()) -> Fee:
    """The fee of a visit with its lines. `pasts` are the vehicle's earlier visits; later ones are ignored.

    Raises:
        StayNotPriceable: it ends before it begins, is longer than STAY_DAYS_MAX, or is no visit that can be.
    """
    found = _least(tariff, visit, pasts)
    return Fee(found.fee_fen, lines.explain(tariff, found), tuple(found.uses))


def owed(tariff: Compiled, visit: Visit, pasts: Sequence[Past] = ()) -> Owed:
    """As `price`, without lines and in less time."""
    found = _least(tariff, visit, pasts)
    return Owed(found.fee_fen, tuple(found.uses))


def series(tariff: Compiled, visits: Sequence[Visit]) -> list[Fee]:
    """The fees of one vehicle's visits to one lot, each remembering those that entered before it; in the order given.

    Raises as `price`.
    """
    fees: dict[int, Fee] = {}
    pasts: list[Past] = []
    for at in sorted(range(len(visits)), key=lambda at: visits[at].entered_at):
        fee = fees[at] = price(tariff, visits[at], pasts)
        pasts.append(Past(visits[at].entered_at, visits[at].left_at, fee.uses))
    return [fees[at] for at in range(len(visits))]


def bounds(tariff: Tariff, visit: Visit) -> tuple[int, int]:
    """Entry and exit as they are computed with, in whole seconds.

    Raises as `price`.
    """
    try:
        starts, ends = seconds(visit.entered_at), seconds(visit.left_at)
    except TypeError as e:
        raise StayNotPriceable("No price between times that do not say their offset.") from e
    if not 0 <= ends - starts <= STAY_DAYS_MAX * DAY_S:
        raise StayNotPriceable(
            f"No price for a stay of {(ends - starts) // 60} min.", entered_at=visit.entered_at, left_at=visit.left_at
        )
    if starts < _EARLIEST or ends >= _LATEST or visit.bays < 1:
        raise StayNotPriceable(
            f"No price in the year {visit.entered_at.year} for {visit.bays} bays.", entered_at=visit.entered_at
        )
    if tariff.seconds != "exact":
        if tariff.seconds == "entry_up_exit_down":
            starts += 59
        starts, ends = starts - starts % 60, ends - ends % 60
    return starts, max(starts, ends)


def _least(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> Sum:
    """The sum with all discounts that fit, or with the one of them that makes it least."""
    if not tariff.tariff.discounts:
        return _whole(tariff, visit, pasts, NONE)
    sums = [_whole(tariff, visit, pasts, discounts) for discounts in choices(tariff.tariff, visit)]
    return min(sums, key=lambda each: each.fee_fen)


def _whole(tariff: Compiled, visit: Visit, pasts: Sequence[Past], discounts: Fitting) -> Sum:
    found = charged(tariff, visit, pasts, discounts)
    if found.stay is None or not tariff.has_last_steps:
        return found
    steps = last_steps(tariff, found.stay, discounts, pasts, found.fee_fen)
    return structs.replace(found, steps=steps, fee_fen=found.fee_fen + sum([step.amount_fen for step in steps]))


def charged(
    tariff: Compiled, visit: Visit, pasts: Sequence[Past], discounts: Fitting, whole: Interval | None = None
) -> Sum:
    """What a visit costs before the last steps; `whole` is the stay it is a part of, if it is not all of it.

    Raises as `price`.
    """
    text = tariff.tariff
    starts, ends = bounds(text, visit)
    if starts == ends:
        return without_units(starts, ends, [])
    if text.exempt and (exempt := tariff.exemption_of(visit.vehicle)) is not None:
        return without_units(starts, ends, [Step("exempt", f"exempt[{exempt}]", 1, 0, 0)])
    of_class = tariff.class_of(visit.vehicle)
    table = tariff.table(of_class, visit.bays, 100, discounts.percents)
    stay = _stay(tariff, starts, ends, table, visit, pasts, whole)
    laid = covered(tariff, stay, discounts.minutes)
    if laid.is_free:
        return Sum(starts, ends, of_class, [Cover(starts, ends, 0, "free")], [], [], 0, laid.uses)

    separate = left = runs(stay, laid.covers)
    if text.crossing.short_under_min and len(left) > 1:
        left = short_crossing(tariff, table, left)
    crossed = left is not separate
    if laid.covers or crossed or tariff.complete:
        left = followed(left, complete=tariff.complete)
    caps = Caps(tariff, stay)
    allowed_fen = sum([one.fen for one in discounts.amounts]) if discounts.amounts else 0
    meter = Meter(tariff, stay, caps, allowed_fen)
    for run in left:
        meter.run(run, table if run.pays == 100 else tariff.table(of_class, visit.bays, run.pays, discounts.percents))
    uses = laid.uses + caps.uses()
    return Sum(
        starts, ends, of_class, laid.covers, meter.units, [], meter.fee_fen, uses, stay, discounts.amounts, crossed
    )


def stay_of(tariff: Compiled, visit: Visit, pasts: Sequence[Past]) -> Stay | None:
    """A visit as it is computed, before anything covers it; None if it is nothing.

    Raises as `price`.
    """
    starts, ends = bounds(tariff.tariff, visit)
    if starts == ends:
        return None
    return _stay(tariff, starts, ends, tariff.table(tariff.class_of(visit.vehicle), visit.bays), visit, pasts)


def _stay(
    tariff: Compiled,
    starts: int,
    ends: int,
    table: Table,
    visit: Visit,
    pasts: Sequence[Past],
    whole: Interval | None = None,
) -> Stay:
    earlier: Sequence[Past] = ()
    if pasts and tariff.remembers:
        earlier = [past for past in pasts if past.uses and past.entered_at < visit.entered_at]
    passages = tariff.timeline.passages(starts, ends)
    return Stay(starts, ends, passages, table, visit, earlier, whole or (starts, ends))


def last_steps(tariff: Compiled, stay: Stay, discounts: Fitting, pasts: Sequence[Past], fee_fen: int) -> list[Step]:
    """Discounts after caps, the least fee, rounding and overstaying; each is left out if it changes nothing."""
    steps: list[Step] = []

    def add(kind: LineKind, rule: str, units: int, unit_fen: int, amount_fen: int, starts: int = 0) -> None:
        nonlocal fee_fen
        if amount_fen:
            steps.append(Step(kind, rule, units, unit_fen, amount_fen, starts))
            fee_fen += amount_fen

    text = tariff.tariff
    for one in discounts.after:
        worth_fen = _worth(tariff, stay, one, pasts) if one.kind == "minutes" and fee_fen else 0
        units = one.percent or one.minutes or 1
        add("discount", f"discounts.{one.code}", units, 0, -taken_off(one, fee_fen, worth_fen))
    add("minimum", "minimum_fen", 1, text.minimum_fen, raised(text, fee_fen))
    add("rounding", "round_to_fen", 1, text.round_to_fen, rounded(text, fee_fen) - fee_fen)
    rule = text.overstay
    if rule is not None and stay.visit.charging:
        ended = max(stay.starts, *[tariff.told(unplugged) for _, unplugged in stay.visit.charging])
        since = ended + rule.grace_min * 60
        units = max(0, -((since - stay.ends) // (rule.unit_min * 60)))
        cost_fen = units * rule.unit_fen
        cost_fen = cost_fen if rule.cap_fen is None else min(cost_fen, rule.cap_fen)
        add("overstay", "overstay", units, rule.unit_fen, cost_fen, since)
    return steps


def _worth(tariff: Compiled, stay: Stay, coupon: Discount, pasts: Sequence[Past]) -> int:
    """What the first chargeable minutes of a stay would have cost with the discounts that stand before this one."""
    left = coupon.minutes * 60
    ends = stay.ends
    for begins, until in stay.counted("chargeable"):
        if until - begins >= left:
            ends = begins + left
            break
        left -= until - begins
    shorter = structs.replace(stay.visit, left_at=instant(ends), coupons=())
    before = tariff.tariff.discounts[: tariff.tariff.discounts.index(coupon)]
    others = [one for one in fitting(before, shorter) if one.kind != "minutes" or one.minutes_as != "worth"]
    discounts = by_stage(others) if tariff.tariff.stacking == "all" else NONE
    found = charged(tariff, shorter, pasts, discounts)
    if found.stay is None:
        return 0
    steps = last_steps(tariff, found.stay, discounts, pasts, found.fee_fen)
    return found.fee_fen + sum([step.amount_fen for step in steps if step.kind != "overstay"])
