"""The story of the car park as use cases, each one function: read, decide, write."""

from parking.flow.applying import apply_tariff, apply_to_zone, lot_to_price, move_lot, register_zone, take_turns
from parking.flow.events import Recorded, Refused, keep_refused, record_events
from parking.flow.plates import link_plate, plates_of, release_plate, unlink_plate
from parking.flow.publishing import (
    newest_tariff,
    publish_draft,
    publish_tariff,
    published_tariff,
    register_draft,
    tariff_version,
    tariff_versions,
)
from parking.flow.registering import (
    issue_gateway_key,
    keys_of,
    operator_of_code,
    operator_of_gateway,
    register_lot,
    register_operator,
    revoke_gateway_key,
)
from parking.flow.reviewing import open_reviews, refused_events, resolve_review, stay_by_id

__all__ = [
    "Recorded",
    "Refused",
    "apply_tariff",
    "apply_to_zone",
    "issue_gateway_key",
    "keep_refused",
    "keys_of",
    "link_plate",
    "lot_to_price",
    "move_lot",
    "newest_tariff",
    "open_reviews",
    "operator_of_code",
    "operator_of_gateway",
    "plates_of",
    "publish_draft",
    "publish_tariff",
    "published_tariff",
    "record_events",
    "refused_events",
    "register_draft",
    "register_lot",
    "register_operator",
    "register_zone",
    "release_plate",
    "resolve_review",
    "revoke_gateway_key",
    "stay_by_id",
    "take_turns",
    "tariff_version",
    "tariff_versions",
    "unlink_plate",
]
