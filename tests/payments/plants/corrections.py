"""Corruptions of what charges were corrected by, as those of the books."""

from tests.payments.planting import CORRECTED, LEG, ONE, PLANTED, B

CORRECTIONS: dict[str, tuple[list[str], set[str]]] = {
    "c1 a charge is cheaper than its adjustments say": (
        [f"update charge set amount_fen = amount_fen - 1 where id = {CORRECTED.format(310)}"],
        {"charge_differs_from_adjustments"},
    ),
    "c2 an adjustment is lost": (
        [f"delete from charge_adjustment where charge_id = {CORRECTED.format(330)}"],
        {"charge_differs_from_adjustments", "returned_more_than_adjusted"},
    ),
    "c3 an adjustment of what is owed is not booked": (
        [
            f"delete from transfer where {LEG.format('charge_lowered')}",
            f"delete from journal where {ONE.format('charge_lowered')}",
        ],
        {"adjustment_not_in_the_books"},
    ),
    "c4 a higher price is booked twice": (
        [
            "insert into journal "
            f"select {PLANTED.format('j', 'id')} from journal j where {ONE.format('charge_raised')}",
            f"insert into transfer select {PLANTED.format('t', 'journal_id')} "
            f"from transfer t where {LEG.format('charge_raised')}",
        ],
        {"adjustment_not_in_the_books"},
    ),
    "c5 a higher price is booked with another amount": (
        [f"update transfer set amount_fen = amount_fen + 7 where {LEG.format('charge_raised')}"],
        {"adjustment_not_in_the_books"},
    ),
    "c6 an adjustment for no fact": (
        ["update charge_adjustment set cause_id = '00000000-0000-0000-0000-000000000000' where amount_fen = 310"],
        {"adjustment_of_nothing"},
    ),
    "c7 an adjustment of no charge": (
        ["update charge_adjustment set charge_id = id_last(charge_id) where amount_fen = 310"],
        {"adjustment_of_nothing", "charge_differs_from_adjustments"},
    ),
    "c8 more goes back than an adjustment took off": (
        [
            f"update charge set refunded_fen = refunded_fen + 1 where id = {CORRECTED.format(330)}",
            f"update refund set amount_fen = amount_fen + 1 where payable_id = {CORRECTED.format(330)}",
        ],
        {"returned_more_than_adjusted", "charge_keeps_too_little", "refund_differs_from_books"},
    ),
    "c9 what a correction gives back was closed and nobody saw to it": (
        [
            f"update charge set refunded_fen = 0 where id = {CORRECTED.format(330)}",
            f"update refund set state = 'closed' where payable_id = {CORRECTED.format(330)}",
        ],
        {"charge_keeps_too_much"},
    ),
    "c10 something is kept of a charge that costs nothing": (
        [
            "alter table charge drop constraint paid_is_whole",
            f"update charge set paid_fen = 5 where id = {CORRECTED.format(0)}",
        ],
        {"charge_keeps_too_much", "charge_not_in_the_books"},
    ),
    "c11 something is kept of a void charge": (
        [
            "alter table charge drop constraint paid_is_whole",
            "update charge set paid_fen = 5 where state = 'void' and adjustments > 0",
        ],
        {"charge_keeps_too_much"},
    ),
    "c12 more is kept than a person left": (
        ["update charge set kept_max_fen = kept_max_fen - 1 where refunded_fen > 0 and kept_max_fen > 0"],
        {"charge_keeps_too_much"},
    ),
    "c13 a charge is refunded out of a payment that was smaller": (
        [
            "update refund r set attempt_id = (select a.id from attempt a where a.payable_id = r.payable_id "
            "and a.paid_fen < r.amount_fen and a.paid_fen > 0) "
            f"where payable_id = {CORRECTED.format(100)} and amount_fen > 139"
        ],
        {"refund_of_another_payment"},
    ),
    "c14 a payment is said to have paid more than it did": (
        [f"update charge set paid_fen = paid_fen + 1, owed_fen = owed_fen where id = {CORRECTED.format(100)}"],
        {"paid_without_attempt", "charge_differs_from_adjustments", "charge_not_in_the_books"},
    ),
    "c15 what a payment paid is said to lie in suspense": (
        [
            f"update attempt set paid_fen = paid_fen - 1 where payable_id = {CORRECTED.format(330)}",
        ],
        {"paid_without_attempt", "payment_differs_from_books"},
    ),
    "c16 a correction is booked for another operator": (
        [f"update journal set operator_id = {B} where {ONE.format('charge_raised')}"],
        {"journal_differs_from_what_it_names", "moved_what_its_kind_does_not_allow"},
    ),
    "c17 a higher price goes into the platform's income": (
        [f"update transfer set credit_owner = 1, credit_book = 'platform_income' where {LEG.format('charge_raised')}"],
        {"moved_what_its_kind_does_not_allow"},
    ),
}
