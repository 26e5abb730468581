"""Tells what to do next, in commands that can be copied: the end of a hook's screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.cli.typed import Typed
from awaitomic.knowledge.codes import UNUSED
from awaitomic.report.hook import keep_it, next_steps

if TYPE_CHECKING:
    import click

    from awaitomic.cli.options import Common
    from awaitomic.engine.outcome import Run


def tell_next_steps(ctx: click.Context, run: Run, options: Common, *, repaired: bool = False) -> None:
    """Say on standard error how to go on; `repaired` tells that the run has applied fixes where it could."""
    if options.reads_stdin:
        return  # what was piped in cannot be asked about again by a command
    streams = options.streams
    typed = Typed(ctx)
    if run.changes and repaired:
        streams.aside("look at what was changed with git diff, add it, and commit again")
    if run.report.findings:
        streams.aside("")
    told = run.report
    # An entry of a baseline is judged by a run over the source that it is about, and takes no comment.
    entries = {each.path for each in told.findings if each.rule == UNUSED and not each.path.endswith((".py", ".pyi"))}
    for step in next_steps(told, unsafe=options.settings.unsafe_fixes, repaired=repaired):
        streams.aside(f"{step.purpose}:")
        paths = step.paths
        if not entries.isdisjoint(paths):
            paths = tuple(sorted({*paths, *options.paths} - entries))
        streams.aside("    " + streams.paint_aside.style(typed.line(step.command, paths), "bold"))
    kept = keep_it(replace(told, findings=tuple(each for each in told.findings if each.path not in entries)))
    if kept:
        streams.aside("to keep a finding as it is, with a comment on its line:")
        streams.aside("    " + streams.paint_aside.style(kept, "bold"))
