"""What a board says of rate periods, their units and their days."""

from typing import Any

from tests.parking.tariffs.documents import HOUR, bands, days, tiers
from tests.parking.tariffs.expected_notices.parts import HALF, cap

SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "市场调节价（橙牌）。", "Price set by the market (orange board)."),
    ({"price_mode": "government"}, "政府定价（蓝牌）。", "Price set by the government (blue board)."),
    # Bands, hours, tiers.
    ({}, "白天（08:00–20:00）：每小时 2 元。", "Day (08:00–20:00): ¥2 per hour."),
    ({}, "夜间（20:00–次日 08:00）：每小时 2 元。", "Night (20:00–08:00 the next day): ¥2 per hour."),
    (tiers(), "名（全天）：免费。", "Name (all day): free."),
    (tiers({"unit_fen": 500}), "名（全天）：每次 5 元。", "Name (all day): ¥5 each time."),
    (tiers(HALF), "名（全天）：每 30 分钟 1.50 元。", "Name (all day): ¥1.50 per 30 minutes."),
    (
        tiers(HOUR | {"for_min": 60}, HALF),
        "名（全天）：首 1 小时 2 元，1 小时后每 30 分钟 1.50 元。",
        "Name (all day): first hour ¥2, after 1 hour ¥1.50 per 30 minutes.",
    ),
    (
        tiers(HALF | {"for_min": 60}, HOUR | {"for_min": 120}, {"unit_fen": 0}),
        "名（全天）：首 1 小时每 30 分钟 1.50 元，1 小时至 3 小时每小时 2 元，3 小时后免费。",
        "Name (all day): first hour ¥1.50 per 30 minutes, from 1 hour to 3 hours ¥2 per hour, after 3 hours free.",
    ),
    (
        bands(lambda b: b[1].update(hours=[], otherwise=True)),
        "夜间（其余时间）：每小时 2 元。",
        "Night (all other times): ¥2 per hour.",
    ),
    (
        bands(lambda b: b[0].update(clause_zh="早八晚八每小时两元。")),
        "早八晚八每小时两元。",
        "Day (08:00–20:00): ¥2 per hour.",
    ),
    # Part units, restart, crossing.
    ({}, "不足一个计时单位的按一个单位计费。", "A part unit is charged as a whole one."),
    (tiers(HOUR, part_unit="down"), "不足一个计时单位的部分不计费。", "A part unit is not charged."),
    (
        tiers(HOUR, tolerance_min=15),
        "不足一个计时单位的部分，15 分钟（含）以内不计费，超过的按一个单位计费。",
        "A part unit of up to 15 minutes is not charged, a longer one as a whole unit.",
    ),
    (
        bands(lambda b: b[0].update(part_unit="down")),
        "白天：不足一个计时单位的部分不计费。",
        "Night: a part unit is charged as a whole one.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, restart="day"),
        "每日零时起，从首档价格起计。",
        "Its prices begin again on each calendar day.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, restart="cycle"),
        "自入场起每 24 小时，从首档价格起计。",
        "Its prices begin again every 24 hours from the entry.",
    ),
    (
        bands(lambda b: b[0].update(tiers=[HOUR | {"for_min": 60}, {"unit_fen": 5}], restart="never", progress="stay")),
        "各档价格在整次停放中连续计算；不按时长计的价格，每次进入时段另计一次，在其他时段停放的时间也计入。",
        "Its prices go on through the whole stay; a price without a unit is charged once each time the period is "
        "entered, and time in other periods moves them on too.",
    ),
    (
        {},
        "跨时段停放的，各时段分别计费后相加。",
        "A stay over several periods is charged for each of them, and the sum is paid.",
    ),
    (
        {"crossing": {"part_unit": "complete"}},
        "跨时段停放的，已开始的计时单位在下一时段内计满，其价格按开始时的时段计。",
        "A unit begun before a period ends runs on into the next at its price.",
    ),
    (
        {"crossing": {"short_under_min": 60}},
        "跨收费时段且计费时间不足 1 小时的，全部按前一时段的标准收费。",
        "Under 1 hour over several charged periods, all of it is charged by the first of them.",
    ),
    (
        {"crossing": {"short_under_min": 60, "short_price": "night"}},
        "跨收费时段且计费时间不足 1 小时的，全部按“夜间”的标准收费。",
        'Under 1 hour over several charged periods, all of it is charged by "Night" if it is one of them.',
    ),
    (
        tiers(HALF, part_unit="minutes"),
        "不足一个计时单位的按实际分钟数折算。",
        "A part unit is charged by its minutes.",
    ),
    (
        tiers(HALF, part_unit="minutes", tolerance_min=5),
        "不足一个计时单位的部分，5 分钟（含）以内不计费，超过的按实际分钟数折算。",
        "A part unit of up to 5 minutes is not charged, a longer one by its minutes.",
    ),
    (
        tiers(HOUR, daily=True),
        "计时单位至每日零时截止，零时起重新起算。",
        "Units end at midnight and begin anew.",
    ),
    (
        bands(lambda b: b[1].update(daily=True)) | {"crossing": {"part_unit": "complete"}},
        "夜间：零时前已开始的计时单位计满为止，下一计时单位自其结束时起算。",
        "Night: a unit begun before midnight runs on, and the next begins after it.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, daily=True),
        "每次进入时段及每日零时，从首档价格起计。",
        "Its prices begin again whenever a period is entered anew and at midnight.",
    ),
    # Days with names.
    (
        {
            "days": [{"code": "busy", "name_zh": "小长假", "name_en": "short holidays", "holidays": ["qingming"]}],
            "calendar": "CN",
        },
        "“小长假”指清明节。",
        '"Short holidays" means Qingming Festival.',
    ),
    (
        {
            "days": [{"code": "busy", "name_zh": "旺日", "name_en": "busy days", "weekdays": ["sat"]}],
            **cap(days="busy"),
        },
        "名：每个自然日最高 5 元，再次停放的另行计算，仅限旺日。",
        "Name: at most ¥5 a calendar day, counted for each stay by itself, on busy days.",
    ),
    (
        {
            "days": [
                {"code": "busy", "name_zh": "旺日", "name_en": "busy days", "weekdays": ["sat"]},
                {"code": "calm", "name_zh": "淡日", "name_en": "calm days", "except": ["busy"]},
            ],
            **cap(days="calm"),
        },
        "“淡日”指除旺日外的日子。",
        '"Calm days" means all days except busy days.',
    ),
    # Steps: what comes on top of what was charged before.
    (
        tiers({"unit_fen": 500, "for_min": 120}, {"unit_fen": 300, "for_min": 60}, {"unit_fen": 400}),
        "名（全天）：首 2 小时 5 元，2 小时至 3 小时再加 3 元，3 小时后一次性再加 4 元。",
        "Name (all day): first 2 hours ¥5, from 2 hours to 3 hours another ¥3, after 3 hours another ¥4 once.",
    ),
    (
        tiers({"unit_fen": 0, "for_min": 180}, {"unit_fen": 400}),
        "名（全天）：首 3 小时免费，3 小时后共 4 元。",
        "Name (all day): first 3 hours free, after 3 hours ¥4 in all.",
    ),
    (
        bands(lambda b: b[1].update(tiers=[{"unit_fen": 500}])),
        "每次进入时段计费一次。",
        "It is charged once each time the period is entered.",
    ),
    (
        bands(lambda b: b[1].update(tiers=[], name_zh="夜间免费", name_en="Free at night")),
        "夜间免费：20:00–次日 08:00。",
        "Free at night: 20:00–08:00 the next day.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, progress="entry"),
        "每次进入时段，从首档价格起计，自入场起的全部停放时间（含免费时间）均计入。",
        "Its prices begin again whenever a period is entered anew, and all time since the entry moves them on, what is "
        "free as well.",
    ),
    (
        {"crossing": {"part_unit": "shared"}},
        "跨时段的计时单位，在各时段按所占时间的比例计费，只有停放的最后一个计时单位按不足一个计时单位处理。",
        "A unit that lies in several periods costs in each the share of its time; only the last of a stay is a part "
        "unit.",
    ),
    (
        tiers(HOUR, daily=True) | {"crossing": {"part_unit": "shared"}, "day_begins": "06:00"},
        "跨 06:00 的计时单位，前后两日各按所占时间的比例计费。",
        "A unit over 06:00 costs on each of the two days the share of its time.",
    ),
    # Sets of days.
    (
        cap(days="plain")
        | days(
            {"code": "work", "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"], "except": ["xmas"]},
            {"code": "xmas", "dates": [{"from": "2025-12-25", "to": "2025-12-25"}]},
            {"code": "plain", "except": ["work"]},
        ),
        "名：每个自然日最高 5 元，再次停放的另行计算，仅限周日以及2025-12-25。",
        "Name: at most ¥5 a calendar day, counted for each stay by itself, on Sunday, and 2025-12-25.",
    ),
    ({"currency": "NZD"}, "白天（08:00–20:00）：每小时 2 新西兰元。", "Day (08:00–20:00): 2 NZD per hour."),
    # A day that begins where a period ends is not said to cut it.
    (
        bands(lambda b: b[1].update(daily=True, tiers=[{"unit_fen": 500}])) | {"day_begins": "08:00"},
        "每次进入时段计费一次。",
        "It is charged once each time the period is entered.",
    ),
    (
        bands(lambda b: b[1].update(daily=True, tiers=[{"unit_fen": 500}])),
        "每次进入时段计费一次，每日零时再计一次。",
        "It is charged once each time the period is entered and again at midnight.",
    ),
]
