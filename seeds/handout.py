"""What README's examples need while a demonstration runs: addresses, a key and tokens, as a file for the shell."""

import os
from datetime import datetime, time, timedelta
from pathlib import Path
from shlex import quote

from parking.lots import Direction, LotKind
from payments.identity import Audience, Principal, sign_token
from seeds.accounts import drivers
from seeds.city import City
from seeds.plant import Planted
from seeds.screen import CITY_TIME
from seeds.stage import Stage

FILE = Path(".onelot", "demo.env")
# The clock of a demonstration runs fast, and nobody should have to fetch a token twice.
LIFE = timedelta(days=300)
WALLET_FEN_MIN = 5_000


def write(stage: Stage, city: City, planted: Planted, path: Path = FILE) -> Path:
    """Writes the file, readable by its owner alone; it is worth nothing after the demonstration."""
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.writelines(f"export {name}={quote(value)}\n" for name, value in words(stage, city, planted).items())
    return path


def words(stage: Stage, city: City, planted: Planted) -> dict[str, str]:
    """The shell's variables by name. The example's car came and went on the evening before the day that is played."""
    chosen = next((one for one in city.lots if one.plan.kind is LotKind.ROAD), city.lots[0])
    lot = chosen.plan
    midnight = datetime.combine(stage.business_date, time(), CITY_TIME)
    return {
        "ONELOT": stage.address,
        "LOT": lot.code,
        "OPERATOR": lot.operator_code,
        "GATEWAY_KEY": planted.keys[lot.gateway],
        "LANE_IN": chosen.lanes(Direction.ENTRY)[0],
        "LANE_OUT": chosen.lanes(Direction.EXIT)[0],
        "ENTERED_AT": (midnight - timedelta(hours=4)).isoformat(),
        "LEFT_AT": (midnight - timedelta(hours=1)).isoformat(),
        "YESTERDAY": (stage.business_date - timedelta(days=1)).isoformat(),
        "DRIVER_TOKEN": _token(stage, Principal(Audience.DRIVER, "driver:readme", _driver(planted))),
        "FINANCE_TOKEN": _token(stage, Principal(Audience.FINANCE, "finance:readme")),
        "ADMIN_TOKEN": _token(stage, Principal(Audience.ADMIN, "admin:readme")),
    }


def _driver(planted: Planted) -> int:
    """The account of a driver whose answers have something in them: two vehicles, and money in the wallet."""
    # Planted in this order; where only some were, the first of them will do.
    for account, driver in zip(planted.accounts, drivers(), strict=False):
        if len(driver.vehicles) > 1 and driver.top_up_fen >= WALLET_FEN_MIN:
            return account
    return planted.accounts[0]


def _token(stage: Stage, principal: Principal) -> str:
    return sign_token(principal, secret=stage.secret, now=stage.starts_at, life=LIFE)
