"""The JSON Schema of a document says what the types say."""

import msgspec

from parking.tariffs.language.document import Tariff
from parking.tariffs.language.schema import json_schema


def test_the_schema_has_every_key_and_refuses_others() -> None:
    schema = json_schema()
    assert schema["$ref"] == "#/$defs/Tariff"
    for name, part in schema["$defs"].items():
        if part.get("type") == "object":
            assert part["additionalProperties"] is False, name
    tariff = schema["$defs"]["Tariff"]
    assert set(tariff["properties"]) == {field.encode_name for field in msgspec.structs.fields(Tariff)}
    assert set(tariff["required"]) == {"code", "name_zh", "name_en", "time_zone", "bands"}
    assert tariff["properties"]["day_begins"]["default"] == "00:00"
