"""What staying on in a charging bay costs, in words."""

from datetime import datetime

from parking.tariffs.language.document import Overstay
from parking.texts import amounts, durations, times
from parking.texts.words import Words


def notice(begins: datetime | None, rule: Overstay, currency: str) -> Words:
    """What a display shows at a bay, and an app: "充电已结束，14:30 起占位费…". `begins`: by the lot's clock; None: the
    vehicle is being charged.
    """
    each_zh, each_en = durations.per(rule.unit_min)
    zh, en = amounts.short(rule.unit_fen, currency)
    most_zh = most_en = ""
    if rule.cap_fen is not None:
        cap_zh, cap_en = amounts.short(rule.cap_fen, currency)
        most_zh, most_en = f"，最高 {cap_zh}", f", at most {cap_en}"
    if begins is not None:
        at = times.clock(begins)
        when_zh, when_en = f"充电已结束，{at} 起", f"Charging has ended; from {at} on staying"
    elif rule.grace_min:
        grace_zh, grace_en = durations.length(rule.grace_min)
        when_zh, when_en = f"充电结束 {grace_zh}后", f"From {grace_en} after charging on, staying"
    else:
        when_zh, when_en = "充电结束后", "After charging, staying"
    return f"{when_zh}占位费{each_zh} {zh}{most_zh}。", f"{when_en} costs {en} {each_en}{most_en}."
