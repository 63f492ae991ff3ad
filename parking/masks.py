"""What is kept out of log lines, and out of errors that are kept: whole plates, keys, tokens and passwords."""

import re
from collections.abc import Iterable

from parking import plates

MASK = "•••"
# What is shorter stands in texts by chance.
KNOWN_CHARACTERS_MIN = 8
_CREDENTIALS = re.compile(
    # A gateway's key keeps its name, by which it is revoked.
    r"(?P<kept>olk_[0-9A-Za-z]{1,64}_)[0-9A-Za-z]+"
    # A signed token: {" in Base64, and its two other parts.
    r"|eyJ[\w-]*(?:\.[\w-]*){0,2}"
    # The login in an address.
    r"|(?<=://)[^\s/@\"']*(?=@)"
    r"|(?P<scheme>(?i:bearer|basic)\s+)[\w.~+/=-]{8,}"
)


def masked(text: str, known: Iterable[str] = ()) -> str:
    """A text without them. `known`: secrets of this process, which are found in whatever form the others are not."""
    for secret in known:
        if len(secret) >= KNOWN_CHARACTERS_MIN:
            text = text.replace(secret, MASK)
    text = _CREDENTIALS.sub(lambda found: f"{found['kept'] or found['scheme'] or ''}{MASK}", text)
    return plates.mask_all(text)
