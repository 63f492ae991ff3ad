"""What is usual is what the catalogue shows."""

from collections import defaultdict

from parking import tariffs
from parking.tariffs.language.document import Tariff, Tier
from parking.tariffs.lint.usual import USUAL, Usual
from tests.parking.tariffs.lint.test_lint import CATALOGUE, FLAT, band, found, named, text


def tiers_of(tariff: Tariff) -> list[Tier]:
    own = [tiers for rule in tariff.classes for tiers in rule.prices.values()]
    return [tier for tiers in [*(each.tiers for each in tariff.bands), *own] for tier in tiers if tier.unit_fen]


def span(values: list[int], least: int = 2) -> tuple[int, int] | None:
    return (min(values), max(values)) if len(values) >= least else None


def test_the_table_is_what_the_catalogue_shows() -> None:
    by_currency: dict[str, list[Tariff]] = defaultdict(list)
    for file in CATALOGUE:
        tariff = tariffs.from_toml(file.read_bytes())
        by_currency[tariff.currency].append(tariff)
    assert by_currency.keys() == USUAL.keys()
    for currency, texts in by_currency.items():
        usual: Usual = USUAL[currency]
        assert usual.texts == len(texts)
        tiers = [
            (each, tier)
            for each in texts
            for tier in tiers_of(each)
            if tier.unit_fen not in {cap.fen for cap in each.caps}
        ]
        hourly = [tier.unit_fen * 60 // tier.unit_min for _, tier in tiers if tier.unit_min]
        assert span(hourly, 1) == usual.hourly, currency
        flat = [tier.unit_fen for each in texts for tier in tiers_of(each) if not tier.unit_min]
        flat += [
            tier.unit_fen
            for each in texts
            for tier in tiers_of(each)
            if tier.unit_min and tier.unit_fen in {cap.fen for cap in each.caps}
        ]
        assert span(flat, 1) == usual.flat, currency
        assert span([cap.fen for each in texts for cap in each.caps if cap.fen], 1) == usual.cap, currency
        frees = [free.minutes for each in texts for free in [each.free, *[r.free for r in each.classes if r.free]]]
        assert span([minutes for minutes in frees if minutes], 1) == usual.free, currency


def test_what_is_far_from_it_asks_for_a_reason() -> None:
    assert found(text(band("all", {"unit_fen": 5000, "unit_min": 60})), "unusual_price")
    assert found(text(band("all", {"unit_fen": 4000, "unit_min": 60}))) == []
    # Four dollars an hour is no surprise where only two texts are known.
    pounds = text(band("all", {"unit_fen": 600, "unit_min": 60}), currency="GBP", time_zone="Europe/London")
    assert found(pounds) == []
    assert found(text(currency="BRL", time_zone="America/Sao_Paulo")) == []


def test_a_pass_costs_more_than_a_day() -> None:
    sold = named("month", price_fen=3000, period="month")
    assert [one.path for one in found(text(passes=[sold]), "unusual_price")] == ["$.passes[0].price_fen"]
    assert found(text(passes=[{**sold, "price_fen": 30_000}])) == []
    assert found(text(band("all", *FLAT), passes=[{**sold, "period": "day"}])) == []
