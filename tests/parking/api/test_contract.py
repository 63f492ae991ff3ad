"""What the API's description promises is what is answered, whatever is asked and whoever asks."""

import asyncio
from copy import deepcopy

from payments.identity import Audience
from tests import running
from tests.conftest import NOW
from tests.district import District
from tests.parking.api import contract

REQUESTS_MAX, SEED = 120, 20261116


async def test_answers_are_as_described(district: District, redis_server_url: str) -> None:
    await district.account("鲁A6T42H")
    settings = running.settings(district.database_url, redis_server_url, now=NOW)
    async with running.served(settings) as client:
        place = await contract.place_of(client, district.owner, district.keys)
        found = await asyncio.to_thread(contract.ask_all, place, requests_max=REQUESTS_MAX, number=SEED)
        wrong = await asyncio.to_thread(_asked_by_a_wrong_description, place)
    # What is not described is noticed: else this would hold whatever was answered.
    assert {label.rpartition("200 ")[2].partition(":")[0] for label in wrong.faults} == {"Response violates schema"}
    assert not found.faults, "\n\n".join(f"{label}\n{example}" for label, example in sorted(found.faults.items()))
    assert {audience for audience, _ in found.asked} == set(Audience)


def _asked_by_a_wrong_description(place: contract.Place) -> contract.Found:
    document = deepcopy(place.document)
    document["components"]["schemas"]["LotPage"]["properties"]["total"]["type"] = "string"
    document["paths"] = {"/v1/lots": document["paths"]["/v1/lots"]}
    wrong = contract.Place(place.address, document, place.callers, place.there)
    return contract.ask_all(wrong, requests_max=10, number=SEED)
