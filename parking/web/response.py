"""Pages, made from their templates. How they are sent stands in `parking/files.py`."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from parking.files import File, file

FOLDER = Path(__file__).parent
# Every value is escaped, and a name that a page misspells is an error and not an empty place.
_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, *, compressed: bool = True, **values: object) -> File:
    """A page made from a template of `templates/`; `compressed`: once, because it is made once and sent often."""
    return file(_templates.get_template(template).render(**values).encode(), ".html", compressed=compressed)
