"""Files as pages and the API's description send them: with a tag, compressed once, under a policy that lets nothing in
from elsewhere.
"""

import gzip
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from msgspec import Struct

# The framework adds the character set to what is text.
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
# Nothing inline, nothing from elsewhere: text that finds its way into a page cannot become code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# Where people fill in forms, these go nowhere else.
POLICY_OF_FORMS = POLICY.replace("form-action 'none'", "form-action 'self'")
# The policy says so as well, to browsers that know it.
SAFE_HEADERS = {"X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer"}
COMPRESSED_BYTES_MIN = 1024
COMPRESSION_LEVEL = 6
# Handlers of files say so in their `opt`: what is compressed once is not compressed again with every answer.
COMPRESSED_ONCE = {"exclude_from_compression": True}


class File(Struct, frozen=True):
    """What is sent, with its tag. `gzipped` is None for what is sent too seldom, or is too small, to be compressed."""

    body: bytes
    media_type: str
    tag: str
    gzipped: bytes | None = None


def file(body: bytes, suffix: str, *, compressed: bool = True) -> File:
    """A file of this kind."""
    gzipped = None
    if compressed and len(body) >= COMPRESSED_BYTES_MIN:
        gzipped = gzip.compress(body, COMPRESSION_LEVEL, mtime=0)
    return File(body, MEDIA_TYPES[suffix], f'W/"{blake2b(body, digest_size=12).hexdigest()}"', gzipped)


class Sent(NamedTuple):
    """An answer with a file, as the framework takes it."""

    content: bytes
    status_code: int
    media_type: str
    headers: dict[str, str]


def send(sent: File, asked: Mapping[str, str], *, policy: str = POLICY) -> Sent:
    """The answer with a file, or 304 without it if the caller has it already. `asked`: the headers of the request."""
    headers = {
        "ETag": sent.tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        **SAFE_HEADERS,
    }
    if sent.gzipped is not None:
        headers["Vary"] = "Accept-Encoding"
    if sent.tag in (asked.get("if-none-match") or ""):
        return Sent(b"", 304, sent.media_type, headers)
    if sent.gzipped is not None and "gzip" in asked.get("accept-encoding", ""):
        return Sent(sent.gzipped, 200, sent.media_type, {**headers, "Content-Encoding": "gzip"})
    return Sent(sent.body, 200, sent.media_type, headers)
