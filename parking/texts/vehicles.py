"""Kinds of vehicles, colours of plates and known facts of a vehicle, by name."""

from typing import NamedTuple

from parking.plates import PlateColor, VehicleClass
from parking.texts.words import Words


class KindNames(NamedTuple):
    """A kind of vehicles in Chinese, and in English in the singular, in the plural and as the label of a row."""

    zh: str
    one_en: str
    many_en: str
    label_en: str


class FactNames(NamedTuple):
    """A known fact of a vehicle and its unit, in Chinese and in English."""

    zh: str
    unit_zh: str
    en: str
    unit_en: str


KINDS: dict[VehicleClass, KindNames] = {
    VehicleClass.SMALL: KindNames("小型车", "small vehicle", "small vehicles", "Small"),
    VehicleClass.LARGE: KindNames("大型车", "large vehicle", "large vehicles", "Large"),
    VehicleClass.MOTORCYCLE: KindNames("摩托车", "motorcycle", "motorcycles", "Motorcycle"),
    VehicleClass.UNKNOWN: KindNames(
        "未识别车型", "vehicle of unknown kind", "vehicles of unknown kind", "Not recognised"
    ),
}
PLATES: dict[PlateColor, Words] = {
    PlateColor.BLUE: ("蓝牌", "blue plates"),
    PlateColor.YELLOW: ("黄牌", "yellow plates"),
    PlateColor.GREEN: ("绿牌", "green plates"),
    PlateColor.YELLOW_GREEN: ("黄绿牌", "yellow-green plates"),
    PlateColor.WHITE: ("白牌", "white plates"),
    PlateColor.BLACK: ("黑牌", "black plates"),
    PlateColor.UNKNOWN: ("未识别颜色的车牌", "plates of unknown colour"),
}
FACTS: dict[str, FactNames] = {
    "length_cm": FactNames("车长", "厘米", "length", "cm"),
    "width_cm": FactNames("车宽", "厘米", "width", "cm"),
    "height_cm": FactNames("车高", "厘米", "height", "cm"),
    "seats": FactNames("座位数", "", "seats", ""),
    "mass_kg": FactNames("总质量", "千克", "mass", "kg"),
    "co2_g_km": FactNames("二氧化碳排放", "克/公里", "CO₂", "g/km"),
}


def bounded(fact: str, bound: int, *, least: bool) -> Words:
    """A bound of a fact: "车长不小于 600 厘米", "length at least 600 cm"; "at least 10 seats" where it has no unit.

    A fact without a name here is quoted as it is written.
    """
    names = FACTS.get(fact, FactNames(f"“{fact}”", "", f'"{fact}"', ""))
    than_zh, than_en = ("不小于", "at least") if least else ("不大于", "at most")
    zh = f"{names.zh}{than_zh} {bound} {names.unit_zh}".rstrip()
    if fact in FACTS and not names.unit_en:
        return zh, f"{than_en} {bound} {names.en}"
    return zh, f"{names.en} {than_en} {bound} {names.unit_en}".rstrip()
