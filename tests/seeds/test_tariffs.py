"""Every document of the catalogue reads, says what stands behind it and prices a day; what is known and not written."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from parking import tariffs
from parking.plates import PlateColor, VehicleClass
from parking.tariffs import Grade, PriceMode, Vehicle, Visit
from seeds.city.jinan import TARIFFS
from tests.parking.tariffs.strategies import fee_of

FILES = sorted(TARIFFS.glob("*.toml"))
VEHICLES = (
    Vehicle(),
    Vehicle(kind=VehicleClass.LARGE, color=PlateColor.YELLOW),
    Vehicle(color=PlateColor.GREEN, new_energy=True),
)
# Real texts of which not enough is known to price by: nothing is invented to fill them up.
AMOUNTS_NOT_KNOWN = {
    "jining": "the rules of crossing and of classes are known, the prices were cut off",
    "qingdao_airport": "20 minutes free three times in 24 hours; amounts cut off",
    "zibo": "how the new energy quota counts; no prices",
    "taian": "as Jinan; no prices",
    "taiyuan": "a draft about new energy vehicles; no prices",
    "shenzhen_garage": "new energy vehicles an hour free; no prices",
    "shanghai_2005": "a night's price alone; the rest of that text is not known",
    "zhumadian": "a day's cap alone",
    "qianshan": "24 hours are 10 hours of the day's price; no prices",
    "zweibruecken": "prices of passes alone",
    "cheongju": "that the table begins again after 24 hours; no prices",
    "leipzig": "5 EUR from 3 hours on; not what the first 3 hours cost",
    "san_francisco": "0.50 to 10 USD, block by block; not which where",
    "westminster_2024": "priced by CO2 at purchase; no numbers",
}
# Real texts with their amounts that the language does not say; nothing is bent to resemble them.
NOT_SAID = {
    "taichung_city_hall": "30 minutes free in the bands of office hours alone",
    "niigata_gakkocho": "a 24-hour cap of the day of the exit, but over 24 hours of each day that was run over",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_document_reads_and_says_what_stands_behind_it(file: Path) -> None:
    tariff = tariffs.from_toml(file.read_bytes())
    assert tariff.code == file.stem
    assert tariffs.from_json(tariffs.to_json(tariff)) == tariff
    assert (tariff.grade is Grade.MADE_UP) == (tariff.source == "")
    explained = file.read_text(encoding="utf-8")
    assert explained.startswith("# ")
    assert ("ade up" in explained.partition("code = ")[0]) == (tariff.grade is Grade.MADE_UP)
    chinese = tariff.time_zone == "Asia/Shanghai"
    assert (tariff.complaints_phone == "12345") == (chinese and tariff.price_mode is PriceMode.GOVERNMENT)
    assert (tariff.currency == "CNY") == chinese


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_document_prices_a_day_of_every_length(file: Path) -> None:
    tariff = tariffs.from_toml(file.read_bytes())
    compiled = tariffs.Compiled(tariff)
    midnight = datetime(2025, 11, 18, tzinfo=ZoneInfo(tariff.time_zone))
    for vehicle in VEHICLES:
        for hour in range(0, 24, 5):
            entered_at = midnight + timedelta(hours=hour, minutes=7)
            for minutes in (0, 5, 16, 31, 61, 150, 600, 1440, 3000):
                visit = Visit(entered_at, entered_at + timedelta(minutes=minutes), vehicle)
                fee = fee_of(compiled, visit)
                assert sum(line.amount_fen for line in fee.lines) == fee.fee_fen >= 0
                calculation = tariffs.calculate(compiled, visit)
                assert (calculation.fee_fen, calculation.uses) == (fee.fee_fen, fee.uses)
                assert minutes or fee.fee_fen == 0


def test_no_document_succeeds_itself() -> None:
    tariffs.check_succession({file.stem: tariffs.from_toml(file.read_bytes()) for file in FILES})


def test_nothing_is_written_of_which_too_little_is_known() -> None:
    assert not {file.stem for file in FILES} & (AMOUNTS_NOT_KNOWN.keys() | NOT_SAID.keys())
