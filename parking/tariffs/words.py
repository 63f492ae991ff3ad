"""Amounts as people write them: "2.00" is 200 fen, and 500 won are "500"; in words, and short for a board."""

# Minor units of a currency (ISO 4217) that are not hundredths: how many decimals.
_DECIMALS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(),  # noqa: SIM905 - a table of words
    0,
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)  # noqa: SIM905
_NAMES_ZH = {
    "AUD": "澳元", "CAD": "加元", "CHF": "瑞士法郎", "CNY": "元", "EUR": "欧元", "GBP": "英镑", "HKD": "港元",
    "JPY": "日元", "KRW": "韩元", "MOP": "澳门元", "SGD": "新加坡元", "TWD": "新台币元", "USD": "美元",
}  # fmt: skip
_SIGNS = {"CNY": "¥", "EUR": "€", "GBP": "£", "KRW": "₩", "USD": "$"}


def decimals(currency: str) -> int:
    """How many decimals an amount of this currency is written with."""
    return _DECIMALS.get(currency, 2)


def amount(fen: int, currency: str) -> str:
    """The bare number: 1250 fen is "12.50"."""
    places = decimals(currency)
    sign = "-" if fen < 0 else ""
    if not places:
        return f"{sign}{abs(fen)}"
    whole, part = divmod(abs(fen), 10**places)
    return f"{sign}{whole}.{part:0{places}d}"


def amount_zh(fen: int, currency: str) -> str:
    """The amount in Chinese: "2.00 元"."""
    return f"{amount(fen, currency)} {_NAMES_ZH.get(currency, currency)}"


def amount_en(fen: int, currency: str) -> str:
    """The amount in English: "2.00 CNY"."""
    return f"{amount(fen, currency)} {currency}"


def short_zh(fen: int, currency: str) -> str:
    """The amount on a board: whole units stand without decimals, "2 元"."""
    return f"{_short(fen, currency)} {_NAMES_ZH.get(currency, currency)}"


def short_en(fen: int, currency: str) -> str:
    """The amount on a board in English: "¥2", "¥2.50"; the code where a currency has no sign of its own."""
    sign = _SIGNS.get(currency)
    return f"{sign}{_short(fen, currency)}" if sign else f"{_short(fen, currency)} {currency}"


def _short(fen: int, currency: str) -> str:
    number = amount(fen, currency)
    whole, _, part = number.partition(".")
    return number if part.strip("0") else whole
