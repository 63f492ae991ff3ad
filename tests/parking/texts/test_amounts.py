"""Amounts of money as bills, notices, screens and reports write them."""

import pytest

from parking.texts import amounts
from parking.texts.amounts import full, number, short


@pytest.mark.parametrize(
    ("fen", "currency", "texts"),
    [
        (200, "CNY", ("2.00", "2.00 元", "2.00 CNY", "2 元", "¥2")),
        (1250, "CNY", ("12.50", "12.50 元", "12.50 CNY", "12.50 元", "¥12.50")),
        (5, "EUR", ("0.05", "0.05 欧元", "0.05 EUR", "0.05 欧元", "€0.05")),
        (500, "KRW", ("500", "500 韩元", "500 KRW", "500 韩元", "₩500")),
        (500, "JPY", ("500", "500 日元", "500 JPY", "500 日元", "500 JPY")),
        (1500, "KWD", ("1.500", "1.500 KWD", "1.500 KWD", "1.500 KWD", "1.500 KWD")),
        (-250, "CNY", ("-2.50", "-2.50 元", "-2.50 CNY", "-2.50 元", "¥-2.50")),
        (0, "CNY", ("0.00", "0.00 元", "0.00 CNY", "0 元", "¥0")),
    ],
)
def test_amounts_in_words(fen: int, currency: str, texts: tuple[str, ...]) -> None:
    assert (number(fen, currency), *full(fen, currency), *short(fen, currency)) == texts


@pytest.mark.parametrize(
    ("fen", "currency", "narrow", "with_symbol", "change"),
    [
        (200, "CNY", ("2.00元", "¥2.00"), "¥2.00", "+2.00"),
        (123_450, "CNY", ("1234.50元", "¥1234.50"), "¥1,234.50", "+1,234.50"),
        (-1_234_567, "CNY", ("-12345.67元", "¥-12345.67"), "¥−12,345.67", "−12,345.67"),
        (0, "CNY", ("0.00元", "¥0.00"), "¥0.00", "0.00"),
        (1500, "JPY", ("1500日元", "1500 JPY"), "1,500 JPY", "+1,500"),
    ],
)
def test_amounts_on_screens_and_in_reports(
    fen: int, currency: str, narrow: tuple[str, str], with_symbol: str, change: str
) -> None:
    assert amounts.narrow(fen, currency) == narrow
    assert amounts.grouped_with_symbol(fen, currency) == with_symbol
    assert amounts.grouped(fen, currency, signed=True) == change
