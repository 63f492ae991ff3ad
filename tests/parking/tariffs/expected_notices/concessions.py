"""What a board says of free time, quotas, discounts, surcharges and passes, and after published texts."""

from typing import Any

from tests.parking.tariffs.documents import HOUR, LARGE, tiers
from tests.parking.tariffs.expected_notices.parts import cap, discount, quota, sold, surcharge

SENTENCES: list[tuple[dict[str, Any], str, str]] = [
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
        "Name: nothing is charged for the first hour; if paid by 市民卡.",
    ),
    (
        discount(kind="minutes", percent=0, minutes=60, minutes_as="worth"),
        "名：减去前 1 小时的费用。",
        "Name: what the first hour would cost is taken off.",
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
    ({"booking": {}}, "预约时段内不另收停车费。", "No parking fee in time that was booked."),
    (
        {"booking": {"grace_min": 30}},
        "预约时段内不另收停车费，预约结束后 30 分钟内也不收。",
        "No parking fee in time that was booked, nor for 30 minutes after it.",
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
    # Surcharges, coming back, staying too long, passes by the day.
    (
        surcharge(fen=3000, who={"coupons": ["lost"]}),
        "名（凭“lost”）：每次加收 30 元。",
        'Name (with "lost"): ¥30 a visit on top.',
    ),
    (
        surcharge(percent_milli=18375, always=True),
        "名：按停车费的 18.375% 加收；免费停放的也加收。",
        "Name: 18.375% of the fee on top; for free visits as well.",
    ),
    (
        surcharge(fen=500, per_bay=True),
        "名：每个泊位加收 5 元。",
        "Name: ¥5 for each bay on top.",
    ),
    (
        {
            "surcharges": [
                *surcharge(fen=500)["surcharges"],
                *surcharge(code="tax", percent_milli=8000)["surcharges"],
            ]
        },
        "各项加收按上列顺序计算，按比例加收的以此前各项之和为基数。",
        "Surcharges are added in this order; a share is one of all that stands before it.",
    ),
    (
        {"rejoin_min": 60},
        "离场后 1 小时（含）以内再次入场的，自首次入场起连续计费，此前已收的费用予以扣除。",
        "Who comes back to this car park within 1 hour of leaving is charged as for one stay from the first entry, "
        "less what was paid.",
    ),
    ({"stay_max_min": 120}, "每次停放最长 2 小时。", "The longest stay allowed is 2 hours."),
    (
        sold(day_max_min=360),
        "名：每月 120 元；在本停车场每个自然日限 6 小时；停放期间到期的，到期后的时间照常计费。",
        "Name: ¥120 a month; 6 hours of each calendar day at most, in this car park; a pass that ends during a stay "
        "covers it up to then.",
    ),
    # Published texts, and what they leave open.
    (
        {"free": {"minutes": 15, "clause_zh": "首15分钟免费。", "clause_en": "Up to 15 minutes free."}},
        "首15分钟免费。超过的，自入场起计费。",
        "Up to 15 minutes free. Longer stays are charged from their beginning.",
    ),
    (
        {
            "free": {
                "minutes": 15,
                "clause_zh": "停放不超过15分钟免费,超过的从驶入时起计费。",
                "clause_en": "Up to 15 minutes free; longer stays are charged from entry.",
            }
        },
        "停放不超过15分钟免费,超过的从驶入时起计费。",
        "Up to 15 minutes free; longer stays are charged from entry.",
    ),
    (
        cap(per="passage", bands=["night"], clause_zh="夜间每夜最高5元。", clause_en="5 CNY a night at most."),
        "夜间每夜最高5元。再次停放的另行计算。",
        "5 CNY a night at most. Counted for each stay by itself.",
    ),
    (
        {"classes": [{**LARGE, "percent": 200, "clause_zh": "大型车加倍", "clause_en": "Large pay twice."}], **cap()},
        "大型车加倍。封顶金额同比例调整（名 10 元）。",
        "Large pay twice. Caps likewise (Name ¥10).",
    ),
    # What a rule is called after is not said again.
    (
        surcharge(fen=3000, who={"coupons": ["more"]}),
        "名：每次加收 30 元。",
        "Name: ¥30 a visit on top.",
    ),
]
