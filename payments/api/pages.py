"""Which page of a list is asked for: `after` and `limit`, alike wherever rows have numbers."""

from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from payments import pages
from payments.pages import ROWS_PER_PAGE, ROWS_PER_PAGE_MAX, ROWS_PER_SHORT_PAGE_MAX

Page: TypeAlias = NamedDependency[SkipValidation[pages.Page]]
_After: TypeAlias = Annotated[UUID | None, QueryParameter(description="The `next` of the page before.")]


def page(
    after: _After = None,
    limit: Annotated[int, QueryParameter(ge=1, le=ROWS_PER_PAGE_MAX, description="Rows per page.")] = ROWS_PER_PAGE,
) -> pages.Page:
    """A page as a caller asks for it."""
    return pages.Page(after, limit)


def short_page(
    after: _After = None,
    limit: Annotated[
        int, QueryParameter(ge=1, le=ROWS_PER_SHORT_PAGE_MAX, description="Rows per page.")
    ] = ROWS_PER_PAGE,
) -> pages.Page:
    """A page of rows for which more has to be read."""
    return pages.Page(after, limit)


# By the names under which handlers ask for them.
PROVIDED = {
    "page": Provide(page, sync_to_thread=False),
    "short_page": Provide(short_page, sync_to_thread=False),
}
