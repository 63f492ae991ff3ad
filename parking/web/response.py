"""Pages, made from their templates. How files are sent stands in `parking/files.py`."""

from pathlib import Path
from typing import Any

from litestar import Request, Response

from parking.files import POLICY_OF_FORMS, SAFE_HEADERS, File, file
from parking.sessions import form_token
from parking.texts import languages
from parking.texts.languages import Language
from parking.texts.templates import templates_of
from parking.web.forms import FORM_FIELD, held
from parking.web.reader import Reader

FOLDER = Path(__file__).parent
TEMPLATES = templates_of("parking.web")
LANGUAGE_COOKIE, LANGUAGE_KEPT_S = "onelot-lang", 365 * 24 * 3600


def page(template: str, reader: Reader, *, compressed: bool = True, **values: object) -> File:
    """A page made from a template of `templates/`; `compressed`: once, because it is made once and sent often."""
    text = TEMPLATES.get_template(template).render(reader=reader, **values)
    return file(text.encode(), ".html", compressed=compressed)


def language_of(request: Request[Any, Any, Any]) -> Language:
    """The language that was chosen here, or lately, or that the browser names."""
    chosen = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return languages.choose(chosen, request.headers.get("accept-language", ""))


def shown(
    request: Request[Any, Any, Any], template: str, reader: Reader, *, status_code: int = 200, **values: object
) -> Response[bytes]:
    """A page for one reader: nobody keeps it, and its forms are known by what the browser holds."""
    token = held(request)
    text = TEMPLATES.get_template(template).render(
        reader=reader, form_field=FORM_FIELD, form_token="" if token is None else form_token(token), **values
    )
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": POLICY_OF_FORMS,
        "Content-Language": reader.tag,
        **SAFE_HEADERS,
    }
    answer = Response(text.encode(), status_code=status_code, media_type="text/html", headers=headers)
    if "lang" in request.query_params:
        answer.set_cookie(LANGUAGE_COOKIE, reader.language, max_age=LANGUAGE_KEPT_S, samesite="lax", httponly=True)
    return answer


def moved(path: str) -> Response[bytes]:
    """To another page, after something was done."""
    return Response(b"", status_code=303, headers={"Location": path, "Cache-Control": "no-store"})
