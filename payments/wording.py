"""Words of whoever asks for something, as people read them: why a charge was corrected, or is held back."""

from collections.abc import Mapping
from typing import TypeAlias

# In Chinese and English, by the asker's word.
Wording: TypeAlias = Mapping[str, tuple[str, str]]


def spelled(word: str, wording: Wording) -> tuple[str, str]:
    """A word in Chinese and English; one that is not known is itself."""
    return wording.get(word, (word, word))
