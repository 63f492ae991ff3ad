"""The page of a published tariff: its notice, where it is in force, and its versions. It needs no script."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking.files import File, send
from parking.tariff_listing import VERSION_MAX, Holding, TariffShown, shown
from parking.texts import amounts, languages
from parking.texts.languages import Language
from parking.texts.pages import tariff as words
from parking.web.dependencies import Clock, Network
from parking.web.reader import Reader
from parking.web.response import page
from payments.identity import Audience


class View(Struct, frozen=True):
    """A tariff in one language, with the times of its zone."""

    tariff: TariffShown
    reader: Reader

    def name(self, of: TariffShown | Holding) -> str:
        """The name of the tariff, or of a place."""
        return self.reader.either(of.name_zh, of.name_en)

    def facts(self) -> Iterator[tuple[str, str]]:
        """What a notice has to show, each with its label; what the tariff does not say is left out."""
        facts = self.tariff.board.facts
        either, word = self.reader.either, self.reader.word
        rows = (
            ("mode", either(facts.mode_zh, facts.mode_en)),
            ("free", either(facts.free_zh, facts.free_en)),
            ("method", either(facts.method_zh, facts.method_en)),
            ("basis", either(facts.basis_zh, facts.basis_en)),
            ("phone", facts.complaints_phone),
            ("currency", either(*amounts.unit(facts.currency))),
            ("source", facts.source),
            ("grade", word(facts.grade)),
        )
        return ((word(key), value) for key, value in rows if value)

    def rules(self) -> list[str]:
        """The sentences of the notice."""
        return self.tariff.board.en if self.reader.language == languages.EN else self.tariff.board.zh

    def in_force(self, place: Holding) -> str:
        """Since when the tariff is in force at a place, and until when."""
        if place.until is None:
            return self.reader.word("since", self.reader.when(place.since))
        return self.reader.word("until", self.reader.when(place.since), self.reader.when(place.until))

    def first_in_force(self, at: datetime | None) -> str:
        """Since when a version is or was in force anywhere."""
        return self.reader.word("never") if at is None else self.reader.word("since", self.reader.when(at))


@get("/tariffs/{code:str}", include_in_schema=False, opt={"audience": (Audience.PUBLIC,)})
async def tariff_page(
    request: Request[Any, Any, Any],
    network: Network,
    clock: Clock,
    code: FromPath[str],
    version: Annotated[int | None, QueryParameter(ge=1, le=VERSION_MAX)] = None,
    lang: Annotated[str | None, QueryParameter(max_length=8)] = None,
) -> Response[bytes]:
    """A published tariff as its notice shows it."""
    tariff = shown(network.snapshot, code, version, now=clock())
    language = languages.choose(lang, request.headers.get("accept-language", ""))
    response = Response(**send(rendered(tariff, language), request.headers)._asdict())
    response.headers["Vary"] = "Accept-Language"
    return response


def rendered(tariff: TariffShown, language: Language) -> File:
    """The page of a tariff in a language."""
    reader = Reader(language, words.WORDS, ZoneInfo(tariff.time_zone))
    return page("tariff.html", reader, compressed=False, tariff=tariff, view=View(tariff, reader))


ROUTES: list[HTTPRouteHandler] = [tariff_page]
