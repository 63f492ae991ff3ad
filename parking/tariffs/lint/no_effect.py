"""Fields of a document that change no price because another field leaves them without effect."""

from collections.abc import Iterator

from parking.tariffs.language.conditions import DayHours
from parking.tariffs.language.document import Free, Memory, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.findings import Finding

# The default of every period that is given in hours.
_HOURS = Memory().hours


def fields_without_effect(text: Tariff) -> Iterator[Finding]:
    """A finding for each such field."""
    for path, zh, en in _places(text):
        yield Finding(
            "ignored_field",
            "warning",
            path,
            f"{path} 的值不起作用：{zh}；请删去，或修改与它相关的字段。",
            f"{path} changes nothing: {en}. Take it out, or change what it depends on.",
        )


def _places(text: Tariff) -> Iterator[tuple[str, str, str]]:
    """The place of each field, and in both languages why it has no effect."""
    yield from _free(text.free, "$.free")
    for index, rule in enumerate(text.classes):
        if rule.free is not None:
            yield from _free(rule.free, f"$.classes[{index}].free")
    for index, band in enumerate(text.bands):
        if band.tolerance_min and band.part_unit == "down":
            yield (
                f"$.bands[{index}].tolerance_min",
                'part_unit = "down" 时，不足一个单位的部分本来就不计费',
                'with part_unit = "down" no part unit is charged anyway',
            )
    for index, quota in enumerate(text.quotas):
        yield from _memory(quota.memory, f"$.quotas[{index}].memory")
        if quota.portion_max_min >= quota.minutes:
            yield (
                f"$.quotas[{index}].portion_max_min",
                "它不小于额度本身（minutes）",
                "it is no less than the whole quota (minutes)",
            )
    yield from _caps(text)
    yield from _of_days(text)
    for path in _whole_days(text):
        yield path, "这些时间就是全天", "these hours are the whole of every day"
    if text.promises.per_bay and not (
        any(rule.per_bay for rule in text.classes) or any(rule.per_bay for rule in text.surcharges)
    ):
        yield "$.promises.per_bay", "没有按泊位收费的规定", "nothing is paid for every bay"
    if text.cycle_hours != _HOURS and not _has_cycle(text):
        yield "$.cycle_hours", "没有任何规则按周期重新起算", "nothing begins again with a cycle"


def _caps(text: Tariff) -> Iterator[tuple[str, str, str]]:
    for index, cap in enumerate(text.caps):
        if cap.hours != _HOURS and cap.per != "cycle":
            yield f"$.caps[{index}].hours", '只有 per = "cycle" 的封顶才有小时数', 'only a cap per = "cycle" has hours'
        period = {"day": DAY_MIN, "cycle": cap.hours * 60, "week": 7 * DAY_MIN, "month": 31 * DAY_MIN}.get(cap.per)
        if period is not None and cap.first_min >= period:
            yield f"$.caps[{index}].first_min", "它不短于一个封顶周期", "it is no shorter than the period of the cap"


def _of_days(text: Tariff) -> Iterator[tuple[str, str, str]]:
    """What counts days, where there are none to count or they are never over."""
    for index, sold in enumerate(text.passes):
        if sold.day_max_min >= DAY_MIN:
            yield f"$.passes[{index}].day_max_min", "一天没有更多的分钟", "no day has more minutes than that"
    frees = [text.free, *[rule.free for rule in text.classes if rule.free is not None]]
    memories = [*[free.memory for free in frees], *[quota.memory for quota in text.quotas]]
    counts = any(cap.per in ("day", "week", "month") for cap in text.caps)
    counts = counts or any(band.daily or band.restart == "day" for band in text.bands)
    counts = counts or any(memory.per == "day" for memory in memories) or any(each.day_max_min for each in text.passes)
    if text.day_begins != "00:00" and not counts:
        yield "$.day_begins", "没有任何规则按天计算", "nothing goes by days"


def _whole_days(text: Tariff) -> Iterator[str]:
    """The places of hours of entering and leaving that leave nothing out."""
    for name in ("quotas", "classes", "caps", "discounts", "surcharges", "exempt"):
        for index, part in enumerate(getattr(text, name)):
            for field in ("entered", "left"):
                if DayHours() in getattr(part.who, field) and part.who.leaving == "any":
                    yield f"$.{name}[{index}].who.{field}"


def _free(free: Free, path: str) -> Iterator[tuple[str, str, str]]:
    if free.uses_max:
        yield from _memory(free.memory, f"{path}.memory")
    elif free.memory != Memory():
        yield f"{path}.memory", "没有写 uses_max，不限次数", "without uses_max any number of visits has the free period"


def _memory(memory: Memory, path: str) -> Iterator[tuple[str, str, str]]:
    if memory.hours != _HOURS and memory.per in ("day", "visit"):
        yield f"{path}.hours", f'per = "{memory.per}" 不看小时数', f'per = "{memory.per}" asks for no hours'
    if memory.scope != "lot" and memory.per == "visit":
        yield f"{path}.scope", 'per = "visit" 不记以前的停放', 'per = "visit" remembers no other visit'


def _has_cycle(text: Tariff) -> bool:
    frees = [text.free, *[rule.free for rule in text.classes if rule.free is not None]]
    again = [*[free.again for free in frees], *[quota.again for quota in text.quotas]]
    return "cycle" in again or any(band.restart == "cycle" for band in text.bands)
