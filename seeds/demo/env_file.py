"""What README's examples need while a demonstration runs: addresses, a key and tokens, as a file for the shell."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from shlex import quote
from uuid import uuid4

from parking.lots import Direction, LotKind
from payments.identity import Audience, Principal, sign_token
from seeds.city.drivers import drivers
from seeds.city.network import City
from seeds.demo.environment import Environment
from seeds.demo.terminal import CITY_TIME

# Below the working directory.
FOLDER = Path(".onelot")
# The clock of a demonstration runs fast, and nobody should have to fetch a token twice.
LIFE = timedelta(days=300)
WALLET_FEN_MIN = 5_000


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


def variables(environment: Environment, city: City, keys: Mapping[str, str], accounts: Sequence[int]) -> dict[str, str]:
    """The shell's variables by name; `keys` are those of gateways, `accounts` those of the drivers in their order.

    The example's car came and went on the evening before the day that is played.
    """
    chosen = next((lot for lot in city.lots if lot.plan.kind is LotKind.ROAD), city.lots[0])
    lot = chosen.plan
    midnight = datetime.combine(environment.business_date, time(), CITY_TIME)
    return {
        "ONELOT": environment.address,
        "LOT": lot.code,
        "OPERATOR": lot.operator_code,
        "GATEWAY_KEY": keys[lot.gateway],
        "LANE_IN": chosen.lanes(Direction.ENTRY)[0],
        "LANE_OUT": chosen.lanes(Direction.EXIT)[0],
        "ENTERED_AT": (midnight - timedelta(hours=4)).isoformat(),
        "LEFT_AT": (midnight - timedelta(hours=1)).isoformat(),
        "YESTERDAY": (environment.business_date - timedelta(days=1)).isoformat(),
        "DRIVER_TOKEN": _token(environment, Principal(Audience.DRIVER, "driver:readme", _driver(accounts))),
        "FINANCE_TOKEN": _token(environment, Principal(Audience.FINANCE, "finance:readme")),
        "ADMIN_TOKEN": _token(environment, Principal(Audience.ADMIN, "admin:readme")),
    }


def _driver(accounts: Sequence[int]) -> int:
    """The account of a driver whose answers have something in them: two vehicles, and money in the wallet."""
    # Where only some were opened, the first of them will do.
    for account, driver in zip(accounts, drivers(), strict=False):
        if len(driver.vehicles) > 1 and driver.top_up_fen >= WALLET_FEN_MIN:
            return account
    return accounts[0]


def _token(environment: Environment, principal: Principal) -> str:
    return sign_token(principal, token_id=uuid4(), secret=environment.secret, now=environment.starts_at, life=LIFE)
