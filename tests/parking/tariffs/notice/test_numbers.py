"""The numbers that generated sentences print: each is what the engine charges where there is nothing but its rule."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from msgspec import structs

from parking import tariffs
from parking.tariffs import Compiled, Tariff, Visit
from parking.tariffs.language.conditions import DayHours, Match
from parking.tariffs.language.document import Band, Cap, Overstay, Quota, Surcharge, Tier
from parking.tariffs.notice import notice
from parking.texts import amounts
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs import generators

MINUTE = timedelta(minutes=1)
LANGUAGES = ("zh", "en")
# Dear enough to reach any cap in a minute, and so round that no share of it is lost.
DEAR = 10_000_000
UNIT = 1000
ZH_LENGTH, EN_LENGTH = r"([0-9]+) (分钟|小时)", r"(?:([0-9]+) )?(minutes?|hours?)"


def published() -> list[Any]:
    return [pytest.param(file.read_bytes(), id=file.stem) for file in sorted(TARIFFS.glob("*.toml"))]


def without_clauses(text: Tariff) -> Tariff:
    """A document that leaves every sentence to be generated."""

    def stripped(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: stripped(value) for key, value in part.items() if not key.startswith("clause_")}
        return [stripped(each) for each in part] if isinstance(part, list) else part

    return tariffs.from_json(json.dumps(stripped(json.loads(tariffs.to_json(text)))).encode())


def drawn() -> Iterator[Tariff]:
    """Documents with words of all kinds."""
    for seed in range(30):
        random = Random(seed)
        text = generators.tariff(random, currency=random.choice(("CNY", "EUR", "KRW", "NZD")))
        caps = tuple(
            structs.replace(
                cap,
                per=random.choice((cap.per, "week", "month")) if cap.per == "day" else cap.per,
                first_min=random.choice((0, 0, 90, 600)),
            )
            for cap in text.caps
        )
        surcharges = (
            Surcharge(**generators.named("lost"), fen=random.choice((500, 3050)), per_bay=random.random() < 0.5),
            Surcharge(**generators.named("tax"), percent_milli=random.choice((18375, 8000, 5, 12500))),
        )
        yield structs.replace(text, caps=caps, surcharges=surcharges, day_begins=random.choice(("00:00", "06:00")))


@cache
def documents() -> list[Any]:
    made = [pytest.param(tariffs.to_json(text), id=f"drawn {number}") for number, text in enumerate(drawn())]
    return [*published(), *made]


@pytest.mark.parametrize("part_unit", ["separate", "complete", "shared"])
@pytest.mark.parametrize("progress", ["band", "stay", "entry"])
def test_every_document_has_a_notice(part_unit: str, progress: str) -> None:
    for text in drawn():
        bands = tuple(structs.replace(band, progress=progress) for band in text.bands)
        crossing = structs.replace(text.crossing, part_unit=part_unit)
        found = notice(structs.replace(text, bands=bands, crossing=crossing, rejoin_min=30, stay_max_min=600))
        assert len(found.zh) == len(found.en) > len(bands)
        for zh, en in zip(found.zh, found.en, strict=True):
            assert (zh[-1], en[-1]) == ("。", ".")
            assert not re.search(r"None|，，|  |，。|。。|(?<!\d)\.\.|: \.", zh + en), (zh, en)
            assert not re.search("[A-Z]{3}", re.sub("[“”].*?[”]", "", zh)), zh


@pytest.mark.parametrize(
    ("band", "entered", "hours", "again"),
    [
        ({"daily": False}, 20, 10, 1),
        ({"daily": True}, 20, 10, 2),
        ({"restart": "day"}, 20, 10, 2),
        ({"restart": "never"}, 20, 34, 2),
        ({"restart": "cycle"}, 20, 10, 2),
    ],
)
def test_how_often_a_single_price_is_charged(band: dict[str, Any], entered: int, hours: int, again: int) -> None:
    night = Band(**generators.named("night"), hours=(DayHours("20:00", "08:00"),), tiers=(Tier(unit_fen=UNIT),), **band)
    day = Band(**generators.named("day"), hours=(DayHours("08:00", "20:00"),))
    text = structs.replace(alone(tariffs.from_toml(published()[0].values[0])), bands=(day, night), cycle_hours=6)
    assert cost(text, hours * 60, datetime(2025, 11, 3, entered, tzinfo=UTC)) == again * UNIT
    (sentence,) = [each for each in notice(text).en if "charged once" in each]
    assert ("again at midnight" in sentence) is (band in ({"daily": True}, {"restart": "day"}))
    assert ("again every 6 hours" in sentence) is (band == {"restart": "cycle"})


@cache
def read(document: bytes) -> Tariff:
    text = tariffs.from_json(document) if document.startswith(b"{") else tariffs.from_toml(document)
    return without_clauses(text)


def alone(text: Tariff, *tiers: Tier, **parts: Any) -> Tariff:
    """A document of one rate period and of these parts, in the currency and by the clocks of another."""
    code = parts.pop("code", "all")
    band = Band(code=code, name_zh="全天", name_en="All day", hours=(DayHours(),), tiers=tiers)
    same = {name: getattr(text, name) for name in ("currency", "day_begins", "cycle_hours")}
    return Tariff(code="alone", name_zh="名", name_en="Name", time_zone="UTC", bands=(band,), **{**same, **parts})


def cost(text: Tariff, minutes: int, entered: datetime = datetime(2025, 11, 3, tzinfo=UTC), **visit: Any) -> int:
    return tariffs.calculate(Compiled(text), Visit(entered, entered + minutes * MINUTE, **visit)).fee_fen


def fen(number: str, text: Tariff) -> int:
    whole, _, part = number.partition(".")
    places = amounts.decimals(text.currency)
    return int(whole + part.ljust(places, "0")[:places])


def lengths(words: str) -> list[int]:
    """The lengths of time in a text, in minutes: "首 2 小时", "first hour"."""
    words = words.replace("每小时", "每 1 小时")
    found = re.findall(ZH_LENGTH, words) or re.findall(EN_LENGTH, words)
    return [int(number or 1) * (60 if unit in ("小时", "hour", "hours") else 1) for number, unit in found]


def amount_in(words: str, text: Tariff) -> int:
    """The one amount in a text."""
    bare = re.sub(f"{ZH_LENGTH}|{EN_LENGTH}", "", words)
    numbers = re.findall(r"[0-9]+(?:\.[0-9]+)?", bare)
    assert len(numbers) == 1, words
    return fen(numbers[0], text)


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_prices_and_lengths_of_tiers(document: bytes, language: str) -> None:
    text = read(document)
    own = [tiers for rule in text.classes for tiers in rule.prices.values()]
    for tiers in [*[band.tiers for band in text.bands], *own]:
        priced = alone(text, *tiers)
        sentence = getattr(notice(priced), language)[2]
        words = re.split("[:：]", sentence.rstrip("。."), maxsplit=1)[1].strip()
        begins = 0
        for part in re.split("，|, ", words):
            begins = check_tier(priced, part, begins, is_only=len(tiers) <= 1)


def check_tier(text: Tariff, words: str, begins: int, *, is_only: bool) -> int:
    """Prices stays around the beginning and the end of a tier; returns where the next one begins."""
    stretch, price = "", words
    if not is_only:
        found = re.match(r"(首 \d+ \S\S|\d+ \S\S至 \d+ \S\S|\d+ \S\S后)(.*)", words) or re.match(
            r"(first (?:\d+ )?\w+|from \d+ \w+ to \d+ \w+|after \d+ \w+) (.*)", words
        )
        assert found, words
        stretch, price = found.groups()
    is_last = is_only or stretch.endswith("后") or stretch.startswith("after")
    ends = None if is_last else lengths(stretch)[-1]
    before = cost(text, begins)
    if stretch and not stretch.startswith(("首", "first")):
        assert lengths(stretch)[0] == begins
    if price.strip() in ("免费", "free"):
        assert cost(text, ends or begins + 3000) == before
        return ends or 0
    amount = amount_in(price, text)
    assert cost(text, begins + 1) - before == amount, words
    unit = lengths(price)[0] if lengths(price) else None
    if unit is None:
        assert cost(text, ends or begins + 20_000) - before == amount, words
        return ends or 0
    assert cost(text, begins + unit) - before == amount, words
    if ends is None or begins + unit < ends:
        assert cost(text, begins + unit + 1) - before == 2 * amount, words
    if ends is not None:
        assert cost(text, ends) - before == (ends - begins) // unit * amount, words
    return ends or 0


def start_of(cap: Cap, text: Tariff) -> datetime:
    """When a period of a cap begins."""
    hour, minute = map(int, (cap.windows[0].from_ if cap.per == "window" else text.day_begins).split(":"))
    # The first of the month is a Monday.
    return datetime(2025, 9, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_and_times_of_caps(document: bytes, language: str) -> None:
    text = read(document)
    # The dearest price is such that a minute reaches any cap.
    dear = Tier(unit_fen=DEAR, unit_min=1)
    for cap in text.caps:
        every_day = tuple(structs.replace(each, days="every_day") for each in cap.windows[:1])
        bare = structs.replace(
            cap,
            name_zh="名",
            name_en="Name",
            bands=(),
            who=Match(),
            days="every_day",
            entered=(),
            left=(),
            windows=every_day,
        )
        priced = alone(text, dear, caps=(bare,))
        mark = "名：" if language == "zh" else "Name: "
        sentence = next(each for each in getattr(notice(priced), language) if each.startswith(mark))
        most = re.search(
            r"最高 ([^，。]+)" if language == "zh" else r"at most (.+?) (?:a |every|in each|for each)", sentence
        )
        assert most, sentence
        begins = start_of(bare, priced)
        amount = amount_in(most[1], text)
        assert cost(priced, 1, begins) == amount, sentence
        if cap.per in ("stay", "passage", "day", "week", "month", "cycle") and not cap.first_min:
            assert cost(priced, 60 * cap.hours if cap.per == "cycle" else 24 * 60, begins) == amount, sentence
        if cap.per == "cycle":
            hours = re.search(r"自入场起每 (\d+ 小时)" if language == "zh" else r"every ((?:\d+ )?hours?)", sentence)
            assert hours, sentence
            (cycle,) = lengths(hours[1])
            if not cap.first_min or cap.first_min >= cycle:
                assert cost(priced, cycle, begins) == amount, sentence
                more = DEAR if cap.times_max == 1 else amount
                assert cost(priced, cycle + 1, begins) == amount + more, sentence
        if cap.first_min and cap.per != "window":
            first = re.search(r"其前 (\d+ \S\S)内" if language == "zh" else r"its first ((?:\d+ )?\w+)", sentence)
            assert first, sentence
            (length,) = lengths(first[1])
            if cap.per != "cycle" or length < 60 * cap.hours:
                assert cost(priced, length, begins) == amount, sentence
                assert cost(priced, length + 1, begins) == amount + DEAR, sentence


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_minutes_of_free_periods(document: bytes, language: str) -> None:
    text = read(document)
    for period in (text.free, *[rule.free for rule in text.classes if rule.free is not None]):
        if not period.minutes:
            continue
        priced = alone(text, Tier(unit_fen=UNIT, unit_min=1), free=structs.replace(period, again="never"))
        sentence = getattr(notice(priced), language)[1]
        bound, rest = re.split("；|; ", sentence)[:2]
        (length,) = lengths(bound)
        assert cost(priced, length - 1) == 0
        is_inclusive = "（含）" in bound or "up to and including" in bound
        free_min = length if "扣除" in rest or "keep it" in rest else 0
        assert cost(priced, length) == (0 if is_inclusive else (length - free_min) * UNIT), sentence
        assert cost(priced, length + 1) == (length + 1 - free_min) * UNIT, sentence


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_minutes_and_shares_of_quotas(document: bytes, language: str) -> None:
    text = read(document)
    for quota in text.quotas:
        bare: Quota = structs.replace(quota, name_zh="名", name_en="Name", who=Match(), again="never")
        priced = alone(text, Tier(unit_fen=UNIT, unit_min=1), quotas=(bare,))
        mark = "名：" if language == "zh" else "Name: "
        sentence = next(each for each in getattr(notice(priced), language) if each.startswith(mark))
        first = re.search(r"前 (\d+ \S\S)" if language == "zh" else r"the first ((?:\d+ )?\w+)", sentence)
        share = re.search(r"(\d+)%", sentence)
        assert first, sentence
        (length,) = lengths(first[1])
        pays = int(share[1]) if share else 0
        assert cost(priced, length) == length * UNIT * pays // 100, sentence
        assert cost(priced, length + 7) == length * UNIT * pays // 100 + 7 * UNIT, sentence


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_amounts_and_shares_of_surcharges(document: bytes, language: str) -> None:
    text = read(document)
    for rule in text.surcharges:
        bare: Surcharge = structs.replace(rule, name_zh="名", name_en="Name", who=Match())
        priced = alone(text, Tier(unit_fen=DEAR, unit_min=1), surcharges=(bare,))
        mark = "名：" if language == "zh" else "Name: "
        sentence = next(each for each in getattr(notice(priced), language) if each.startswith(mark))
        more = cost(priced, 1, bays=3) - DEAR
        share = re.search(r"([0-9.]+)%", sentence)
        if share:
            whole, _, part = share[1].partition(".")
            assert more == DEAR * int(whole + part.ljust(3, "0")) // 100_000, sentence
        else:
            by_bay = "每个泊位" in sentence or "for each bay" in sentence
            assert more == amount_in(sentence, text) * (3 if by_bay else 1), sentence


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_least_fee_its_rounding_and_overstaying(document: bytes, language: str) -> None:
    text = read(document)
    least = alone(text, Tier(unit_fen=1, unit_min=1), minimum_fen=text.minimum_fen)
    for sentence in lines(least, language, "最低收费", "at all is at least"):
        assert cost(least, 1) == amount_in(sentence, text)
    rounded = alone(text, Tier(unit_fen=1, unit_min=1), round_to_fen=text.round_to_fen, round_mode="up")
    for sentence in lines(rounded, language, "的整数倍", "to a multiple of"):
        step = amount_in(sentence, text)
        assert [cost(rounded, 1), cost(rounded, step), cost(rounded, step + 1)] == [step, step, 2 * step]
    rule: Overstay | None = text.overstay
    if rule is None:
        return
    stays = alone(text, overstay=rule)
    (sentence,) = lines(stays, language, "占位费", "Staying in a charging bay")
    entered = datetime(2025, 11, 3, tzinfo=UTC)

    def over(minutes: int) -> int:
        """What a stay costs that many minutes after charging ended."""
        return cost(stays, 60 + minutes, entered, charging=((entered, entered + 60 * MINUTE),))

    head, tail = re.split("另收占位费：| costs ", sentence)
    grace = lengths(head)[0] if lengths(head) else 0
    price, *most = re.split("，最高 |，不足|, part units as whole ones(?:, at most )?", tail.rstrip("。."))
    (unit,) = lengths(price)
    amount = amount_in(price, text)
    assert [over(grace), over(grace + 1), over(grace + unit)] == [0, amount, amount], sentence
    assert over(grace + unit + 1) == 2 * amount, sentence
    if rule.cap_fen is not None:
        assert over(grace + 100 * unit) == amount_in(most[0], text), sentence


def lines(text: Tariff, language: str, zh: str, en: str) -> list[str]:
    return [each for each in getattr(notice(text), language) if (zh if language == "zh" else en) in each]


@pytest.mark.parametrize("document", documents())
@pytest.mark.parametrize("language", LANGUAGES)
def test_caps_of_classes(document: bytes, language: str) -> None:
    text = read(document)
    for rule in text.classes:
        bare = structs.replace(
            rule, name_zh="名", name_en="Name", who=Match(), prices={}, caps={}, free=None, add_fen=0
        )
        cap = Cap(code="top", name_zh="封", name_en="Top", fen=1200, per="stay")
        priced = alone(text, Tier(unit_fen=DEAR, unit_min=1), classes=(bare,), caps=(cap,))
        for sentence in lines(priced, language, "同比例调整", "caps likewise"):
            found = re.search(r"封 ([^）]+)）" if language == "zh" else r"Top ([^)]+)\)", sentence)
            assert found, sentence
            assert cost(priced, 1) == amount_in(found[1], text), sentence
