"""What the price board (收费公示牌) at a lot says: its tariff in plain sentences, in Chinese and English."""

from msgspec import Struct

from parking.tariffs import Band, Tariff
from payments.money import yuan


class Board(Struct, frozen=True):
    """The sentences of a board, in the order they are read."""

    zh: list[str]
    en: list[str]


def board(tariff: Tariff) -> Board:
    """The board of a tariff. It explains; what is charged is computed by `tariffs.price` alone."""
    zh, en = [], []
    if tariff.free_min:
        zh.append(f"停放 {tariff.free_min} 分钟（含）以内免费，超过的自入场起计费。")
        en.append(f"Free up to and including {tariff.free_min} minutes; longer stays are charged from their start.")
    for band in sorted(tariff.bands, key=lambda band: band.starts):
        zh.append(_band_zh(band))
        en.append(_band_en(band))
    if tariff.large_percent != 100 and any(band.unit_fen for band in tariff.bands):
        zh.append(f"大型车按小型车标准的 {tariff.large_percent}% 收费。")
        en.append(f"Large vehicles pay {tariff.large_percent}% of these prices and caps.")
    if tariff.nev_quota_min:
        zh.append(f"新能源汽车 24 小时内免费停放 {tariff.nev_quota_min} 分钟。")
        en.append(f"New energy vehicles: the first {tariff.nev_quota_min} minutes within 24 hours are free.")
    if tariff.short_crossing_min:
        zh.append(f"停放跨时段且不足 {tariff.short_crossing_min} 分钟的，按入场时段标准收费。")
        en.append(f"Stays under {tariff.short_crossing_min} minutes across two periods are priced by the first.")
    return Board(zh, en)


def _band_zh(band: Band) -> str:
    hours = "全天" if band.starts == band.ends else f"{band.starts}–{band.ends}"
    if not band.unit_fen:
        return f"{band.name_zh}（{hours}）：免费。"
    cap = "" if band.cap_fen is None else f"，最高 {_yuan(band.cap_fen)} 元"
    return f"{band.name_zh}（{hours}）：每 {band.unit_min} 分钟 {_yuan(band.unit_fen)} 元{cap}。"


def _band_en(band: Band) -> str:
    hours = "all day" if band.starts == band.ends else f"{band.starts}–{band.ends}"
    if not band.unit_fen:
        return f"{band.name_en} ({hours}): free."
    cap = "" if band.cap_fen is None else f", at most ¥{_yuan(band.cap_fen)}"
    return f"{band.name_en} ({hours}): ¥{_yuan(band.unit_fen)} for every started {band.unit_min} minutes{cap}."


def _yuan(fen: int) -> str:
    """Whole yuan stand without decimals on a board."""
    return yuan(fen).removesuffix(".00")
