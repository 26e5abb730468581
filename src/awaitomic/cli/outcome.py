"""What `check` and `fix` say and return in the same way: findings, errors, faults, exit codes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.cli.outputs import write_file
from awaitomic.report.formats import ALWAYS_DIFFS, Material, render
from awaitomic.report.paint import Paint
from awaitomic.report.sources import Sources

if TYPE_CHECKING:
    from awaitomic.cli.options import Common
    from awaitomic.engine.outcome import Run
    from awaitomic.model.finding import Finding
    from awaitomic.report.statistics import RuleCount

CLEAN, FINDINGS, USAGE, FAULT = 0, 1, 2, 3


def findings_text(run: Run, common: Common, paint: Paint, *, diffs: bool = False, dry: bool = False) -> str:
    """Give the findings for people, or their counts if those were asked for.

    Parameters: with `diffs`, what each fix changes is shown; `dry`: what was repaired is so only in a patch.
    """
    if common.statistics:
        from awaitomic.report.statistics import as_rows

        return "".join(f"{row}\n" for row in as_rows(_counted(run), dry=dry))
    name = common.outputs.format if common.outputs.for_people else "text"
    return render(name, _material(run, common, diffs=diffs), paint)


def report(run: Run, common: Common, *, diffs: bool = False) -> None:
    """Write the main report, and all others.

    Counts that were asked for go to standard error where the main report is for a program. Parameters: with `diffs`,
    what each fix changes was asked for; some formats say it anyway.
    """
    outputs = common.outputs
    if outputs.for_people:
        common.streams.report(findings_text(run, common, common.streams.paint, diffs=diffs))
    else:
        if common.statistics:
            from awaitomic.report.statistics import as_rows

            common.streams.asides(as_rows(_counted(run)))
        common.streams.report(_rendered(outputs.format, run, common, diffs=diffs))
    report_others(run, common, diffs=diffs)


def report_others(run: Run, common: Common, *, diffs: bool = False) -> None:
    """Write the reports that go to files of their own."""
    for name, file in common.outputs.others:
        rendered = _rendered(name, run, common, diffs=diffs)
        write_file(file, rendered.encode("utf-8", "backslashreplace"))


def with_diffs(run: Run, common: Common) -> Run:
    """Give a run that has changed files, with what the fixes of what is left would change, if a report always says so.

    That is asked of the files as they are by now, so nothing is asked if no report has a place for it.
    """
    if not common.outputs.wants_diffs or not run.report.findings:
        return run
    from awaitomic.cli.running import run_engine

    if common.reads_stdin and run.changes:
        common = replace(common, stdin=run.changes[0].new.raw)
    now = {(each.path, each.fingerprint): each for each in run_engine(common, diffs=True).report.findings}
    findings = tuple(now.get((each.path, each.fingerprint), each) for each in run.report.findings)
    return replace(run, report=replace(run.report, findings=findings))


def _rendered(name: str, run: Run, common: Common, *, diffs: bool) -> str:
    return render(name, _material(run, common, diffs=diffs or name in ALWAYS_DIFFS), Paint())


def _material(run: Run, common: Common, *, diffs: bool) -> Material:
    """Give what a report is made of; diffs that only another report wants are left out."""
    whole = run.report
    found = whole if diffs else replace(whole, findings=tuple(map(_without_diff, whole.findings)))
    counted = _counted(run) if common.statistics else None
    return Material(found, Sources(run.texts), common.settings.unsafe_fixes, counted)


def _without_diff(finding: Finding) -> Finding:
    if finding.fix is None or finding.fix.diff is None:
        return finding
    return replace(finding, fix=replace(finding.fix, diff=None, edits=()))


def _counted(run: Run) -> tuple[RuleCount, ...]:
    from awaitomic.report.statistics import count_rules

    return count_rules(run.report, run.original, [applied.finding for applied in run.applied])


def tell_problems(run: Run, common: Common) -> None:
    """Say on standard error what could not be analysed and why, and what gave nothing to analyse."""
    streams = common.streams
    streams.asides(run.notes)
    faulty = {fault.path for fault in run.faults}
    for error in run.report.errors:
        if error.path not in faulty:
            from awaitomic.report.text import render_error

            streams.error(render_error(error, streams.paint_aside).rstrip("\n"))
    for fault in run.faults:
        streams.error(f"{fault.path}: {fault.message}\n  {fault.advice}")
        if common.verbose and fault.details:
            streams.error(fault.details.rstrip("\n"))
    if common.verbose:
        report = run.report
        streams.asides(run.details)
        earlier = f" ({run.remembered} in an earlier run)" if run.remembered else ""
        streams.aside(f"{report.files} files, {run.analysed} of them parsed{earlier}, {report.seconds:.2f} seconds")


def exit_code(run: Run, common: Common, *, changes: bool = False) -> int:
    """Give the exit code of a run; `changes` says whether a change of files counts, and there is one."""
    if run.faults:
        return FAULT
    if common.exit_zero:
        return CLEAN
    return FINDINGS if run.report.findings or run.report.errors or changes else CLEAN
