"""`onelot import lots` and `onelot export lots`: what is printed, what is kept, and how they end."""

from pathlib import Path
from time import time

import msgspec

from tests import running
from tests.conftest import NOW
from tests.district import District

MAPPING = """
file.rows = "lots"
fields = { code = "id", name_zh = "name", name_en = "name", capacity = "cars" }
position = { text = "at" }
unfit.capacity = "skip"
[constants]
district_zh = "历下区"
district_en = "Lixia"
kind = "garage"
gateway = "{code}-gw"
lanes = "{code}-in:g:entry {code}-out:g:exit"
"""


async def test_lots_are_imported_and_exported(
    database_url: str, redis_url: str, tmp_path: Path, district: District
) -> None:
    clock = {"ONELOT_CLOCK_START": NOW.isoformat(), "ONELOT_CLOCK_STARTED": str(time())}
    env = running.environment(database_url, redis_url, **clock)

    async def onelot(*words: str, code: int = 0) -> str:
        ended, printed = await running.onelot(env, *words)
        assert (ended, "Traceback" in printed) == (code, False), printed
        return printed.strip()

    mapping, file, exported = tmp_path / "m.toml", tmp_path / "lots.json", tmp_path / "lots.csv"
    mapping.write_text(MAPPING)
    lots = [{"id": f"cli-{n}", "name": f"Lot {n}", "cars": n, "at": "36.66,117.02"} for n in range(3)]
    file.write_bytes(msgspec.json.encode({"lots": lots}))
    words = ("import", "lots", str(file), "--mapping", str(mapping), "--operator", "jn-static")
    tried = await onelot(*words, "--dry-run")
    assert "3 rows: 2 new, 0 unchanged, 0 changed, 1 skipped, 0 refused" in tried
    assert "nothing was kept" in tried
    assert "capacity (column cars): '0', allowed: Expected `int` >= 1" in tried
    kept = msgspec.json.decode(await onelot(*words, "--json"))
    assert (kept["is_kept"], kept["counts"]["new"], kept["lines"][0]["state"]) == (True, 2, "skipped")
    assert "2 unchanged" in await onelot(*words)

    refused = await onelot(*words[:-1], "sd-rail", code=1)
    assert "another operator_code" in refused
    assert "nothing was kept" in refused
    mapping.write_text("fields.size = 'x'")
    assert "no field 'size'" in await onelot(*words, code=2)
    assert "column" in await onelot("import", "lots", str(mapping.rename(tmp_path / "m.csv")), code=2)

    exported.write_text(await onelot("export", "lots", "--operator", "jn-static"), "utf-8")
    again = await onelot("import", "lots", str(exported))
    assert "4 rows: 0 new, 4 unchanged" in again

    accounts, plates = tmp_path / "accounts.json", tmp_path / "refused.csv"
    accounts.write_text('[{"known_as": "7", "name": "Li"}]', "utf-8")
    assert "1 rows: 1 new" in await onelot("import", "accounts", str(accounts))
    plates.write_text("known_as,plate,plate_color\n8,鲁A12345,blue\n", "utf-8")
    assert "known_as (column known_as): '8', allowed: what an account is called" in await onelot(
        "import", "plates", str(plates), code=1
    )
    assert ",7,Li,5000,active," in await onelot("export", "accounts")
