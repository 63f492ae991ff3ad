"""Every change of the network moves its version, by which each process knows that it has to read it again."""

import ast
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec import structs

import sql
from parking import tariffs
from parking.flow import gateways, lanes, lots, matching, prices, surroundings
from parking.flow import tariffs as tariffs_flow
from parking.flow.network import record_change
from parking.lanes import GateChange, GatePlan, LaneChange, NewLane, Way
from parking.lots import Direction, ExitRule, LotChange, ProbableMatch, SayArrears
from parking.store import network as store
from parking.surroundings import Surroundings
from payments.identity import Audience, Principal
from seeds.city.jinan import TARIFFS
from seeds.city.network import lot_plan
from tests.conftest import NOW
from tests.district import QC

ROAD = tariffs.from_toml((TARIFFS / "jinan_road.toml").read_bytes())
BY: dict[str, Any] = {"by": "tests", "now": NOW}


async def register_operator(db: sql.Connection) -> None:
    await lots.register_operator(db, code="new", name_zh="新", name_en="New", platform_fee_bps=0, **BY)


async def register_lot(db: sql.Connection) -> None:
    await lots.register_lot(db, lot_plan("new", "jn-static"), **BY)


async def set_exit_rule(db: sql.Connection) -> None:
    await lots.set_exit_rule(db, QC, ExitRule(confirms_passages=False, leave_within_min=20), by=ADMIN, now=NOW)


ADMIN = Principal(Audience.ADMIN, "admin:tests", 0)


async def change_lot(db: sql.Connection) -> None:
    await lots.change_lot(db, QC, LotChange(name_zh="泉城路"), by=ADMIN, now=NOW)


async def set_surroundings(db: sql.Connection) -> None:
    await surroundings.set_surroundings(db, QC, Surroundings(road="quancheng"), valid_from=None, by=ADMIN, now=NOW)


async def set_capacity(db: sql.Connection) -> None:
    await lots.set_capacity(db, QC, 51, valid_from=None, by=ADMIN, now=NOW)


async def set_closed(db: sql.Connection) -> None:
    await lots.set_closed(db, QC, is_closed=True, valid_from=None, by=ADMIN, now=NOW)


async def set_probable_match(db: sql.Connection) -> None:
    await matching.set_probable_match(db, QC, ProbableMatch.HOLD, valid_from=None, by=ADMIN, now=NOW)


async def say_arrears_in_lot(db: sql.Connection) -> None:
    await lots.say_arrears_in_lot(db, QC, SayArrears.SHOW, by=Principal(Audience.ADMIN, "admin:tests"), now=NOW)


async def say_arrears_in_lots_of(db: sql.Connection) -> None:
    by = Principal(Audience.ADMIN, "admin:tests")
    await lots.say_arrears_in_lots_of(db, "jn-static", SayArrears.SHOW, by=by, now=NOW)


async def add_gateway(db: sql.Connection) -> None:
    await gateways.add_gateway(db, QC, "qc-2", by=ADMIN, now=NOW)


async def add_gate(db: sql.Connection) -> None:
    await lanes.add_gate(db, QC, GatePlan("north"), by=ADMIN, now=NOW)


async def change_gate(db: sql.Connection) -> None:
    await lanes.change_gate(db, QC, "g1", GateChange(name="北门"), by=ADMIN, now=NOW)


async def set_gate_closed(db: sql.Connection) -> None:
    await lanes.set_gate_closed(db, QC, "g1", is_closed=True, valid_from=None, by=ADMIN, now=NOW)


async def add_lane(db: sql.Connection) -> None:
    await lanes.add_lane(db, QC, NewLane("qc-3", "g1", Direction.ENTRY), by=ADMIN, now=NOW)


async def change_lane(db: sql.Connection) -> None:
    await lanes.change_lane(db, f"{QC}-in", LaneChange(code="qc-4"), by=ADMIN, now=NOW)


async def set_way(db: sql.Connection) -> None:
    await lanes.set_way(db, f"{QC}-in", Way(Direction.EXIT), valid_from=None, by=ADMIN, now=NOW)


async def set_lane_closed(db: sql.Connection) -> None:
    await lanes.set_lane_closed(db, f"{QC}-in", is_closed=True, valid_from=None, by=ADMIN, now=NOW)


async def issue_gateway_key(db: sql.Connection) -> str:
    await register_lot(db)
    return await lots.issue_gateway_key(db, gateway_code="new-gw", secret=bytes(32), **BY)


async def revoke_gateway_key(db: sql.Connection) -> None:
    key = await issue_gateway_key(db)
    await lots.revoke_gateway_key(db, gateway_code="new-gw", key_id=key.split("_")[1], **BY)


async def rename_gateway(db: sql.Connection) -> None:
    await register_lot(db)
    await gateways.rename_gateway(db, "new-gw", "newer-gw", by=ADMIN, now=NOW)


async def serve_lot(db: sql.Connection) -> None:
    await register_lot(db)
    await gateways.serve_lot(db, "new-gw", QC, serves=True, valid_from=None, by=ADMIN, now=NOW)


async def register_zone(db: sql.Connection) -> None:
    await prices.register_zone(db, code="new", name_zh="新", name_en="New", **BY)


async def publish_tariff(db: sql.Connection) -> int:
    document = tariffs.to_json(structs.replace(ROAD, code="new"))
    return (await tariffs_flow.publish_tariff(db, document=document, findings=(), **BY)).id


async def apply_to_lot(db: sql.Connection) -> None:
    await prices.apply_to_lot(db, lot_code=QC, tariff_id=await publish_tariff(db), valid_from=NOW, **BY)


async def apply_to_zone(db: sql.Connection) -> None:
    await register_zone(db)
    await prices.apply_to_zone(db, zone_code="new", tariff_id=await publish_tariff(db), valid_from=NOW, **BY)


async def put_lot_in_zone(db: sql.Connection) -> None:
    await register_zone(db)
    await prices.put_lot_in_zone(db, lot_code=QC, zone_code="new", valid_from=NOW, **BY)


CHANGES = (
    register_operator, register_lot, set_exit_rule, change_lot, set_capacity, set_closed, issue_gateway_key,
    set_surroundings, set_probable_match,
    say_arrears_in_lot, say_arrears_in_lots_of,
    add_gateway, add_gate, change_gate, set_gate_closed, add_lane, change_lane, set_way, set_lane_closed,
    revoke_gateway_key, rename_gateway, serve_lot,
    register_zone, publish_tariff, apply_to_lot, apply_to_zone, put_lot_in_zone,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_moves_the_version(
    db: sql.Connection, registered: dict[str, str], change: Callable[[sql.Connection], Awaitable[object]]
) -> None:
    before = await store.version(db)
    await change(db)
    assert await store.version(db) > before


def test_each_use_case_that_records_a_change_is_tried_here() -> None:
    """What writes to the network ends in `record_change`; who adds a use case adds it above."""
    tried = {change.__name__ for change in CHANGES}
    for module in (gateways, lanes, lots, matching, surroundings, prices, tariffs_flow):
        functions = [
            each for each in ast.parse(inspect.getsource(module)).body if isinstance(each, ast.AsyncFunctionDef)
        ]
        calls = {
            each.name: {ast.unparse(call.func) for call in ast.walk(each) if isinstance(call, ast.Call)}
            for each in functions
        }
        for _ in functions:  # who calls a function that records a change records one
            for name, called in calls.items():
                calls[name] = called.union(*(calls.get(each, set()) for each in called))
        recording = {name for name, called in calls.items() if record_change.__name__ in called}
        writing = {name for name, called in calls.items() if called & WRITES}
        assert writing <= recording, module.__name__
        assert {name for name in recording if not name.startswith("_")} - PARTS <= tried, module.__name__


# What writes the tables of the network, in store/{lots,prices,tariffs}.py.
WRITES = {
    "store.add_operator", "store.add_lot", "store.add_key", "store.revoke_key", "store.add_zone", "store.apply_to_lot",
    "store.apply_to_zone", "store.move_lot", "store.publish",
}  # fmt: skip
# Use cases made of those above.
PARTS = {"apply_version", "apply_newest", "apply_all", "move_lot", "publish_draft", "publish"}
