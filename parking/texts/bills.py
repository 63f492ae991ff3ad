"""Lines of bills that follow no tariff, in words."""

from parking.texts.words import Words

# Who let the vehicle out said what it pays.
SET_BY_PERSON: Words = ("工作人员核定的停车费", "Parking fee set by staff")


def not_counted_inside(name_zh: str, name_en: str) -> Words:
    """What the notice of a lot says of a lot inside that stops its clock."""
    return (
        f"停放于场内停车场“{name_zh}”的时间不计入本场停放时间。",
        f"Time in {name_en}, a lot inside, is not counted here.",
    )
