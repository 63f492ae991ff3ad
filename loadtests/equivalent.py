"""Mistakes that can change no fee, each with the reason: no test can notice them, and none needs to."""

from loadtests.mistakes import Mistake

# (module, how the line is written, how the change begins): why it comes to the same. An empty text fits every one.
EQUIVALENT: tuple[tuple[str, str, str, str], ...] = (
    ("hours", "_DAYS_REMEMBERED_MAX", "", "how much is remembered changes the speed alone"),
    ("compiled", "_TABLES_MAX", "", "how much is remembered changes the speed alone"),
    ("", "if found is None:", "if found is None -> if True", "what is remembered is computed again"),
    ("hours", "if day not in self._occurrences:", "if day not in self._occurrences -> if True", "computed again"),
    ("caps", "if rooms is None:", "if rooms is None -> if True", "what is remembered is computed again"),
    ("caps", "if cycle is None:", "if cycle is None -> if True", "what is remembered is computed again"),
    ("compiled", "EVER = 1 << 62", "", "any number that no instant reaches"),
    ("caps", "begins: int = 0", "", "no room is asked for its beginning before it is opened"),
    ("compiled", "return -1", "1 -> 2", "any number below nothing says that no class fits"),
    ("compiled", "def table(", "100 -> ", "the default is asked for the free period alone"),
    ("compiled", "self.plain = ", "tariff.round_to_fen > 1 -> tariff.round_to_fen >= 1", "the long way to the same"),
    ("compiled", "self.plain = ", "1 -> 0", "the long way to the same"),
    ("covering", "if not stay.pasts:", "if not stay.pasts -> if False", "the long way to the same"),
    (
        "hours",
        "is_new_day = False",
        "False -> True",
        "no passage is open yet, or two of one band meet at midnight alone",
    ),
    ("covering", "left = rule.free_max_min", "stay.ends - stay.starts ->", "no charging is longer than the stay"),
    ("hours", "if ends - begins == DAY_S", "if ends - begins", "the long way to the same"),
    ("hours", "if ends - begins == DAY_S", "ends - begins -> ends + begins", "the long way to the same"),
    ("hours", "if ends - begins == DAY_S", "not minutes", "there always are minutes"),
    ("covering", "if amount <= 0:", "", "amounts are whole minutes, and a cover of no time is none"),
    ("covering", "if not amount:", "if not amount -> if False", "a cover of no time is none"),
    ("covering", "if not is_free:", "if not is_free -> if True", "what covers a stay that is free is not asked"),
    ("covering", "if begins < until:", "begins < until -> begins <= until", "a cover of no time is none"),
    ("covering", "return [(max(begins, starts)", "begins < ends -> begins <= ends", "a cover of no time is none"),
    ("covering", "return [(max(begins, starts)", "until > starts -> until >= starts", "a cover of no time is none"),
    ("covering", "if begins >= until or", "begins >= until -> begins > until", "a cover of no time is none"),
    (
        "covering",
        "if cover.starts >= ends:",
        "cover.starts >= ends -> cover.starts > ends",
        "it is only later that it stops",
    ),
    (
        "caps",
        "if least is None or room.left < least.left:",
        "room.left < least.left -> ",
        "equal rooms take the same off",
    ),
)


def changes_nothing(mistake: Mistake) -> bool:
    """Whether it is known that a mistake comes to the same."""
    return any(
        module in {"", mistake.module} and written in mistake.written and mistake.text.startswith(text)
        for module, written, text, _ in EQUIVALENT
    )
