"""The JSON Schema of a tariff document, made from the types it is read into."""

from typing import Any

import msgspec

from parking.tariffs.language.document import Tariff

# What tells a document of this language from others; nothing is fetched from there.
SCHEMA_ID = "urn:onelot:tariff"


def json_schema() -> dict[str, Any]:
    """The schema by draft 2020-12. It says what shape a document has; `validate` says whether it can be priced by."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Tariff",
        **msgspec.json.schema(Tariff),
    }
