"""`awaitomic check`: reports findings and writes nothing."""

from __future__ import annotations

from typing import Unpack

import click

from awaitomic.cli.options import Given, common, common_options


@click.command()
@common_options
@click.option("--show-fixes", is_flag=True, help="Show the diff of every fix.")
@click.pass_context
def check(ctx: click.Context, /, *, show_fixes: bool, **given: Unpack[Given]) -> None:
    """Report state that crosses an await.

    PATHS are files and directories (default: the current directory), or - for standard input.
    """
    from awaitomic.cli.outcome import exit_code, report, tell_problems  # noqa: PLC0415 - not for --version
    from awaitomic.cli.running import run_engine  # noqa: PLC0415 - not for --version
    from awaitomic.report.summary import check_summary  # noqa: PLC0415 - not for --version

    options = common(given)
    run = run_engine(options, diffs=show_fixes or options.outputs.wants_diffs)
    report(run, options, diffs=show_fixes)
    tell_problems(run, options)
    if run.report.files:
        unsafe = options.settings.unsafe_fixes
        options.streams.aside(check_summary(run.report, unsafe=unsafe, offer=not options.hook))
    if options.hook:
        from awaitomic.cli.next_steps import tell_next_steps  # noqa: PLC0415 - only for hooks

        tell_next_steps(ctx, run, options)
    ctx.exit(exit_code(run, options))
