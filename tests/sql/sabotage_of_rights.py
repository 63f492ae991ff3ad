"""What hands could do to what vehicles have a right to, and to what stays were priced with; see `sabotage`."""

_ONE = "from stay where state = 'closed' and fee_fen > 0 order by id limit 1"
_ASKING = (
    "update tariff set document = jsonb_set(document, '{exempt}', "
    '\'[{"name_zh": "x", "name_en": "x", "who": {"tags": ["ambulance"]}}]\')'
)
_KNOWN = (
    "insert into exempt_vehicle (id, plate, plate_color, tags, valid_from, reason, added_by, added_at) "
    f"select gen_random_uuid(), plate, plate_color, '{{ambulance}}', entered_at, 'x', 'li', left_at {_ONE}"
)
_SELLING = "update tariff set document = jsonb_set(document, '{passes}', '[{\"code\": \"month\"}]')"
_SOLD = (
    "insert into parking_pass (id, group_id, code, lot_ids, vehicles, bays, valid_from, valid_through, note, added_by, "
    "added_at) select id_floor('2026-11-01'), gen_random_uuid(), 'month', array[lot_id], 1, 1, '2026-11-01', "
    f"'2026-11-30', 'x', 'li', left_at {_ONE}"
)
_BOOKED = (
    "insert into booking (lot_id, id, reference, plate, plate_color, starts_at, ends_at, holds_from, holds_until, "
    "note, added_by, added_at) select lot_id, gen_random_uuid(), 'x', plate, plate_color, entered_at, left_at, "
    f"entered_at, left_at, '', 'li', left_at {_ONE}"
)

RIGHTS: dict[str, tuple[str, set[str]]] = {
    "a vehicle is known for something and its stay is billed as any": (
        f"{_ASKING}; {_KNOWN}",
        {"priced_by_other_rights"},
    ),
    "a stay is priced with what its vehicle never had": (
        f'{_ASKING}; insert into stay_rights select lot_id, id, \'{{"tags": ["ambulance"]}}\' {_ONE}',
        {"priced_by_other_rights"},
    ),
    "a vehicle has a pass and its stay is billed as any": (
        f"{_SELLING}; {_SOLD}; insert into pass_vehicle select id_floor('2026-11-01'), plate, plate_color {_ONE}",
        {"priced_by_another_pass"},
    ),
    "a stay is covered by the pass of another vehicle": (
        f"{_SOLD}; insert into stay_rights select lot_id, id, jsonb_build_object('passes', jsonb_build_array("
        f"jsonb_build_object('pass_id', id_floor('2026-11-01'), 'code', 'month'))) {_ONE}",
        {"priced_by_another_pass"},
    ),
    "a vehicle booked and its stay is billed as any": (
        f"update tariff set document = jsonb_set(document, '{{booking}}', '{{}}'); {_BOOKED}",
        {"priced_by_another_booking"},
    ),
    "a stay is there by a booking that is none": (
        "insert into stay_rights select lot_id, id, jsonb_build_object('booked', jsonb_build_array("
        f"jsonb_build_object('booking_id', gen_random_uuid()))) {_ONE}",
        {"priced_by_another_booking"},
    ),
    "a coupon is used that nobody handed out": (
        f"insert into coupon_use select lot_id, exit_event_id, gen_random_uuid(), left_at, 'li' {_ONE}",
        {"coupon_used_too_often"},
    ),
    "a coupon is given back and still counted": (
        "insert into coupon (id, code, operator_id, lot_ids, discount, uses_max, valid_from, valid_until, note, "
        "added_by, added_at, used) select id_floor(left_at), 'counted', "
        "(select operator_id from lot where id = lot_id), array[lot_id], 'x', 3, left_at, "
        f"left_at + interval '1 day', 'x', 'li', left_at, 1 {_ONE}",
        {"coupon_counts_its_uses"},
    ),
    "a stay is priced with a coupon that was not presented": (
        "insert into stay_rights select lot_id, id, jsonb_build_object('coupons', jsonb_build_array("
        f"jsonb_build_object('coupon_id', gen_random_uuid(), 'discount', 'x'))) {_ONE}",
        {"coupon_used_too_often"},
    ),
    "rights of a stay that is none": (
        "insert into stay_rights select lot_id, id, '{}' from open_stay limit 1",
        {"priced_by_other_rights"},
    ),
}
