"""Pages of lists."""

from uuid import UUID

import pytest

from payments.pages import Page

NUMBERS = [UUID(int=n) for n in range(1, 8)]


@pytest.mark.parametrize("limit", range(1, 10))
def test_pages_one_after_the_other_are_the_whole_list(limit: int) -> None:
    shown, page = [], Page(limit=limit)
    for _ in NUMBERS:
        rows = [each for each in NUMBERS if each > page.above][:limit]
        shown += rows
        if (after := page.next(rows)) is None:
            break
        page = Page(after, limit)
    assert shown == NUMBERS
