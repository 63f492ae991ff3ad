"""Who reads a page: in which language and by which clock. What is said on a page is said through this."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from msgspec import Struct

from parking.texts import amounts, durations, languages, pages, times
from parking.texts.languages import EN, Language
from parking.texts.pages import frame
from parking.texts.words import Words

CURRENCY = "CNY"


class Reader(Struct, frozen=True):
    """`words`: of the page that is read; what stands on every page is known without them."""

    language: Language
    words: Mapping[str, Words]
    zone: tzinfo = UTC

    @property
    def other(self) -> Language:
        """The language that is offered instead."""
        return languages.other(self.language)

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return languages.TAGS[self.language]

    def word(self, key: str, *values: object) -> str:
        """A word of the page, with values in its places."""
        return pages.word(self.words if key in self.words else frame.WORDS, self.language, key, *values)

    def said(self, words: Words) -> str:
        """What stands in both languages, in the one that is read."""
        return words[1] if self.language == EN else words[0]

    def either(self, zh: str, en: str) -> str:
        """A text in the reader's language, or in the other one where it is missing."""
        return languages.either(self.language, zh, en)

    def money(self, fen: int) -> str:
        """An amount with its sign and symbol: "¥1,250.00"."""
        return amounts.grouped_with_symbol(fen, CURRENCY)

    def when(self, at: datetime) -> str:
        """An instant by the reader's clock: "2026-11-18 09:05"."""
        return times.date_and_clock(at.astimezone(self.zone))

    def short(self, at: datetime) -> str:
        """As `when`, where the year is plain: "11-18 09:05"."""
        return times.month_day_and_clock(at.astimezone(self.zone))

    def clock(self, at: datetime) -> str:
        """The time of day."""
        return times.clock(at.astimezone(self.zone))

    def lasting(self, length: timedelta) -> str:
        """A length of time, with days: "1 d 3 h 20 min"."""
        return self.said(durations.short_in_days(max(length, timedelta(0))))
