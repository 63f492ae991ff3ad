"""What visits are granted that begin while a gateway is cut off, beside what they would cost."""

import random
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from parking import fees, grants, holders, plates, prices, tariffs
from parking.dated import Version
from parking.entitlements import NOTHING, Covered, ExemptVehicle, NewVehicle, Reach, Rights, registered, rights_by
from parking.grants import ANY, Kind, Visits, Window, second_of
from parking.plates import PlateColor, VehicleClass
from parking.prices import TariffInForce
from tests.conftest import NOW
from tests.parking.rights import HOURLY

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
GATEWAYS = Path(__file__).parents[2] / "docs" / "gateways.md"
WINDOW = Window(NOW, NOW + 24 * HOUR)
PLATE = ("鲁A12345", PlateColor.BLUE)
CAR = Kind(*PLATE, VehicleClass.SMALL)
OFFICIAL = """
[free]
minutes = 30

[[exempt]]
name_zh = "军警车辆"
name_en = "Police and military"
who = { tags = ["police", "military", "ambulance"] }

[[passes]]
code = "month"
name_zh = "月卡"
name_en = "Month pass"
price_fen = 30000
period = "month"
{more}
[[passes]]
code = "night"
name_zh = "夜卡"
name_en = "Night pass"
price_fen = 9000
period = "month"
hours = [{ from = "18:00", to = "09:00" }]
"""


def in_force(rules: str = "", *, since: datetime = NOW - 60 * 24 * HOUR, **said: str) -> TariffInForce:
    text = tariffs.from_toml((HOURLY.format(code="g") + rules.replace("{more}", said.get("more", ""))).encode())
    return TariffInForce(since, 1, text, tariffs.Compiled(text))


def visits_by(tariffs_: list[TariffInForce]) -> Visits:
    return Visits(prices.lot_prices(tariffs_, None), WINDOW)


def known(**said: object) -> ExemptVehicle:
    about = {"tags": ("ambulance",), "valid_from": NOW - HOUR, **said}
    return registered(NewVehicle(PLATE[0], "x", **about), Reach(), platform=1, by="li", now=NOW)  # type: ignore[arg-type]


def by_pass(since: datetime, until: datetime, code: str = "month") -> Rights:
    return Rights(passes=(Covered(UUID(int=0), code, since, until),))


def test_there_is_a_text_of_each_form_and_each_kind_once() -> None:
    assert {plates.form(text): text for text in grants.OF_FORMS.values()} == grants.OF_FORMS
    assert all(plates.normalise(text) == text and plates.names_vehicle(text) for text in grants.OF_FORMS.values())
    names = [name for name, _ in grants.kinds()]
    assert len(names) == len(set(names))
    assert {"police/white/small", "small/blue/small", "small/yellow/large"} <= set(names)


def test_gateways_read_the_forms_of_plates_as_we_do() -> None:
    listed = "".join(f"{form.value:<13} {pattern}\n" for form, pattern in plates.PATTERNS.items())
    assert f"```\n{listed}```\n" in GATEWAYS.read_text("utf-8")


def test_who_is_exempt_by_the_form_of_the_plate_is_granted_all() -> None:
    of_kinds = grants.of_kinds(visits_by([in_force(OFFICIAL)]))
    assert {name.split("/")[0] for name in of_kinds} == {"police", "military", "armed_police"}
    assert set(of_kinds.values()) == {((),)}


def test_a_lot_that_charges_nobody_grants_all_to_any() -> None:
    free = visits_by([])
    assert (grants.of_kinds(free), free.free_min) == ({ANY: ((),)}, 0)


def test_what_begins_to_be_charged_is_granted_until_then() -> None:
    visits = visits_by([in_force(since=NOW + 5 * HOUR)])
    assert grants.of_kinds(visits) == {ANY: ((0, second_of(NOW + 5 * HOUR)),)}


def test_an_exemption_that_ends_with_its_tariff_is_for_those_who_came_before() -> None:
    change = NOW + 6 * HOUR
    police = Kind("鲁A1234警", PlateColor.WHITE, VehicleClass.SMALL)
    visits = visits_by([in_force(OFFICIAL), in_force(since=change)])
    assert visits.granted(police) == ((0, 0, 0, second_of(change)),)
    assert visits_by([in_force(), in_force(OFFICIAL, since=change)]).granted(police) == ((second_of(change),),)


def test_what_is_registered_is_granted_with_its_time() -> None:
    visits = visits_by([in_force(OFFICIAL)])
    soon, later = NOW + HOUR, NOW + 3 * HOUR
    for said, granted in (
        ({}, [()]),
        ({"tags": ("taxi",)}, []),
        ({"valid_from": soon}, [(0, 0, second_of(soon))]),
        ({"valid_until": later}, [(0, 0, 0, second_of(later))]),
        ({"valid_from": soon, "valid_until": later}, [(0, 0, second_of(soon), second_of(later))]),
    ):
        assert holders.exempt(visits, {PLATE: [known(**said)]}) == ({PLATE: granted} if granted else {})


def test_a_pass_is_granted_from_its_beginning_to_its_end() -> None:
    visits = visits_by([in_force(OFFICIAL)])
    ends, begins = NOW + 14 * HOUR, NOW + 10 * HOUR
    long_ago, ever = NOW - 99 * HOUR, NOW + 99 * HOUR
    assert visits.granted(CAR, by_pass(long_ago, ever)) == ((),)
    # The rest of the minute in which it ends costs nothing.
    assert visits.granted(CAR, by_pass(long_ago, ends)) == ((0, second_of(ends + MINUTE)),)
    assert visits.granted(CAR, by_pass(begins, ever)) == ((second_of(begins),),)
    # 10:00 here: from 18:00 on until 09:00.
    night = visits.granted(CAR, by_pass(long_ago, ever, "night"))
    assert night == ((second_of(NOW + 8 * HOUR), second_of(NOW + 23 * HOUR + MINUTE)),)


@pytest.mark.parametrize("more", ["", "grace_days = 1\n", 'on_expiry = "whole_stay"\n', "day_max_min = 60\n"])
@pytest.mark.parametrize("change", [None, 20])
def test_who_is_granted_a_visit_pays_nothing_for_it(more: str, change: int | None) -> None:
    source = random.Random(more)
    priced = [in_force(OFFICIAL, more=more), *([in_force(since=NOW + change * HOUR)] if change else [])]
    rows = [
        *(known(valid_from=NOW + source.randrange(24) * HOUR, valid_until=NOW + 30 * HOUR) for _ in range(2)),
        known(valid_until=NOW + 3 * HOUR),
    ]

    def registered_then(came: datetime, left: datetime) -> Rights:
        return rights_by([each for each in rows if each.valid_from <= left and came < (each.valid_until or left)])

    visits = visits_by(priced)
    month, night = by_pass(NOW - HOUR, NOW + 11 * HOUR), by_pass(NOW + 5 * HOUR, NOW + 99 * HOUR, "night")
    seen = 0
    for granted, has in (
        (visits.granted(CAR), lambda *_: NOTHING),
        (visits.granted(CAR, month), lambda *_: month),
        (visits.granted(CAR, night), lambda *_: night),
        (holders.exempt(visits, {PLATE: rows})[PLATE], registered_then),
    ):
        for _ in range(60):
            came = NOW + source.randrange(23 * 3600) * SECOND
            left = came + source.randrange((WINDOW.until - came) // SECOND) * SECOND
            if any(grants.holds(grant, came, left) for grant in granted):
                assert costs(priced, came, left, has(came, left)) == 0
                seen += 1
    assert seen > 20


def costs(tariffs_: list[TariffInForce], came: datetime, left: datetime, rights: Rights) -> int:
    of_stay = prices.of_stay(tariffs_, came, left)
    return fees.price(of_stay, came, left, fees.vehicle_of(*CAR, rights), (), rights).fee_fen


@pytest.mark.parametrize(
    ("rules", "minutes"),
    [
        ("", 0),
        ("[free]\nminutes = 30\n", 30),
        ("[free]\nminutes = 30\ninclusive = false\n", 29),
        ("[free]\nminutes = 30\nuses_max = 2\n", 0),
    ],
)
def test_free_minutes_are_told_if_nobody_uses_them_up(rules: str, minutes: int) -> None:
    visits = visits_by([in_force(rules)])
    assert visits.free_min == minutes
    if minutes:
        left = NOW + minutes * MINUTE + timedelta(seconds=59)
        assert costs([in_force(rules)], NOW, left, NOTHING) == 0 < costs([in_force(rules)], NOW, left + MINUTE, NOTHING)
    assert visits_by([in_force(rules), in_force(since=NOW + HOUR)]).free_min == 0


def test_along_a_road_free_minutes_may_have_been_used_on_another_stretch() -> None:
    lot = prices.lot_prices([in_force("[free]\nminutes = 30\n")], None)
    for begins in (NOW - HOUR, NOW + HOUR):
        along = prices.of_road(lot, [Version(NOW - 9 * HOUR, None), Version(begins, 10)], {})
        assert Visits(along, WINDOW).free_min == 0
    assert Visits(lot, WINDOW).free_min == 30
