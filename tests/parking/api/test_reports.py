"""Reports over HTTP: every report with every role, in every form, and no operator's figures for another."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import openpyxl
import pypdfium2
import pytest

from parking.flow.reports import REPORTS
from payments.flow import settlement as settlement_flow
from payments.identity import READERS, Audience
from tests import running
from tests.conftest import NOW
from tests.district import QC, STATION, District, token, visit
from tests.parking.api.problem import problem

HOUR = timedelta(hours=1)
YESTERDAY = (NOW - timedelta(days=1)).date()
DAYS = {"from": str(YESTERDAY), "to": str(YESTERDAY)}
MAY = (Audience.FINANCE, Audience.ADMIN, Audience.AUDITOR)


@pytest.fixture(scope="module")
async def client(
    database_url: str, redis_server_url: str, registered: dict[str, str]
) -> AsyncIterator[httpx.AsyncClient]:
    """The service in this process."""
    async with running.served(running.settings(database_url, redis_server_url, now=NOW)) as client:
        yield client


def bearer(audience: Audience, operator_id: int | None = None, lot_id: int | None = None) -> dict[str, str]:
    return running.bearer(token(audience, now=NOW, operator_id=operator_id, lot_id=lot_id))


async def lived(district: District) -> None:
    """Two stays yesterday in lots of two operators; the day is settled."""
    at = NOW - 26 * HOUR
    if await district.owner.fetchval("select count(*) from charge"):
        return
    await district.record(*visit("a", "鲁A11111", at, at + 2 * HOUR))
    await district.record(*visit("b", "鲁A22222", at, at + 3 * HOUR, lot=STATION))
    await settlement_flow.settle(district.pool, business_date=YESTERDAY, now=NOW)


async def found(client: httpx.AsyncClient, headers: dict[str, str], name: str, **more: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/reports/{name}.json", params={**DAYS, **more}, headers=headers)
    assert answer.status_code == 200, answer.text
    read: dict[str, Any] = answer.json()
    return read


async def test_every_report_is_for_who_keeps_books(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    listed = (await client.get("/v1/reports", headers=bearer(Audience.FINANCE))).json()["reports"]
    assert [each["name"] for each in listed] == list(REPORTS)
    lot = district.lot()
    for name in REPORTS:
        for audience in READERS:
            of_one = audience is not Audience.ADMIN
            booth = lot.id if audience is Audience.BOOTH else None
            headers = bearer(audience, lot.operator_id if of_one else None, booth)
            answer = await client.get(f"/v1/reports/{name}.json", params=DAYS, headers=headers)
            assert answer.status_code == (200 if audience in MAY else 403), (name, audience, answer.text)


async def test_no_operator_sees_figures_of_another(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    ours, theirs = district.lot(), district.lot(STATION)
    for audience in (Audience.FINANCE, Audience.AUDITOR):
        headers = bearer(audience, ours.operator_id)
        for name in REPORTS:
            if name == "trial-balance":
                continue
            everything = str(await found(client, headers, name))
            assert theirs.operator_code not in everything, name
            assert theirs.code not in everything, name
            assert "鲁A22222" not in everything, name
            query = {**DAYS, "operator": theirs.operator_code}
            refused = await client.get(f"/v1/reports/{name}.json", params=query, headers=headers)
            problem(refused, 403, refused.json().get("field"))
            refused = await client.get(f"/v1/reports/{name}.json", params={**DAYS, "lot": theirs.code}, headers=headers)
            problem(refused, 403, refused.json().get("field"))
    # The whole city's books are no operator's: what an auditor of one sees is that one's.
    whole = await found(client, bearer(Audience.AUDITOR), "trial-balance")
    own = await found(client, bearer(Audience.AUDITOR, ours.operator_id), "trial-balance")
    payable = {each["book"]: each["closing_credit_fen"] for each in own["rows"]}["payable"]
    assert 0 < payable < {each["book"]: each["closing_credit_fen"] for each in whole["rows"]}["payable"]


async def test_a_line_leads_to_its_stays_and_their_facts(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    headers = bearer(Audience.FINANCE)
    statement = await found(client, headers, "settlement", operator="jn-static")
    line = next(row for row in statement["rows"] if row["lot"] == QC)
    lines = (await client.get(line["links"]["lines"], headers=headers)).json()
    for key in ("gross_fen", "refunds_fen", "collected_fen"):
        assert sum(row[key] or 0 for row in lines["rows"]) == line[key]
    stay = (await client.get(lines["rows"][0]["links"]["stay"], headers=headers)).json()
    assert stay["plate"] == "鲁A11111"
    charges = (await client.get(line["links"]["charges"], headers=headers)).json()["charges"]
    assert len(charges) == line["charges"] == 1


async def test_whoever_takes_plates_stands_in_the_audit_log(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    finance = bearer(Audience.FINANCE)
    stays = await found(client, finance, "stays", lot=QC)
    assert [row["plate"] for row in stays["rows"]] == ["鲁A11111"]
    assert stays["totals"]["amount_fen"] == stays["rows"][0]["amount_fen"] > 0
    await found(client, finance, "daily")
    log = (await client.get("/v1/admin/audit?action=personal.read", headers=bearer(Audience.ADMIN))).json()["lines"]
    assert {each["subject"] for each in log if each["subject"].startswith("report:")} <= {
        "report:stays",
        "report:lifts",
    }
    assert log[0]["subject"] == "report:stays"
    assert log[0]["detail"] == {"rows": 1}


async def test_occupancy_is_said_by_both_definitions(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    report = await found(client, bearer(Audience.FINANCE), "occupancy", lot=QC)
    [row] = report["rows"]
    spaces = district.lot().capacity
    assert (row["left"], row["minutes"]) == (1, 120)
    assert row["turnover"] == round(100 / spaces)
    assert row["occupancy"] == round(10_000 * 2 / (24 * spaces))
    assert len(report["notes"]) == 2


async def test_tax_is_in_what_was_kept(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    report = await found(client, bearer(Audience.FINANCE), "tax", tax_bps="600", operator="sd-rail")
    [row] = report["rows"]
    assert row["tax_fen"] == round(row["kept_fen"] * 0.06 / 1.06)
    assert row["before_tax_fen"] + row["tax_fen"] == row["kept_fen"] > 0


async def test_files_open(client: httpx.AsyncClient, district: District) -> None:
    await lived(district)
    headers = bearer(Audience.FINANCE)
    for name in ("settlement", "operators", "prices"):
        as_json = await found(client, headers, name)
        sheet = await client.get(f"/v1/reports/{name}.xlsx", params={**DAYS, "lang": "en"}, headers=headers)
        rows = list(openpyxl.load_workbook(io.BytesIO(sheet.content)).worksheets[0].iter_rows(values_only=True))
        assert len(rows) == 1 + len(as_json["rows"]) > 1
        csv = await client.get(f"/v1/reports/{name}.csv", params=DAYS, headers=headers)
        assert csv.headers["content-type"] == "text/csv; charset=utf-8"
        assert len(csv.text.splitlines()) == len(rows)
        pdf = await client.get(f"/v1/reports/{name}.pdf", params=DAYS, headers=headers)
        assert pdf.headers["content-disposition"].endswith('.pdf"')
        document = pypdfium2.PdfDocument(pdf.content)
        try:
            assert "经营单位" in document[0].get_textpage().get_text_range()
        finally:
            document.close()


async def test_what_is_no_report(client: httpx.AsyncClient, district: District) -> None:
    headers = bearer(Audience.FINANCE)
    for file in ("nothing.json", "daily.doc", "daily"):
        answer = await client.get(f"/v1/reports/{file}", params=DAYS, headers=headers)
        assert problem(answer, 404)["type"].endswith("no-such-report")
    backwards = {"from": "2026-11-02", "to": "2026-11-01"}
    answer = await client.get("/v1/reports/daily.json", params=backwards, headers=headers)
    problem(answer, 400, "to")
    answer = await client.get("/v1/reports/daily.json", params={**DAYS, "operator": "nobody"}, headers=headers)
    problem(answer, 422, "operator")


async def test_more_rows_than_anybody_waits_for(
    client: httpx.AsyncClient, district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lived(district)
    monkeypatch.setattr("parking.flow.reports.ROWS_AT_ONCE_MAX", 1)
    answer = await client.get("/v1/reports/stays.csv", params=DAYS, headers=bearer(Audience.FINANCE))
    assert problem(answer, 422)["type"].endswith("report-too-long")
