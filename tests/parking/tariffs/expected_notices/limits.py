"""What a board says of classes, visits, caps, amounts and the tariff as a whole."""

from typing import Any

from tests.parking.tariffs.documents import LARGE
from tests.parking.tariffs.expected_notices.parts import HALF, cap, discount

SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    # Classes.
    (
        {"classes": [{**LARGE, "percent": 200}], **cap()},
        "名（大型车）：按上述单价的 200% 收费；封顶金额同比例调整（名 10 元）。",
        "Name (large vehicles): 200% of the prices above; caps likewise (Name ¥10).",
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
        "Name (at least 10 seats): Day: ¥1.50 per 30 minutes; Name: ¥9.",
    ),
    (
        {"classes": [{**LARGE, "free": {"minutes": 60}}]},
        "名：停放 1 小时（含）以内免费；超过的，自入场起计费。",
        "Name (large vehicles): the prices above.",
    ),
    # Caps.
    (
        cap(),
        "名：每个自然日最高 5 元，再次停放的另行计算。",
        "Name: at most ¥5 a calendar day, counted for each stay by itself.",
    ),
    (cap(per="stay", bands=["day"]), "名：每次停放（白天）最高 5 元。", "Name: at most ¥5 a stay (Day)."),
    (
        cap(per="passage", bands=["night"]),
        "名：夜间每次连续停放最高 5 元。",
        "Name: at most ¥5 for each unbroken time in Night.",
    ),
    (
        cap(per="cycle", hours=12, memory="city"),
        "名：自入场起每 12 小时最高 5 元，同一车辆在全市多次停放合并计算。",
        "Name: at most ¥5 every 12 hours from the entry, for all visits of a vehicle in the city together.",
    ),
    (
        cap(per="window", windows=[{"from": "18:00", "to": "08:00"}]),
        "名：每个 18:00–次日 08:00 时段最高 5 元，再次停放的另行计算。",
        "Name: at most ¥5 in each time of 18:00–08:00 the next day, counted for each stay by itself.",
    ),
    (
        cap(who={"kinds": ["motorcycle"]}),
        "名（摩托车）：每个自然日最高 5 元，再次停放的另行计算。",
        "Name (motorcycles): at most ¥5 a calendar day, counted for each stay by itself.",
    ),
    (
        cap(days="weekend", times_max=1),
        "名：每个自然日最高 5 元，再次停放的另行计算，仅限周六、周日，每次停放最多适用 1 次。",
        "Name: at most ¥5 a calendar day, counted for each stay by itself, on Saturday and Sunday, once a stay at "
        "most.",
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
    # Amounts, the rest.
    ({"minimum_fen": 100}, "应收费的，最低收费 1 元。", "A fee that is charged at all is at least ¥1."),
    (
        {"round_to_fen": 50, "round_mode": "down"},
        "应收金额向下取整到 0.50 元的整数倍。",
        "The fee is rounded down to a multiple of ¥0.50.",
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
    # The day, the week and the month.
    (
        cap(memory="lot") | {"day_begins": "06:00"},
        "名：每日（06:00–次日 06:00）最高 5 元，同一车辆在本停车场多次停放合并计算。",
        "Name: at most ¥5 a day from 06:00 to 06:00, for all visits of a vehicle to this car park together.",
    ),
    (
        cap(per="week", memory="city"),
        "名：每周（自周一起）最高 5 元，同一车辆在全市多次停放合并计算。",
        "Name: at most ¥5 a week (from Monday on), for all visits of a vehicle in the city together.",
    ),
    (
        cap(per="month", first_min=600),
        "名：每个自然月最高 5 元，再次停放的另行计算，仅限其前 10 小时内开始的计时单位。",
        "Name: at most ¥5 a calendar month, counted for each stay by itself, for units that begin in its "
        "first 10 hours.",
    ),
    (
        cap(per="month", memory="lot") | {"day_begins": "06:00"},
        "名：每月（自 1 日 06:00 起）最高 5 元，同一车辆在本停车场多次停放合并计算。",
        "Name: at most ¥5 a calendar month (from the first, 06:00 on), for all visits of a vehicle to this car park "
        "together.",
    ),
    (
        cap(per="window", windows=[{"from": "20:00", "to": "08:00"}], memory="lot"),
        "名：每个 20:00–次日 08:00 时段最高 5 元，同一车辆在本停车场多次停放合并计算。",
        "Name: at most ¥5 in each time of 20:00–08:00 the next day, for all visits of a vehicle to this car park "
        "together.",
    ),
    # Visits.
    (
        {
            "classes": [
                {
                    **LARGE,
                    "who": {
                        "entered": [{"from": "06:00", "to": "09:00"}],
                        "left": [{"to": "19:00"}],
                        "leaving": "first",
                    },
                    "prices": {"day": [{"unit_fen": 2000}]},
                }
            ]
        },
        "名（06:00–09:00 入场，当日 19:00 前离场）：白天：每次 20 元。",
        "Name (for an entry 06:00–09:00, for an exit by 19:00 the same day): Day: ¥20 each time.",
    ),
    (
        {
            "classes": [
                {
                    **LARGE,
                    "who": {
                        "entered": [{"from": "17:00", "to": "02:00"}],
                        "left": [{"from": "17:00", "to": "05:00"}],
                        "leaving": "first",
                        "over_min": 90,
                    },
                    "percent": 50,
                }
            ]
        },
        "名（停放超过 90 分钟，17:00–次日 02:00 入场，在入场后的首个 17:00–次日 05:00 内离场）："
        "按上述单价的 50% 收费。",
        "Name (for a stay of more than 90 minutes, for an entry 17:00–02:00 the next day, for an exit in the first "
        "17:00–05:00 the next day after it): 50% of the prices above.",
    ),
    (
        {"classes": [{**LARGE, "who": {"coupons": ["off"], "paid_by": ["alipay", "citizen_card"]}}]}
        | discount(name_zh="换乘券", name_en="Park and ride", coupon=True),
        "名（凭换乘券，以支付宝或市民卡支付）：按上述标准收费。",
        "Name (with Park and ride, paid by Alipay or the citizen card): the prices above.",
    ),
    (
        discount(paid_by=["alipay", "wechat"], who={"at_least": {"co2": 255}, "at_most": {"mass_kg": 2500}}),
        "名（“co2”不小于 255，总质量不大于 2500 千克）：减 20%；限以支付宝或微信支付支付。",
        'Name ("co2" at least 255, mass at most 2500 kg): 20% off; if paid by Alipay or WeChat Pay.',
    ),
    (
        cap(clause_zh="22时至次日7时最高5元", clause_en="22:00 to 07:00: 5 CNY at most"),
        "22时至次日7时最高5元。再次停放的另行计算。",
        "22:00 to 07:00: 5 CNY at most. Counted for each stay by itself.",
    ),
]
