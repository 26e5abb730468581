"""Findings for people: where, what, why other tasks can come in, how the update is lost, and what can be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.finding import Applicability
from awaitomic.report.cells import visible, wrap
from awaitomic.report.frame import Mark, render_frame
from awaitomic.report.timeline import build_timeline, render_timeline
from awaitomic.report.words import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.model.finding import FileError, Finding, TraceStep
    from awaitomic.model.position import Extent
    from awaitomic.report.formats import Material
    from awaitomic.report.paint import Paint
    from awaitomic.report.sources import Sources

_INDENT = 4
_NARROW = 60
"""Columns below which indentation costs more than it gives."""


def render_finding(finding: Finding, sources: Sources, paint: Paint) -> str:
    """Render one finding as a block that ends with a line end.

    Parameters: `sources` holds the texts that the finding points into; `paint` is the look. Only the headline may be
    wider than ``paint.width``, so that it can be searched for by line.
    """
    rows = [headline(finding, paint)]
    if finding.function:
        rows.append(paint.style(f"{'':{_INDENT}}in {visible(finding.function)}", "dim"))
    rows.extend(frames(finding, sources, paint))
    timeline = build_timeline(finding, sources)
    if timeline is not None:
        rows.append(f"{'':{_INDENT}}{paint.style(timeline.title + ':', 'bold')}")
        rows.extend(render_timeline(timeline, paint, _INDENT if paint.width < _NARROW else 2 * _INDENT))
    for evidence in finding.evidence:
        rows.extend(_item("why", evidence, "bold", paint))
    rows.extend(remedy_rows(finding, paint))
    return "\n".join(rows) + "\n"


def render_text(material: Material, paint: Paint) -> str:
    """Render all findings, with an empty line between them."""
    return "\n".join(render_finding(finding, material.sources, paint) for finding in material.report.findings)


def headline(finding: Finding, paint: Paint, *, fixable: bool = False) -> str:
    """Give the one line that says everything: ``path:line:column: RULE [confidence] message``.

    With `fixable`, ``[*]`` stands before the message.
    """
    extent = finding.extent
    place = paint.style(f"{visible(finding.path)}:{extent.line}:{extent.column}:", "path")
    mark = f" {paint.style('[*]', 'good')}" if fixable else ""
    return f"{place} {paint.style(finding.rule, 'rule')} [{finding.confidence}]{mark} {visible(finding.message)}"


def render_error(error: FileError, paint: Paint) -> str:
    """Render a file that could not be analysed, or not be written, as one line."""
    place = paint.style(f"{visible(error.path)}:{error.line}:{error.column}:", "path")
    return f"{place} {paint.style(error.rule or 'error:', 'rule')} {visible(error.message)}\n"


def frames(finding: Finding, sources: Sources, paint: Paint) -> Iterator[str]:
    """Render a frame for each file of the trace, the finding's own first: rows without line ends."""
    by_path: dict[str, list[Mark]] = {finding.path: []}
    completing = [n for n, step in enumerate(finding.trace, 1) if _place(step) == (finding.path, finding.extent)]
    for number, step in enumerate(finding.trace, 1):
        primary = number == completing[-1] if completing else False
        note = f"{number}. {step.note}" if len(finding.trace) > 1 else step.note
        by_path.setdefault(step.path, []).append(Mark(step.extent, note, step.role.value, primary))
    if not completing:
        by_path[finding.path].append(Mark(finding.extent, "", "primary", primary=True))
    rival = finding.rival
    if rival is not None and _place(rival) not in map(_place, finding.trace):
        note = f"task B: {rival.note or 'writes here meanwhile'}"
        by_path.setdefault(rival.path, []).append(Mark(rival.extent, note, rival.role.value))
    for path, marks in by_path.items():
        if path != finding.path:
            yield paint.style(f"{'':{_INDENT}}in {visible(path)}", "dim")
        yield from render_frame(sources, path, marks, paint)


def _place(step: TraceStep) -> tuple[str, Extent]:
    return step.path, step.extent


def remedy_rows(finding: Finding, paint: Paint) -> Iterator[str]:
    """Give the rows that say what can be done about a finding, and how far that may be trusted."""
    said = remedy(finding)
    if said is None:
        return
    fix = finding.fix
    kind = "good" if fix is not None and fix.applicability is Applicability.SAFE else "warn"
    yield from _item(*said, kind, paint)
    if fix is not None and fix.diff:
        yield from render_diff(fix.diff, paint)


def _item(label: str, text: str, kind: str, paint: Paint) -> Iterator[str]:
    first, *more = wrap(text, paint.width - _INDENT - len(label) - 2)
    yield f"{'':{_INDENT}}{paint.style(label + ':', kind)} {first}"
    yield from (f"{'':{_INDENT + len(label) + 2}}{row}" for row in more)


def render_diff(diff: str, paint: Paint) -> Iterator[str]:
    """Render a patch below a finding."""
    yield ""
    yield from (f"{'':{2 * _INDENT}}{row}".rstrip() for row in diff_rows(diff, paint))


def diff_rows(diff: str, paint: Paint) -> Iterator[str]:
    """Give the rows of a patch for people: in colour, and with control characters made visible."""
    for line in diff.rstrip("\n").split("\n"):
        shown = visible(line.rstrip("\r")).replace("\u2409", "\t")
        kind = {"+": "added", "-": "removed", "@": "hunk"}.get(shown[:1], "")
        yield paint.style(shown, kind) if kind else shown
