"""`awaitomic check`: reports findings and writes nothing but what it is asked to: a baseline, or comments."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn, Unpack

import click

from awaitomic.cli.options import Given, common, common_options
from awaitomic.cli.values import WithReason

if TYPE_CHECKING:
    from awaitomic.cli.options import Common
    from awaitomic.engine.baselines import Acceptance

DEFAULT_REASON = "not reviewed yet"
"""What a comment says if its author has said nothing."""


@click.command(cls=WithReason)
@common_options
@click.option("--show-fixes", is_flag=True, help="Show the diff of every fix.")
@click.option(
    "--add-ignore",
    metavar="[=REASON]",
    help="Add comments that suppress what is found, with a reason.",
)
@click.option(
    "--write-baseline",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write what is found to this baseline; one that is there only loses what no longer occurs.",
)
@click.option("--extend-baseline", is_flag=True, help="With --write-baseline: let one that is there grow, too.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    *,
    show_fixes: bool,
    add_ignore: str | None,
    write_baseline: str | None,
    extend_baseline: bool,
    **given: Unpack[Given],
) -> None:
    """Report state that crosses an await.

    PATHS are files and directories (default: the current directory), or - for standard input.
    """
    from awaitomic.cli.outcome import exit_code, report, tell_problems
    from awaitomic.cli.running import run_engine
    from awaitomic.report.summary import check_summary, first_hint

    options = common(given)
    acceptance = _acceptance(options, write_baseline, extend=extend_baseline)
    if add_ignore is not None:
        if show_fixes:
            raise click.UsageError("--add-ignore writes comments instead of fixes: --show-fixes does not go with it.")
        _suppress(ctx, options, add_ignore, baseline=write_baseline)
    run = run_engine(options, acceptance=acceptance, diffs=show_fixes or options.outputs.wants_diffs)
    report(run, options, diffs=show_fixes)
    tell_problems(run, options)
    if run.report.files:
        unsafe = options.settings.unsafe_fixes
        options.streams.aside(check_summary(run.report, unsafe=unsafe, offer=not options.hook))
        if options.streams.on_terminal and (hint := first_hint(run.report, options.settings.confidence)):
            options.streams.aside(hint)
    if options.hook:
        from awaitomic.cli.next_steps import tell_next_steps

        tell_next_steps(ctx, run, options)
    ctx.exit(exit_code(run, options))


def _suppress(ctx: click.Context, options: Common, reason: str, *, baseline: str | None) -> NoReturn:
    """Add comments instead of reporting; raises `click.UsageError` for what does not go with that."""
    from awaitomic.cli.outcome import exit_code, report, tell_problems, with_diffs
    from awaitomic.cli.running import run_engine
    from awaitomic.findings.new_comments import reads_as_reason
    from awaitomic.report.summary import suppressed_summary

    if options.reads_stdin:
        raise click.UsageError("--add-ignore writes comments into files, not into standard input.")
    if baseline is not None:
        raise click.UsageError("--add-ignore and --write-baseline exclude each other.")
    reason = reason.strip() or DEFAULT_REASON
    if not reads_as_reason(reason):
        raise click.UsageError(f"{reason!r} cannot be the reason in a comment: it would be read as something else.")
    run = run_engine(options, reason=reason)
    report(with_diffs(run, options), options)
    tell_problems(run, options)
    options.streams.aside(suppressed_summary(run.report, len(run.applied), len(run.changes)))
    ctx.exit(exit_code(run, options))


def _acceptance(options: Common, baseline: str | None, *, extend: bool) -> Acceptance | None:
    """Say which baseline is to be written; raises `click.UsageError` for what does not go with that."""
    from awaitomic.engine.baselines import Acceptance

    if baseline is None:
        if extend:
            raise click.UsageError("--extend-baseline is only for --write-baseline.")
        return None
    if options.reads_stdin:
        raise click.UsageError("--write-baseline is about files, not about standard input.")
    if options.baseline is not None:
        raise click.UsageError("--write-baseline and --baseline exclude each other: name the one to write.")
    if options.since is not None:
        raise click.UsageError("--write-baseline writes all that is found: --since and --changed exclude it.")
    if not os.path.isdir(os.path.dirname(baseline) or "."):  # noqa: PTH112, PTH120 - pathlib takes a while to load
        raise click.UsageError(f"the directory {os.path.dirname(baseline)!r} does not exist.")  # noqa: PTH120 - pathlib is slow
    options.outputs.check_other("--write-baseline", baseline)
    return Acceptance(os.path.abspath(baseline), extend)  # noqa: PTH100 - links are not followed
