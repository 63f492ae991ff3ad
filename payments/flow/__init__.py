"""From what is owed to money at the operator, as use cases: load what is needed, decide purely, write.

`db` is a connection inside the caller's transaction; a function that takes a `pool` makes its own, because no
transaction stays open while a channel is asked.
"""

from payments.flow.accounts import open_account, standing, top_up, top_up_by_id
from payments.flow.charges import (
    Paid,
    charge_by_id,
    charges_by_id,
    pay_charge,
    request_charges,
    void_charge,
)
from payments.flow.collection import COLLECT_CHARGES_MAX, collect_due
from payments.flow.identity import token_holder
from payments.flow.refunds import refund_charge
from payments.flow.resolution import resolve_unknown
from payments.flow.settlement import settle, settlement_of, settlements_of

__all__ = [
    "COLLECT_CHARGES_MAX",
    "Paid",
    "charge_by_id",
    "charges_by_id",
    "collect_due",
    "open_account",
    "pay_charge",
    "refund_charge",
    "request_charges",
    "resolve_unknown",
    "settle",
    "settlement_of",
    "settlements_of",
    "standing",
    "token_holder",
    "top_up",
    "top_up_by_id",
    "void_charge",
]
