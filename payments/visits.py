"""What a charge is for, in the words of whoever keeps stays: payments keeps none and is handed this."""

from datetime import datetime

from msgspec import Struct


class Visit(Struct, frozen=True):
    """The stay that a charge is for: the lot by its code and name, the vehicle, and when it came and left, as far as
    that is known.
    """

    lot: str
    lot_zh: str
    lot_en: str
    plate: str
    plate_color: str
    entered_at: datetime | None
    left_at: datetime | None
