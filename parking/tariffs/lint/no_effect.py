"""Fields of a document that change no price because another field leaves them without effect."""

from collections.abc import Iterator

from parking.tariffs.language.document import Free, Memory, Tariff
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
    for index, cap in enumerate(text.caps):
        if cap.hours != _HOURS and cap.per != "cycle":
            yield f"$.caps[{index}].hours", '只有 per = "cycle" 的封顶才有小时数', 'only a cap per = "cycle" has hours'
    if text.cycle_hours != _HOURS and not _has_cycle(text):
        yield "$.cycle_hours", "没有任何规则按周期重新起算", "nothing begins again with a cycle"


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
