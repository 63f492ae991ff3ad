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
    PlateColor.UNKNOWN: ("未识别颜色的号牌", "plates of unknown colour"),
}
FACTS: dict[str, Words] = {
    "length_cm": ("车长（厘米）", "length in cm"),
    "width_cm": ("车宽（厘米）", "width in cm"),
    "height_cm": ("车高（厘米）", "height in cm"),
    "seats": ("座位数", "seats"),
    "mass_kg": ("总质量（千克）", "mass in kg"),
    "co2_g_km": ("二氧化碳排放（克/公里）", "CO₂ in g/km"),
}
