"""The API's description: valid, each property with what it means, each schema once, and examples that are true."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV31SpecValidator

from parking.api import openapi, schemas
from parking.api.document import VERSION, document_of
from parking.api.examples import EXAMPLES
from parking.api.schemas import Meanings
from parking.app import build
from tests import running
from tests.conftest import NOW

CALLING = Path(__file__).parents[3] / "docs" / "calling.md"
# What its variables stand for in the examples.
SHELL = {
    "LANE_IN": "qc-road-in",
    "LANE_OUT": "qc-road-out",
    "LEFT_AT": "2026-11-16T10:00:00+08:00",
    "ENTERED_AT": "2026-11-16T08:00:00+08:00",
    "YESTERDAY": "2026-11-15",
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    """The description as it is served."""
    settings = running.settings("postgresql://nowhere/none", "redis://nowhere", now=NOW)
    found: Document = json.loads(json.dumps(document_of(build(settings))))
    return found


@pytest.fixture(scope="module")
def meanings() -> Meanings:
    """What is written down of properties and values."""
    return schemas.read_meanings()


def components(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"]
    return found


def properties(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in components(document).items():
        for field, described in schema.get("properties", {}).items():
            yield name, field, described


def operations(document: Document) -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for item in document["paths"].values() for operation in item.values()}


def references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from references(each)


def fits(document: Document, schema: dict[str, Any], value: Any) -> None:
    """Raises where a value is not of its schema."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


# -- valid


def test_document_is_valid(document: Document) -> None:
    assert not [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert document["info"]["version"] == VERSION != "1"
    assert not [path for path in document["paths"] if path.startswith("/schema")]


def test_each_schema_stands_once_and_is_used(document: Document) -> None:
    used = {reference.rsplit("/", 1)[1] for reference in references(document)}
    assert used == set(components(document))
    # A second Struct of a name that there is gets a name of its own in NAMES.
    assert not [name for name in components(document) if not re.fullmatch(r"[A-Z][A-Za-z]+", name)]


def test_bodies_are_references(document: Document) -> None:
    bodies = {
        name: content["schema"]
        for name, operation in operations(document).items()
        for kind, content in operation.get("requestBody", {"content": {}})["content"].items()
        if kind == "application/json"
    }
    assert len(bodies) > 30
    inlined = {name for name, schema in bodies.items() if not list(references(schema))}
    # A tariff document is a text of a language with a schema of its own.
    assert inlined == {"registerTariff"}


# -- described


def test_every_property_says_what_it_means(document: Document) -> None:
    missing = [
        f"{schema}.{field}" for schema, field, described in properties(document) if "description" not in described
    ]
    assert not missing, f"say what it means in parking/api/meanings.toml: {missing}"
    assert not [name for name, schema in components(document).items() if not schema.get("description")]


def test_every_value_says_what_it_means(document: Document, meanings: Meanings) -> None:
    enums = {name: schema["enum"] for name, schema in components(document).items() if "enum" in schema}
    enums |= {
        f"{schema}.{field}": described["enum"]
        for schema, field, described in properties(document)
        if "enum" in described
    }
    wrong = {name: set(values) ^ set(meanings.values.get(name, {})) for name, values in enums.items()}
    assert not {name: values for name, values in wrong.items() if values}, "parking/api/meanings.toml"
    assert set(meanings.values) == set(enums)
    texts = [components(document)[name]["description"] for name in enums if name in components(document)]
    assert all("\n- `" in text for text in texts)


def test_no_meaning_is_left_over(document: Document, meanings: Meanings) -> None:
    there = {(schema, field) for schema, field, _ in properties(document)}
    own = {(schema, field) for schema, fields in meanings.of_schemas.items() for field in fields}
    assert not own - there
    assert not sorted(set(meanings.properties) - {field for _, field in there - own})
    assert not [
        (schema, field) for schema, field in own if meanings.of_schemas[schema][field] == meanings.properties.get(field)
    ]


def test_units_are_said(document: Document) -> None:
    units = {
        "_fen": r"\bfen\b",
        "_s": r"seconds",
        "_ms": r"milliseconds",
        "_min": r"minutes",
        "_m": r"metres",
        "_wh": r"watt",
    }
    wrong = [
        f"{schema}.{field}"
        for schema, field, described in properties(document)
        for suffix, unit in units.items()
        if field.endswith(suffix)
        and not re.search(unit, described["description"])
        and (schema, field) != ("Quote", "fee_fen")
    ]
    assert not wrong


def test_parameters_say_what_they_mean_and_are_never_null(document: Document) -> None:
    for name, operation in operations(document).items():
        for parameter in operation["parameters"]:
            assert parameter["in"] == "path" or parameter.get("description"), f"{name} {parameter['name']}"
            assert "null" not in json.dumps(parameter["schema"]), f"{name} {parameter['name']}"


def test_each_kind_of_caller_has_a_scheme(document: Document) -> None:
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"gatewayKey", "driverToken", "staffToken"}
    by_name = operations(document)
    assert by_name["recordGateEvents"]["security"] == [{"gatewayKey": []}]
    assert by_name["getAccount"]["security"] == [{"driverToken": []}]
    assert by_name["listCases"]["security"] == [{"staffToken": []}]
    # Nobody has to say who they are, and may.
    assert by_name["payCharge"]["security"] == [{}, {"gatewayKey": []}, {"staffToken": []}, {"driverToken": []}]
    assert not by_name["listLots"].get("security")


# -- examples


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_of_their_schemas(document: Document, name: str) -> None:
    operation, example = operations(document)[name], EXAMPLES[name]
    status = min(status for status in operation["responses"] if status.startswith("2"))
    content = operation["responses"][status]["content"]["application/json"]
    assert content["example"] == example.answer
    fits(document, content["schema"], example.answer)
    if example.body is not None:
        content = operation["requestBody"]["content"]["application/json"]
        assert content["example"] == example.body
        fits(document, content["schema"], example.body)


def test_examples_show_every_field_that_is_always_there(document: Document) -> None:
    answer = {**EXAMPLES["listLots"].answer, "free": "many"}
    schema = operations(document)["listLots"]["responses"]["200"]["content"]["application/json"]["schema"]
    with pytest.raises(Exception, match="'many' is not of type 'integer'"):
        fits(document, schema, answer)


def test_examples_are_sent_as_the_documents_send_them() -> None:
    bodies = re.findall(r"-d '([\[{].*?[\]}])'", filled(CALLING.read_text("utf-8")), re.DOTALL)
    assert len(bodies) > 5
    sent = [json.loads(body) for body in bodies]
    shown = [example.body for example in EXAMPLES.values() if example.body is not None]
    assert len(shown) > 5
    assert not [body for body in shown if body not in sent]


def filled(text: str) -> str:
    for name, value in SHELL.items():
        text = text.replace(f"'${name}'", value)
    return text


# -- shown


def test_page_keeps_the_token_and_loads_nothing_from_elsewhere() -> None:
    page, script = (openapi.FILES[name].body.decode() for name in ("page.html", "page.js"))
    assert "persistAuthorization: true" in script
    assert "validatorUrl: null" in script
    assert not re.findall(r"https?://", page + script)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(loaded) > 5
    assert all(each.startswith("/") for each in loaded)
    assert {'lang="zh"', 'lang="en"'} <= set(re.findall(r'lang="\w+"', page))
