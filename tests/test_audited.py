"""Every door by which staff change something leads to a line of the audit log: its action, door by door."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import pytest

from parking.api.authentication import audience_of
from payments.identity import STAFF
from tests.test_routes import OURS

ACTION = re.compile(r"[a-z_]+\.[a-z_-]+")
# What a door calls of these it goes through; what stands in them is looked at.
# What compares what there is with what is said, wherever it stands.
COMPARED = "changed"
WAYS = ("parking.api.", "parking.flow.", "payments.api.", "payments.flow.")
ACTIONS = {
    "POST /desk/account/password": {"staff.change_password"},
    "POST /desk/cases/decide": {"event.decide"},
    "POST /desk/cases/{case_id}/decide": {"event.decide"},
    "POST /desk/control/alarms/{alarm_id}/acknowledge": {"alarm.acknowledge"},
    "POST /desk/control/alarms/{alarm_id}/dispatch": {"alarm.dispatch"},
    "POST /desk/control/alarms/{alarm_id}/resolve": {"alarm.resolve"},
    "POST /desk/lanes/{lane}/open": {"lane.open"},
    "POST /desk/lists/bans": {"ban.add"},
    "POST /desk/lists/bans/{ban_id}/end": {"ban.end"},
    "POST /desk/lists/exempt": {"exempt_vehicle.add"},
    "POST /desk/lists/exempt/{right_id}/end": {"exempt_vehicle.end"},
    "POST /desk/shift": {"shift.open"},
    "POST /desk/shift/{shift_id}/hand-over": {"shift.hand_over"},
    "POST /desk/finance/close": {"settlement.settle"},
    "POST /desk/finance/reports": {"report_run.ask"},
    "POST /desk/staff": {"staff.add"},
    "POST /desk/staff/{login}/disable": {"staff.disable"},
    "POST /desk/staff/{login}/enable": {"staff.enable"},
    "POST /desk/staff/{login}/identity": {"staff.identify"},
    "POST /desk/staff/{login}/reset": {"staff.reset"},
    "POST /sign-out": {"session.end"},
    "POST /sign-out/everywhere": {"session.end_all"},
    "POST /v1/accounts": {"account.open"},
    "PUT /v1/accounts/{account_id}/debit-limit": {"account.debit_limit"},
    "POST /v1/accounts/{account_id}/resume": {"account.resume"},
    "POST /v1/accounts/{account_id}/suspend": {"account.suspend"},
    "POST /v1/admin/bans": {"ban.add"},
    "DELETE /v1/admin/bans/{ban_id}": {"ban.end"},
    "POST /v1/admin/coupons": {"coupon.hand_out"},
    "DELETE /v1/admin/coupons/{code}": {"coupon.end"},
    "POST /v1/report-runs": {"report_run.ask"},
    "POST /v1/report-schedules": {"report_schedule.add"},
    "DELETE /v1/report-schedules/{schedule_id}": {"report_schedule.end"},
    "POST /v1/admin/exempt-vehicles": {"exempt_vehicle.add"},
    "DELETE /v1/admin/exempt-vehicles/{right_id}": {"exempt_vehicle.end"},
    "PATCH /v1/admin/gateways/{gateway}": {"gateway.change"},
    "PUT /v1/admin/gateways/{gateway}/lots/{lot}": {"gateway.serve", "gateway.release"},
    "DELETE /v1/admin/gateways/{gateway}/lots/{lot}": {"gateway.serve", "gateway.release"},
    "POST /v1/admin/gateways/{gateway}/keys": {"gateway_key.issue"},
    "DELETE /v1/admin/gateways/{gateway}/keys/{key_id}": {"gateway_key.revoke"},
    "PATCH /v1/admin/lanes/{lane}": {"lane.change"},
    "PUT /v1/admin/lanes/{lane}/direction": {"lane.direction"},
    "PUT /v1/admin/lanes/{lane}/state": {"lane.close", "lane.reopen"},
    "POST /v1/admin/lots": {"lot.register"},
    "PATCH /v1/admin/lots/{code}": {"lot.change"},
    "PUT /v1/admin/lots/{code}/arrears": {"lot.say_arrears"},
    "POST /v1/admin/operators": {"operator.register"},
    "PATCH /v1/admin/operators/{code}": {"operator.change"},
    "PUT /v1/admin/operators/{code}/end": {"operator.end"},
    "PUT /v1/admin/operators/{code}/share": {"operator.fee"},
    "PUT /v1/admin/operators/{code}/arrears": {"operator.say_arrears"},
    "PUT /v1/admin/lots/{code}/bays": {"lot.bays"},
    "PUT /v1/admin/lots/{code}/bays/{number}": {"lot.bays"},
    "PUT /v1/admin/lots/{code}/capacity": {"lot.capacity"},
    "PUT /v1/admin/lots/{code}/exits": {"lot.exit_rule"},
    "PUT /v1/admin/lots/{code}/facilities": {"lot.facilities"},
    "POST /v1/admin/lots/{code}/gates": {"gate.register"},
    "PATCH /v1/admin/lots/{code}/gates/{gate}": {"gate.change"},
    "PUT /v1/admin/lots/{code}/gates/{gate}/state": {"lane.close", "lane.reopen"},
    "POST /v1/admin/lots/{code}/gateways": {"gateway.register"},
    "POST /v1/admin/lots/{code}/lanes": {"lane.register"},
    "PUT /v1/admin/lots/{code}/probable-match": {"lot.probable_match"},
    "PUT /v1/admin/lots/{code}/state": {"lot.close", "lot.reopen"},
    "PUT /v1/admin/lots/{code}/surroundings": {"lot.surroundings"},
    "PUT /v1/admin/lots/{code}/zone": {"lot.zone"},
    "POST /v1/admin/passes": {"pass.sell"},
    "DELETE /v1/admin/passes/{pass_id}": {"pass.end"},
    "POST /v1/admin/passes/{pass_id}/change": {"pass.change"},
    "POST /v1/admin/plate-contests": {"plate.contest"},
    "POST /v1/admin/plate-contests/{contest_id}/resolve": {"plate.contest-resolve"},
    "DELETE /v1/admin/plates/{plate}": {"plate.release"},
    "POST /v1/admin/tariffs": {"tariff.register"},
    "POST /v1/admin/tariffs/{code}/{version}/apply": {"tariff.apply"},
    "POST /v1/admin/tariffs/{code}/{version}/publish": {"tariff.publish"},
    "POST /v1/admin/zones": {"zone.register"},
    "PATCH /v1/admin/zones/{code}": {"zone.rename"},
    "POST /v1/alarms/{alarm_id}/acknowledge": {"alarm.acknowledge"},
    "POST /v1/alarms/{alarm_id}/dispatch": {"alarm.dispatch"},
    "POST /v1/alarms/{alarm_id}/resolve": {"alarm.resolve"},
    "POST /v1/cases/decide": {"event.decide"},
    "POST /v1/cases/{case_id}/assign": {"case.assign"},
    "POST /v1/cases/{case_id}/decide": {"event.decide"},
    "POST /v1/charges/{reference}/refunds": {"charge.refund"},
    "POST /v1/charges/{reference}/release": {"charge.release"},
    "POST /v1/charges/{reference}/void": {"charge.void"},
    "POST /v1/disputes/{dispute_id}/resolve": {"dispute.resolve"},
    "POST /v1/disputes/{dispute_id}/return": {"dispute.return"},
    "POST /v1/events/{event_id}/decide": {"event.decide"},
    "POST /v1/lanes/{lane}/open": {"lane.open"},
    "PUT /v1/lots/{code}/booking-rule": {"lot.booking_rule"},
    "PUT /v1/lots/{code}/bookings/{reference}": {"booking.add", "booking.change"},
    "DELETE /v1/lots/{code}/bookings/{reference}": {"booking.cancel"},
    "POST /v1/lots/{code}/coupons": {"coupon.present"},
    "POST /v1/settlements": {"settlement.settle"},
    "POST /v1/shifts": {"shift.open"},
    "POST /v1/shifts/{shift_id}/hand-over": {"shift.hand_over"},
    "POST /v1/stays/{stay_id}/coupons": {"coupon.present"},
    "POST /v1/tickets/claim": {"ticket.claim"},
    "POST /v1/tokens": {"token.issue"},
    "POST /v1/tokens/revoke": {"token.revoke"},
}
# What these begin was not there before; every other change says what was before and after, or why it was made.
BEGINNINGS = {
    "account.open", "booking.add", "coupon.hand_out", "coupon.present", "event.decide", "gateway_key.issue",
    "lot.register", "operator.register", "pass.sell", "plate.contest", "settlement.settle", "shift.open", "staff.add",
    "tariff.register", "ticket.claim", "token.issue", "zone.register",
}  # fmt: skip
# What these end is over, whole: there is no after.
ENDINGS = {
    "coupon.end", "dispute.return", "gateway_key.revoke", "plate.contest-resolve", "plate.release", "shift.hand_over",
    "token.revoke",
}  # fmt: skip
CHANGING = {
    f"{method} {path}": handler.fn
    for method, path, handler in OURS
    if method != "GET" and set(audience_of(handler)) & set(STAFF)
}


def said_in(function: Callable[..., Any], seen: set[object]) -> Iterator[str]:
    """The texts in a function, and in all that it calls on our ways."""
    function = inspect.unwrap(function)
    if function in seen:
        return
    seen.add(function)
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif (named := named_by(node, function)) is not None:
            yield from said_in(named, seen)


def named_by(node: ast.AST, function: Callable[..., Any]) -> FunctionType | None:
    """The function on our ways that a name in another one means, if it means one."""
    known: dict[str, Any] = function.__globals__
    found = None
    if isinstance(node, ast.Name):
        found = known.get(node.id)
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = known.get(node.value.id)
        found = getattr(module, node.attr, None) if isinstance(module, ModuleType) else None
    if not isinstance(found, FunctionType):
        return None
    return found if found.__module__.startswith(WAYS) or found.__name__ == COMPARED else None


def test_every_door_of_staff_is_here() -> None:
    assert CHANGING.keys() == ACTIONS.keys(), "say by which action of the audit log a change stands in it"


@pytest.mark.parametrize("door", CHANGING)
def test_what_staff_change_stands_in_the_audit_log(door: str) -> None:
    said = set(said_in(CHANGING[door], set()))
    actions = sorted(text for text in said if ACTION.fullmatch(text))
    assert ACTIONS[door] <= said, f"the use case behind it writes no such line: {actions}"


@pytest.mark.parametrize("door", [door for door, actions in ACTIONS.items() if actions - BEGINNINGS - ENDINGS])
def test_a_change_says_what_was_before_and_after_or_why(door: str) -> None:
    said = set(said_in(CHANGING[door], set()))
    assert {"before", "after"} <= said or "reason" in said, "put before and after, or the reason, into its detail"


def test_what_begins_and_ends_is_an_action() -> None:
    known = {action for actions in ACTIONS.values() for action in actions}
    assert known >= BEGINNINGS | ENDINGS
    assert not BEGINNINGS & ENDINGS
