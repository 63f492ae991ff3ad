"""The page of a published tariff: its notice, where it is in force, and its versions. It needs no script."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from parking.files import File, send
from parking.tariff_listing import VERSION_MAX, Holding, TariffShown, shown
from parking.texts import amounts, languages, pages
from parking.texts.languages import Language
from parking.web.dependencies import Clock, Network
from parking.web.response import page
from payments.identity import Audience


class View(Struct, frozen=True):
    """A tariff in one language, with the times of its zone."""

    tariff: TariffShown
    language: Language

    def word(self, key: str, *values: object) -> str:
        """A word of the page."""
        return pages.word(pages.TARIFF, self.language, key, *values)

    def name(self, of: TariffShown | Holding) -> str:
        """The name of the tariff, or of a place."""
        return languages.either(self.language, of.name_zh, of.name_en)

    def when(self, at: datetime) -> str:
        """An instant by the clocks of the tariff's zone."""
        return at.astimezone(ZoneInfo(self.tariff.time_zone)).strftime("%Y-%m-%d %H:%M")

    def facts(self) -> Iterator[tuple[str, str]]:
        """What a notice has to show, each with its label; what the tariff does not say is left out."""
        facts = self.tariff.board.facts
        either = partial(languages.either, self.language)
        rows = (
            ("mode", either(facts.mode_zh, facts.mode_en)),
            ("free", either(facts.free_zh, facts.free_en)),
            ("method", either(facts.method_zh, facts.method_en)),
            ("basis", either(facts.basis_zh, facts.basis_en)),
            ("phone", facts.complaints_phone),
            ("currency", either(*amounts.unit(facts.currency))),
            ("source", facts.source),
            ("grade", self.word(facts.grade)),
        )
        return ((self.word(key), value) for key, value in rows if value)

    def rules(self) -> list[str]:
        """The sentences of the notice."""
        return self.tariff.board.en if self.language == languages.EN else self.tariff.board.zh

    def in_force(self, place: Holding) -> str:
        """Since when the tariff is in force at a place, and until when."""
        if place.until is None:
            return self.word("since", self.when(place.since))
        return self.word("until", self.when(place.since), self.when(place.until))

    def first_in_force(self, at: datetime | None) -> str:
        """Since when a version is or was in force anywhere."""
        return self.word("never") if at is None else self.word("since", self.when(at))


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
    view = View(tariff, language)
    return page(
        "tariff.html", compressed=False, lang=language, other=languages.other(language), tariff=tariff, view=view
    )


ROUTES: list[HTTPRouteHandler] = [tariff_page]
