"""How an appeal ended, in words for its driver."""

from parking.appeals import Outcome
from parking.texts import amounts
from parking.texts.words import Words

# What the lots of the city charge in.
_CURRENCY = "CNY"
OPEN: Words = ("已受理，等待核查。", "Received; somebody will look at it.")
OUTCOMES: dict[Outcome, Words] = {
    Outcome.CANCELLED: ("经核查，该笔费用已取消。", "It was looked at: nothing is asked for any more."),
    Outcome.REDUCED: ("经核查，该笔费用已减少。", "It was looked at: less is asked for."),
    Outcome.STANDS: ("经核查，该笔费用无误。", "It was looked at: the charge is right."),
    Outcome.CORRECTED_TO_NOTHING: (
        "停车记录已更正，该笔费用已取消。",
        "The stay was corrected: nothing is asked for any more.",
    ),
    Outcome.CORRECTED: ("停车记录已更正，该笔费用已减少。", "The stay was corrected: less is asked for."),
}


def ended(outcome: Outcome | None, given_back_fen: int, because: Words | None) -> Words:
    """How an appeal ended, by how much the charge costs less, and why it was corrected, if it was."""
    zh, en = OPEN if outcome is None else OUTCOMES[outcome]
    if outcome is not None and given_back_fen:
        less_zh, less_en = amounts.full(given_back_fen, _CURRENCY)
        zh, en = f"{zh}共减少 {less_zh}。", f"{en} {less_en} less in all."
    if because is not None:
        zh, en = f"{zh}原因：{because[0]}。", f"{en} Why: {because[1]}."
    return zh, en
