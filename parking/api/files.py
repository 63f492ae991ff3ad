"""Files as they are sent: with a tag, compressed once, and under a policy that lets nothing in from elsewhere."""

import gzip
from hashlib import blake2b
from typing import Any

from litestar import Request, Response
from msgspec import Struct

# Litestar adds the character set to what is text.
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
}
# Nothing inline, nothing from elsewhere: text that finds its way into a page cannot become code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
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


def send(request: Request[Any, Any, Any], sent: File, *, policy: str = POLICY) -> Response[bytes]:
    """The answer with a file, or 304 without it if the caller has it already."""
    headers = {
        "ETag": sent.tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
    }
    if sent.gzipped is not None:
        headers["Vary"] = "Accept-Encoding"
    if sent.tag in (request.headers.get("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    if sent.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(sent.gzipped, media_type=sent.media_type, headers={**headers, "Content-Encoding": "gzip"})
    return Response(sent.body, media_type=sent.media_type, headers=headers)
