"""What hands could do to decisions and cases behind the service's back; see `sabotage`."""

_ONE = "from stay where state = 'closed' and fee_fen > 0 order by id limit 1"
_EXIT = f"(e.lot_id, e.id) = (select lot_id, exit_event_id {_ONE})"
_STAY = f"(lot_id, id) = (select lot_id, id {_ONE})"


def _decision(
    kind: str, where: str, *, n: int = 1, counts: bool = True, let_out: str = "null", fact: str = "e.id"
) -> str:
    """A decision about the event of a condition."""
    return (
        "insert into decision (lot_id, fact_id, n, id, kind, note, decided_by, decided_at, lane_id, direction, at, "
        f"plate, plate_color, vehicle_class, confidence, counts, looked_at, let_out) select e.lot_id, {fact}, {n}, "
        f"gen_random_uuid(), '{kind}', 'x', 'li', now(), e.lane_id, e.kind, e.effective_at, e.plate, e.plate_color, "
        f"e.vehicle_class, 1, {str(counts).lower()}, false, {let_out} from gate_event e where {where}"
    )


def _of_device(n: int = 1, made: str = "null") -> str:
    """A decision about a list of plates that a device told."""
    return (
        "insert into device_fact (lot_id, id, gateway_id, event_id, kind, occurred_at, received_at, effective_at, "
        "replay, applies, said, content_hash) select lot_id, id_floor('2026-11-20'), gateway_id, 'list', "
        "'plates_inside', '2026-11-20', '2026-11-20', '2026-11-20', false, true, '{}', '' from gate_event limit 1; "
        "insert into device_decision (lot_id, fact_id, n, id, kind, note, decided_by, decided_at, applies, is_settled, "
        f"made_id) select lot_id, id, {n}, id, 'right', 'x', 'li', now(), true, true, {made} "
        "from device_fact where event_id = 'list'"
    )


DECISIONS: dict[str, tuple[str, set[str]]] = {
    "an event that is void counts": (
        _decision("void", _EXIT, counts=False),
        {"read_in_no_stay"},
    ),
    "a decision before another is missing": (
        _decision("right", _EXIT, n=2),
        {"decision_of_nothing"},
    ),
    "a decision is about nothing": (
        _decision("right", _EXIT, counts=False, fact="id_floor('2026-11-20')"),
        {"decision_of_nothing"},
    ),
    "a manual entry counts in no stay": (
        _decision("manual_entry", _EXIT, fact="id_floor('2026-11-20')"),
        {"read_in_no_stay"},
    ),
    "who was let out still stands there": (
        _decision("let_out_and_charge", _EXIT, let_out="'charge'"),
        {"decision_without_effect"},
    ),
    "who was let out was not": (
        f"update stay set let_out = 'charge' where {_STAY}",
        {"decision_without_effect"},
    ),
    "who was let out free is billed": (
        f"{_decision('let_out_free', _EXIT, let_out=chr(39) + 'free' + chr(39))}; "
        f"update stay set let_out = 'free' where {_STAY}",
        {"let_out_free_and_billed"},
    ),
    "what was set is not what is billed": (
        f"update stay set set_fen = fee_fen + 1 where {_STAY}",
        {"set_and_billed_otherwise"},
    ),
    "what was set was set by nobody": (
        f"update stay set set_fen = fee_fen, let_out = 'charge' where {_STAY}; "
        + _decision("let_out_and_charge", _EXIT, let_out="'charge'"),
        {"decision_without_effect"},
    ),
    "a case was resolved by a decision that nobody made": (
        "update parking_case set decision_id = gen_random_uuid(), resolved_at = now(), resolved_by = 'li'",
        {"resolved_by_no_decision"},
    ),
    "a decision about what a device said is missing": (_of_device(2), {"device_decision_of_nothing"}),
    "a read made by hand is not there": (_of_device(1, "gen_random_uuid()"), {"device_decision_of_nothing"}),
}
