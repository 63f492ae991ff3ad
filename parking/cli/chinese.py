"""The command line in Chinese: the same commands, whose help and refusals are said so.

Commands are written in English and know nothing of this: `of` makes a copy of them before one is run. What click says
of itself goes by gettext, for which it brings no Chinese; `teach` gives it ours.
"""

import copy
import inspect
from unicodedata import east_asian_width

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from parking.cli.spoken import word

# Beside each character that takes two columns, while lines are made: click counts characters.
_BESIDE = "\0"
# Whatever of click says something to a person.
SPEAKING = (core, decorators, exceptions, formatting, parser, termui, types)


class _Formatter(click.HelpFormatter):
    """Breaks lines where the terminal ends, also where characters are wide."""

    def write(self, string: str) -> None:
        """Without what was put beside characters."""
        super().write(string.replace(_BESIDE, ""))

    def write_text(self, text: str) -> None:
        """A paragraph or several."""
        super().write_text(_widened(text))

    def write_dl(self, rows: "list[tuple[str, str]]", *args: int, **more: int) -> None:  # type: ignore[override]
        """Options or commands, each with what it is for."""
        super().write_dl([(name, _widened(text)) for name, text in rows], *args, **more)


class _Context(click.Context):
    formatter_class = _Formatter


def of(command: click.Command) -> click.Command:
    """The same command in Chinese, with all commands below it; the one given stays as it is."""
    spoken = copy.copy(command)
    spoken.context_class = _Context
    # Made when it is first asked for, and kept.
    spoken._help_option = None
    spoken.params = [_parameter(each) for each in command.params]
    spoken.options_metavar = word(command.options_metavar or "")
    if command.help:
        spoken.help = _paragraphs(command.help)
        # click would take the words up to the first full stop: Chinese has neither.
        spoken.short_help = spoken.help.partition("\n")[0].partition("。")[0]
    if isinstance(spoken, click.Group):
        spoken.subcommand_metavar = word(spoken.subcommand_metavar or "")
        spoken.commands = {name: of(each) for name, each in spoken.commands.items()}
    return spoken


def teach() -> None:
    """Lets click say its own words in the language of who reads, from now on."""
    ours = {"_": word, "ngettext": _of_number}
    for names in map(vars, SPEAKING):
        names.update({name: says for name, says in ours.items() if name in names})


def _of_number(one: str, many: str, number: int) -> str:
    return word(one if number == 1 else many)


def _parameter(parameter: click.Parameter) -> click.Parameter:
    if not isinstance(parameter, click.Option) or not parameter.help:
        return parameter
    spoken = copy.copy(parameter)
    spoken.help = _paragraphs(parameter.help)
    return spoken


def _paragraphs(text: str) -> str:
    return "\n\n".join(word(each) for each in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a help text, each in one line: as the catalogue has them."""
    return [" ".join(each.split()) for each in inspect.cleandoc(text).split("\n\n")]


def _widened(text: str) -> str:
    return "".join(each + _BESIDE * (east_asian_width(each) in "WF") for each in text)
