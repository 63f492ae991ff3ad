"""What a board says of each part of a document: a change of the small car park, and the sentence in both languages."""

from typing import Any

from tests.parking.tariffs.documents import HOUR, LARGE, NAMES, bands, tiers

HALF = {"unit_fen": 150, "unit_min": 30}


def cap(**fields: Any) -> dict[str, Any]:
    return {"caps": [{"code": "top", "fen": 500, "per": "day", **NAMES, **fields}]}


def quota(**fields: Any) -> dict[str, Any]:
    return {"quotas": [{"code": "q", "who": {"new_energy": True}, "minutes": 120, **NAMES, **fields}]}


def discount(**fields: Any) -> dict[str, Any]:
    return {"discounts": [{"code": "off", "kind": "percent", "percent": 20, **NAMES, **fields}]}


def sold(**fields: Any) -> dict[str, Any]:
    return {"passes": [{"code": "month", "price_fen": 12000, "period": "month", **NAMES, **fields}]}


# A change of the car park, and a sentence that its board then has, in both languages.
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
        "每日零时起，其价格从头计起。",
        "Its prices begin again on each calendar day.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, restart="cycle"),
        "自入场起每 24 小时，其价格从头计起。",
        "Its prices begin again every 24 hours from the entry.",
    ),
    (
        bands(lambda b: b[0].update(tiers=[{"unit_fen": 5}], restart="never", progress="stay")),
        "其价格在整次停放中连续计算，在其他时段停放的时间也计入。",
        "Its prices go on through the whole stay, and time in other periods moves them on too.",
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
        "夜间：零时前已开始的计时单位计满后，重新起算。",
        "Night: a unit begun before midnight runs on, and the next begins after it.",
    ),
    (
        tiers(HOUR | {"for_min": 60}, HALF, daily=True),
        "每次进入时段及每日零时，其价格从头计起。",
        "Its prices begin again whenever a period is entered anew and at midnight.",
    ),
    # The free period.
    ({}, "不设免费停放时间。", "There is no free period."),
    (tiers(), "停放免费。", "Parking is free."),
    (tiers(HOUR, name_zh="全天", name_en="All day"), "全天：每小时 2 元。", "All day: ¥2 per hour."),
    (
        {"free": {"minutes": 30}},
        "停放 30 分钟（含）以内免费；超过的，自入场起计费。",
        "Free for stays up to and including 30 minutes; longer stays are charged from their beginning.",
    ),
    (
        {"free": {"minutes": 15, "inclusive": False, "deducted": True, "counts": "chargeable"}},
        "收费时段内停放 15 分钟（不含）以内免费；超过的，扣除免费时间后计费。",
        "Free for stays in charged periods under 15 minutes; longer stays keep it and are charged for the rest.",
    ),
    (
        {"free": {"minutes": 20, "uses_max": 3, "again": "cycle"}},
        (
            "停放 20 分钟（含）以内免费；超过的，自入场起计费；自入场起每 24 小时重新享有；"
            "同一车辆在本停车场任意连续 24 小时内最多享有 3 次。"
        ),
        (
            "Free for stays up to and including 20 minutes; longer stays are charged from their beginning; "
            "again every 24 hours from the entry; for at most 3 visits of a vehicle within any 24 hours in "
            "this car park."
        ),
    ),
    # Quotas.
    (
        quota(),
        "名（新能源）：在本停车场任意连续 24 小时内前 2 小时免费。",
        "Name (new energy): the first 2 hours free within any 24 hours in this car park.",
    ),
    (
        quota(
            pays_percent=50,
            counts="chargeable",
            visits_max=2,
            portion_max_min=60,
            free_too=False,
            memory={"per": "day", "scope": "city"},
        ),
        (
            "名（新能源）：在全市每个自然日内前 2 小时收费时间按 50% 收费；最多用于 2 次停放；分次使用的，"
            "每次不超过 1 小时；已使用的车辆不再享有一般的免费停放时间。"
        ),
        (
            "Name (new energy): the first 2 hours of charged time at 50% of the price on each calendar day in "
            "the whole city; for at most 2 visits; at most 1 hour a visit where more than one draws on it; a "
            "vehicle that drew on it has no free period besides."
        ),
    ),
    (
        quota(within_free="uses", memory={"per": "window", "scope": "operator"}),
        "名（新能源）：在本经营者各停车场自首次使用起 24 小时内前 2 小时免费；免费停放时间内离场的也计入。",
        (
            "Name (new energy): the first 2 hours free within 24 hours of the first use in the car parks of "
            "this operator; a stay within the free period draws on it as well."
        ),
    ),
    # Classes.
    (
        {"classes": [{**LARGE, "percent": 200}], **cap()},
        "名（大型车）：按上述单价的 200% 收费；封顶金额同比例调整。",
        "Name (large vehicles): 200% of the prices above; caps likewise.",
    ),
    (
        {"classes": [{**LARGE, "add_fen": 500, "per_bay": True}]},
        "名（大型车）：每个收费的计时单位加收 5 元；按占用的泊位数计费。",
        "Name (large vehicles): ¥5 more for each unit that is charged; for each bay occupied.",
    ),
    (
        {
            "classes": [{**LARGE, "who": {"at_least": {"seats": 10}}, "prices": {"day": [HALF]}, "caps": {"top": 900}}],
            **cap(),
        },
        "名（座位数不小于 10）：白天：每 30 分钟 1.50 元；名：9 元。",
        "Name (seats at least 10): Day: ¥1.50 per 30 minutes; Name: ¥9.",
    ),
    (
        {"classes": [{**LARGE, "free": {"minutes": 60}}]},
        "名：停放 1 小时（含）以内免费；超过的，自入场起计费。",
        "Name (large vehicles): the prices above.",
    ),
    # Caps.
    (cap(), "名：每个自然日最高 5 元。", "Name: at most ¥5 a calendar day."),
    (cap(per="stay", bands=["day"]), "名：每次停放（白天）最高 5 元。", "Name: at most ¥5 a stay (Day)."),
    (
        cap(per="passage", bands=["night"]),
        "名：每次连续停放在夜间内最高 5 元。",
        "Name: at most ¥5 for the time spent in Night without leaving it.",
    ),
    (
        cap(per="cycle", hours=12, memory="city"),
        "名：自入场起每 12 小时最高 5 元，同一车辆在全市多次停放合并计算。",
        "Name: at most ¥5 every 12 hours from the entry, for all visits of a vehicle in the city together.",
    ),
    (
        cap(per="window", windows=[{"from": "18:00", "to": "08:00"}]),
        "名：每个 18:00–次日 08:00 时段最高 5 元。",
        "Name: at most ¥5 in each time of 18:00–08:00 the next day.",
    ),
    (
        cap(who={"kinds": ["motorcycle"]}),
        "名（摩托车）：每个自然日最高 5 元。",
        "Name (motorcycles): at most ¥5 a calendar day.",
    ),
    (
        cap(days="weekend", times_max=1),
        "名：每个自然日最高 5 元，仅限周六、周日，每次停放最多适用 1 次。",
        "Name: at most ¥5 a calendar day, on Saturday and Sunday, once a stay at most.",
    ),
    (
        cap(per="cycle", days="workday", times_max=3),
        "名：自入场起每 24 小时最高 5 元，仅限工作日开始的，每次停放最多适用 3 次。",
        "Name: at most ¥5 every 24 hours from the entry, if it begins on workdays, 3 times a stay at most.",
    ),
    (
        cap(
            per="stay",
            entered=[{"from": "06:00", "to": "09:30", "days": "workday"}],
            left=[{"from": "15:00", "to": "19:00"}],
        ),
        "名：每次停放最高 5 元，限 工作日 06:00–09:30 入场，限 15:00–19:00 离场。",
        "Name: at most ¥5 a stay, for an entry workdays 06:00–09:30, for an exit 15:00–19:00.",
    ),
    # Days with names.
    (
        {
            "days": [{"code": "busy", "name_zh": "小长假", "name_en": "short holidays", "holidays": ["qingming"]}],
            "calendar": "CN",
        },
        "小长假：清明节。",
        "Short holidays: Qingming Festival.",
    ),
    (
        {
            "days": [{"code": "busy", "name_zh": "旺日", "name_en": "busy days", "weekdays": ["sat"]}],
            **cap(days="busy"),
        },
        "名：每个自然日最高 5 元，仅限旺日。",
        "Name: at most ¥5 a calendar day, on busy days.",
    ),
    (
        {
            "days": [
                {"code": "busy", "name_zh": "旺日", "name_en": "busy days", "weekdays": ["sat"]},
                {"code": "calm", "name_zh": "淡日", "name_en": "calm days", "except": ["busy"]},
            ],
            **cap(days="calm"),
        },
        "淡日：除旺日外的日子。",
        "Calm days: all days except busy days.",
    ),
    # Discounts.
    (discount(), "名：减 20%。", "Name: 20% off."),
    (
        discount(kind="amount", percent=0, fen=300, coupon=True, stage="before_caps") | cap(),
        "名：减 3 元；先优惠，后封顶；须出示优惠券。",
        "Name: ¥3 off; taken off before the caps; with a coupon.",
    ),
    (
        discount(kind="minutes", percent=0, minutes=60, paid_by=["市民卡"]),
        "名：前 1 小时不计费；限以市民卡支付。",
        "Name: the first 1 hour are not charged; if paid by 市民卡.",
    ),
    (
        discount(kind="minutes", percent=0, minutes=60, minutes_as="worth"),
        "名：减去前 1 小时的费用。",
        "Name: what the first 1 hour cost is taken off.",
    ),
    (
        {"discounts": [*discount()["discounts"], *discount(code="two")["discounts"]], "stacking": "best"},
        "各项优惠不叠加，取最优惠的一项。",
        "Of several discounts only the one that helps most holds.",
    ),
    (
        {"discounts": [*discount()["discounts"], *discount(code="two")["discounts"]]},
        "各项优惠按上列顺序叠加。",
        "Several discounts hold one after the other, in this order.",
    ),
    (
        {
            "discounts": [
                *discount(kind="amount", percent=0, fen=100, stage="before_caps")["discounts"],
                *discount(code="two", stage="before_caps")["discounts"],
            ]
        },
        "各项优惠按上列顺序叠加；封顶之前的优惠先按比例减、后减金额。",
        "Several discounts hold one after the other, in this order; of those before the caps, first the percentages "
        "and then the amounts.",
    ),
    # Passes, charging, exemptions.
    (
        sold(),
        "名：每月 120 元；停放期间到期的，到期后的时间照常计费。",
        "Name: ¥120 a month; a pass that ends during a stay covers it up to then.",
    ),
    (
        sold(hours=[{"from": "18:00", "to": "08:00", "days": "workday"}], grace_days=3, on_expiry="whole_stay"),
        "名：每月 120 元；限 工作日 18:00–次日 08:00；到期后 3 天内仍有效；停放期间到期的，整次停放不适用。",
        (
            "Name: ¥120 a month; for workdays 18:00–08:00 the next day; valid for 3 days after it ends; a pass "
            "that ends during a stay covers none of it."
        ),
    ),
    (
        {"charging": {"free_max_min": 120, "after_min": 15}},
        "充电期间免收停车费，充电结束后 15 分钟内免收，累计不超过 2 小时。",
        "No parking fee while charging, nor for 15 minutes after it, 2 hours in all at most.",
    ),
    (
        {"overstay": {"grace_min": 15, "unit_min": 10, "unit_fen": 100, "cap_fen": 2000}},
        "充电结束后超过 15 分钟仍占用充电泊位的，另收占位费：每 10 分钟 1 元，最高 20 元，不足的按一个单位计。",
        (
            "Staying in a charging bay more than 15 minutes after charging costs ¥1 per 10 minutes on top, "
            "part units as whole ones, at most ¥20."
        ),
    ),
    (
        {"exempt": [{"name_zh": "军警车辆", "name_en": "Military and police", "who": {"tags": ["military"]}}]},
        "军警车辆：免收停车费。",
        "Military and police: no parking fee.",
    ),
    # Amounts, promises, the rest.
    ({"minimum_fen": 100}, "应收费的，最低收费 1 元。", "A fee that is charged at all is at least ¥1."),
    (
        {"round_to_fen": 50, "round_mode": "down"},
        "应收金额向下取整到 0.50 元的整数倍。",
        "The fee is rounded down to a multiple of ¥0.50.",
    ),
    (
        {"promises": {"never_cheaper": True, "minute_fen_max": 200, "day_fen_max": 3000}},
        "停放不超过 24 小时的，最多收费 30 元。",
        "One more minute never costs more than ¥2.",
    ),
    ({"seconds": "exact"}, "停放时间精确到秒。", "The time of a stay counts to the second."),
    (
        {"on_change": "split"},
        "停放期间价格调整的，调整前后分别按各自标准收费。",
        "Where prices change during a stay, each part of it is charged by its own.",
    ),
    (
        {"basis_zh": "某文件。", "basis_en": "A notice", "complaints_phone": "12345"},
        "收费依据：某文件。",
        "Basis: A notice.",
    ),
    ({"complaints_phone": "12345"}, "投诉电话：12345。", "Complaints: 12345."),
    ({"currency": "EUR"}, "白天（08:00–20:00）：每小时 2 欧元。", "Day (08:00–20:00): €2 per hour."),
    ({"currency": "KRW"}, "白天（08:00–20:00）：每小时 200 韩元。", "Day (08:00–20:00): ₩200 per hour."),
    ({"currency": "TWD"}, "白天（08:00–20:00）：每小时 2 新台币元。", "Day (08:00–20:00): 2 TWD per hour."),
]
