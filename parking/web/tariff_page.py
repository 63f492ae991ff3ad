"""The page of a price text, as a board shows it: without a script, in one language at a time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from string import Template
from typing import NamedTuple
from zoneinfo import ZoneInfo

from parking.api.tariffs import Holding, TariffShown

ZH, EN = "zh", "en"
# The words of the page; a key that is missing in one language is a fault, so both stand side by side.
_WORDS = {
    "lang": ("zh-CN", "en"),
    "title": ("停车收费公示", "Parking prices"),
    "other": ("English", "中文"),
    "version": ("第 {} 版，{} 发布", "Version {}, published {}"),
    "mode": ("定价方式", "Kind of price"),
    "free": ("免费时长", "Free period"),
    "method": ("计费方法", "How it is computed"),
    "basis": ("收费依据", "Basis"),
    "phone": ("投诉电话", "Complaints"),
    "currency": ("币种", "Currency"),
    "source": ("文本来源", "Source of the text"),
    "grade": ("来源等级", "Grade of the source"),
    "rules": ("收费标准", "Prices"),
    "zones": ("适用收费区域", "Price areas"),
    "lots": ("适用停车场", "Lots"),
    "versions": ("历次版本", "Versions"),
    "nowhere": ("目前没有停车场适用。", "It holds nowhere at present."),
    "since": ("自 {} 起", "since {}"),
    "until": ("自 {} 起，至 {} 止", "from {} until {}"),
    "never": ("未实行", "not in force anywhere"),
    "official": ("官方文件", "official document"),
    "press": ("新闻报道", "press"),
    "copy": ("转载", "copy"),
    "hearsay": ("转述", "hearsay"),
    "made_up": ("示例，非真实价格", "made up, nobody's real price"),
    "holidays": ("时间均为 {} 时间。", "All times are those of {}."),
}


class _Speech(NamedTuple):
    """One language, and the zone whose clock is told."""

    at: int
    zone: ZoneInfo

    def word(self, key: str, *values: object) -> str:
        """Words of the page, ready to stand in it."""
        return escape(_WORDS[key][self.at].format(*values))

    def said(self, zh: str, en: str) -> str:
        """A text that exists in both languages, ready to stand in the page."""
        return escape(en or zh) if self.at else escape(zh or en)

    def when(self, at: datetime) -> str:
        """A local time."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M")


def language(asked: str | None, accepted: str) -> str:
    """The language of the page: the one asked for, else the one the browser likes best of the two."""
    if asked in (ZH, EN):
        return asked
    for part in accepted.lower().split(","):
        wanted = part.strip()[:2]
        if wanted in (ZH, EN):
            return wanted
    return ZH


def page(template: Template, tariff: TariffShown, lang: str) -> bytes:
    """The page of a tariff. Whatever comes from its document is escaped."""
    speech = _Speech(int(lang == EN), ZoneInfo(tariff.time_zone))
    board = tariff.board.en if speech.at else tariff.board.zh
    other = ZH if speech.at else EN
    return template.substitute(
        lang=speech.word("lang"),
        title=speech.word("title"),
        name=speech.said(tariff.name_zh, tariff.name_en),
        code=escape(tariff.code),
        version=speech.word("version", tariff.version, speech.when(tariff.published_at)),
        clock=speech.word("holidays", tariff.time_zone),
        other_href=f"?version={tariff.version}&amp;lang={other}",
        other_lang=other,
        other=speech.word("other"),
        color=escape(tariff.board.facts.color),
        facts=_facts(tariff, speech),
        rules_word=speech.word("rules"),
        rules=_list(escape(line) for line in board),
        places=_places("zones", tariff.zones, speech) + _places("lots", tariff.lots, speech) or _nowhere(speech),
        versions_word=speech.word("versions"),
        versions=_list(_versions(tariff, speech)),
    ).encode()


def _facts(tariff: TariffShown, speech: _Speech) -> str:
    facts = tariff.board.facts
    rows = (
        ("mode", speech.said(facts.mode_zh, facts.mode_en)),
        ("free", speech.said(facts.free_zh, facts.free_en)),
        ("method", speech.said(facts.method_zh, facts.method_en)),
        ("basis", speech.said(facts.basis_zh, facts.basis_en)),
        ("phone", escape(facts.complaints_phone)),
        ("currency", escape(facts.currency)),
        ("source", escape(facts.source)),
        ("grade", speech.word(facts.grade)),
    )
    return "".join(f"<dt>{speech.word(key)}</dt><dd>{value}</dd>" for key, value in rows if value)


def _places(key: str, holdings: Sequence[Holding], speech: _Speech) -> str:
    if not holdings:
        return ""
    lines = (
        f'{speech.said(one.name_zh, one.name_en)} <small class="quiet">{_period(one, speech)}</small>'
        for one in holdings
    )
    return f"<h3>{speech.word(key)}</h3>{_list(lines)}"


def _period(holding: Holding, speech: _Speech) -> str:
    if holding.until is None:
        return speech.word("since", speech.when(holding.since))
    return speech.word("until", speech.when(holding.since), speech.when(holding.until))


def _nowhere(speech: _Speech) -> str:
    return f'<p class="quiet">{speech.word("nowhere")}</p>'


def _versions(tariff: TariffShown, speech: _Speech) -> Iterable[str]:
    lang = EN if speech.at else ZH
    for one in tariff.versions:
        held = speech.word("never") if one.holds_from is None else speech.word("since", speech.when(one.holds_from))
        label = speech.word("version", one.version, speech.when(one.published_at))
        current = ' aria-current="page"' if one.version == tariff.version else ""
        link = f'<a href="?version={one.version}&amp;lang={lang}"{current}>{label}</a>'
        yield f'{link} <small class="quiet">{held}</small>'


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{line}</li>" for line in lines) + "</ul>"
