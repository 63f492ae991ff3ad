"""What hands could do to events, stays and what people are asked about them, and which invariants say so."""

ONE_STAY = "(lot_id, id) = (select lot_id, id from stay where state = 'closed' and fee_fen > 0 order by id limit 1)"
ONE_EVENT = "id = (select id from gate_event order by id limit 1)"
EVENT_AGAIN = (
    "insert into gate_event select (jsonb_populate_record(e, jsonb_build_object("
    "'id', id_floor('{}'), 'stay_id', null))).* from gate_event e"
)
_QUOTED = (
    "insert into prepayment (lot_id, stay_id, n, asked_at, pay_by, fee_fen) "
    "select lot_id, id, 1, '2026-11-10 08:00Z', '2026-11-10 08:10Z', 600 from open_stay"
)

STAYS: dict[str, tuple[str, set[str]]] = {
    "a stay is made dearer": (
        f"update stay set fee_fen = fee_fen + 1 where {ONE_STAY}",
        {"stay_without_charge"},
    ),
    "a stay disappears": (
        f"delete from stay where {ONE_STAY}",
        {"charge_without_stay", "event_without_stay", "read_in_no_stay"},
    ),
    "a line of a charge is changed": (
        "update charge set lines = '[]' where id = (select id from charge order by id limit 1)",
        {"fee_lines_differ"},
    ),
    "a vehicle is in a lot twice": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, state, "
        f"entered_at + interval '1 min', left_at, 0 from stay where {ONE_STAY}",
        {"stays_overlap"},
    ),
    "a car that is inside has gone": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, 'closed', "
        "entered_at - interval '1 min', entered_at + interval '1 min', 0 from open_stay",
        {"inside_and_gone"},
    ),
    "a car that is inside left later, from another stay": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, left_at, fee_fen) "
        "select lot_id, id_floor($$2026-11-20$$), plate, plate_color, vehicle_class, 'closed', "
        "entered_at + interval '1 min', entered_at + interval '2 min', 0 from open_stay",
        {"inside_and_gone"},
    ),
    "an event is recorded twice": (
        f"{EVENT_AGAIN.format('2026-11-20')} where {ONE_EVENT}",
        {"event_recorded_twice"},
    ),
    "an event counts in no stay": (
        f"update stay set facts = '{{}}' where {ONE_STAY}",
        {"read_in_no_stay"},
    ),
    "an event counts in two stays": (
        f"update open_stay set facts = facts || (select facts from stay where {ONE_STAY})",
        {"read_in_no_stay"},
    ),
    "an exit without an entry is nobody's matter": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, left_at, exit_event_id) "
        "select lot_id, id_floor($$2026-11-20$$), '鲁A77777', plate_color, vehicle_class, 'exit_only', left_at, "
        f"exit_event_id from stay where {ONE_STAY}",
        {"half_without_a_case"},
    ),
    "an entry whose exit was missed is nobody's matter": (
        "insert into stay (lot_id, id, plate, plate_color, vehicle_class, state, entered_at, entry_event_id, "
        "seen_again_at) "
        "select lot_id, id_floor($$2026-11-20$$), '鲁A77777', plate_color, vehicle_class, 'superseded', entered_at, "
        f"entry_event_id, left_at from stay where {ONE_STAY}",
        {"half_without_a_case"},
    ),
    "a person is asked for what is whole": (
        "insert into parking_case (lot_id, id, event_id, reason, opened_at, stay_id) "
        "select lot_id, id_floor($$2026-11-20$$), exit_event_id, 'exit_without_entry', left_at, id "
        f"from stay where {ONE_STAY}",
        {"case_that_is_moot"},
    ),
    "what became of nobody is nobody's matter": (
        "insert into device_fact (lot_id, id, gateway_id, event_id, kind, lane_id, occurred_at, received_at, "
        "effective_at, replay, applies, outcome, said, content_hash) select lot_id, id_floor('2026-11-20'), "
        "gateway_id, 'x', 'passage', lane_id, '2026-11-20', '2026-11-20', '2026-11-20', false, true, 'passed', "
        f"'{{}}', '' from gate_event where {ONE_EVENT}",
        {"passage_without_read"},
    ),
    "a car that passed the exit is inside": (
        "insert into read_passage select lot_id, exit_event_id, gen_random_uuid(), 'passed', left_at, true "
        f"from stay where {ONE_STAY}; "
        f"update open_stay set facts = facts || (select exit_event_id from stay where {ONE_STAY})",
        {"passed_and_inside", "read_in_no_stay"},
    ),
    "an event is recorded twice with another plate": (
        f"{EVENT_AGAIN.format('2026-11-20')} where {ONE_EVENT}; "
        "update gate_event set content_hash = decode('00', 'hex') where id = id_floor('2026-11-20')",
        {"event_recorded_twice"},
    ),
    "a read is of no event": (
        f"update gate_event set first_id = gen_random_uuid() where {ONE_EVENT}",
        {"read_without_event"},
    ),
    "an event belongs to no stay": (
        f"update gate_event set stay_id = gen_random_uuid() where {ONE_EVENT}",
        {"event_without_stay"},
    ),
    "a stay was found to differ from its facts": (
        f"insert into discrepancy select lot_id, 'stay_otherwise', id, 'left_at', now(), 1 from stay where {ONE_STAY}",
        {"stays_differ_from_facts"},
    ),
    "a car inside was quoted, and nothing was charged": (
        _QUOTED,
        {"quote_without_charge"},
    ),
    "a quote of a car inside stays due": (
        f"{_QUOTED}; insert into charge select (jsonb_populate_record(c, jsonb_build_object('id', o.id, "
        "'stay_id', o.id, 'reference', gen_random_uuid(), 'state', 'due', 'owed_fen', c.amount_fen))).* "
        "from charge c, open_stay o where c.state = 'void'",
        {"quote_stays_due", "charge_not_in_the_books", "charge_without_stay"},
    ),
    "a case disappears": (
        "delete from parking_case",
        {"case_lost"},
    ),
}
