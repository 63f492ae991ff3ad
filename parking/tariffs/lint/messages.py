"""Fees that fall, jump or are too high as findings: in words, with the bills, and with the rule that causes it."""

from collections.abc import Iterator

from msgspec import structs

from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.document import Crossing, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Bill, Finding, Kind, Severity, in_words, path_of
from parking.tariffs.lint.growth import grows
from parking.tariffs.lint.monotonicity import Dearest, Extremes, Pair, per_bays
from parking.tariffs.lint.trials import Trials
from parking.tariffs.lint.vehicles import SampleVehicle
from parking.texts import amounts, durations


def findings_of(trials: Trials, extremes: Extremes) -> Iterator[Finding]:
    """One finding for each kind of example."""
    if extremes.fall is not None:
        yield _longer(trials, extremes.fall)
    if extremes.earlier is not None:
        yield _earlier(trials, extremes.earlier)
    if extremes.jump is not None:
        yield _minute(trials, extremes.jump)
    if extremes.day is not None or extremes.most_of_day is not None:
        yield _day(trials, extremes)


def _longer(trials: Trials, pair: Pair) -> Finding:
    more_zh, more_en = durations.short(pair.longer[1] - pair.shorter[1])
    return _less(
        trials,
        pair,
        "longer_costs_less",
        ("停得更久反而付得更少", f"多停 {more_zh}"),
        ("Who stays longer pays less", f"staying {more_en} longer"),
    )


def _earlier(trials: Trials, pair: Pair) -> Finding:
    more_zh, more_en = durations.short(pair.longer[1] - pair.shorter[1])
    return _less(
        trials,
        pair,
        "earlier_costs_less",
        ("早到反而付得更少", f"早到 {more_zh}、同时离场"),
        ("Who comes earlier pays less", f"coming {more_en} earlier and leaving at the same time"),
    )


def _less(trials: Trials, pair: Pair, kind: Kind, zh: tuple[str, str], en: tuple[str, str]) -> Finding:
    """A longer stay that costs less than a shorter one; the words are what that is, and how it is longer."""
    text = trials.tariff.tariff
    shorter, longer = _bills(trials, pair)
    less, more = in_words(longer, text), in_words(shorter, text)
    what_zh, how_zh = zh
    what_en, how_en = en
    return Finding(
        kind,
        _severity(text),
        _cause(trials, pair, shorter),
        f"{what_zh}：{longer.vehicle_zh}，{more.stay_zh}付 {more.fee_zh}；{how_zh}，只付 {less.fee_zh}。"
        f"{_promise_zh(text)}",
        f"{what_en} ({longer.vehicle_en}): {more.stay_en} costs {more.fee_en}, and {how_en} {less.fee_en}."
        f"{_promise_en(text)}",
        (shorter, longer),
        _facts(pair, shorter, longer),
    )


def _minute(trials: Trials, pair: Pair) -> Finding:
    text = trials.tariff.tariff
    shorter, longer = _bills(trials, pair)
    before, after = in_words(shorter, text), in_words(longer, text)
    most = per_bays(text.promises, text.promises.minute_fen_max, pair.sample) or 0
    most_zh, most_en = amounts.short(most, text.currency)
    more_zh, more_en = amounts.short(longer.fee_fen - shorter.fee_fen, text.currency)
    return Finding(
        "minute_too_dear",
        "error",
        "$.promises.minute_fen_max",
        f"多停一分钟要多付 {more_zh}，而价格文本承诺最多 {most_zh}：{longer.vehicle_zh}，{after.stay_zh}"
        f"付 {after.fee_zh}，少停一分钟付 {before.fee_zh}。请修改价格，或修改承诺。",
        f"A single minute costs {more_en}, and {most_en} at most is promised ({longer.vehicle_en}): {after.stay_en} "
        f"costs {after.fee_en}, and one minute less {before.fee_en}. Change the price, or the promise.",
        (shorter, longer),
        {**_facts(pair, shorter, longer), "promised_fen": most},
    )


def _day(trials: Trials, extremes: Extremes) -> Finding:
    text = trials.tariff.tariff
    sample, entry, minutes = extremes.day or _shortest(trials, extremes.most_of_day)
    most = per_bays(text.promises, text.promises.day_fen_max, sample) or 0
    most_zh, most_en = amounts.short(most, text.currency)
    bill = trials.bill(sample, (entry, minutes))
    words = in_words(bill, text)
    dearest = extremes.most_of_day
    greatest = max(bill.fee_fen, dearest.fee_fen if dearest is not None else 0)
    up_to_zh, up_to_en = _up_to(greatest, text) if greatest > bill.fee_fen else ("", "")
    return Finding(
        "day_too_dear",
        "error",
        "$.promises.day_fen_max",
        f"24 小时之内要付 {words.fee_zh}，而价格文本承诺最多 {most_zh}：{bill.vehicle_zh}，{words.stay_zh}。{up_to_zh}"
        "请增加或修改封顶，或修改承诺。",
        f"A stay within 24 hours costs {words.fee_en}, and {most_en} at most is promised ({bill.vehicle_en}): "
        f"{words.stay_en}.{up_to_en} Add or change a cap, or change the promise.",
        (bill,),
        {"minutes": minutes, "fee_fen": bill.fee_fen, "promised_fen": most, "greatest_fen": greatest},
    )


def _up_to(greatest: int, text: Tariff) -> tuple[str, str]:
    zh, en = amounts.short(greatest, text.currency)
    return f"停满 24 小时最多可达 {zh}。", f" The most that 24 hours cost is {en}."


def _shortest(trials: Trials, dearest: Dearest | None) -> tuple[SampleVehicle, int, int]:
    """The shortest stay from the dearest entry that breaks the promise, if fees grow; else that of 24 hours."""
    assert dearest is not None
    text = trials.tariff.tariff
    most = per_bays(text.promises, text.promises.day_fen_max, dearest.sample) or 0
    if not grows(text):
        return dearest.sample, dearest.entry, DAY_MIN
    low, high = 0, DAY_MIN
    while high - low > 1:
        middle = (low + high) // 2
        is_dear = trials.calculation(dearest.sample, (dearest.entry, middle)).fee_fen > most
        low, high = (low, middle) if is_dear else (middle, high)
    return dearest.sample, dearest.entry, high


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
    """The rule for crossings or hours of a cap without which the fee does not fall; else that of the last unit."""
    text = trials.tariff.tariff
    for path, other in _without(text):
        fee = Trials(Compiled(other), budget=2).fee
        if fee(pair.sample, *pair.longer) >= fee(pair.sample, *pair.shorter):
            return path
    charged = [line.rule for line in dearer.lines if line.kind == "units"]
    return path_of(text, charged[-1]) if charged else "$.bands"


def _without(text: Tariff) -> Iterator[tuple[str, Tariff]]:
    """The place of each rule that may make a longer stay cheaper, and the document without it."""
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
