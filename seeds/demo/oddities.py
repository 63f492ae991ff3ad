"""What goes wrong now and then at gates, once each: staff find a case of every kind when a demonstration begins."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx

from parking.live.network import POLL_S
from parking.lots import Direction
from parking.plates import PlateColor, VehicleClass
from seeds.city.drivers import Driver, Vehicle
from seeds.city.network import CityLot

TIMEOUT_S = 30.0
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)

# Of an account, and seen in two lots at a time.
CLONED = "鲁A7T60B"
BANNED = "鲁A0N49X"
DRIVER = Driver("王女士", (Vehicle(CLONED, PlateColor.BLUE, VehicleClass.SMALL),), 5_000)

Said = dict[str, Any]


class Lane:
    """The lanes of one lot, and what its gateway says of them in the evening before midnight."""

    def __init__(self, lot: CityLot, key: str, now: datetime) -> None:
        self.code = lot.plan.code
        self.key = key
        self.now = now
        self._entry, self._exit = lot.lanes(Direction.ENTRY)[0], lot.lanes(Direction.EXIT)[0]
        self._number = 0

    def device(self, kind: str, **more: Any) -> Said:
        """Something that is no plate read, as of now."""
        self._number += 1
        said = {"event_id": f"odd-{self._number}", "kind": kind, "occurred_at": self.now.isoformat()}
        return {**said, **({"lane": self._exit} if kind != "plates_inside" else {}), **more}

    def read(self, kind: str, ago: timedelta, plate: str, **more: Any) -> Said:
        """A plate that was read some time ago, handed in now."""
        said = self.device(kind, lane=self._entry if kind == "entry" else self._exit)
        known = {"plate": plate, "plate_color": "blue", "vehicle_class": "small", "confidence": 0.97, "replay": True}
        return {**said, "occurred_at": (self.now - ago).isoformat(), **known, **more}

    def wrong_way(self, ago: timedelta, plate: str) -> Said:
        """An exit that was read where vehicles come in."""
        return self.read("exit", ago, plate, lane=self._entry)


def of_a_lot(at: Lane) -> list[Said]:
    """What the gateway of one lot hands in."""
    return [
        at.read("entry", 9 * _HOUR, "鲁A6B28K"),
        at.read("exit", 8 * _HOUR, "鲁A6828K"),  # a B was taken for an 8
        at.read("entry", 7 * _HOUR, "鲁A2C65P"),
        at.read("exit", 7 * _HOUR - 5 * _MINUTE, "鲁A2C65P"),
        at.read("exit", 5 * _HOUR, "鲁A2C65P"),  # had only turned round
        at.read("entry", 75 * _HOUR, "鲁A7E31Q"),
        at.read("exit", 4 * _HOUR, "鲁A7E31Q"),  # three days at the roadside
        at.read("entry", 20 * 24 * _HOUR, "鲁A4F92R"),  # never seen to leave
        at.read("entry", 30 * _HOUR, "鲁A9G14S"),
        at.read("entry", 3 * _HOUR, "鲁A9G14S"),  # is in already
        at.read("exit", 3 * _HOUR, "鲁A1H57T"),  # was not seen to come
        at.read("entry", 3 * _HOUR, "A1"),
        at.read("entry", 2 * _HOUR, "鲁A3K80U", confidence=0.31),
        at.read("entry", 2 * _HOUR, "", confidence=0.1),
        at.wrong_way(2 * _HOUR, "鲁A5L26V"),
        at.read("entry", -3 * _HOUR, "鲁A8M73W"),  # by a clock that is ahead
        at.device("passage", outcome="passed", of="odd-0"),
        at.device("cash", amount_fen=500, person="张师傅", plate="鲁A2P95Y"),
        at.device("plates_inside", plates=["鲁A6R18Z", "鲁A4F92R"]),
    ]


def of_a_second_lot(at: Lane) -> list[Said]:
    """What that of another one does: one plate was in both lots at a time, and a time is far behind."""
    return [
        at.read("entry", 6 * _HOUR, CLONED),
        at.read("exit", 4 * _HOUR, CLONED),
        at.read("entry", 36 * 24 * _HOUR, "鲁A9U07C"),
    ]


async def tell(
    client: httpx.AsyncClient,
    lots: Sequence[CityLot],
    keys: Mapping[str, str],
    *,
    admin: str,
    driver: str,
    now: datetime,
) -> None:
    """Tells the service of all of it. `lots`: two; `admin`, `driver`: tokens, the driver's of who disputes a charge.

    Raises:
        httpx.HTTPStatusError: the service did not take something.
    """
    first, second = (Lane(lot, keys[lot.plan.gateway], now) for lot in lots)
    ban: Said = {"plate": BANNED, "plate_color": "blue", "lot": first.code, "reason": "逃费"}
    ban |= {"valid_from": (now - _HOUR).isoformat(), "valid_until": None}
    await _post(client, "/v1/admin/bans", admin, ban)
    both = [first.read("entry", 5 * _HOUR, CLONED), first.read("exit", 3 * _HOUR, CLONED)]
    await _post(client, "/v1/gate-events", first.key, [*of_a_lot(first), *both])
    await _post(client, "/v1/gate-events", second.key, of_a_second_lot(second))
    # A process knows of a ban when it has looked at the network again.
    await asyncio.sleep(POLL_S + 0.5)
    await _post(client, "/v1/gate-events", first.key, first.read("entry", timedelta(), BANNED, replay=False))
    found = await client.get("/v1/account/charges", headers=_headers(driver), timeout=TIMEOUT_S)
    for charge in found.raise_for_status().json()["charges"][:1]:
        await _post(client, f"/v1/account/charges/{charge['reference']}/appeal", driver, {"reason": "只停了二十分钟"})


async def _post(client: httpx.AsyncClient, path: str, bearer: str, said: object) -> Any:
    answer = await client.post(path, json=said, headers=_headers(bearer), timeout=TIMEOUT_S)
    return answer.raise_for_status().json() if answer.content else None


def _headers(bearer: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {bearer}"}
