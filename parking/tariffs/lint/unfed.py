"""Rules of a document that ask for what nobody knows of a visit: they would stand on the board and never be applied."""

from collections.abc import Collection, Iterator

from parking.tariffs.language.document import Tariff
from parking.tariffs.language.sources import FED, Source, asked_by
from parking.tariffs.lint.findings import Finding


def rules_without_source(text: Tariff, fed: Collection[Source] = FED) -> Iterator[Finding]:
    """A finding for each; `fed`: the sources there are."""
    for asked in asked_by(text):
        if asked.source not in fed:
            yield Finding(
                "unfed",
                "error",
                asked.path,
                f"{asked.path} 所问的情况在计费时无从得知（{asked.source}），公示了也不会执行；请删去该规则。",
                f"Nobody knows what {asked.path} asks for when a stay is priced ({asked.source}): it would stand on "
                "the board and never be applied. Take the rule out.",
                facts={"source": asked.source.value},
            )
