"""Promises are proved over every entry, or a finding says that they are not."""

from typing import Any

import msgspec
import pytest

from parking import tariffs
from parking.tariffs import lint
from parking.tariffs.engine.compiled import Compiled
from parking.tariffs.language.document import Promises, Tariff
from parking.tariffs.language.fields import DAY_MIN
from parking.tariffs.lint.growth import grows
from parking.tariffs.lint.probes import Probes
from parking.tariffs.lint.promises import greatest_of_day, proved
from parking.tariffs.lint.trials import Trials
from parking.tariffs.lint.vehicles import sample_vehicles
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.lint.test_lint import band, found, named, text

BY_DAY = band("day", {"unit_fen": 500, "unit_min": 60}, hours=("08:00", "20:00"))
NIGHT = band("night", hours=("20:00", "08:00"))
DAY_CAP = named("day", fen=4000, per="day")

# The most that a small car pays within 24 hours, in fen.
GREATEST = {
    "wuhan_c1": 5000, "office": 7850, "garage_central": 4700, "scenic": 4500, "mall": 7300, "residential": 3000,
    "jinan_road": 3400, "station": 12000,
}  # fmt: skip


def of_catalogue(code: str, **more: Any) -> Tariff:
    tariff = tariffs.from_toml((TARIFFS / f"{code}.toml").read_bytes())
    return msgspec.structs.replace(tariff, **more)


@pytest.mark.parametrize(("code", "fen"), GREATEST.items())
def test_the_most_that_a_day_costs(code: str, fen: int) -> None:
    tariff = Compiled(of_catalogue(code))
    assert greatest_of_day(tariff, sample_vehicles(tariff)[0], Probes(tariff).days).fee_fen == fen


@pytest.mark.parametrize("code", ["wuhan_c1", "office", "mall", "shenzhen_c1", "munich_12min", "chengdu_c2"])
def test_it_is_what_every_minute_of_entry_gives(code: str) -> None:
    tariff = Compiled(of_catalogue(code))
    assert grows(tariff.tariff)
    day, sample = Probes(tariff).days[0], sample_vehicles(tariff)[0]
    trials = Trials(tariff, budget=1)
    begins, _ = tariff.calendar.bounds(day)
    by_minute = max(trials.calculation(sample, (begins + at * 60, DAY_MIN)).fee_fen for at in range(DAY_MIN))
    assert greatest_of_day(tariff, sample, [day]).fee_fen == by_minute


@pytest.mark.parametrize("code", GREATEST)
def test_a_promise_below_it_is_broken_and_one_of_it_is_proved(code: str) -> None:
    # Large vehicles pay twice as much.
    tariff = of_catalogue(code)
    most = GREATEST[code] * (2 if tariff.classes else 1)
    kept = msgspec.structs.replace(tariff, promises=Promises(day_fen_max=most))
    assert proved(kept).day_fen_max == most
    broken = msgspec.structs.replace(tariff, promises=Promises(day_fen_max=most - 1))
    assert proved(broken).day_fen_max is None
    (finding,) = found(broken, "day_too_dear")
    assert (finding.severity, finding.facts["greatest_fen"]) == ("error", most)


def test_an_entry_at_noon_pays_two_days() -> None:
    tariff = text(BY_DAY, NIGHT, caps=[DAY_CAP], promises={"day_fen_max": 5000})
    (finding,) = found(tariff, "day_too_dear")
    # From 12:01: eight begun hours, and five on the next day.
    assert finding.facts["greatest_fen"] == 6500
    assert "¥65" in finding.text_en
    assert found(text(BY_DAY, NIGHT, caps=[DAY_CAP], promises={"day_fen_max": 6500})) == []


def test_every_bay_is_paid_for() -> None:
    bays = named("bays", who={}, per_bay=True)
    cap = named("day", fen=2000, per="stay")
    plain = {"classes": [bays], "caps": [cap]}
    tariff = text(
        band("all", {"unit_fen": 400, "unit_min": 60}), **plain, promises={"day_fen_max": 2400, "minute_fen_max": 400}
    )
    kinds = {finding.kind for finding in found(tariff)}
    assert {"minute_too_dear", "day_too_dear"} <= kinds
    per_bay: dict[str, Any] = {"day_fen_max": 2000, "minute_fen_max": 400, "per_bay": True}
    tariff = text(band("all", {"unit_fen": 400, "unit_min": 60}), **plain, promises=per_bay)
    assert [finding.kind for finding in found(tariff)] == []
    assert proved(tariff) == Promises(**per_bay)


def test_staying_on_after_charging_counts() -> None:
    overstay = {"grace_min": 0, "unit_min": 10, "unit_fen": 5000}
    tariff = text(promises={"day_fen_max": 20_000}, overstay=overstay)
    (finding,) = found(tariff, "day_too_dear")
    assert finding.facts["greatest_fen"] == 24 * 500 + 144 * 5000


def test_a_cycle_that_an_earlier_visit_opened_ends_within_the_day() -> None:
    cap = named("day", fen=2000, per="cycle", memory="lot")
    tariff = text(caps=[cap], promises={"day_fen_max": 2000})
    assert proved(tariff).day_fen_max is None
    assert [finding.kind for finding in found(tariff)] == ["promise_unproved"]
    # 5 were paid under the cap, which leaves 15, and the next cycle begins an hour or more before the exit.
    assert proved(text(caps=[cap], promises={"day_fen_max": 3500})).day_fen_max == 3500


def test_what_a_quota_spares_is_paid_once_it_is_used_up() -> None:
    quota = named("nev", who={}, minutes=120)
    tariff = text(quotas=[quota], promises={"day_fen_max": 22 * 500})
    (finding,) = found(tariff, "day_too_dear")
    assert finding.facts["greatest_fen"] == 24 * 500


def test_the_minute_after_a_free_period_pays_all_of_it() -> None:
    quarter = band("all", {"unit_fen": 100, "unit_min": 15})
    assert proved(text(quarter, free={"minutes": 60}, promises={"minute_fen_max": 500})).minute_fen_max == 500
    (finding,) = found(text(quarter, free={"minutes": 60}, promises={"minute_fen_max": 499}), "minute_too_dear")
    assert finding.facts["longer_minutes"] == 61


def test_what_is_not_proved_is_said() -> None:
    who = {"left": [{"from": "16:00", "to": "17:00"}]}
    late = named("late", who=who, percent=150)
    tariff = text(classes=[late], promises={"minute_fen_max": 100_000, "day_fen_max": 24 * 750})
    assert proved(tariff) == Promises(day_fen_max=24 * 750)
    unproved = [finding.path for finding in found(tariff, "promise_unproved")]
    assert unproved == ["$.promises.minute_fen_max"]


def test_fees_that_grow_by_their_shape_never_fall() -> None:
    assert proved(text(BY_DAY, NIGHT, promises={"never_cheaper": True})).never_cheaper
    short = text(BY_DAY, NIGHT, crossing={"short_under_min": 60}, promises={"never_cheaper": True})
    assert not proved(short).never_cheaper
    assert {"promise_unproved"} == {finding.kind for finding in found(short)}


def test_promises_are_asked_for() -> None:
    findings = lint.check(text(), budget=1000)
    assert [(one.kind, one.severity) for one in findings] == [("no_promises", "information")]
