"""A held car that is read once more, and badly: it is told what follows for it all the same, and no other car is."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.conftest import NOW
from tests.district import HOSPITAL, District, event, visit
from tests.parking.flow.test_commands import last_number, new, pass_on, pay

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
UNREAD, LIKE, OTHER = "无牌车", "鲁A41E8{}", "鲁A41F6{}"


@pytest.mark.parametrize(
    ("seen", "meanwhile", "opens"),
    [
        ((UNREAD,), None, True),
        ((LIKE,), None, True),
        ((UNREAD, LIKE, UNREAD), None, True),
        ((OTHER,), None, False),
        ((LIKE, OTHER), None, False),
        # A car of this plate did come in: two that look alike are not one.
        ((LIKE,), "came", False),
        # Who was there has gone, as somebody lifted the barrier: what is read then is the next one.
        ((UNREAD,), "lifted", False),
        ((LIKE,), "passed", False),
        ((UNREAD,), "late", False),
    ],
)
@pytest.mark.parametrize("is_told", [False, True])
async def test_a_held_car_that_is_read_badly_is_still_the_one(
    district: District, seen: Sequence[str], meanwhile: str | None, opens: bool, is_told: bool
) -> None:
    """Whether it pays then, or has paid before and the command waits."""
    now = district.later()
    before, n = await last_number(district, HOSPITAL), f"{(now - NOW).days:02}"
    name, read_at = f"b{n}", now - (17 * MINUTE if meanwhile == "late" else MINUTE)
    came = visit(name, f"鲁A41EB{n}", now - 3 * HOUR, read_at, lot=HOSPITAL)
    held = (await district.answer(came[0]), await district.answer(came[1]))[1]
    if meanwhile == "came":
        await district.answer(event(f"{name}o2", "entry", now - HOUR, LIKE.format(n), lot=HOSPITAL))
    if is_told:
        await pay(district, held)
        await pass_on(district)
        assert len(await new(district, HOSPITAL, before)) == 1
    if meanwhile == "lifted":
        lift = {"event_id": f"{name}l", "kind": "barrier", "lane": f"{HOSPITAL}-out", "action": "opened"}
        at = (now - 50 * SECOND).isoformat()
        await district.answer({**lift, "occurred_at": at, "by": "person", "person": "li"})
    for nth, plate in enumerate(seen):
        said = event(f"{name}x{nth}", "exit", now - (40 - nth) * SECOND, plate.format(n), lot=HOSPITAL)
        assert (await district.answer(said)).gate == "hold"
    if meanwhile == "passed":
        went = {"event_id": f"{name}p", "kind": "passage", "lane": f"{HOSPITAL}-out", "outcome": "passed"}
        await district.answer({**went, "occurred_at": (now - 20 * SECOND).isoformat(), "of": f"{name}x0"})
    if not is_told:
        await pay(district, held)
        await pass_on(district)
    told = [each[:3] for each in await new(district, HOSPITAL, before) if each[1] == "paid"]
    assert told == [("open", "paid", f"{name}o")] * opens
