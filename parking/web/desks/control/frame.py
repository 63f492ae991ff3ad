"""What the parts of the control room have in common."""

from collections.abc import Callable, Mapping
from datetime import datetime

from parking.control import NOT_KNOWN, LotNow
from parking.forecast import Usual
from parking.network import Network
from parking.occupancy import Confidence, Count, LotStatus, publish
from parking.scope import lots_of
from parking.web.desks.frame import DESKS
from parking.web.reader import Reader
from parking.web.tables import State, Tone
from payments.identity import Audience, Principal

READERS = DESKS["control"]
ACTORS = (Audience.ADMIN,)
ROOT = "/desk/control"


def parts(reader: Reader) -> list[tuple[str, str, str]]:
    """The parts of the room: name, address, and what each is called."""
    names = {"now": ROOT, **{name: f"{ROOT}/{name}" for name in ("alarms", "lots", "prices")}}
    return [(name, path, reader.word(name)) for name, path in names.items()]


def lots_now(
    principal: Principal,
    network: Network,
    count_of: Callable[[int], Count],
    usual: Mapping[int, Usual],
    now: datetime,
) -> list[LotNow]:
    """The lots that somebody may see, as they are published, by their codes."""
    may = lots_of(principal, network)
    lots = [lot for lot in network.lots.values() if may is None or lot.id in may]
    return [
        LotNow(lot, publish(count_of(lot.id), lot.capacity, now=now, is_closed=lot.is_closed), usual.get(lot.id))
        for lot in sorted(lots, key=lambda each: each.code)
    ]


def tone(each: LotNow) -> Tone:
    """How a lot's state is meant to who looks after the city."""
    status = each.published.status
    if status is LotStatus.UNKNOWN:
        return Tone.QUIET
    if status in NOT_KNOWN or status is LotStatus.FULL:
        return Tone.BAD
    return Tone.GOOD if status is LotStatus.OPEN and each.is_well else Tone.WAITS


def status_said(reader: Reader, each: LotNow) -> State:
    """The state of a lot in words."""
    return State(reader.word(f"status_{each.published.status}"), tone(each))


def quality_said(reader: Reader, confidence: Confidence) -> State:
    """How far a count is to be believed, in words."""
    tones = {Confidence.HIGH: Tone.GOOD, Confidence.MEDIUM: Tone.GOOD, Confidence.LOW: Tone.WAITS}
    return State(reader.word(f"quality_{confidence}"), tones.get(confidence, Tone.QUIET))
