"""Who types: what the audit log names for what is done at the command line."""

from typing import Any

import click

from parking.cli.spoken import sentence
from parking.settings import ACTOR, user
from payments.identity import Audience, Principal

NAME_CHARACTERS_MAX = 64
# Nobody's token stands behind such a name, so it is never taken for one.
_TYPED = "command line: "
_KEY = __name__


def option(command: Any) -> Any:
    """The option `--by` of all commands, which keeps who types for `by` and `staff`."""
    return click.option(
        "--by",
        "name",
        envvar=ACTOR,
        default=user,
        expose_value=False,
        callback=_keep,
        help=f"Who the audit log names for what is done ({ACTOR}); the user of the system if left out.",
    )(command)


def by() -> str:
    """Who types, as the audit log names them: `command line: NAME`."""
    name: str = click.get_current_context().meta[_KEY]
    return _TYPED + name


def staff() -> Principal:
    """Who types, for whom nothing is of another operator."""
    return Principal(Audience.ADMIN, by())


def _keep(ctx: click.Context, _: click.Parameter, value: str) -> None:
    name = value.strip()
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        most = NAME_CHARACTERS_MAX
        raise click.BadParameter(
            sentence("{value!r} is no name in one line of at most {most} characters.", value=value, most=most)
        )
    ctx.meta[_KEY] = name
