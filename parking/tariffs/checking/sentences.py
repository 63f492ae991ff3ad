"""What the search along the curves found, as findings: in words, with the bills, and with the place that causes it."""

from collections.abc import Iterator

from msgspec import structs

from parking.tariffs.checking.curves import Extremes, Pair
from parking.tariffs.checking.findings import Bill, Finding, Kind, Severity, path_of
from parking.tariffs.checking.trials import Trials
from parking.tariffs.checking.wording import length_en, length_zh, paid_en, paid_zh, stay_en, stay_zh
from parking.tariffs.compiled import Compiled
from parking.tariffs.document import Crossing, Tariff


def findings(trials: Trials, extremes: Extremes) -> Iterator[Finding]:
    """One finding for each thing that was found."""
    if extremes.fall is not None:
        yield _longer(trials, extremes.fall)
    if extremes.earlier is not None:
        yield _earlier(trials, extremes.earlier)
    if extremes.jump is not None:
        yield _minute(trials, extremes.jump)
    if extremes.day is not None:
        yield _day(trials, extremes)


def _longer(trials: Trials, pair: Pair) -> Finding:
    more = pair.longer[1] - pair.shorter[1]
    return _less(
        trials,
        pair,
        "longer_costs_less",
        ("停得更久反而付得更少", f"多停 {length_zh(more)}"),
        ("Who stays longer pays less", f"staying {length_en(more)} longer"),
    )


def _earlier(trials: Trials, pair: Pair) -> Finding:
    more = pair.longer[1] - pair.shorter[1]
    return _less(
        trials,
        pair,
        "earlier_costs_less",
        ("早到反而付得更少", f"早到 {length_zh(more)}、同时离场"),
        ("Who comes earlier pays less", f"coming {length_en(more)} earlier and leaving at the same time"),
    )


def _less(trials: Trials, pair: Pair, kind: Kind, zh: tuple[str, str], en: tuple[str, str]) -> Finding:
    """A longer stay that costs less than a shorter one; the words are what that is, and how it is longer."""
    text = trials.tariff.tariff
    shorter, longer = _bills(trials, pair)
    what_zh, how_zh = zh
    what_en, how_en = en
    return Finding(
        kind,
        _severity(text),
        _cause(trials, pair, shorter),
        f"{what_zh}：{longer.vehicle_zh}，{stay_zh(shorter)}付 {paid_zh(text, shorter.fee_fen)}；"
        f"{how_zh}，只付 {paid_zh(text, longer.fee_fen)}。{_promise_zh(text)}",
        f"{what_en} ({longer.vehicle_en}): {stay_en(shorter)} costs {paid_en(text, shorter.fee_fen)}, "
        f"and {how_en} {paid_en(text, longer.fee_fen)}.{_promise_en(text)}",
        (shorter, longer),
        _facts(pair, shorter, longer),
    )


def _minute(trials: Trials, pair: Pair) -> Finding:
    text = trials.tariff.tariff
    shorter, longer = _bills(trials, pair)
    most = text.promises.minute_fen_max or 0
    more_fen = longer.fee_fen - shorter.fee_fen
    return Finding(
        "minute_too_dear",
        "error",
        "$.promises.minute_fen_max",
        f"多停一分钟要多付 {paid_zh(text, more_fen)}，而价格文本承诺最多 {paid_zh(text, most)}："
        f"{longer.vehicle_zh}，{stay_zh(longer)}付 {paid_zh(text, longer.fee_fen)}，"
        f"少停一分钟付 {paid_zh(text, shorter.fee_fen)}。请修改价格，或修改承诺。",
        f"A single minute costs {paid_en(text, more_fen)}, and {paid_en(text, most)} at most is promised "
        f"({longer.vehicle_en}): {stay_en(longer)} costs {paid_en(text, longer.fee_fen)}, and one minute less "
        f"{paid_en(text, shorter.fee_fen)}. Change the price, or the promise.",
        (shorter, longer),
        {**_facts(pair, shorter, longer), "promised_fen": most},
    )


def _day(trials: Trials, extremes: Extremes) -> Finding:
    assert extremes.day is not None
    sample, entry, minutes = extremes.day
    text = trials.tariff.tariff
    most = text.promises.day_fen_max or 0
    bill = trials.bill(sample, (entry, minutes))
    return Finding(
        "day_too_dear",
        "error",
        "$.promises.day_fen_max",
        f"24 小时之内要付 {paid_zh(text, bill.fee_fen)}，而价格文本承诺最多 {paid_zh(text, most)}："
        f"{bill.vehicle_zh}，{stay_zh(bill)}。请增加或修改封顶，或修改承诺。",
        f"A stay within 24 hours costs {paid_en(text, bill.fee_fen)}, and {paid_en(text, most)} at most is promised "
        f"({bill.vehicle_en}): {stay_en(bill)}. Add or change a cap, or change the promise.",
        (bill,),
        {"minutes": minutes, "fee_fen": bill.fee_fen, "promised_fen": most},
    )


def _bills(trials: Trials, pair: Pair) -> tuple[Bill, Bill]:
    return trials.bill(pair.sample, pair.shorter), trials.bill(pair.sample, pair.longer)


def _facts(pair: Pair, shorter: Bill, longer: Bill) -> dict[str, int | str]:
    return {
        "minutes": pair.shorter[1],
        "longer_minutes": pair.longer[1],
        "fee_fen": shorter.fee_fen,
        "longer_fee_fen": longer.fee_fen,
    }


def _cause(trials: Trials, pair: Pair, dearer: Bill) -> str:
    """The rule without which all is well: for crossings, or for a cap's hours; else that of the last thing charged."""
    text = trials.tariff.tariff
    for path, other in _without(text):
        fee = Trials(Compiled(other), budget=2).fee
        if fee(pair.sample, *pair.longer) >= fee(pair.sample, *pair.shorter):
            return path
    charged = [line.rule for line in dearer.lines if line.kind == "units"]
    return path_of(text, charged[-1]) if charged else "$.bands"


def _without(text: Tariff) -> Iterator[tuple[str, Tariff]]:
    """The document without each rule that may make a longer stay cheaper, and the place of the rule."""
    crossing = text.crossing
    if crossing.short_under_min:
        yield "$.crossing.short_under_min", structs.replace(text, crossing=Crossing(part_unit=crossing.part_unit))
    if crossing.part_unit == "complete":
        yield "$.crossing.part_unit", structs.replace(text, crossing=Crossing())
    for index, cap in enumerate(text.caps):
        for field in ("left", "entered"):
            if getattr(cap, field):
                open_cap = structs.replace(cap, **{field: ()})
                caps = (*text.caps[:index], open_cap, *text.caps[index + 1 :])
                yield f"$.caps[{index}].{field}", structs.replace(text, caps=caps)


def _severity(text: Tariff) -> Severity:
    return "error" if text.promises.never_cheaper else "warning"


def _promise_zh(text: Tariff) -> str:
    return "价格文本承诺不会如此（never_cheaper）。" if text.promises.never_cheaper else ""


def _promise_en(text: Tariff) -> str:
    return " The price text promises that this never happens (never_cheaper)." if text.promises.never_cheaper else ""
