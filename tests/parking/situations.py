"""What really happens at entries and exits, as one table: what is decided for each situation, by which number, and the
test that tells its story over HTTP. `docs/situations.md` is this table; `python -m tests.parking.situations` writes it.
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import msgspec
from msgspec import Struct

import sql

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = ROOT / "docs" / "situations.md"
HEAD = """# What happens at entries and exits

Cameras misread, cars follow each other, gateways are cut off, people lift barriers. Each line is one such
situation, what is decided for it, the parameter that says how much (with its default; `no` and `none` are not
set) and the test that tells it over HTTP with the real services. [Gateways](gateways.md) says the same by what
a gateway sends. This page is written by `python -m tests.parking.situations`, and a test compares each number
with the code.

| | situation | 情形 | what is decided | parameters | told by |
| --- | --- | --- | --- | --- | --- |
"""


class Parameter(Struct, frozen=True):
    """Something that decides, where it stands and its default in words.

    source: `module.NAME` of a constant, `module.Struct.field` of a default, or `table.column` of the schema.
    """

    source: str
    default: str


class Situation(Struct, frozen=True):
    """One situation. `stories`: `path::function` of the tests that tell it, from `tests/`."""

    en: str
    zh: str
    decided: str
    parameters: Sequence[Parameter]
    stories: Sequence[str]


HERE = "parking/api/test_situations.py"
_STANDS = Parameter("parking.spans.STANDS_MAX", "15 min")
_PAIR = Parameter("parking.matching.PAIR_MAX", "72 h")
_TELLS = Parameter("parking.lots.LotPlan.confirms_passages", "no")
_LATE = Parameter("parking.facts.REPLAY_AGE_MAX", "35 d")

SITUATIONS = (
    Situation(
        "A car without a plate",
        "无牌车",
        "It goes by a ticket of paper or phone, in, out and to pay; who holds it, or a person, says later which "
        "plate it was. Without a ticket it is held, and never taken for another car without a plate.",
        [Parameter("parking.plates.TICKET_CHARACTERS_MAX", "24"), Parameter("parking.tickets.HOLDS", "40 d")],
        [
            f"{HERE}::test_who_has_no_plate_comes_and_goes_by_a_ticket",
            f"{HERE}::test_a_ticket_is_given_its_plate_by_a_person",
            "parking/api/test_tickets.py::test_a_driver_merges_a_ticket_with_a_plate_and_the_account_pays",
        ],
    ),
    Situation(
        "A misread plate",
        "车牌误识",
        "An exit that fits no entry is matched with the one text a camera takes for it; no account is charged "
        "before a person has looked, nor for a read that is doubtful. A lot may hold the car until then.",
        [
            Parameter("parking.facts.CONFIDENCE_MIN", "0.6"),
            _PAIR,
            Parameter("parking.lots.LotPlan.probable_match", "open"),
        ],
        ["parking/api/test_cases.py::test_a_case_shows_what_helps_to_decide_it"],
    ),
    Situation(
        "A camera that fires twice",
        "同一车辆重复识别",
        "Reads of a lane that can only be one car are one passing, with the text that is surest; while it stands "
        "there, the same entry or exit.",
        [Parameter("parking.passings.SECOND_LOOK", "10 s"), _STANDS],
        [f"{HERE}::test_a_camera_that_fires_twice_has_seen_one_car"],
    ),
    Situation(
        "An entry of a car that is inside",
        "重复入场",
        "It had left unseen: the old stay ends without a fee and is before a person, the new one is priced alone.",
        [_STANDS],
        [f"{HERE}::test_who_comes_again_without_having_left_pays_from_then_on"],
    ),
    Situation(
        "An exit without an entry",
        "有出无入",
        "Held, with the entries that may be it; a person pairs, charges or lets out, and the barrier hears it "
        "within a second.",
        [Parameter("parking.matching.CANDIDATES_MAX", "10"), _PAIR],
        ["parking/api/test_dialogue.py::test_a_clerks_decision_is_heard_at_once"],
    ),
    Situation(
        "A car that follows another through the barrier",
        "跟车",
        "As many have left as passages are told: the second one on one read is of the car that was read there before "
        "and has not passed, and before a person at once, who says which it was if none was read. Else that leaves the "
        "count with its next entry, or when it is inside for longer than is usual.",
        [
            _TELLS,
            Parameter("parking.passings.TOGETHER", "1 s"),
            Parameter("parking.passages.LAST_READ_MAX", "10 min"),
            Parameter("parking.lots.LONGEST_USUAL.garage", "96 h"),
        ],
        [
            "parking/api/test_exits.py::test_who_waits_behind_and_follows_another_car_is_out",
            f"{HERE}::test_who_follows_another_car_out_is_before_a_person",
            "parking/api/test_device_decisions.py::test_a_person_says_who_passed_unread",
        ],
    ),
    Situation(
        "A barrier that is lifted by hand or stays open",
        "手动抬杆、常开",
        "A fact with person and reason, listed with what was paid for its car; from afar with a reason of its "
        "own. What is owed stays owed.",
        [Parameter("parking.commands.COMMAND_LIFE", "2 min")],
        [
            f"{HERE}::test_a_barrier_that_a_person_lifts_has_a_name_a_reason_and_its_money",
            "parking/api/test_dialogue.py::test_a_lane_is_opened_from_afar_by_those_who_may",
        ],
    ),
    Situation(
        "A gateway that is cut off",
        "网关断网",
        "It decides by its pack and hands in later, in any order: stays, fees and money come out as if it had "
        "been in order. A wrong clock is taken off.",
        [_LATE, Parameter("parking.facts.REPEATS_KEPT", "40 d"), Parameter("parking.clocks.CLOCK_OFF_MAX", "2 min")],
        [
            f"{HERE}::test_a_gateway_that_was_cut_off_changes_what_was_believed",
            "parking/api/test_offline.py::test_rights_and_bans_fill_their_sections",
            "parking/api/test_gateways.py::test_a_backlog_of_a_clock_that_is_known_wrong_is_applied",
        ],
    ),
    Situation(
        "A count that drifts",
        "车位数漂移",
        "What the lot counts is the live count from then on; its own list of plates names who is not there; who "
        "is inside for longer than is usual leaves the count.",
        [Parameter("parking.device_facts.MOVING_MAX", "5 min"), Parameter("parking.lots.LONGEST_USUAL.road", "24 h")],
        [f"{HERE}::test_a_lot_counts_itself_and_names_who_is_not_there"],
    ),
    Situation(
        "A cloned plate",
        "套牌车",
        "Of one plate in two lots at once, or too soon after, neither stay is debited until a person has looked.",
        [Parameter("parking.elsewhere.CLOCKS_OFF_MAX", "5 min"), Parameter("parking.elsewhere.SPEED_MAX_KMH", "120")],
        [f"{HERE}::test_a_cloned_plate_waits_for_a_person"],
    ),
    Situation(
        "One account with many plates, one plate with many accounts",
        "一户多车、一车多户",
        "A plate has one payer at a time; who else links it waits until it is let go, and learns nothing by it.",
        [Parameter("parking.flow.plates.PLATES_PER_ACCOUNT_MAX", "20")],
        ["parking/api/test_administration.py::test_of_two_accounts_that_link_a_plate_one_pays"],
    ),
    Situation(
        "Cars that share bays",
        "一位多车",
        "As many are covered at a time as the pass has bays (if nothing is said, all of its cars), those that "
        "came first; who waits is covered when another leaves.",
        [Parameter("parking.api.passes.PassToSell.bays", "none")],
        ["parking/api/test_passes.py::test_two_cars_share_a_bay_in_any_order"],
    ),
    Situation(
        "A pass that ends during a stay",
        "月卡停放中到期",
        "Covered up to its end, priced from then on; days of grace and all or nothing are the price's to say.",
        [
            Parameter("parking.tariffs.language.document.Pass.on_expiry", "split"),
            Parameter("parking.tariffs.language.document.Pass.grace_days", "0"),
        ],
        ["parking/api/test_passes.py::test_a_pass_that_ends_during_a_stay_covers_it_until_then"],
    ),
    Situation(
        "A lot inside of a lot",
        "场中场",
        "Who is in both contradicts nobody; each lot prices its own stay, with or without the time inside.",
        [
            Parameter("parking.lots.LotPlan.inside_of", "none"),
            Parameter("parking.lots.LotPlan.inner_clock", "runs"),
        ],
        [f"{HERE}::test_a_lot_inside_of_another_contradicts_nobody"],
    ),
    Situation(
        "Paid, and time to leave",
        "先付后走",
        "Who paid, at the exit or inside, and is read within the minutes to leave, is let out; after them what is "
        "beyond is asked. Who asked inside and did not pay owes nothing until leaving.",
        [
            Parameter("lot.leave_within_min", "15"),
            Parameter("parking.prepayments.PAY_WITHIN_MIN", "10"),
            Parameter("parking.quotes.PAID_WITHIN", "30 min"),
        ],
        [
            "parking/api/test_exits.py::test_paid_and_read_again",
            "parking/api/test_prepayments.py::test_who_pays_at_a_station_leaves_without_stopping",
            "parking/api/test_exits.py::test_of_two_who_pay_for_one_car_the_second_gets_the_money_back",
        ],
    ),
    Situation(
        "A merchant's coupons",
        "商户优惠券",
        "Taken before, at or while waiting at the exit, once each; who bears the cost is on the books; given back "
        "with the fee.",
        [Parameter("parking.events.COUPONS_MAX", "4")],
        [
            "parking/api/test_coupons.py::test_a_coupon_is_taken_once",
            "parking/api/test_coupons.py::test_what_coupons_cost_is_told_by_who_bears_it",
        ],
    ),
    Situation(
        "Money that is given back",
        "退款",
        "It follows a corrected stay by itself; finance gives back in part or whole, the way it came; never twice.",
        [Parameter("parking.decisions.DECIDED_WITHIN", "35 d")],
        [
            f"{HERE}::test_what_is_given_back_goes_the_way_it_came",
            "parking/api/test_cases.py::test_a_driver_appeals_and_gets_the_money_back",
        ],
    ),
    Situation(
        "Arrears",
        "欠费",
        "What is owed and no account pays is asked for at any lot, with words for the lane, and paid to the lot "
        "that earned it. The barrier does not wait for it.",
        [Parameter("parking.arrears.ARREARS_WITHIN", "180 d")],
        [
            f"{HERE}::test_who_owes_is_asked_at_the_next_lot",
        ],
    ),
    Situation(
        "A vehicle that is banned",
        "黑名单",
        "Held at the entry with a case, in the lots that the ban reaches, until it ends, and not inside unless it was "
        "seen to pass or somebody says so; inside, and read at an exit all the same, it leaves as any other. Its "
        "driver appeals once.",
        [Parameter("parking.api.bans.VehicleToBan.lot", "none"), Parameter("parking.spans.KEPT_OUT_MAX", "72 h")],
        [
            "parking/api/test_bans.py::test_who_is_banned_is_kept_out_and_before_a_person",
            "parking/api/test_bans.py::test_who_is_seen_or_said_to_have_come_in_is_inside",
            "parking/api/test_bans.py::test_who_is_let_in_by_hand_finds_the_way_out",
            "parking/api/test_bans.py::test_who_is_inside_leaves_as_any_other",
            "parking/api/test_bans.py::test_a_driver_appeals_once",
        ],
    ),
    Situation(
        "An exempt vehicle",
        "免费车辆（军警、应急）",
        "Known by the form of its plate or from the register: out at once for nothing, and recorded; registered "
        "late, what was too much goes back.",
        [Parameter("parking.entitlements.CHANGED_WITHIN", "35 d")],
        [
            "parking/api/test_entitlements.py::test_a_police_car_is_let_out_for_nothing_and_recorded",
            "parking/api/test_entitlements.py::test_an_ambulance_with_an_ordinary_plate_is_on_the_list",
        ],
    ),
    Situation(
        "Staying on in a charging bay",
        "充电车位占位",
        "Free while it is charged, as long as the price says; then a fee of its own, with a cap of its own. From when "
        "on and how much, the driver is told before: at the bay, in the app and with the quote.",
        [
            Parameter("parking.tariffs.language.document.Charging.after_min", "0"),
            Parameter("parking.charging.SESSION_MAX", "7 d"),
        ],
        [
            "parking/api/test_charging.py::test_parking_is_free_while_charging_and_staying_on_costs",
            "parking/api/test_charging.py::test_who_is_charged_is_told_before_staying_on_costs",
        ],
    ),
    Situation(
        "A place that is booked or shared for some hours",
        "预约、错时共享",
        "A booking keeps a space, which is not shown as free until its car comes or is too late, and is told at the "
        "gate; who does not come owes nothing, who stays on pays from its end and the price's grace on. A place that "
        "is shared by the hours of the day is a pass with hours.",
        [
            Parameter("parking.bookings.BookingRule.early_min", "15"),
            Parameter("parking.bookings.BookingRule.late_min", "30"),
            Parameter("parking.tariffs.language.document.Booking.grace_min", "0"),
            Parameter("parking.tariffs.language.document.Pass.hours", "none"),
        ],
        [
            "parking/api/test_bookings.py::test_the_gate_is_told_of_a_booking_and_nothing_is_paid_for_its_time",
            "parking/api/test_bookings.py::test_a_space_is_kept_until_its_car_comes_or_is_too_late",
            "parking/api/test_bookings.py::test_who_comes_before_a_booking_or_stays_on_pays_for_that",
            f"{HERE}::test_who_comes_before_the_hours_of_a_shared_place_or_stays_on_pays_for_that",
        ],
    ),
    Situation(
        "Turning back at the entry or the exit",
        "入口掉头、出场取消",
        "A passage that says so takes the read back: no entry, or inside again with what was paid. Without one, "
        "who was held at the exit, or drove by it, and is read there again within a day has not left; who was let out "
        "only if that is soon.",
        [
            Parameter("parking.passages.LAST_READ_MAX", "10 min"),
            Parameter("parking.passages.REACH", "30 min"),
            Parameter("parking.spans.TURNED_ROUND_MAX", "30 min"),
            Parameter("parking.spans.READ_AGAIN_MAX", "24 h"),
            Parameter("parking.spans.LET_OUT_READ_AGAIN_MAX", "3 h"),
        ],
        [
            "parking/api/test_exits.py::test_turned_back_after_paying",
            "parking/api/test_exits.py::test_who_was_held_parked_on_and_comes_again_has_not_left",
            f"{HERE}::test_who_turns_back_at_the_entry_never_came",
            "parking/api/test_exits.py::test_who_only_drives_by_the_exit_pays_on_leaving",
        ],
    ),
    Situation(
        "The end of a shift",
        "交接班",
        "Cash is told with its shift and person and pays its car's charge; what has none is before a person. The shift "
        "is handed over with what was counted, signed, with its lifts and the open cases of the lot, and then takes no "
        "more.",
        [Parameter("parking.device_events.CASH_FEN_MAX", "10000000"), Parameter("parking.cash.WAITS", "40 d")],
        [
            f"{HERE}::test_cash_pays_and_its_shift_is_handed_over",
            f"{HERE}::test_a_barrier_that_a_person_lifts_has_a_name_a_reason_and_its_money",
        ],
    ),
)

_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def meant(default: str) -> object:
    """The value that a default in words stands for."""
    if (said := re.fullmatch(r"(\d+) (s|min|h|d)", default)) is not None:
        return timedelta(**{_UNITS[said[2]]: int(said[1])})
    words: dict[str, object] = {"no": False, "none": None}
    return words.get(default, default)


def in_the_code(source: str) -> object:
    """What a source is: a constant, an entry of one, the default of a field, or of a column."""
    table, _, column = source.partition(".")
    if "." not in column:
        schema = (sql.FOLDER / "schema.sql").read_text("utf-8")
        body = re.search(rf"^CREATE TABLE {table} \($(.*?)^\)", schema, re.MULTILINE | re.DOTALL)
        found = body and re.search(rf"^ +{column} +\w+ DEFAULT (\S+)", body[1], re.MULTILINE)
        assert found, f"{source} has no default"
        return found[1]
    names = source.split(".")
    at = next(n for n, name in enumerate(names) if name[0].isupper())
    value = getattr(import_module(".".join(names[:at])), names[at])
    for name in names[at + 1 :]:
        if isinstance(value, type) and issubclass(value, Struct):
            field = next(each for each in msgspec.structs.fields(value) if each.name == name)
            value = field.default if field.default is not msgspec.NODEFAULT else field.default_factory()
        else:
            value = value[name]
    return value


def document() -> str:
    """The table as it stands in the documents."""
    lines = [HEAD]
    for n, each in enumerate(SITUATIONS, 1):
        numbers = "; ".join(f"`{of.source.removeprefix('parking.')}`: {of.default}" for of in each.parameters)
        stories = ", ".join(f"`{story.rpartition('/')[2]}`" for story in each.stories)
        lines.append(f"| {n} | {each.en} | {each.zh} | {each.decided} | {numbers} | {stories} |\n")
    return "".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
