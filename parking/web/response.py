"""Answers with pages and files: an ETag, and a content policy that loads nothing from elsewhere."""

from hashlib import blake2b
from pathlib import Path
from typing import Any

from litestar import Request, Response
from msgspec import Struct

from parking.texts.templates import templates_of

FOLDER = Path(__file__).parent
# Litestar adds the character set to what is text.
MEDIA_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Nothing inline, nothing from elsewhere: text that finds its way into a page cannot become code.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_templates = templates_of("parking.web")


class File(Struct, frozen=True):
    """The body of a page or a file, with its ETag."""

    body: bytes
    media_type: str
    tag: str


def file(body: bytes, suffix: str) -> File:
    return File(body, MEDIA_TYPES[suffix], f'W/"{blake2b(body, digest_size=12).hexdigest()}"')


def page(template: str, **values: object) -> File:
    """A page made from a template of `templates/`."""
    return file(_templates.get_template(template).render(**values).encode(), ".html")


def send(request: Request[Any, Any, Any], content: File) -> Response[bytes]:
    """The answer with a file, or 304 without it if the caller has it already."""
    headers = {
        "ETag": content.tag,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    if content.tag in (request.headers.get("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(content.body, media_type=content.media_type, headers=headers)
