"""What a person should look at: the reasons, and the errors of looking."""

from enum import StrEnum

from payments.errors import OneLotError


class Reason(StrEnum):
    """Why a person should look at an event. The impossible orders come last and weigh most."""

    UNKNOWN_PLATE_FORM = "unknown_plate_form"
    LOW_CONFIDENCE = "low_confidence"
    LONG_STAY = "long_stay"
    CLOCK_AHEAD = "clock_ahead"
    CLOCK_BEHIND = "clock_behind"
    NO_PLATE = "no_plate"
    KIND_CONTRADICTS_LANE = "kind_contradicts_lane"
    ENTRY_WHILE_INSIDE = "entry_while_inside"
    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_DURING_STAY = "entry_during_stay"
    EXIT_WITHOUT_ENTRY = "exit_without_entry"
    EXIT_DURING_STAY = "exit_during_stay"
    COULD_NOT_APPLY = "could_not_apply"


class UnknownReview(OneLotError):
    """No event in review has this id, or it belongs to another operator's lot."""


class AlreadyResolved(OneLotError):
    """Somebody resolved this review before."""
