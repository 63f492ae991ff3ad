"""The tariff notice (收费公示牌): every part of a tariff as a sentence, and the facts that a notice must show by law.

It explains a tariff in Chinese and English; what is charged is computed by `tariffs.price` alone.
"""

from collections.abc import Iterator

from msgspec import Struct

from parking.tariffs.language.document import Grade, PriceMode, Promises, Tariff
from parking.tariffs.notice import concessions, rates, surcharges
from parking.tariffs.notice.caps import caps
from parking.tariffs.notice.classes import classes
from parking.tariffs.notice.days import named_days
from parking.texts import amounts
from parking.texts.words import Words

_MODES: dict[PriceMode, tuple[str, Words]] = {
    PriceMode.GOVERNMENT: ("blue", ("政府定价（蓝牌）", "Price set by the government (blue board)")),
    PriceMode.MARKET: ("orange", ("市场调节价（橙牌）", "Price set by the market (orange board)")),
}
_SECONDS: dict[str, Words] = {
    "drop": ("入场和出场时间按分钟计，秒数舍去。", "Entry and exit are taken to the minute, their seconds dropped."),
    "entry_up_exit_down": (
        "入场时间向后取整到分钟，出场时间向前取整到分钟。",
        "The entry is taken as the next full minute, the exit as the last.",
    ),
    "exact": ("停放时间精确到秒。", "The time of a stay counts to the second."),
}
_ON_CHANGE: dict[str, Words] = {
    "at_entry": (
        "停放期间价格调整的，按入场时的标准收费。",
        "A stay keeps the prices that held at its entry, even if they change meanwhile.",
    ),
    "split": (
        "停放期间价格调整的，调整前后分别按各自标准收费。",
        "Where prices change during a stay, each part of it is charged by its own.",
    ),
}
_ROUNDING: dict[str, Words] = {
    "up": ("向上取整到", "rounded up to a multiple of"),
    "down": ("向下取整到", "rounded down to a multiple of"),
    "half_up": ("四舍五入到", "rounded to a multiple of"),
}


class Facts(Struct, frozen=True):
    """What a notice must show by law (明码标价).

    Who sets the price and the colour of the notice, the free period, how a fee is computed, whom to
    complain to and the legal basis; for whoever checks it, the source of the text and how good that is.
    """

    name_zh: str
    name_en: str
    price_mode: PriceMode
    color: str
    mode_zh: str
    mode_en: str
    free_zh: str
    free_en: str
    method_zh: str
    method_en: str
    complaints_phone: str
    basis_zh: str
    basis_en: str
    currency: str
    source: str
    grade: Grade


class Notice(Struct, frozen=True):
    """The sentences of a notice in the order they are read, and its facts one by one."""

    zh: list[str]
    en: list[str]
    facts: Facts


def notice(tariff: Tariff, proved: Promises | None = None) -> Notice:
    """The notice of a tariff. `proved`: what is known to be true of its fees; only that is promised."""
    # A clause that several rate periods share stands once.
    sentences = list(dict.fromkeys(_sentences(tariff, proved or Promises())))
    return Notice([zh for zh, _ in sentences], [en for _, en in sentences], _facts(tariff))


def _sentences(tariff: Tariff, proved: Promises) -> Iterator[Words]:
    zh, en = _MODES[tariff.price_mode][1]
    yield f"{zh}。", f"{en}."
    yield concessions.free(tariff.free, tariff)
    yield from rates.bands(tariff)
    yield from named_days(tariff)
    yield from rates.method(tariff)
    yield from classes(tariff)
    yield from concessions.class_free(tariff)
    yield from concessions.quotas(tariff)
    yield from caps(tariff)
    yield from concessions.discounts(tariff)
    yield from surcharges.surcharges(tariff)
    yield from concessions.passes(tariff)
    yield from concessions.charging(tariff)
    yield from concessions.booking(tariff)
    yield from concessions.exemptions(tariff)
    yield from _amounts(tariff)
    yield from surcharges.coming_back(tariff)
    yield from surcharges.longest_stay(tariff)
    yield from _promises(proved, tariff)
    yield _SECONDS[tariff.seconds]
    yield _ON_CHANGE[tariff.on_change]
    if tariff.basis_zh or tariff.basis_en:
        zh, en = tariff.basis_zh or tariff.basis_en, tariff.basis_en or tariff.basis_zh
        yield f"收费依据：{zh}。".replace("。。", "。"), f"Basis: {en}.".replace("..", ".")
    if tariff.complaints_phone:
        yield f"投诉电话：{tariff.complaints_phone}。", f"Complaints: {tariff.complaints_phone}."


def _amounts(tariff: Tariff) -> Iterator[Words]:
    if tariff.minimum_fen:
        zh, en = amounts.short(tariff.minimum_fen, tariff.currency)
        yield f"应收费的，最低收费 {zh}。", f"A fee that is charged at all is at least {en}."
    if tariff.round_to_fen > 1:
        zh, en = amounts.short(tariff.round_to_fen, tariff.currency)
        mode_zh, mode_en = _ROUNDING[tariff.round_mode]
        yield f"应收金额{mode_zh} {zh}的整数倍。", f"The fee is {mode_en} {en}."


def _promises(promises: Promises, tariff: Tariff) -> Iterator[Words]:
    bay_zh, bay_en = ("，按每个泊位计", " for each bay") if promises.per_bay else ("", "")
    if promises.never_cheaper:
        yield "停放时间更长的，收费不会更低。", "Staying longer is never cheaper."
    if promises.minute_fen_max is not None:
        zh, en = amounts.short(promises.minute_fen_max, tariff.currency)
        yield f"多停一分钟，收费最多增加 {zh}{bay_zh}。", f"One more minute never costs more than {en}{bay_en}."
    if promises.day_fen_max is not None:
        zh, en = amounts.short(promises.day_fen_max, tariff.currency)
        yield (
            f"停放不超过 24 小时的，最多收费 {zh}{bay_zh}。",
            f"A stay of up to 24 hours never costs more than {en}{bay_en}.",
        )


def _facts(tariff: Tariff) -> Facts:
    color, (mode_zh, mode_en) = _MODES[tariff.price_mode]
    free_zh, free_en = concessions.free(tariff.free, tariff)
    method = [*rates.method(tariff), _SECONDS[tariff.seconds]]
    return Facts(
        name_zh=tariff.name_zh,
        name_en=tariff.name_en,
        price_mode=tariff.price_mode,
        color=color,
        mode_zh=mode_zh,
        mode_en=mode_en,
        free_zh=free_zh,
        free_en=free_en,
        method_zh="".join(zh for zh, _ in method),
        method_en=" ".join(en for _, en in method),
        complaints_phone=tariff.complaints_phone,
        basis_zh=tariff.basis_zh,
        basis_en=tariff.basis_en,
        currency=tariff.currency,
        source=tariff.source,
        grade=tariff.grade,
    )
