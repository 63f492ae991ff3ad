"""A client that others generate from the API's description compiles, and does what README shows."""

import asyncio
import compileall
import json
import os
import sys
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from parking.api.document import document_of
from parking.app import build
from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, District, token

PACKAGE = "generated_onelot_client"
# The one thing it leaves out: that a tariff may be sent as TOML beside JSON.
LEFT_OUT = "Unsupported content type application/toml"
CONFIG = "post_hooks: []\n"
ENTRY, EXIT = "2026-11-16T08:00:00+08:00", "2026-11-16T10:00:00+08:00"


@pytest.fixture(scope="module")
async def generated(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """The client's package, in a folder that can be imported from."""
    folder = tmp_path_factory.mktemp("client")
    settings = running.settings("postgresql://nowhere/none", "redis://nowhere", now=NOW)
    (folder / "openapi.json").write_text(json.dumps(document_of(build(settings))), "utf-8")
    (folder / "config.yml").write_text(CONFIG, "utf-8")
    command = (
        *(Path(sys.executable).parent / "openapi-python-client", "generate", "--meta", "none"),
        *("--path", folder / "openapi.json", "--config", folder / "config.yml", "--output-path", folder / PACKAGE),
    )
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, "COLUMNS": "200"}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    text = said.decode()
    assert process.returncode == 0, text
    assert text.count("WARNING") == text.count(LEFT_OUT) == 1, text
    sys.path.insert(0, str(folder))
    try:
        yield folder / PACKAGE
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.startswith(PACKAGE)]:
            del sys.modules[name]


@pytest.fixture(scope="module")
async def server(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service, for its address."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def test_client_compiles_and_has_every_operation(generated: Path) -> None:
    assert compileall.compile_dir(generated, quiet=1)
    document = json.loads((generated.parent / "openapi.json").read_text("utf-8"))
    operations = {operation["operationId"] for item in document["paths"].values() for operation in item.values()}
    modules = {file.stem.replace("_", "") for file in (generated / "api").rglob("*.py") if file.stem != "__init__"}
    assert modules == {operation.lower() for operation in operations}


def models() -> ModuleType:
    return import_module(f"{PACKAGE}.models")


def known_as(server: httpx.AsyncClient, credentials: str | None = None) -> Any:
    made = import_module(PACKAGE)
    if credentials is None:
        return made.Client(base_url=str(server.base_url))
    return made.AuthenticatedClient(base_url=str(server.base_url), token=credentials)


async def call(client: Any, operation: str, *path: Any, **more: Any) -> Any:
    """What an operation answers, as the client reads it."""
    group, _, name = operation.partition(".")
    answered = await import_module(f"{PACKAGE}.api.{group}.{name}").asyncio_detailed(*path, client=client, **more)
    assert answered.status_code < 400, answered.content
    assert answered.parsed is not None
    return answered.parsed


def passage(event_id: str, kind: str, lane: str, at: str, plate: str) -> Any:
    return models().GateEvent.from_dict(
        {
            "event_id": event_id,
            "kind": kind,
            "lane": lane,
            "occurred_at": at,
            "plate": plate,
            "plate_color": "blue",
            "vehicle_class": "small",
            "confidence": 0.98,
            "replay": True,
        }
    )


async def test_readme_journey(generated: Path, server: httpx.AsyncClient, district: District) -> None:
    plate, anybody = "鲁AC17E1", known_as(server)
    gateway = known_as(server, district.keys[QC])
    driver = known_as(server, token(Audience.DRIVER, now=NOW, id=await district.account()))
    said = models()
    async with anybody, gateway, driver:
        lots = await call(anybody, "lots.list_lots", limit=3)
        assert QC in {lot.code for lot in lots.lots}
        quote = await call(anybody, "tariffs.quote_stay", QC, stay_min=120, class_=said.VehicleClass.SMALL)
        assert (quote.fee_fen, quote.lines[0].kind) == (400, "units")
        tariffs = await call(anybody, "tariffs.list_tariffs")
        tariff = await call(anybody, "tariffs.get_tariff", tariffs.tariffs[0].code)
        assert tariff.board.facts.complaints_phone is not None

        entry = passage("client-1", "entry", f"{QC}-in", ENTRY, plate)
        came = await call(gateway, "gateways.record_gate_events", body=entry)
        assert came.status == "recorded"
        (left,) = await call(
            gateway, "gateways.record_gate_events", body=[passage("client-2", "exit", f"{QC}-out", EXIT, plate)]
        )
        assert (left.fee_fen, left.payment) == (400, "pay_at_gate")

        charge = await call(anybody, "drivers.get_charge", left.charge_reference)
        assert (charge.owed_fen, charge.state) == (400, "due")
        payment = said.ChargePayment(channel="local", payer="ok")
        paid = await call(anybody, "drivers.pay_charge", left.charge_reference, body=payment)
        assert paid.charge_state == "paid"
        stay = await call(gateway, "gateways.get_stay", left.stay_id)
        assert (stay.gate, stay.entered_at.isoformat()) == ("open", "2026-11-16T00:00:00+00:00")

        linked = await call(
            driver,
            "drivers.link_plate",
            body=said.PlateToLink.from_dict({"plate": "鲁AD12345", "plate_color": "green"}),
        )
        assert linked.plate == "鲁AD12345"
        money = said.NewTopUp(amount_fen=5000, channel="local", payer="ok")
        await call(driver, "drivers.top_up", body=money, idempotency_key="client-top-up-1")
        assert (await call(driver, "drivers.get_account")).wallet_fen == 5000


async def test_refusals_are_read_as_problems(generated: Path, server: httpx.AsyncClient) -> None:
    async with known_as(server) as anybody:
        refused = await import_module(f"{PACKAGE}.api.lots.get_lot").asyncio("nowhere", client=anybody)
    assert isinstance(refused, models().Problem)
    assert (refused.type_, refused.facts["code"]) == ("/problems/unknown-lot", "nowhere")
