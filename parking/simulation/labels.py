"""Names of kinds of vehicles, classes of durations and what is compared with, and percentages."""

from parking.plates import VehicleClass
from parking.simulation.totals import DURATIONS
from parking.texts.amounts import change_sign
from parking.texts.durations import largest_unit
from parking.texts.vehicles import KINDS
from parking.texts.words import Words

_NEW_ENERGY = "_new_energy"
AGAINST: dict[str, Words] = {
    "charged": ("当时应收", "what was charged then"),
    "current": ("现行标准", "the tariff in force now"),
}


def share(part: int, whole: int, *, signed: bool = False) -> str:
    """A part as a percentage with one decimal, "–" if the whole is 0."""
    if not whole:
        return "–"
    tenths = (2000 * abs(part) + whole) // (2 * whole)
    return f"{change_sign(part, signed=signed)}{tenths // 10}.{tenths % 10} %"


def kind(code: str) -> Words:
    """The name of a kind of vehicles by its code: that of its class, with "_new_energy" behind it or not."""
    names = KINDS[VehicleClass(code.removesuffix(_NEW_ENERGY))]
    if code.endswith(_NEW_ENERGY):
        return f"{names.zh}·新能源", f"{names.label_en}, new energy"
    return names.zh, names.label_en


def duration(place: int) -> Words:
    """The name of a class of durations by its place in DURATIONS; the last is that of the longer ones."""
    if place == 0:
        zh, en = largest_unit(DURATIONS[0])
        return f"{zh}以内", f"up to {en}"
    since_zh, since_en = largest_unit(DURATIONS[place - 1])
    if place == len(DURATIONS):
        return f"{since_zh}以上", f"over {since_en}"
    until_zh, until_en = largest_unit(DURATIONS[place])
    return f"{since_zh}至{until_zh}", f"{since_en} to {until_en}"
