"""Every word by which a document asks something of a visit has its source."""

from pathlib import Path

import msgspec
import pytest

from parking import tariffs
from parking.tariffs.engine.quote import Vehicle, Visit
from parking.tariffs.language.conditions import Match
from parking.tariffs.language.document import Tariff
from parking.tariffs.language.sources import OF_PARTS, OF_WHO, WITH_WHO, Asked, Source, asked_by, sources_of
from seeds.city.jinan import TARIFFS


def test_every_field_of_who_has_its_source() -> None:
    assert set(OF_WHO) == set(Match.__struct_fields__)


def test_every_part_with_a_who_is_looked_at() -> None:
    parts = {each.name: msgspec.inspect.type_info(each.type) for each in msgspec.structs.fields(Tariff)}
    lists = {name: part.item_type for name, part in parts.items() if isinstance(part, msgspec.inspect.VarTupleType)}
    with_who = {
        name
        for name, item in lists.items()
        if isinstance(item, msgspec.inspect.StructType) and "who" in item.cls.__struct_fields__
    }
    assert with_who == set(WITH_WHO)
    assert {part for part, _ in OF_PARTS} <= set(parts)


def test_all_that_the_engine_knows_of_a_visit_is_asked_by_a_word() -> None:
    # What is not here is known of every visit: when it was, and which part of a stay it is.
    of_visit = {"bays": Source.REGISTER, "charging": Source.CHARGING, "passes": Source.PASSES}
    of_visit |= {"coupons": Source.COUPONS, "paid_by": Source.PAYER, "booked": Source.BOOKINGS}
    # No word asks when its clock stood: its lot does.
    of_lot = {"paused": Source.NEST}
    assert set(Visit.__struct_fields__) == {"entered_at", "left_at", "vehicle", "continued", *of_visit, *of_lot}
    of_vehicle = {"kind", "color", "new_energy", "tags", "facts"}
    assert set(Vehicle.__struct_fields__) == of_vehicle
    asked = {*of_visit.values(), Source.REGISTER, Source.EVENTS}
    assert asked == {*OF_WHO.values(), *OF_PARTS.values()} == set(Source) - {*of_lot.values()}


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("jinan_road", set()),
        ("county_lot", {Source.REGISTER, Source.PASSES}),
        ("hangzhou_core", {Source.PASSES, Source.PAYER}),
    ],
)
def test_a_document_tells_its_sources(name: str, sources: set[Source]) -> None:
    text = tariffs.from_toml(Path(TARIFFS / f"{name}.toml").read_bytes())
    assert sources_of(text) == sources


def test_what_is_asked_has_a_place() -> None:
    text = tariffs.from_toml((TARIFFS / "county_lot.toml").read_bytes())
    asked = list(asked_by(text))
    assert Asked("$.exempt[0].who.tags", Source.REGISTER) in asked
    assert Asked("$.passes[0]", Source.PASSES) in asked
