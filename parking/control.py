"""The city at a glance: how its lots are, and how full its districts are beside what is usual there."""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from parking.forecast import Usual
from parking.lots import Lot
from parking.occupancy import Confidence, LotStatus, Published

# Of these nobody knows how full they are now, or nobody may come in.
NOT_KNOWN = (LotStatus.UNKNOWN, LotStatus.STALE, LotStatus.CLOSED)


class LotNow(Struct, frozen=True):
    """A lot as it is published, and what is usual in it now; None: nobody knows that yet."""

    lot: Lot
    published: Published
    usual: Usual | None = None

    @property
    def is_well(self) -> bool:
        """Whether what is published of it is to be believed."""
        is_known = self.published.status not in NOT_KNOWN
        return is_known and self.published.confidence in (Confidence.HIGH, Confidence.MEDIUM)


class DistrictNow(Struct, frozen=True):
    """A district: how many lots it has, how many of them are known now, and how full these are in percent.

    `usual_percent`: how full those of which that is known are at this time on such a day; `compared_percent`: how full
    the same ones are now. None: nothing is known.
    """

    name_zh: str
    name_en: str
    lots: int
    known: int
    spaces: int
    taken: int
    usual_percent: int | None
    compared_percent: int | None

    @property
    def taken_percent(self) -> int | None:
        """How full the lots are that are known."""
        return _percent(self.taken, self.spaces)

    @property
    def more_percent(self) -> int | None:
        """By how many points it is fuller than usual; negative: emptier."""
        if self.usual_percent is None or self.compared_percent is None:
            return None
        return self.compared_percent - self.usual_percent


def states(lots: Iterable[LotNow]) -> Mapping[LotStatus, int]:
    """How many lots are in each state, those that none is in as well."""
    found = Counter(each.published.status for each in lots)
    return {status: found[status] for status in LotStatus}


def qualities(lots: Iterable[LotNow]) -> Mapping[Confidence, int]:
    """How many counts are to be believed how far, those of closed lots left out."""
    found = Counter(each.published.confidence for each in lots if each.published.status is not LotStatus.CLOSED)
    return {confidence: found[confidence] for confidence in Confidence}


def districts(lots: Iterable[LotNow]) -> list[DistrictNow]:
    """The districts, those with the most spaces first."""
    by_name: dict[tuple[str, str], list[LotNow]] = {}
    for each in lots:
        by_name.setdefault((each.lot.district_zh, each.lot.district_en), []).append(each)
    return sorted((_district(name, of_it) for name, of_it in by_name.items()), key=lambda each: -each.spaces)


def _district(name: tuple[str, str], lots: list[LotNow]) -> DistrictNow:
    known = [each.published for each in lots if each.published.status not in NOT_KNOWN]
    both = [(each.published, each.usual) for each in lots if each.usual and each.published.status not in NOT_KNOWN]
    spaces = sum(published.capacity for published, _ in both)
    # What was usual before a lot became smaller is no more than it has.
    usual_taken = sum(max(0, published.capacity - usual.free_median) for published, usual in both)
    return DistrictNow(
        *name,
        lots=len(lots),
        known=len(known),
        spaces=sum(each.capacity for each in known),
        taken=sum(each.occupied for each in known),
        usual_percent=_percent(usual_taken, spaces),
        compared_percent=_percent(sum(published.occupied for published, _ in both), spaces),
    )


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None
