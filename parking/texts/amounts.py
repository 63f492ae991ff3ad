"""Amounts of money as people write them: 200 fen are "2.00", and 500 won are "500"."""

from parking.texts.words import Words

# The decimals of currencies (ISO 4217) that have not two.
_DECIMALS = dict.fromkeys(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(),  # noqa: SIM905 - a table of words
    0,
) | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)  # noqa: SIM905
_NAMES_ZH = {
    "AED": "阿联酋迪拉姆", "AUD": "澳元", "BRL": "巴西雷亚尔", "CAD": "加元", "CHF": "瑞士法郎", "CNY": "元",
    "CZK": "捷克克朗", "DKK": "丹麦克朗", "EUR": "欧元", "GBP": "英镑", "HKD": "港元", "IDR": "印尼盾",
    "ILS": "以色列新谢克尔", "INR": "印度卢比", "JPY": "日元", "KRW": "韩元", "MOP": "澳门元", "MXN": "墨西哥比索",
    "MYR": "林吉特", "NOK": "挪威克朗", "NZD": "新西兰元", "PHP": "菲律宾比索", "PLN": "兹罗提", "RUB": "俄罗斯卢布",
    "SAR": "沙特里亚尔", "SEK": "瑞典克朗", "SGD": "新加坡元", "THB": "泰铢", "TRY": "土耳其里拉",
    "TWD": "新台币元", "USD": "美元", "VND": "越南盾", "ZAR": "南非兰特",
}  # fmt: skip
_SYMBOLS = {"CNY": "¥", "EUR": "€", "GBP": "£", "KRW": "₩", "USD": "$"}


def decimals(currency: str) -> int:
    """How many decimals an amount of this currency is written with."""
    return _DECIMALS.get(currency, 2)


def unit(currency: str) -> Words:
    """What amounts of a currency are in: "元", "CNY"."""
    return _NAMES_ZH.get(currency, currency), currency


def number(fen: int, currency: str) -> str:
    """The bare number: 1250 fen are "12.50"."""
    places = decimals(currency)
    minus = "-" if fen < 0 else ""
    if not places:
        return f"{minus}{abs(fen)}"
    whole, part = divmod(abs(fen), 10**places)
    return f"{minus}{whole}.{part:0{places}d}"


def full(fen: int, currency: str) -> Words:
    """The amount with all decimals: "2.00 元", "2.00 CNY"."""
    bare = number(fen, currency)
    return f"{bare} {_NAMES_ZH.get(currency, currency)}", f"{bare} {currency}"


def short(fen: int, currency: str) -> Words:
    """The amount as short as can be: "2 元", "¥2"; "2 TWD" where a currency has no symbol of its own."""
    bare = number(fen, currency)
    whole, _, part = bare.partition(".")
    bare = bare if part.strip("0") else whole
    return f"{bare} {_NAMES_ZH.get(currency, currency)}", _with_symbol(bare, currency)


def in_yuan(fen: int) -> str:
    """An amount in what the city charges in, for a terminal: "¥12.50"."""
    return _with_symbol(number(fen, "CNY"), "CNY")


def percent(milli: int) -> str:
    """Thousandths of a percent, exactly: 18375 are "18.375%"."""
    whole, part = divmod(milli, 1000)
    return f"{whole}.{part:03d}".rstrip("0").rstrip(".") + "%"


def narrow(fen: int, currency: str) -> Words:
    """The amount with all decimals and no space, for the few characters of a lane's screen: "2.00元", "¥2.00"."""
    bare = number(fen, currency)
    return f"{bare}{_NAMES_ZH.get(currency, currency)}", _with_symbol(bare, currency)


def grouped(fen: int, currency: str, *, signed: bool = False) -> str:
    """The bare number with its thousands apart, and with a sign if it is a change: "+1,250.00"."""
    places = decimals(currency)
    whole, part = divmod(abs(fen), 10**places)
    bare = f"{whole:,}.{part:0{places}d}" if places else f"{whole:,}"
    return f"{change_sign(fen, signed=signed)}{bare}"


def grouped_with_symbol(fen: int, currency: str) -> str:
    """The amount with its thousands apart: "¥1,250.00"; "1,250.00 TWD" where a currency has no symbol of its own."""
    return _with_symbol(grouped(fen, currency), currency)


def _with_symbol(bare: str, currency: str) -> str:
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{bare}" if symbol else f"{bare} {currency}"


def change_sign(change: int, *, signed: bool) -> str:
    """The sign to write before a number; a plus only if it is a change (`signed`)."""
    # The true minus is as wide as the plus.
    return "−" if change < 0 else "+" if change and signed else ""
