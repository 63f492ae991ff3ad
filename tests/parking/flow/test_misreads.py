"""Ten days of a lot whose cameras misread one plate in a hundred: who is left inside, and who is billed wrongly."""

import random
from datetime import timedelta

from parking.flow.occupancy import leave_out_long_inside
from tests.conftest import NOW
from tests.district import QC, District, Say, event

DAYS, VISITS_A_DAY, MISREAD = 10, 300, 0.01
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
CONFUSED = {"0": "D", "8": "B", "1": "7", "5": "S", "2": "Z", "鲁": "京"}
# Visits that neither have their stay nor are before a person, by the events of their entry and exit.
UNSEEN = """
select v.came
  from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) v (came, entered_at, left_at)
 where not exists (select from stay s join gate_event e on e.id = s.entry_event_id
                    where e.event_id = v.came || 'i' and s.state = 'closed' and s.doubts = '{}'
                      and (s.entered_at, s.left_at) = (v.entered_at, v.left_at))
   and not exists (select from parking_case k join gate_event e on e.id = k.event_id
                    where k.resolved_at is null and e.event_id in (v.came || 'i', v.came || 'o'))
"""


def misread(chance: random.Random, plate: str) -> str:
    """One of the characters that cameras confuse is another; the province always may be."""
    at = chance.choice([n for n, character in enumerate(plate) if character in CONFUSED])
    return plate[:at] + CONFUSED[plate[at]] + plate[at + 1 :]


async def test_ten_days_of_misreads_leave_nobody_inside_and_nobody_unseen(district: District) -> None:
    chance = random.Random(1)
    plates = [f"鲁{chance.choice('ABCDEFGH')}{chance.randrange(100_000):05}" for _ in range(700)]
    visits = []
    for day in range(DAYS):
        begins = NOW - (DAYS - day) * DAY - 4 * HOUR
        for number, plate in enumerate(chance.sample(plates, VISITS_A_DAY)):
            entered_at = begins + number * 2 * MINUTE + chance.randrange(60) * SECOND
            left_at = entered_at + chance.randrange(5, 480) * MINUTE + chance.randrange(60) * SECOND
            visits.append((f"{day}-{number}", plate, entered_at, left_at))
    told: list[Say] = []
    for came, plate, entered_at, left_at in visits:
        for kind, at in (("entry", entered_at), ("exit", left_at)):
            seen = misread(chance, plate) if chance.random() < MISREAD else plate
            told.append(event(f"{came}{'i' if kind == 'entry' else 'o'}", kind, at, seen, replay=True))
    told.sort(key=lambda each: str(each["occurred_at"]))
    for first in range(0, len(told), 200):
        await district.record(*told[first : first + 200])
    await leave_out_long_inside(district.pool, now=NOW)
    ghosts = await district.inside(QC) - sum(left_at > NOW for _, _, _, left_at in visits)
    names, entered, left = zip(*((came, at, until) for came, _, at, until in visits), strict=True)
    assert [row["came"] for row in await district.owner.fetch(UNSEEN, names, entered, left)] == []
    assert ghosts <= 1
