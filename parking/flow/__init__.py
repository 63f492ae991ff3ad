"""The story of the car park as use cases, each one function: read, decide, write."""

from parking.flow.plates import link_plate, plates_of, release_plate, unlink_plate
from parking.flow.recording import Recorded, record_events
from parking.flow.refusing import Refused, keep_refused
from parking.flow.registering import (
    apply_tariff,
    issue_gateway_key,
    keys_of,
    newest_tariff,
    operator_of_code,
    operator_of_gateway,
    publish_tariff,
    register_lot,
    register_operator,
    revoke_gateway_key,
)
from parking.flow.reviewing import open_reviews, refused_events, resolve_review, stay_by_id

__all__ = [
    "Recorded",
    "Refused",
    "apply_tariff",
    "issue_gateway_key",
    "keep_refused",
    "keys_of",
    "link_plate",
    "newest_tariff",
    "open_reviews",
    "operator_of_code",
    "operator_of_gateway",
    "plates_of",
    "publish_tariff",
    "record_events",
    "refused_events",
    "register_lot",
    "register_operator",
    "release_plate",
    "resolve_review",
    "revoke_gateway_key",
    "stay_by_id",
    "unlink_plate",
]
