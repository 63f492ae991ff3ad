"""How names are typed: as they are written, in pinyin without tones (quanchenglu), or by its initials (qcl).

Syllables are found from their beginnings, so `quan` is no part of another syllable. A character with several readings
is found by each of them. The dictionary is read with the first Chinese name: it takes 56 MB, and only who searches
needs it.
"""

import unicodedata
from functools import lru_cache

from msgspec import Struct

# 长重行 and so on: more readings of one name than these are of no use to anybody.
READINGS_MAX = 8
# The lots and places of a province.
_KEPT_MAX = 1 << 16
_CHARACTERS_KEPT_MAX = 1 << 13
_FIRST_OF_CJK, _LAST_OF_CJK = "\u3400", "\u9fff"


class Spelt(Struct, frozen=True, gc=False):
    """The texts of a thing as they are searched. `spelt`: each syllable and what follows it, a blank before each,
    a line for each reading.
    """

    plain: str
    spelt: str

    def has(self, word: str) -> bool:
        """Whether a word that is `plain` is found."""
        return word in self.plain or f" {word}" in self.spelt

    def begins(self, word: str) -> bool:
        """Whether one of the texts begins with a word, in one of its spellings."""
        return f"\n{word}" in self.plain or f"\n {word}" in self.spelt

    def says(self, word: str) -> bool:
        """Whether one of the texts is the word, as it is written."""
        return f"\n{word}\n" in self.plain


def plain(text: str) -> str:
    """A text as it is compared: full-width letters are the others, and capitals are small."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


def words_of(asked: str) -> list[str]:
    """What is asked, word by word; an apostrophe between two syllables says nothing."""
    return plain(asked).replace("'", "").replace("’", "").split()


@lru_cache(maxsize=_KEPT_MAX)
def spelt(*texts: str) -> Spelt:
    """Texts as they are searched."""
    lines = [plain(text) for text in texts]
    # A line ends before the next one begins: no word is found across two.
    whole = "".join(f"\n{line}" for line in lines)
    return Spelt(f"{whole}\n", "".join(_spelt(line) for line in lines if _is_chinese(line)))


def _is_chinese(text: str) -> bool:
    return any(_FIRST_OF_CJK <= character <= _LAST_OF_CJK for character in text)


def _spelt(text: str) -> str:
    """The reading of the phrase, and those in which one character is read otherwise."""
    from pypinyin import lazy_pinyin  # noqa: PLC0415  # see above

    usual = lazy_pinyin(text, errors=list)  # type: ignore[arg-type]  # one for each character, which its types forget
    readings = [usual]
    for at, character in enumerate(text):
        others = [other for other in _readings(character) if other != usual[at]]
        readings += [[*usual[:at], other, *usual[at + 1 :]] for other in others]
    lines = [_suffixes(spelt) for each in readings[:READINGS_MAX] for spelt in (each, [one[:1] for one in each])]
    return "".join(f"\n {line}" for line in dict.fromkeys(lines))


@lru_cache(maxsize=_CHARACTERS_KEPT_MAX)
def _readings(character: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin  # noqa: PLC0415  # see above

    return tuple(dict.fromkeys(pinyin(character, style=Style.NORMAL, heteronym=True)[0]))


def _suffixes(syllables: list[str]) -> str:
    """`quanchenglu chenglu lu`; blanks and hyphens between are nothing."""
    said = ["" if each in " -·()（）" else each for each in syllables]
    return " ".join("".join(said[at:]) for at in range(len(said)))
