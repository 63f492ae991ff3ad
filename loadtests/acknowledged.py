"""Events as a service acknowledged them, to be held against what its database says afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
from msgspec import Struct

import sql
from loadtests import traffic
from loadtests.client import Shot

SAMPLE_MAX = 5
_EVENTS = """
select l.code as lot, e.event_id, count(*) as times, min(e.stay_id::text) as stay_id, min(e.fee_fen) as fee_fen
  from gate_event e join lot l on l.id = e.lot_id group by l.code, e.event_id
"""

# A gateway's event: the lot's code and the event's id.
Key = tuple[str, str]


class Acknowledged(Struct, frozen=True):
    """What an acknowledgement said that the database must say too."""

    status: str
    event_id: str
    stay_id: UUID | None = None
    fee_fen: int | None = None


class Compared(Struct, frozen=True):
    """What of the acknowledged events a database has. The lists should be empty."""

    in_database: int
    lost: list[Key]
    twice: list[Key]
    answered_otherwise: list[Key]


class Seen:
    """What was sent by its number, and the acknowledgements."""

    def __init__(self) -> None:
        self.sent: list[Key] = []
        self.acknowledged: dict[Key, Acknowledged] = {}
        self.refused = 0
        self.errors = 0
        self._decoder = msgspec.json.Decoder(Acknowledged)

    def streams(self, lots: Sequence[traffic.Lot], vehicles: int, connections: int, name: str) -> list[Iterator[Shot]]:
        """Endless events for each connection, of one lot and of vehicles of its own."""
        return [
            self._shots([lots[n % len(lots)]], range(vehicles)[n::connections], f"{name}{n}", n)
            for n in range(connections)
        ]

    def _shots(self, lots: list[traffic.Lot], numbers: range, name: str, seed: int) -> Iterator[Shot]:
        """Made as they are sent."""
        until = datetime.now(UTC) - timedelta(seconds=1)
        for lot, event in traffic.visits(lots, numbers, name=name, until=until, seed=seed):
            self.sent.append((lot.code, event["event_id"]))
            yield Shot(traffic.body(lot, event), key=len(self.sent) - 1)

    def answered(self, shot: Shot, status: int, body: bytes) -> None:
        """Keeps what the service acknowledged."""
        if status == 200:
            self.acknowledged[self.sent[shot.key]] = self._decoder.decode(body)
        elif status >= 500:
            self.errors += 1
        else:
            self.refused += 1


async def recorded(db: sql.Connection) -> set[Key]:
    """Every event that the database has."""
    return {(row["lot"], row["event_id"]) for row in await db.fetch(_EVENTS)}


async def compare(db: sql.Connection, acknowledged: Mapping[Key, Acknowledged]) -> Compared:
    """What the database says of these, and what it has twice of any."""
    rows = {(row["lot"], row["event_id"]): row for row in await db.fetch(_EVENTS)}
    otherwise = [
        key
        for key, answer in acknowledged.items()
        if key in rows and (str(answer.stay_id), answer.fee_fen) != (str(rows[key]["stay_id"]), rows[key]["fee_fen"])
    ]
    return Compared(
        in_database=len(rows),
        lost=[key for key in acknowledged if key not in rows],
        twice=[key for key, row in rows.items() if row["times"] != 1],
        answered_otherwise=otherwise,
    )
