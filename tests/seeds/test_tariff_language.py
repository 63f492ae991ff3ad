"""What seeds/tariffs/README.md shows is true: its first document, and every key with its default."""

import re
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from parking import tariffs
from parking.tariffs import Visit
from parking.tariffs.language import conditions, document

README = (Path(__file__).parents[2] / "seeds" / "tariffs" / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
PARTS: dict[str, type[msgspec.Struct]] = {
    "The document": document.Tariff,
    "bands": document.Band,
    "tiers": document.Tier,
    "free": document.Free,
    "crossing": document.Crossing,
    "memory": document.Memory,
    "quotas": document.Quota,
    "classes": document.ClassRule,
    "caps": document.Cap,
    "discounts": document.Discount,
    "surcharges": document.Surcharge,
    "passes": document.Pass,
    "charging": document.Charging,
    "overstay": document.Overstay,
    "booking": document.Booking,
    "exempt": document.Exemption,
    "who": conditions.Match,
    "hours, windows, entered, left": conditions.DayHours,
    "days": conditions.DaySet,
    "promises": document.Promises,
}


def defaults(part: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields of a part as the page shows them: what is left out, "required", or None where there is no default."""
    found: dict[str, Any] = {}
    for field in msgspec.structs.fields(part):
        value = field.default
        if value is msgspec.NODEFAULT:
            value = "required" if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        builtin = {} if isinstance(value, msgspec.Struct) else msgspec.to_builtins(value)
        found[field.encode_name] = list(builtin) if isinstance(builtin, tuple) else builtin
    return found


def shown(block: str) -> dict[str, Any]:
    """The keys of a block with their values; None for what is commented out."""
    keys: dict[str, Any] = dict.fromkeys(re.findall(r"^# (\w+) = ", block, re.MULTILINE))
    return keys | tomllib.loads(block)


def test_the_first_document_says_what_stands_above_it() -> None:
    tariff = tariffs.Compiled(tariffs.from_toml(BLOCKS[0].encode()))
    entered = datetime.fromisoformat("2026-03-02T09:00+08:00")
    left = datetime.fromisoformat("2026-03-02T11:10+08:00")
    assert len(BLOCKS[0].splitlines()) <= 10
    assert tariffs.calculate(tariff, Visit(entered, left)).fee_fen == 600


@pytest.mark.parametrize("title", PARTS)
def test_every_key_is_listed_with_its_default(title: str) -> None:
    (block,) = [each for each in BLOCKS[1:] if each.startswith(f"# {title}\n")]
    assert shown(block) == defaults(PARTS[title])
    assert all(" # " in line for line in block.splitlines()[1:])


def test_no_part_is_left_out() -> None:
    assert len(BLOCKS) == len(PARTS) + 1
    named = {
        name for name, each in vars(document).items() if isinstance(each, type) and issubclass(each, msgspec.Struct)
    }
    assert {part.__name__ for part in PARTS.values()} >= named - {"Part", "Named"}
