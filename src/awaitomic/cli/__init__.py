"""The command line: options in, engine, report, exit code. Commands load what they need only when they run."""

from __future__ import annotations

import errno
import os
from typing import Any

import click

from awaitomic import __version__
from awaitomic.cli.check import check
from awaitomic.cli.clean import clean
from awaitomic.cli.completion import completion
from awaitomic.cli.config import config
from awaitomic.cli.explain import explain
from awaitomic.cli.fix import fix
from awaitomic.cli.rules import rules
from awaitomic.cli.standard import ending, open_closed
from awaitomic.cli.words import did_you_mean
from awaitomic.engine.collector import seldom

_INTERNAL_FAULT = 3


class _Commands(click.Group):
    """Suggests commands; turns a fault of our own into exit code 3 with what is needed to report it."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for a word that is none, the nearest is suggested, or what to do with a path."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            hint = did_you_mean(name, self.commands)
            if os.path.exists(name):  # noqa: PTH110 - pathlib takes a while to load
                from awaitomic.report.shell import quoted

                hint = f" To check a path: awaitomic check {quoted(name)}"
            message = f"No such command {name!r}.{hint}"
            raise click.UsageError(message, ctx)
        return super().resolve_command(ctx, args)

    def main(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as click has it
        """Run as a program; what becomes of the standard streams is no fault of ours."""
        open_closed()
        with ending():
            return super().main(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click's own exceptions pass."""
        try:
            with ending(), seldom():  # else it looks through all modules again and again while more are loaded
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # whatever it is: it is ours, and has to be reported as such
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # click ends quietly when nobody reads the output any more
            import traceback

            click.echo(traceback.format_exc(), err=True, nl=False)
            advice = "please report this to awaitomic's issue tracker with the lines above and your command"
            click.echo(f"awaitomic: internal fault; {advice}.", err=True)
            ctx.exit(_INTERNAL_FAULT)


@click.group(
    "awaitomic", cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "--version", prog_name="awaitomic", message="%(prog)s %(version)s")
def main() -> None:
    """Find asyncio state that crosses an await, and repair it.

    Begin with "awaitomic check" in a project; "awaitomic fix --diff" shows what it would change.

    Exit codes: 0 nothing is left to fix, 1 there are findings or files that could not be analysed, 2 wrong usage or
    configuration (or the output could not be written), 3 an internal fault, 130 interrupted.
    """


main.add_command(check)
main.add_command(fix)
main.add_command(explain)
main.add_command(rules)
main.add_command(clean)
main.add_command(config)
main.add_command(completion)
