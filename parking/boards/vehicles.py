"""Which vehicles are meant, in words: the kinds, plates and facts of a `Match`."""

from collections.abc import Iterator

from parking.boards.times import Words, listed
from parking.plates import PlateColor, VehicleClass
from parking.tariffs.document import Match

_KINDS: dict[VehicleClass, Words] = {
    VehicleClass.SMALL: ("小型车", "small vehicles"),
    VehicleClass.LARGE: ("大型车", "large vehicles"),
    VehicleClass.MOTORCYCLE: ("摩托车", "motorcycles"),
    VehicleClass.UNKNOWN: ("未识别车型", "vehicles of unknown kind"),
}
_COLORS: dict[PlateColor, Words] = {
    PlateColor.BLUE: ("蓝牌", "blue plates"),
    PlateColor.YELLOW: ("黄牌", "yellow plates"),
    PlateColor.GREEN: ("绿牌", "green plates"),
    PlateColor.YELLOW_GREEN: ("黄绿牌", "yellow-green plates"),
    PlateColor.WHITE: ("白牌", "white plates"),
    PlateColor.BLACK: ("黑牌", "black plates"),
    PlateColor.UNKNOWN: ("未识别颜色的号牌", "plates of unknown colour"),
}
_FACTS: dict[str, Words] = {
    "length_cm": ("车长（厘米）", "length in cm"),
    "width_cm": ("车宽（厘米）", "width in cm"),
    "height_cm": ("车高（厘米）", "height in cm"),
    "seats": ("座位数", "seats"),
    "mass_kg": ("总质量（千克）", "mass in kg"),
    "co2_g_km": ("二氧化碳排放（克/公里）", "CO₂ in g/km"),
}


def fitting(who: Match, name_zh: str) -> Words:
    """The vehicles meant, in brackets, as far as the rule's name does not say it; tags are said by the name alone."""
    given = [(zh, en) for zh, en in _given(who) if zh not in name_zh]
    if not given:
        return "", ""
    return f"（{'，'.join(zh for zh, _ in given)}）", f" ({', '.join(en for _, en in given)})"


def _given(who: Match) -> Iterator[Words]:
    if who.kinds:
        yield _either([_KINDS[kind] for kind in who.kinds])
    if who.colors:
        yield _either([_COLORS[color] for color in who.colors])
    if who.new_energy is not None:
        yield ("新能源", "new energy") if who.new_energy else ("非新能源", "not new energy")
    for words, bounds in ((("不小于", "at least"), who.at_least), (("不大于", "at most"), who.at_most)):
        for fact, bound in bounds.items():
            zh, en = _FACTS.get(fact, (fact, fact))
            yield f"{zh}{words[0]} {bound}", f"{en} {words[1]} {bound}"


def _either(words: list[Words]) -> Words:
    zh, _ = listed(words)
    return zh, " or ".join(en for _, en in words)
