"""What `check` and `fix` say and return in the same way: findings, errors, faults, exit codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.report.hook import render_briefly
from awaitomic.report.json_report import render_json
from awaitomic.report.sources import Sources
from awaitomic.report.summary import statistics
from awaitomic.report.text import render_error, render_finding

if TYPE_CHECKING:
    from awaitomic.cli.options import Common
    from awaitomic.engine.outcome import Run
    from awaitomic.report.paint import Paint

CLEAN, FINDINGS, USAGE, FAULT = 0, 1, 2, 3


def findings_text(run: Run, common: Common, paint: Paint) -> str:
    """Give the findings for people, or their counts if those were asked for."""
    if common.statistics:
        return "".join(f"{row}\n" for row in statistics(run.report.findings))
    sources = Sources(run.texts)
    render = render_briefly if common.hook else render_finding
    return "\n".join(render(finding, sources, paint) for finding in run.report.findings)


def report_text(run: Run, common: Common) -> str:
    """Give the report in the format that was asked for; counts go to standard error if it is for machines."""
    if not common.json:
        return findings_text(run, common, common.streams.paint)
    if common.statistics:
        common.streams.asides(statistics(run.report.findings))
    return render_json(run.report, unsafe=common.settings.unsafe_fixes)


def tell_problems(run: Run, common: Common) -> None:
    """Say on standard error what could not be analysed and why, and what gave nothing to analyse."""
    streams = common.streams
    streams.asides(run.notes)
    faulty = {fault.path for fault in run.faults}
    for error in run.report.errors:
        if error.path not in faulty:
            streams.error(render_error(error, streams.paint_aside).rstrip("\n"))
    for fault in run.faults:
        streams.error(f"{fault.path}: {fault.message}\n  {fault.advice}")
        if common.verbose and fault.details:
            streams.error(fault.details.rstrip("\n"))
    if common.verbose:
        report = run.report
        streams.aside(f"{report.files} files, {run.analysed} of them parsed, {report.seconds:.2f} seconds")


def exit_code(run: Run, common: Common, *, changes: bool = False) -> int:
    """Give the exit code of a run; `changes` says whether a change of files counts, and there is one."""
    if run.faults:
        return FAULT
    if common.exit_zero:
        return CLEAN
    return FINDINGS if run.report.findings or run.report.errors or changes else CLEAN
