"""What hands could do to events, stays and what people are asked about them, and which invariants say so."""

ONE_STAY = "(lot_id, id) = (select lot_id, id from stay where state = 'closed' and fee_fen > 0 order by id limit 1)"
ONE_EVENT = "id = (select id from gate_event order by id limit 1)"
EVENT_AGAIN = (
    "insert into gate_event select (jsonb_populate_record(e, jsonb_build_object("
    "'id', id_floor('{}'), 'stay_id', null))).* from gate_event e"
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
        "insert into review (lot_id, id, event_id, reason, opened_at, stay_id) "
        "select lot_id, id_floor($$2026-11-20$$), exit_event_id, 'exit_without_entry', left_at, id "
        f"from stay where {ONE_STAY}",
        {"case_that_is_moot"},
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
    "a review disappears": (
        "delete from review",
        {"review_lost"},
    ),
}
