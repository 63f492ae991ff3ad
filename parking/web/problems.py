"""What problem documents mean: the list of their kinds, and a page of each, for people (HTML) and programs (JSON)."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking.files import File, file, send
from parking.texts import languages, problems
from parking.texts.languages import EN, ZH, Language
from parking.texts.pages import problems as words
from parking.texts.problems.facts import FACTS
from parking.web.reader import Reader
from parking.web.response import page
from payments.identity import Audience

_OPEN = {"audience": (Audience.PUBLIC,)}
Lang = Annotated[str | None, QueryParameter(max_length=8)]


class FactShown(Struct, frozen=True):
    """What a document may carry under `facts`."""

    name: str
    means_zh: str
    means_en: str


class KindShown(Struct, frozen=True):
    """A kind of problem in both languages; `type` as documents name it."""

    type: str
    title_zh: str
    title_en: str
    means_zh: str
    means_en: str
    advice_zh: str
    advice_en: str
    facts: Sequence[FactShown]

    def title(self, language: Language) -> str:
        """What it is called."""
        return languages.either(language, self.title_zh, self.title_en)

    def means(self, language: Language) -> str:
        """What it means."""
        return languages.either(language, self.means_zh, self.means_en)

    def advice(self, language: Language) -> str:
        """What to do."""
        return languages.either(language, self.advice_zh, self.advice_en)


def _shown(code: str) -> KindShown:
    kind = problems.KINDS[code]
    facts = [FactShown(name, *FACTS[name]) for name in kind.facts]
    titles = problems.title(code, ZH), problems.title(code, EN)
    return KindShown(f"/problems/{code}", *titles, *kind.means, *kind.advice, facts)


SHOWN = {code: _shown(code) for code in sorted(problems.KINDS)}


class KindList(Struct, frozen=True):
    """All kinds, in the order of their codes."""

    problems: Sequence[KindShown]


@get("/problems", include_in_schema=False, opt=_OPEN)
async def list_problems(request: Request[Any, Any, Any], lang: Lang = None) -> Response[bytes]:
    """Every kind there is."""
    if _wants_json(request):
        return _sent(request, _json(KindList([*SHOWN.values()])))
    return _sent(request, _page(request, "problems.html", lang, kinds=SHOWN.values()))


@get("/problems/{code:str}", include_in_schema=False, opt=_OPEN)
async def problem_page(request: Request[Any, Any, Any], code: FromPath[str], lang: Lang = None) -> Response[bytes]:
    """One kind: what it means, what to do, and what its documents carry."""
    if (kind := SHOWN.get(code)) is None:
        raise NotFoundException("There is no such kind of problem.")
    if _wants_json(request):
        return _sent(request, _json(kind))
    return _sent(request, _page(request, "problem.html", lang, code=code, kind=kind))


def _wants_json(request: Request[Any, Any, Any]) -> bool:
    """Whether a program asks: browsers name HTML."""
    return "text/html" not in request.headers.get("accept", "")


def _json(shown: Struct) -> File:
    return file(msgspec.json.encode(shown), ".json", compressed=False)


def _page(request: Request[Any, Any, Any], template: str, lang: str | None, **values: object) -> File:
    reader = Reader(languages.choose(lang, request.headers.get("accept-language", ""), default=EN), words.WORDS)
    return page(template, reader, compressed=False, **values)


def _sent(request: Request[Any, Any, Any], sent: File) -> Response[bytes]:
    response = Response(**send(sent, request.headers)._asdict())
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


ROUTES: list[HTTPRouteHandler] = [list_problems, problem_page]
