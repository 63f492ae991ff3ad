"""Step 1: the instants of a stay."""

from parking.tariffs.engine.quote import StayNotPriceable, Visit
from parking.tariffs.language.document import STAY_DAYS_MAX, Tariff
from tests.parking.tariffs.oracle import remembered
from tests.parking.tariffs.oracle.ticks import MINUTE


def bounds(tariff: Tariff, visit: Visit) -> tuple[int, int]:
    """The stay in seconds, its ends cut or rounded as the document says."""
    if visit.bays < 1 or visit.left_at < visit.entered_at or (visit.left_at - visit.entered_at).days >= STAY_DAYS_MAX:
        raise StayNotPriceable("this is no stay")
    entered, left = remembered.seconds_of(visit.entered_at), remembered.seconds_of(visit.left_at)
    if tariff.seconds == "drop":
        entered, left = entered - entered % MINUTE, left - left % MINUTE
    elif tariff.seconds == "entry_up_exit_down":
        entered, left = entered + -entered % MINUTE, left - left % MINUTE
    return entered, max(entered, left)
