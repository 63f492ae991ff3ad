"""Stays that published texts price themselves, or that were computed by hand from them, against their documents."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from msgspec.structs import replace

from parking import tariffs
from parking.tariffs import PassHeld, Tariff, Visit
from tests.parking.tariffs.published import VEHICLES, document, fee, local, table, visit


def completed(tariff: Tariff) -> Tariff:
    """Where bands meet, a part unit runs on into the next."""
    return replace(tariff, crossing=replace(tariff.crossing, part_unit="complete"))


def never_restarted(tariff: Tariff) -> Tariff:
    """The cheap first period is had once a stay, not once a day."""
    return replace(tariff, bands=tuple(replace(band, restart="never") for band in tariff.bands))


# What the texts leave open: the one parameter that gives the other reading.
OTHER_READING: dict[str, Callable[[Tariff], Tariff]] = {
    "jinan_road": completed,
    "beijing_c1": completed,
    "shenzhen_c1": never_restarted,
}
# tariff, entry, exit, vehicle, fee; [src] the text gives the result, [own] it was computed by hand from the text.
EXAMPLES = """
jinan_road                tue 09:00  tue 09:30  small       0      own  inclusive bound
jinan_road                tue 09:00  tue 09:31  small       200    own  free time not deducted
jinan_road                tue 09:00  tue 09:31  large       400    own
jinan_road                tue 09:00  tue 12:10  small       800    own
jinan_road                tue 19:40  tue 20:20  small       200    own  crosses, less than an hour
jinan_road                tue 19:30  tue 21:10  small       600    own  bands rounded separately
jinan_road                tue 20:00  wed 08:00  small       500    own  night cap
jinan_road                tue 20:00  wed 08:00  large       1000   own
jinan_road                tue 09:00  wed 09:00  small       2900   own  22 + 5 + 2
jinan_road                tue 21:00  wed 09:05  small       900    own  5 + 2 x 2
jinan_road                tue 09:00  tue 11:00  nev         0      own  two hours free
jinan_road                tue 09:00  tue 11:30  nev         200    own
jinan_draft_per_visit     tue 09:00  tue 12:00  small       600    own
jinan_draft_per_visit     tue 09:00  tue 15:00  small       1000   own  the price of a visit
jinan_shared              tue 18:00  wed 07:00  small       0      src
beijing_c1                tue 09:00  tue 09:14  small       0      own
beijing_c1                tue 09:00  tue 09:15  small       250    own
beijing_c1                tue 09:00  tue 10:15  small       1375   own
beijing_c1                tue 09:00  tue 11:10  small       2500   own  last 10 minutes dropped
beijing_c1                tue 20:00  tue 21:59  small       0      own
beijing_c1                tue 20:00  tue 22:00  small       100    own
beijing_c1                tue 18:50  tue 19:20  small       0      own  no full unit in either band
beijing_c1                tue 18:00  wed 08:00  small       2600   own  first hour again in the morning
beijing_c1                tue 19:00  wed 07:00  small       600    own
beijing_c2                tue 09:00  tue 10:15  small       825    own  4 x 1.50 + 2.25
beijing_c3                tue 09:00  tue 10:15  small       275    own  4 x 0.50 + 0.75
shenzhen_c1               tue 09:00  tue 09:30  small       300    own
shenzhen_c1               tue 09:00  tue 12:00  small       3300   own
shenzhen_c1               tue 09:00  tue 13:00  small       5300   own
shenzhen_c1               tue 07:00  tue 08:00  small       300    own  07:30 to 08:00 alone
shenzhen_c1               tue 19:45  tue 22:00  small       300    own
shenzhen_c1               tue 19:00  wed 08:00  small       1200   own
shenzhen_c1               sat 09:00  sat 11:00  small       360    own
shenzhen_c1               tue 09:00  tue 09:10  small       0      own  starting the session
shenzhen_c2               tue 09:00  tue 13:00  small       2980   own  1.80 + 5 x 3.60 + 2 x 5
shenzhen_c2               sat 10:00  sat 11:00  small       240    own  0.90 + 1.50
shenzhen_c3               tue 09:00  tue 13:00  small       2120   own  1.20 + 5 x 2.40 + 2 x 4
shenzhen_c3               sat 10:00  sat 11:00  small       150    own  0.60 + 0.90
hangzhou_core             tue 09:00  tue 10:00  large       2000   own
hangzhou_core             tue 19:00  wed 09:00  small       2500   own  10 + 5 + 10
hangzhou_west_lake        tue 09:00  tue 10:31  small       2000   own  10 + 5 + 5
hangzhou_west_lake        sat 09:00  sat 10:31  small       4000   own  a weekend of the season
hangzhou_west_lake        sat 09:00  sat 10:31  large       2000   own  large always 10
chengdu_c1                tue 09:00  tue 10:00  small       1000   own
chengdu_c1                tue 09:00  tue 10:31  small       1600   own
chengdu_c1                tue 19:00  wed 08:00  small       800    own
chengdu_c1                tue 18:00  tue 20:00  small       1200   own  10 + 2
chengdu_c1                tue 09:00  tue 09:14  small       0      own
chengdu_c1                tue 09:00  tue 09:15  small       1000   own  exclusive bound
chengdu_c1                tue 19:00  wed 08:00  large       1200   own
chengdu_c2                tue 09:00  tue 10:31  small       1200   own
chengdu_c3                tue 09:00  tue 10:31  small       800    own
chengdu_c4                tue 09:00  tue 10:31  small       300    own
wuhan_c1                  tue 09:00  tue 16:00  small       2500   own  27, capped
wuhan_c1                  tue 20:30  wed 07:30  small       600    own  the night is free
wuhan_c1                  2018-03-08 10:26 2018-03-08 14:45 small 1900 src
wuhan_c1                  2018-03-08 13:54 2018-03-08 15:17 small 700  src
yichang_core              tue 08:00  tue 09:30  small       600    own
yichang_core              tue 08:00  tue 20:00  small       3000   own  48, capped
yichang_core              tue 20:00  wed 07:00  small       600    own
yichang_core              tue 19:00  tue 21:00  small       500    own
yichang_outer             tue 08:00  tue 09:30  small       400    own
yichang_outer             tue 08:00  wed 08:00  small       2500   own  capped
county_lot                tue 09:00  tue 10:30  small       0      own
county_lot                tue 09:00  tue 10:31  small       500    own
county_lot                tue 09:00  tue 12:10  small       700    own
county_lot                tue 09:00  wed 10:00  small       2500   own  20 + 5 of the next 24 hours
county_lot                tue 09:00  tue 12:00  nev         0      own
county_lot                tue 09:00  tue 12:01  nev         250    own
county_lot                tue 09:00  wed 09:00  nev         1000   own
county_lot                tue 09:00  tue 12:10  bus         1000   own  6 + 2 x 2
county_lot                tue 09:00  wed 09:00  large       3000   own
county_lot                tue 09:00  wed 09:00  ambulance   0      src
shanghai_inner            tue 09:00  tue 10:00  small       1500   own
shanghai_inner            tue 09:00  tue 10:01  small       2500   own
shanghai_inner            tue 09:00  tue 11:00  small       3500   own
shanghai_inner            tue 20:00  wed 07:00  large       1500   own  10 + 5
chemnitz                  tue 09:00  tue 09:41  car         100    own
chemnitz                  tue 09:00  tue 10:00  car         100    src
chemnitz                  tue 09:00  tue 11:00  car         250    src
munich_15min              tue 09:00  tue 10:00  car         200    own
munich_12min              tue 09:00  tue 10:00  car         100    own
seoul_c1                  tue 09:00  tue 09:05  car         500    src
seoul_c1                  2012-11-01 09:00 2012-11-01 09:05 car 500 src
seoul_c1                  tue 09:00  tue 10:00  disabled    1200   own  6,000 less 80 %, not 50 % as well
seoul_c1                  tue 09:00  tue 10:00  family      3000   own
seoul_c2                  tue 09:00  tue 09:06  car         500    own
seoul_c3                  tue 09:00  tue 10:00  car         1800   own
seoul_c4                  tue 09:00  tue 10:00  car         1200   own
seoul_c5                  tue 09:00  tue 10:00  car         600    own
westminster_b             tue 09:00  tue 10:00  car         290    src
westminster_b             tue 09:00  tue 09:05  car         49     own  ten minutes at least
westminster_g             tue 09:00  tue 10:30  car         735    own
singapore_hdb_central     tue 00:00  tue 06:00  car         500    src  not 7.20
singapore_hdb_central     tue 09:00  tue 09:15  car         60     own  fifteen minutes and no more
singapore_hdb_central     tue 09:00  tue 09:09  car         0      src  the grace period
singapore_hdb_central     tue 09:00  tue 09:10  car         40     own
singapore_hdb_central     tue 16:30  tue 17:30  car         180    own  1.20 + 0.60
singapore_hdb_central     sun 09:00  sun 09:15  car         30     own
singapore_hdb_central     tue 22:00  wed 07:30  car         680    own  0.60 + 5 + 1.20
singapore_hdb_central     tue 09:00  tue 09:15  motorcycle  5      own  half of 10 cents
singapore_hdb_central     tue 09:00  tue 10:40  motorcycle  33     own  3 x 10 + 3.33
singapore_hdb_central     tue 07:00  tue 22:30  motorcycle  65     own  capped by day
singapore_hdb_central     tue 22:00  wed 07:30  motorcycle  85     own  10 + 65 + 10
taipei_donghu             tue 07:00  tue 20:00  motorcycle  2000   src  20 a visit
taipei_donghu             tue 19:00  wed 07:00  motorcycle  4000   src  once more after midnight
taipei_donghu             mon 10:00  thu 09:00  motorcycle  8000   own
taipei_donghu             tue 09:00  tue 09:20  car         3000   own  less than an hour is an hour
taipei_donghu             tue 09:00  tue 10:20  car         4500   own  a rest of half an hour
taipei_donghu             tue 09:00  tue 10:40  car         6000   own  more than half an hour is an hour
taipei_donghu             tue 17:30  tue 18:20  car         3000   own  the price before the boundary
taipei_donghu             tue 16:45  tue 18:20  car         5500   own  30 + 15 over the boundary + 10
taipei_donghu             tue 17:00  wed 09:00  car         34000  own  30 + 14 h at 20 + 30
hiroshima_seibu           tue 09:00  tue 10:00  car         120    src
hiroshima_seibu           tue 09:00  tue 11:00  car         240    src
hiroshima_seibu           tue 09:00  tue 12:00  car         360    src
hiroshima_seibu           tue 09:00  tue 13:00  car         480    src
hiroshima_seibu           tue 09:00  tue 13:01  car         610    src
hiroshima_seibu           tue 08:00  tue 22:00  car         610    src
hiroshima_seibu           tue 22:00  wed 08:00  car         610    src
hiroshima_seibu           tue 20:00  wed 09:00  car         970    own  240 + 610 + 120
palmerston_north_airport  tue 09:00  tue 09:15  car         0      src
palmerston_north_airport  tue 09:00  tue 09:30  car         430    src
palmerston_north_airport  tue 09:00  tue 10:00  car         530    src
palmerston_north_airport  tue 09:00  tue 11:00  car         860    src
palmerston_north_airport  tue 09:00  tue 12:00  car         1610   src
palmerston_north_airport  tue 09:00  wed 09:00  car         2150   src
palmerston_north_airport  tue 09:00  thu 09:00  car         4960   src
palmerston_north_airport  tue 09:00  sat 09:00  car         9920   src
palmerston_north_airport  tue 09:00  sun 09:00  car         12410  src
palmerston_north_airport  mon 09:00  sun 09:00  car         14100  own  a sixth day
tauranga_elizabeth_street tue 10:00  tue 11:00  car         100    src
tauranga_elizabeth_street tue 10:00  tue 14:00  car         400    src
tauranga_elizabeth_street tue 10:00  tue 15:00  car         600    src
tauranga_elizabeth_street tue 10:00  tue 18:00  car         1200   src
tauranga_elizabeth_street tue 10:00  tue 18:01  car         1300   src
tauranga_elizabeth_street tue 10:00  wed 06:00  car         1300   src  no fee overnight
tauranga_elizabeth_street tue 09:29  tue 17:30  car         700    src  early bird
tauranga_elizabeth_street tue 09:29  tue 11:29  car         200    own
tauranga_elizabeth_street tue 09:30  tue 17:30  car         1200   own  too late
tauranga_elizabeth_street tue 15:00  wed 06:00  car         0      src
tauranga_elizabeth_street tue 15:00  wed 08:00  car         200    own  the next day is not free
tauranga_elizabeth_street sat 10:00  sun 23:00  car         0      src
hospital                  tue 23:30  wed 00:30  small       400    own  each day by itself
station                   tue 23:45  wed 00:20  small       600    own
"""
# What a text leaves open costs as much in its other reading: the fee as it is read, and as it may be read.
OTHER_READINGS = """
jinan_road   tue 19:30  tue 21:10  small  600   400
beijing_c1   tue 18:50  tue 19:20  small  0     250
shenzhen_c1  tue 19:00  wed 08:00  small  1200  1500
"""

# Hangzhou's published table: a stay of up to so many minutes, small car, by day, in yuan. [src]
HANGZHOU = """
minutes        15  30  45  60  75  90 105 120 135 150 165 180
hangzhou_core   0   5   5  10  10  16  16  22  22  28  28  34
hangzhou_l1     0   3   3   6   6  10  10  14  14  18  18  22
hangzhou_l2     0   2   2   4   4   7   7  10  10  13  13  16
"""
# Visits of one vehicle to one lot, one after the other: tariff, vehicle, then entry, exit and fee of each.
SEQUENCES = """
taipei_donghu motorcycle  tue 09:00 tue 10:00 2000  tue 11:00 tue 12:00 2000
jinan_road         nev    tue 09:00 tue 09:25 0     tue 10:00 tue 12:00 0
jinan_road         nev    tue 09:00 tue 10:00 0     tue 10:30 tue 12:00 200
shenzhen_c1        nev    tue 09:00 tue 11:00 0     tue 14:00 tue 14:30 300
shenzhen_c1        nev    tue 09:00 tue 10:00 0     tue 14:00 tue 15:00 0    tue 16:00 tue 16:30 300
shenzhen_c1        nev    tue 09:00 tue 10:00 0     tue 14:00 tue 15:30 300
chengdu_c1         nev    tue 09:00 tue 10:00 0     tue 14:00 tue 15:00 1000 wed 09:00 wed 11:00 0
guangdong_day_cap  small  mon 08:00 mon 09:00 1500  mon 10:30 tue 09:30 1500 tue 20:00 wed 07:59 0
"""
QINGDAO_AIRPORT = """
# 20 minutes free, three times in 24 hours in the near lot; its amounts are not known, 10 an hour are made up.
code = "near_lot"
name_zh = "近"
name_en = "Near lot"
time_zone = "Asia/Shanghai"
free = { minutes = 20, uses_max = 3, memory = { per = "sliding", hours = 24, scope = "lot" } }

[[bands]]
code = "all_day"
name_zh = "全天"
name_en = "All day"
hours = [{}]
tiers = [{ unit_fen = 1000, unit_min = 60 }]
"""
SAN_FRANCISCO = """
# Meters on Sundays from noon to six, as in 2013; the price is set block by block, 1 dollar an hour is made up.
code = "sunday_meter"
name_zh = "周日"
name_en = "Sunday meter"
time_zone = "America/Los_Angeles"
currency = "USD"

[[days]]
code = "sunday"
weekdays = ["sun"]

[[bands]]
code = "meter"
name_zh = "计时"
name_en = "Meter"
hours = [{ from = "12:00", to = "18:00", days = "sunday" }]
tiers = [{ unit_fen = 100, unit_min = 60 }]

[[bands]]
code = "free"
name_zh = "免费"
name_en = "Free"
otherwise = true
"""


@pytest.mark.parametrize("row", table(EXAMPLES), ids=" ".join)
def test_a_worked_example(row: list[str]) -> None:
    code, from_day, from_clock, to_day, to_clock, vehicle, amount, *_ = row
    tariff = document(code)
    assert fee(tariff, visit(tariff, f"{from_day} {from_clock}", f"{to_day} {to_clock}", vehicle)) == int(amount)


@pytest.mark.parametrize("row", table(OTHER_READINGS), ids=" ".join)
def test_a_stay_and_its_other_reading(row: list[str]) -> None:
    code, from_day, from_clock, to_day, to_clock, vehicle, amount, other = row
    tariff = document(code)
    stay = visit(tariff, f"{from_day} {from_clock}", f"{to_day} {to_clock}", vehicle)
    assert (fee(tariff, stay), fee(OTHER_READING[code](tariff), stay)) == (int(amount), int(other))


@pytest.mark.parametrize("row", table(HANGZHOU)[1:], ids=lambda row: row[0])
def test_every_cell_of_the_published_table_of_hangzhou(row: list[str]) -> None:
    tariff = document(row[0])
    begins = local(tariff, "tue 09:00")
    for minutes, yuan in zip(table(HANGZHOU)[0][1:], row[1:], strict=True):
        stay = Visit(begins, begins + timedelta(minutes=int(minutes)), VEHICLES["small"])
        assert fee(tariff, stay) == int(yuan) * 100, minutes


@pytest.mark.parametrize("row", table(SEQUENCES), ids=" ".join)
def test_visits_one_after_the_other(row: list[str]) -> None:
    code, vehicle, *rest = row
    tariff = document(code)
    each = [rest[begins : begins + 5] for begins in range(0, len(rest), 5)]
    visits = [visit(tariff, " ".join(words[:2]), " ".join(words[2:4]), vehicle) for words in each]
    fees = tariffs.price_sequence(tariffs.Compiled(tariff), visits)
    assert [one.fee_fen for one in fees] == [int(words[4]) for words in each]


def test_half_an_hour_over_a_boundary_of_beijings_has_a_third_reading() -> None:
    road = document("beijing_c1")
    continuous = replace(road, crossing=replace(road.crossing, short_under_min=60))
    assert fee(continuous, visit(continuous, "tue 18:50", "tue 19:20")) == 500


def test_the_fourth_short_visit_to_an_airport_is_charged() -> None:
    near_lot = tariffs.from_toml(QINGDAO_AIRPORT.encode())
    visits = [visit(near_lot, f"tue {hour}:00", f"tue {hour}:10") for hour in (10, 12, 14, 16)]
    visits.append(visit(near_lot, "wed 10:00", "wed 10:10"))
    fees = tariffs.price_sequence(tariffs.Compiled(near_lot), visits)
    assert [one.fee_fen for one in fees] == [0, 0, 0, 1000, 0]


def test_a_business_day_in_tauranga_lasts_over_the_weekend() -> None:
    building = document("tauranga_elizabeth_street")
    assert fee(building, visit(building, "2025-11-21T10:00", "2025-11-24T06:00")) == 1300
    assert fee(building, visit(building, "2025-11-21T10:00", "2025-11-24T07:00")) == 1400
    assert fee(building, visit(building, "2025-12-24T16:00", "2025-12-27T10:00")) == 0


def test_a_meter_that_begins_at_noon_sells_two_of_four_hours() -> None:
    meter = tariffs.from_toml(SAN_FRANCISCO.encode())
    assert fee(meter, visit(meter, "sun 10:00", "sun 14:00")) == 200
    assert fee(meter, visit(meter, "sat 10:00", "sat 14:00")) == 0


def test_spring_festival_is_free_on_the_roads_of_hangzhou_and_dearest_at_west_lake() -> None:
    road, lake = document("hangzhou_core"), document("hangzhou_west_lake")
    festival = ("2023-01-21T09:00", "2023-01-28T08:00")
    assert fee(road, visit(road, *festival, "small")) == 0
    assert fee(road, visit(road, "2023-01-27T21:00", "2023-01-28T09:00", "small")) == 1000
    assert fee(road, visit(road, "2023-01-20T09:00", "2023-01-20T10:00", "small")) == 1000
    assert fee(lake, visit(lake, "2023-01-21T09:00", "2023-01-21T10:00", "small")) == 3000


def test_the_citizen_card_takes_a_fifth_off() -> None:
    road = document("hangzhou_core")
    assert fee(road, replace(visit(road, "tue 09:00", "tue 12:00", "small"), paid_by="citizen_card")) == 2720


def test_a_vehicle_on_two_bays_pays_twice_and_is_capped_twice() -> None:
    yichang = document("yichang_core")
    assert fee(yichang, replace(visit(yichang, "tue 08:00", "tue 09:30", "large"), bays=2)) == 1200
    assert fee(yichang, replace(visit(yichang, "tue 08:00", "tue 20:00", "large"), bays=2)) == 6000


def test_who_is_charged_pays_no_parking() -> None:
    lot = document("jinan_draft_per_visit")
    plugged = (local(lot, "tue 09:00"), local(lot, "tue 11:00"))
    assert fee(lot, replace(visit(lot, "tue 09:00", "tue 11:00", "nev"), charging=(plugged,))) == 0
    assert fee(lot, replace(visit(lot, "tue 09:00", "tue 12:30", "nev"), charging=(plugged,))) == 400


def test_a_night_pass_covers_the_night() -> None:
    road = document("chengdu_c1")
    held = PassHeld("night_small", local(road, "mon 00:00"), local(road, "sun 00:00"))
    assert fee(road, replace(visit(road, "tue 18:00", "wed 09:00", "small"), passes=(held,))) == 2000
    assert fee(road, visit(road, "tue 18:00", "wed 09:00", "small")) == 2800
