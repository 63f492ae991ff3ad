"""The tariff notice: every part of a document in words, and the facts that a notice must show."""

from pathlib import Path
from typing import Any

import pytest

from parking import tariffs
from parking.tariffs.language import parsing
from parking.tariffs.language.document import Grade, PriceMode, Promises
from parking.tariffs.notice import Notice, notice
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.documents import EARLY_BIRD, HOUR, NAMES, bands, days, read
from tests.parking.tariffs.expected_notices import SENTENCES


def of(**fields: Any) -> Notice:
    return notice(read(**fields))


@pytest.mark.parametrize(("fields", "zh", "en"), SENTENCES, ids=[en for _, _, en in SENTENCES])
def test_the_notice_has_every_part_of_a_document(fields: dict[str, Any], zh: str, en: str) -> None:
    found = of(**fields)
    assert zh in found.zh
    assert en in found.en


def test_days_are_written_by_their_names_or_by_what_they_have_in_common() -> None:
    seasons = [{"from": "03-15", "to": "05-31"}, {"from": "11-15", "to": "02-29"}]
    sets = days(
        {"code": "gold", "holidays": ["spring_festival", "national_day"]},
        {"code": "peak", "weekdays": ["sat", "sun"], "seasons": seasons, "except": ["gold"]},
        {"code": "fair", "workday": True, "dates": [{"from": "2026-05-06", "to": "2026-05-08"}], "except": ["peak"]},
        {"code": "plain", "except": ["gold", "peak", "fair"]},
        calendar="CN",
    )
    one = [{"from": "08:00", "to": "20:00", "days": code} for code in ("plain", "fair")]
    other = [{"from": "08:00", "to": "20:00", "days": code} for code in ("gold", "peak")]
    peak = {"code": "peak", "hours": other, "tiers": [HOUR], **NAMES}
    found = of(**sets, **bands(lambda b: b.__setitem__(slice(3), [b[0] | {"hours": one}, b[1], peak])))
    zh = next(each for each in found.zh if each.startswith("名"))
    en = next(each for each in found.en if each.startswith("Name"))
    assert zh == (
        "名（春节、国庆节 08:00–20:00；3 月 15 日至 5 月 31 日、11 月 15 日至次年 2 月 29 日的周六、周日"
        "（春节、国庆节除外） 08:00–20:00）：每小时 2 元。"
    )
    assert en == (
        "Name (Spring Festival and National Day 08:00–20:00; Saturday and Sunday, 15 March to 31 May and 15 November "
        "to 29 February (except Spring Festival and National Day) 08:00–20:00): ¥2 per hour."
    )
    assert "2026-05-06 至 2026-05-08的工作日" in "".join(found.zh)
    assert "workdays, 2026-05-06 to 2026-05-08" in "".join(found.en)


def test_a_long_chain_of_exceptions_stays_short() -> None:
    sets = [{"code": f"s{i}", "except": [f"s{j}" for j in range(i)], "weekdays": ["mon"]} for i in range(20)]
    found = of(
        days=sets, **bands(lambda b: (b[0]["hours"][0].update(days="s19"), b[1].update(hours=[], otherwise=True)))
    )
    assert max(len(each) for each in found.zh) < 20_000


def test_the_facts_of_a_notice() -> None:
    facts = of(
        price_mode="government",
        free={"minutes": 30},
        complaints_phone="12345",
        basis_zh="济发改成本〔2023〕230号",
        basis_en="Jinan 2023 No. 230",
        source="https://onelot.example/notice",
        grade="official",
        crossing={"short_under_min": 60},
    ).facts
    assert (facts.price_mode, facts.color, facts.mode_zh) == (PriceMode.GOVERNMENT, "blue", "政府定价（蓝牌）")
    assert of().facts.color == "orange"
    assert facts.free_zh == "停放 30 分钟（含）以内免费；超过的，自入场起计费。"
    assert facts.method_zh.startswith("不足一个计时单位的按一个单位计费。跨时段停放的")
    assert "Under 1 hour over several charged periods" in facts.method_en
    assert (facts.complaints_phone, facts.basis_zh) == ("12345", "济发改成本〔2023〕230号")
    assert (facts.source, facts.grade) == ("https://onelot.example/notice", Grade.OFFICIAL)
    assert not any("onelot.example" in each for each in of(source="https://onelot.example/notice").zh)


def test_clauses_speak_for_their_parts_once() -> None:
    clause = {"clause_zh": "全天每小时两元。", "clause_en": "Two an hour, all day."}
    found = of(
        **bands(lambda b: [each.update(clause) for each in b]), free={"minutes": 30, "clause_zh": "半小时内免费。"}
    )
    assert found.zh.count("全天每小时两元。") == found.en.count("Two an hour, all day.") == 1
    assert "半小时内免费。超过的，自入场起计费。" in found.zh
    assert found.facts.free_zh == "半小时内免费。超过的，自入场起计费。"
    assert found.facts.free_en.startswith("Free for stays")


@pytest.mark.parametrize("file", sorted(TARIFFS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_published_tariff_has_its_notice(file: Path) -> None:
    found = notice(parsing.from_toml(file.read_bytes()))
    assert len(found.zh) == len(found.en) >= 5
    assert all(each == each.strip() and "None" not in each for each in found.zh + found.en)
    assert all("  " not in each for each in found.en)


def test_only_what_is_proved_is_promised() -> None:
    promises = {"never_cheaper": True, "minute_fen_max": 200, "day_fen_max": 3000}
    text = read(promises=promises)
    assert not [each for each in notice(text).en if "never" in each]
    found = notice(text, proved=Promises(never_cheaper=True, day_fen_max=3000))
    assert "停放不超过 24 小时的，最多收费 30 元。" in found.zh
    assert "Staying longer is never cheaper." in found.en
    assert not [each for each in found.en if "One more minute" in each]


def test_the_notice_says_who_is_an_early_bird() -> None:
    said = notice(tariffs.from_toml(EARLY_BIRD.encode()))
    assert (
        "Early bird: at most 15 AUD a stay, for an entry on Monday to Friday, for an entry 06:00–09:30, "
        "for an exit 15:00–19:00."
    ) in said.en
    assert "周末封顶：每个自然日最高 8 澳元，再次停放的另行计算，仅限周六、周日。" in said.zh
