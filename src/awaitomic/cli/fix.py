"""`awaitomic fix`: applies fixes, or shows them as a patch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import click

from awaitomic.cli.options import Given, common, common_options

if TYPE_CHECKING:
    from collections.abc import Iterable

    from awaitomic.cli.options import Common
    from awaitomic.engine.mending import MendGroups
    from awaitomic.engine.outcome import Run


@click.command()
@common_options
@click.option("--diff", is_flag=True, help="Write nothing: show what would change as a patch for git apply.")
@click.option(
    "--patch-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write only to DIR: one patch for each group of fixes that belong together, for git apply and git am.",
)
@click.option(
    "-i",
    "--interactive",
    is_flag=True,
    help="Show one group of fixes at a time and ask what to do with it; what is taken is written at once.",
)
@click.option(
    "--max-fixes",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so many groups of fixes, the first ones of the report.",
)
@click.option("--exit-non-zero-on-fix", is_flag=True, help="End with 1 if a file was changed.")
@click.pass_context
def fix(
    ctx: click.Context,
    /,
    *,
    diff: bool,
    patch_dir: Path | None,
    interactive: bool,
    max_fixes: int | None,
    exit_non_zero_on_fix: bool,
    **given: Unpack[Given],
) -> None:
    """Apply the fixes marked safe, and report what is left and why.

    PATHS are files and directories (default: the current directory), or - for standard input, whose fixed text then
    goes to standard output.
    """
    options = common(given)
    if options.exit_zero and exit_non_zero_on_fix:
        raise click.UsageError("--exit-zero and --exit-non-zero-on-fix exclude each other.")
    _check_usage(options, diff=diff, patch_dir=patch_dir, interactive=interactive, max_fixes=max_fixes)
    if interactive:
        from awaitomic.cli.review import review

        code = review(options, max_fixes, exit_non_zero_on_fix=exit_non_zero_on_fix)
    elif patch_dir is not None:
        from awaitomic.cli.patch_dir import fix_into

        code = fix_into(patch_dir, options, max_fixes)
    elif diff and options.outputs.takes_diffs:
        code = _report_diffs(options)
    else:
        code = _fix_all(ctx, options, max_fixes, diff=diff, changes_count=diff or exit_non_zero_on_fix)
    ctx.exit(code)


def _report_diffs(options: Common) -> int:
    """Report every finding with the diff of its fix alone, and give the exit code."""
    from awaitomic.cli.outcome import exit_code, report, tell_problems
    from awaitomic.cli.running import run_engine

    run = run_engine(options, diffs=True)
    report(run, options, diffs=True)
    tell_problems(run, options)
    return exit_code(run, options)


def _fix_all(ctx: click.Context, options: Common, most: int | None, *, diff: bool, changes_count: bool) -> int:
    """Repair all that can be, or show it as a patch, and give the exit code.

    Parameters: at most so many groups of fixes are taken (None: all); `changes_count` tells whether a change of a file
    is a reason to end with 1.
    """
    from awaitomic.cli.outcome import exit_code, report_others, tell_problems, with_diffs
    from awaitomic.cli.running import run_engine

    mend = None
    if most is not None:
        from awaitomic.engine.mending import MendGroups

        mend = MendGroups(most, write=not diff)
    run = run_engine(options, repair=True, write=not diff, mend=mend)
    _show(run, options, diff=diff)
    if diff and options.outputs.others:
        # The run above speaks of texts that nobody has; a report that is kept has to speak of the files as they are.
        report_others(run_engine(options, diffs=True), options, diffs=True)
    elif options.reads_stdin:
        report_others(with_diffs(run, options), options)
    tell_problems(run, options)
    tell_fixes(run, options, notes_of_groups(mend, dry=diff) if mend is not None else (), dry=diff)
    if options.hook:
        from awaitomic.cli.next_steps import tell_next_steps

        tell_next_steps(ctx, run, options, repaired=not diff)
    return exit_code(run, options, changes=bool(run.changes) and changes_count)


def _check_usage(
    options: Common, *, diff: bool, patch_dir: Path | None, interactive: bool, max_fixes: int | None
) -> None:
    """Raise `click.UsageError` for options that do not go together: none is ever ignored."""
    ways = [("--diff", diff), ("--patch-dir", patch_dir is not None), ("--interactive", interactive)]
    asked = [name for name, given in ways if given]
    if len(asked) > 1:
        raise click.UsageError(f"{asked[0]} and {asked[1]} exclude each other.")
    in_groups = [*asked, *(["--max-fixes"] if max_fixes is not None else [])]
    if in_groups not in ([], ["--diff"]) and options.reads_stdin:
        raise click.UsageError(f"{in_groups[-1]} is for files: it cannot be used with - (standard input).")
    outputs = options.outputs
    if outputs.for_people or interactive:
        return
    advice = f"use check --output-format {outputs.format}, or give --output-file {outputs.format}=FILE besides"
    if patch_dir is not None:
        raise click.UsageError(f"--patch-dir writes patches, for which {outputs.format} has no place: {advice}.")
    if diff and not outputs.takes_diffs:
        raise click.UsageError(f"--diff shows a patch, for which {outputs.format} has no place: {advice}.")
    if diff and max_fixes is not None:
        raise click.UsageError(f"fix --diff reports all findings as {outputs.format}: --max-fixes is for patches.")
    if options.reads_stdin and not diff:
        raise click.UsageError(f"fix - prints the fixed source, and no report: {advice}.")


def notes_of_groups(mend: MendGroups, *, dry: bool) -> list[str]:
    """Say how many groups of fixes were left because of ``--max-fixes``."""
    from awaitomic.report.summary import count

    if not mend.left:
        return []
    taken, left = count(len(mend.groups), "group"), count(mend.left, "group")
    return [f"--max-fixes: {taken} of fixes {'would be ' if dry else ''}taken, {left} left"]


def _show(run: Run, options: Common, *, diff: bool) -> None:
    """Write the patch, the fixed text, or what is left; whatever else there is to show goes to standard error."""
    from awaitomic.cli.outcome import findings_text, report, with_diffs

    streams = options.streams
    if not diff and not options.reads_stdin:
        report(with_diffs(run, options), options)
        return
    if diff:
        from awaitomic.report.diff import render_patch

        streams.report(render_patch((change.old, change.new) for change in run.changes))
    else:
        streams.report(run.changes[0].new.raw if run.changes else options.stdin)
    left = findings_text(run, options, streams.paint_aside, dry=diff)
    if left:
        streams.aside(left.rstrip("\n"))


def tell_fixes(run: Run, options: Common, notes: Iterable[str] = (), *, dry: bool) -> None:
    """Say on standard error what was repaired, then some notes, and how much is left; `dry`: nothing was written."""
    from awaitomic.report.cells import visible
    from awaitomic.report.summary import fix_summary

    streams = options.streams
    verb = streams.paint_aside.style("would fix" if dry else "fixed", "good")
    for applied in run.applied:
        finding = applied.finding
        title = finding.fix.title if finding.fix is not None else finding.message
        streams.aside(f"{verb} {visible(finding.path)}:{applied.line}: {finding.rule} {visible(title)}")
    streams.asides(notes)
    if run.report.files:
        unsafe = options.settings.unsafe_fixes
        counts = len(run.applied), len(run.changes)
        streams.aside(fix_summary(run.report, *counts, unsafe=unsafe, dry=dry, offer=not options.hook))
