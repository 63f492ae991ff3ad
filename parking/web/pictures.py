"""Pictures that are made for a page, as SVG that stands in it."""

import segno
from markupsafe import Markup


def code(text: str) -> Markup:
    """A QR code. What is in it was encoded, so that nothing of it is markup."""
    return Markup(segno.make(text, error="m").svg_inline(scale=4, dark="#000", light="#fff", border=3))  # noqa: S704
