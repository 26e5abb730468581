"""The order of events in which a bug shows itself: two tasks beside each other, or one that waits for itself.

Built as data first, so that every output shows the same story; `render_timeline` is the one for terminals.
"""

from __future__ import annotations

import token
import tokenize
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.model.finding import Role
from awaitomic.report.cells import pad, shorten, text_width, wrap
from awaitomic.source.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from awaitomic.model.finding import Finding, TraceStep
    from awaitomic.report.paint import Paint
    from awaitomic.report.sources import Sources

VERBS = {
    Role.READ: "reads",
    Role.GUARD: "tests",
    Role.SUSPEND: "waits",
    Role.ACQUIRE: "takes",
    Role.RELEASE: "releases",
    Role.CALL: "calls",
    Role.WRITE: "writes",
}
"""What a task does at a step, in a word."""
_STORIES = {
    "thread-lock-across-await": (
        "how the lock of a thread fails tasks",
        "task B takes at {where} what task A holds, in the same thread: it stops the event loop, or is let in",
    ),
    "unstable-iteration": ("how the iteration breaks", "task A's loop stands in what task B has changed ({where})"),
    "early-publish": ("how a task comes too early", "task B goes on with what task A has not made ready yet ({where})"),
}
"""Rules that have a story of their own: its title, and what has happened at the end."""
_WAITS_FOR_ITSELF = "self-deadlock"
"""The one rule that needs no other task. Of other findings without one the trace says all: a way out of a function."""
_WIDEST = 120
"""Beyond this the two columns drift apart, and the eye no longer finds the row."""

_LEAST = 16
"""Cells of code that a column has to have for two of them to be worth it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event: what a task (``A`` or ``B``) does, where, and at which call depth."""

    task: str
    role: Role
    place: str
    """The line number, with the file's name before it if it is another file than the finding's."""
    text: str
    step: TraceStep
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """A story: its title, its rows from top to bottom, and what has happened at the end."""

    title: str
    rows: tuple[Row, ...]
    outcome: str
    tasks: int


def build_timeline(finding: Finding, sources: Sources) -> Timeline | None:
    """Build the timeline of a finding from its trace and its rival, or None if the trace does not tell enough."""
    trace = finding.trace
    if finding.name in {"lock-order", "join-under-lock"}:
        return _crossing(finding, sources)
    if finding.rival is None:
        return _waiting_for_itself(finding, sources) if finding.name == _WAITS_FOR_ITSELF and trace else None
    if not trace:
        return None
    rival = finding.rival
    at = _opening(trace)
    same_code = (rival.path, rival.extent) == (trace[-1].path, trace[-1].extent)
    other = trace if same_code else (rival,)
    rows = (
        *_rows("A", trace[:at], finding, sources),
        *_rows("B", other, finding, sources),
        *_rows("A", trace[at:], finding, sources),
    )
    where = f"line {rival.extent.line}" if rival.path == finding.path else f"{rival.path}, line {rival.extent.line}"
    if finding.name in _STORIES:
        title, outcome = _STORIES[finding.name]
        return Timeline(title, rows, outcome.format(where=where), 2)
    if any(step.role is Role.GUARD for step in trace):
        outcome = f"task A acts on a test that no longer holds since task B's write ({where})"
    elif trace[-1].role is Role.READ:
        outcome = f"task A goes on with what was there before task B's write ({where})"
    elif finding.name == "late-update" and same_code:
        used = trace[0].role is Role.READ
        outcome = "both tasks have used the same value" if used else "task A takes back what task B has set"
    else:
        outcome = f"what task B wrote ({where}) is lost"
    return Timeline("how an update is lost", rows, outcome, 2)


def _opening(trace: Sequence[TraceStep]) -> int:
    """Give the index of the step before which the other task gets its turn: the one after the last suspension."""
    if trace[-1].role is Role.SUSPEND:
        return len(trace)
    for index in range(len(trace) - 1, 0, -1):
        if trace[index - 1].role is Role.SUSPEND:
            return index
    return len(trace) - 1


def _rows(task: str, steps: Sequence[TraceStep], finding: Finding, sources: Sources) -> Iterator[Row]:
    lines = [(step.path, step.extent.line) for step in finding.trace]
    depth = 0
    for step in steps:
        crowded = lines.count((step.path, step.extent.line)) > 1
        if crowded and step.role is not Role.WRITE:
            text = sources.excerpt(step.path, step.extent)
        else:
            text = _without_comment(sources.line(step.path, step.extent.line))
        name = "" if step.path == finding.path else step.path.rpartition("/")[2] + ":"
        yield Row(task, step.role, f"{name}{step.extent.line}", text, step, depth)
        depth += step.role is Role.CALL


def _without_comment(line: str) -> str:
    """Give a line without indentation and trailing comment; if it is a part of something larger, as good as can be."""
    code = line.strip()
    with suppress(tokenize.TokenError, SyntaxError):
        for found in tokens(code):
            if found.kind == token.COMMENT and found.column > 1:
                return code[: found.column - 1].rstrip()
    return code


def _crossing(finding: Finding, sources: Sources) -> Timeline | None:
    """Tell of two tasks that take the same locks crosswise; more than two have no columns."""
    trace = finding.trace
    if sum(step.role is Role.ACQUIRE for step in trace) > _LOCKS_OF_TWO:
        return None
    at = next((index for index, step in enumerate(trace) if index and step == finding.rival), 0)
    mine, theirs = (trace[:at], trace[at:]) if at else (trace, trace)
    rows = (
        *_rows("A", mine[:-1], finding, sources),
        *_rows("B", theirs[:-1], finding, sources),
        *_rows("A", mine[-1:], finding, sources),
        *_rows("B", theirs[-1:], finding, sources),
    )
    swapped = "" if at else " (it has the two objects the other way round)"
    outcome = f"each task waits for what the other one holds{swapped}: both wait for ever"
    return Timeline("how two tasks wait for each other", rows, outcome, 2)


_LOCKS_OF_TWO = 4


def _waiting_for_itself(finding: Finding, sources: Sources) -> Timeline:
    rows = tuple(_rows("A", finding.trace, finding, sources))
    outcome = "the task that holds the lock waits here until the lock is free: for ever"
    return Timeline("how the task waits for itself", rows, outcome, 1)


def render_timeline(timeline: Timeline, paint: Paint, indent: int = 0) -> list[str]:
    """Render for a terminal: rows without line ends, at most ``paint.width`` cells wide.

    Two tasks stand beside each other, or, where that leaves too little of their code, below each other.
    """
    places = max(len(row.place) for row in timeline.rows)
    verbs = max(len(VERBS[row.role]) for row in timeline.rows)
    room = min(paint.width, _WIDEST) - indent
    if timeline.tasks == 1:
        rows = [_cell(row, places, verbs, room, paint) for row in timeline.rows]
    else:
        rows = _beside(timeline, places, verbs, room, paint) or _below(timeline, places, verbs, room, paint)
    return [" " * indent + row for row in [*rows, *_outcome(timeline, room, paint)]]


def _beside(timeline: Timeline, places: int, verbs: int, room: int, paint: Paint) -> list[str]:
    """Render two columns, or nothing if one of them would be so narrow that it says hardly anything."""
    wants = {task: _natural(timeline, task, places, verbs) for task in "AB"}
    left = min((room - 3) // 2, wants["A"])
    right = min(room - 3 - left, wants["B"])
    left = min(room - 3 - right, wants["A"])
    cut = [cells for cells, task in ((left, "A"), (right, "B")) if cells < wants[task]]
    if cut and min(cut) - places - verbs - 2 < _LEAST:
        return []
    bar = paint.style(paint.glyphs.bar, "gutter")
    rule = paint.glyphs.dash * (left + 1) + paint.glyphs.cross + paint.glyphs.dash * (right + 1)
    rows = [
        f"{paint.style(pad('task A', left), 'bold')} {bar} {paint.style('task B', 'bold')}",
        paint.style(rule, "gutter"),
    ]
    for row in timeline.rows:
        if row.task == "A":
            rows.append(f"{_cell(row, places, verbs, left, paint, fill=True)} {bar}")
        else:
            rows.append(f"{' ' * left} {bar} {_cell(row, places, verbs, right, paint)}")
    return rows


def _below(timeline: Timeline, places: int, verbs: int, room: int, paint: Paint) -> list[str]:
    """Render one column, with the name of the task in front of what it does."""
    return [f"{paint.style(row.task, 'bold')} {_cell(row, places, verbs, room - 2, paint)}" for row in timeline.rows]


def brief_rows(finding: Finding, sources: Sources, paint: Paint, indent: int = 0) -> list[str]:
    """Render the steps of a finding below each other, without the second task's repetition of them.

    What another task does elsewhere stands where it happens and is marked. Rows as of `render_timeline`.
    """
    timeline = build_timeline(finding, sources)
    if timeline is None:
        rows = tuple(_rows("A", finding.trace, finding, sources))
    else:
        mine = [(row.role, row.place) for row in timeline.rows if row.task == "A"]
        rows = tuple(row for row in timeline.rows if row.task == "A" or (row.role, row.place) not in mine)
    marked = [replace(row, text=f"{row.text}  (another task)") if row.task == "B" else row for row in rows]
    places = max((len(row.place) for row in marked), default=0)
    verbs = max((len(VERBS[row.role]) for row in marked), default=0)
    room = min(paint.width, _WIDEST) - indent
    return [" " * indent + _cell(row, places, verbs, room, paint) for row in marked]


def _outcome(timeline: Timeline, room: int, paint: Paint) -> list[str]:
    return [paint.style(row, "primary") for row in wrap(timeline.outcome, room)]


def _natural(timeline: Timeline, task: str, places: int, verbs: int) -> int:
    """Give the width that a column needs to show everything."""
    texts = (text_width(row.text) for row in timeline.rows if row.task == task)
    return places + verbs + 2 + max(texts, default=0)


def _cell(row: Row, places: int, verbs: int, room: int, paint: Paint, *, fill: bool = False) -> str:
    verb = f"{VERBS[row.role]:<{verbs}}"
    text = shorten("  " * row.depth + row.text, max(room - places - verbs - 2, 1), paint.glyphs.ellipsis)
    if fill:
        text = pad(text, room - places - verbs - 2)
    return f"{paint.style(f'{row.place:>{places}}', 'gutter')} {paint.style(verb, row.role.value)} {text}"
