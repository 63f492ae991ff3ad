"""What the examples of docs/calling.md need of a demonstration: addresses, a key, tokens, as a shell's file."""

import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from shlex import quote

from parking.lots import Direction
from payments.identity import Audience, Principal
from seeds.city.drivers import Driver
from seeds.city.network import City, CityLot
from seeds.city.registration import Registered
from seeds.demo.environment import Environment
from seeds.demo.terminal import CITY_TIME
from seeds.traffic.visits import Visit

# Below the working directory.
FOLDER = Path(".onelot")
WALLET_FEN_MIN = 5_000
# The examples are priced by the city's own text.
TARIFF = "jinan_road"


@contextmanager
def env_file(variables: Mapping[str, str], port: int, folder: Path = FOLDER) -> Iterator[Path]:
    """The variables in `demo.env`, readable by its owner alone and removed afterwards.

    It is called `demo-PORT.env` while another demonstration in the same folder has the first name. A lock says so,
    so the file of a demonstration that was killed is free to be taken.
    """
    folder.mkdir(exist_ok=True)
    path = folder / "demo.env"
    file = _locked(path)
    if file is None:
        path = folder / f"demo-{port}.env"
        file = _locked(path)
        assert file is not None, "a port belongs to one demonstration"
    with os.fdopen(file, "w", encoding="utf-8") as open_file:
        open_file.truncate()
        open_file.writelines(f"export {name}={quote(value)}\n" for name, value in variables.items())
        open_file.flush()
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _locked(path: Path) -> int | None:
    """The open file, ours until it is closed; None if it is another's."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever had it before may have removed the file between our two calls.
            if os.path.exists(path) and os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        except BlockingIOError:
            os.close(file)
            return None
        os.close(file)


def variables(environment: Environment, city: City, registered: Registered, driver_token: str) -> dict[str, str]:
    """The shell's variables by name.

    The example's car came and went on the evening before the day that is played.
    """
    chosen = example_lot(city)
    lot = chosen.plan
    operator_id = registered.operators[lot.operator_code]
    booth = Principal(Audience.BOOTH, "booth:readme", operator_id=operator_id, lot_id=registered.lots[lot.code])
    midnight = datetime.combine(environment.business_date, time(), CITY_TIME)
    return {
        "ONELOT": environment.address,
        # A command in this shell is one of the demonstration: it goes by the same clock.
        **environment.settings(),
        "LOT": lot.code,
        "OPERATOR": lot.operator_code,
        "GATEWAY_KEY": registered.keys[lot.gateway],
        "LANE_IN": chosen.lanes(Direction.ENTRY)[0],
        "LANE_OUT": chosen.lanes(Direction.EXIT)[0],
        "ENTERED_AT": (midnight - timedelta(hours=4)).isoformat(),
        "LEFT_AT": (midnight - timedelta(hours=1)).isoformat(),
        "YESTERDAY": (environment.business_date - timedelta(days=1)).isoformat(),
        "DRIVER_TOKEN": driver_token,
        "BOOTH_TOKEN": environment.token(booth),
        "CLERK_TOKEN": environment.token(Principal(Audience.CLERK, "clerk:readme", operator_id=operator_id)),
        "FINANCE_TOKEN": environment.token(Principal(Audience.FINANCE, "finance:readme")),
        "ADMIN_TOKEN": environment.token(Principal(Audience.ADMIN, "admin:readme")),
    }


def example_lot(city: City) -> CityLot:
    """The lot of the examples."""
    return next((lot for lot in city.lots if lot.tariff == TARIFF), city.lots[0])


def driver_with_bills(people: Sequence[Driver], accounts: Sequence[int], visits: Sequence[Visit]) -> int:
    """The account of a driver whose answers have something in them: of those with two vehicles and money in the wallet
    the one that parked most often, or whoever is first where nobody has both.
    """
    parked = Counter(visit.vehicle.plate for visit in visits)
    chosen = max(
        range(len(people)),
        key=lambda at: (
            len(people[at].vehicles) > 1 and people[at].top_up_fen >= WALLET_FEN_MIN,
            sum(parked[vehicle.plate] for vehicle in people[at].vehicles),
        ),
    )
    return accounts[chosen]
