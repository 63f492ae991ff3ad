"""What hands could do to cash and shifts."""

TOLD = (
    "insert into device_fact (lot_id, id, gateway_id, event_id, kind, occurred_at, received_at, effective_at, replay, "
    "applies, said, content_hash) select lot_id, id_floor('2026-11-20'), gateway_id, 'cash', 'cash', '2026-11-20', "
    "'2026-11-20', '2026-11-20', false, true, '{\"amount_fen\": 400}', '' from gate_event limit 1"
)
TAKEN = (
    "insert into cash_taken (lot_id, id, gateway_id, shift_id, is_late, amount_fen, at, charge_id, booked_at) "
    "select lot_id, id, gateway_id, id, false, {}, effective_at, {} from device_fact where event_id = 'cash'"
)
CASE = (
    "insert into parking_case (lot_id, id, event_id, reason, opened_at, resolved_at, resolved_by) "
    "select lot_id, id, id, 'cash_taken', effective_at, {} from device_fact where event_id = 'cash'"
)
ATTEMPT = (
    "insert into attempt (shard, payable_id, id, kind, request_no, channel, amount_fen, paid_fen, state, request, "
    "created_at, updated_at) select c.lot_id, c.id, id_last(c.id), 'charge', 'x', 'cash', {}, 0, 'succeeded', "
    "jsonb_build_object('receipt', f.id), f.effective_at, f.effective_at from charge c, device_fact f "
    "where f.event_id = 'cash' order by c.id limit 1"
)
BOOKED = "(select id from charge order by id limit 1), effective_at"
SHIFT = (
    "insert into booth_shift select lot_id, id, '7', effective_at, effective_at, 'li', {0}, {0}, 1, 0, 0, 0, '' "
    "from device_fact where event_id = 'cash'"
)
SUSPENSE = {
    "cash_differs_from_payments",
    "suspense_differs_from_payments",
    "payment_differs_from_books",
}
CASH: dict[str, tuple[str, set[str]]] = {
    "cash is taken and nobody's matter": (TOLD, {"cash_lost"}),
    "cash is settled by nobody and not booked": (
        "; ".join((TOLD, CASE.format("effective_at, 'facts'"))),
        {"cash_lost"},
    ),
    "cash is said to be booked and is not": (
        "; ".join((TOLD, CASE.format("null, null"), TAKEN.format(400, BOOKED))),
        {"cash_lost"},
    ),
    "cash waits as another amount": (
        "; ".join((TOLD, CASE.format("null, null"), TAKEN.format(300, "null, null"))),
        {"cash_lost"},
    ),
    "cash is booked as another amount": (
        "; ".join((TOLD, TAKEN.format(400, BOOKED), ATTEMPT.format(300))),
        {"cash_lost", *SUSPENSE},
    ),
    "cash is booked that no booth took": (
        "; ".join((TOLD, ATTEMPT.format(400), "delete from device_fact where event_id = 'cash'")),
        {"cash_lost", *SUSPENSE},
    ),
    "more is handed over than was taken": (
        "; ".join((TOLD, CASE.format("null, null"), TAKEN.format(400, "null, null"), SHIFT.format(500))),
        {"shift_differs_from_its_cash"},
    ),
}
