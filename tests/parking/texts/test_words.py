"""Whatever people read a word of has that word in Chinese and in English."""

import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import pytest

import sql
from parking.appeals import Outcome
from parking.billings import REASON
from parking.cases import Reason
from parking.decisions import Kind
from parking.reads import By
from parking.texts import appeals, cases, corrections, decisions
from parking.texts.words import Words
from payments.adjustments import WITHDRAWN


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (list(Reason), cases.REASONS),
        ([*map(str, Reason), REASON], cases.HOLDS),
        (list(Kind), decisions.KINDS),
        (list(Outcome), appeals.OUTCOMES),
        ([*By, WITHDRAWN], corrections.CAUSES),
    ],
    ids=["cases", "holds", "decisions", "appeals", "corrections"],
)
def test_every_value_has_its_words(values: list[StrEnum | str], words: Mapping[str, Words]) -> None:
    assert list(words) == values
    assert len(set(words.values())) == len(values)
    for zh, en in words.values():
        assert not zh.isascii()
        assert en.isascii()
        assert zh == zh.strip() != ""
        assert en == en.strip() != ""


@pytest.mark.parametrize("path", sorted(Path("sql/parking").glob("*.sql")), ids=lambda path: path.stem)
def test_no_query_has_a_cause_of_its_own(path: Path) -> None:
    """Why a stay is priced again is a value of `By`, whose words stand above, and no word of a query."""
    queries = [each for each in sql.load(f"parking/{path.stem}").values() if "insert into repricing" in each]
    assert {word for each in queries for word in re.findall(r"'(\w+)'", each)} <= {"closed", "merged"}


def test_an_appeal_says_how_much_and_why() -> None:
    assert appeals.ended(None, 0, None) == appeals.OPEN
    because = corrections.CAUSES[By.LATER_FACT]
    zh, en = appeals.ended(Outcome.CORRECTED, 250, because)
    assert zh == "停车记录已更正，该笔费用已减少。共减少 2.50 元。原因：收到补传的过车记录，停车记录已更正。"
    assert en.startswith("The stay was corrected: less is asked for. 2.50 CNY less in all. Why: ")
