"""Pages, made from their templates. How they are sent stands in `parking/files.py`."""

from pathlib import Path

from parking.files import File, file
from parking.texts.templates import templates_of
from parking.web.reader import Reader

FOLDER = Path(__file__).parent
TEMPLATES = templates_of("parking.web")


def page(template: str, reader: Reader, *, compressed: bool = True, **values: object) -> File:
    """A page made from a template of `templates/`; `compressed`: once, because it is made once and sent often."""
    return file(
        TEMPLATES.get_template(template).render(reader=reader, **values).encode(), ".html", compressed=compressed
    )
