"""A history as it is told to one side, and what its gateways say."""

from collections import Counter
from datetime import timedelta
from typing import Any

from msgspec import Struct

from parking.tickets import Ticket
from tests.district import District, Say
from tests.parking.flow.histories.places import PROVINCES, code_of
from tests.parking.flow.histories.steps import COUPON, History, Step


class Told(Struct):
    """A history as it is told to one side. `refused`: what could not be decided, or paid, of it."""

    district: District
    history: History
    of: str
    side: str
    events: Counter[str] = Counter()
    refused: list[tuple[Any, ...]] = []
    tickets: dict[str, Ticket] = {}

    def plate(self, text: str) -> str:
        return PROVINCES[self.side] + text

    def say(self, step: Step, ahead: timedelta = timedelta(0), *, replay: bool) -> Say:
        """What the gateway of the lot says of a step by a clock that is ahead."""
        assert step.said is not None
        said = {name: value for name, value in step.said.items() if name != "way"}
        lot, way = code_of(step.lot, self.of), step.said["way"]
        if said["kind"] in ("count", "plates_inside"):
            said["lot"] = lot
        else:
            said["lane"] = f"{lot}-{'in' if way == 'entry' else 'out'}"
        if "ticket" in said:
            said["ticket"] = self.tickets[said["ticket"]].number
        elif "plate" in said:
            said["plate"] = self.plate(said["plate"])
        if "coupons" in said:
            said["coupons"] = [f"{COUPON}-{self.of}"]
        return {**said, "occurred_at": (step.at + ahead).isoformat(), "replay": replay}
