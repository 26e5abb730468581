"""A witness for people: the source lines of every step, one column per task, in the order in which they ran.

The schedule is replayed once more under `sys.settrace`, so what is shown is what was executed. A line that begins with
"..." is one that was suspended before and now goes on (the rest of `self.x += await f()`, say).
"""

# ruff: noqa: ANN401 -- trace functions get an argument of any kind

from __future__ import annotations

import dis
import sys
import textwrap
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import locks
from .machine import Choice, Machine

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from .scenario import Faults, Mode, Scenario

WIDTH = 52
"""Characters in a column; longer source lines are cut."""


@dataclass(slots=True)
class Step:
    """One move of the witness. rows: what to show of it. column: whose it is, from 0; -1 for nobody's."""

    column: int
    rows: list[str] = field(default_factory=list)


class _Tracer:
    """Collects the lines that the program executes in the current step."""

    def __init__(self, source: str, filename: str) -> None:
        self.lines = ["", *source.split("\n")]
        self.filename = filename
        self.step = Step(-1)
        self._resumed: list[tuple[FrameType, int]] = []

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename != self.filename:
            return None
        if event == "call" and _resumes_at(frame):
            self._resumed.append((frame, frame.f_lineno))
        return self.local

    def local(self, frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            self._show_resumed(frame)
            self._add(frame.f_lineno, "")
        elif event == "exception" or (event == "return" and not _suspended_at(frame)):
            self._show_resumed(frame)
        return self.local

    def _show_resumed(self, frame: FrameType) -> None:
        """The frame really went on (and was not just passed through on the way to what it awaits): show where."""
        for entry in self._resumed:
            if entry[0] is frame:
                self._resumed.remove(entry)
                self._add(entry[1], "... ")
                return

    def _add(self, number: int, mark: str) -> None:
        text = self.lines[number].strip() if number < len(self.lines) else ""
        row = f"{number:>3} {mark}{text}"
        if not text.startswith(("def ", "async def ", "class ", "@")) and self.step.rows[-1:] != [row]:
            self.step.rows.append(row)

    def begin(self, step: Step) -> None:
        self.step = step
        self._resumed.clear()


def _suspended_at(frame: FrameType) -> bool:
    """True if the frame stands at a suspension (an await or a yield), not at a return or in the middle of code."""
    return "YIELD" in dis.opname[frame.f_code.co_code[frame.f_lasti]]


def _resumes_at(frame: FrameType) -> bool:
    """True if a frame is entered not at its beginning but where it was suspended (the argument of RESUME says so)."""
    code = frame.f_code.co_code
    return dis.opname[code[frame.f_lasti]] == "RESUME" and code[frame.f_lasti + 1] & 3 != 0


_EVENTS = {
    "wait": "({name} completes)",
    "timer": "(timer {name} fires)",
    "fail": "({name} raises Fault)",
    "cancel": "(is cancelled)",
    "skip": "(is cancelled before it starts)",
}


def _step(choice: Choice) -> Step:
    event = _EVENTS.get(choice.kind)
    return Step(choice.who[0], [event.format(name=choice.name)] if event else [])


def replay(
    source: str, scenario: Scenario, count: int, mode: Mode, faults: Faults, *, schedule: Sequence[int]
) -> list[Step]:
    """Run a witness again and return its steps. The arguments are those of the search that found it."""
    tracer = _Tracer(source, f"<{scenario.name}>")
    steps: list[Step] = []
    remaining = list(schedule)
    with locks.observed(), warnings.catch_warnings(), Machine(source, scenario, count, mode, faults) as machine:
        warnings.simplefilter("ignore", RuntimeWarning)  # as in explore
        outer = sys.gettrace()
        while choices := machine.choices():
            choice = choices[0] if len(choices) == 1 else choices[remaining.pop(0)]
            steps.append(_step(choice))
            tracer.begin(steps[-1])
            sys.settrace(tracer)
            try:
                machine.apply(choice)
            finally:
                sys.settrace(outer)
        steps += [Step(i, ["(waits for ever)"]) for i in machine.blocked() if machine.tasks[i] is not None]
    return [step for step in steps if step.rows]


def render(source: str, scenario: Scenario, count: int, mode: Mode, faults: Faults, *, schedule: Sequence[int]) -> str:
    """A witness as a table with one column per task; arguments as for replay."""
    steps = replay(source, scenario, count, mode, faults, schedule=schedule)
    rows = [
        (step.column, textwrap.shorten(row, WIDTH, placeholder=" ...") if len(row) > WIDTH else row)
        for step in steps
        for row in step.rows
    ]
    widths = [max([len(f"task {i + 1}"), *(len(row) for column, row in rows if column == i)]) for i in range(count)]
    lines = [" | ".join(f"task {i + 1}".ljust(width) for i, width in enumerate(widths)).rstrip()]
    lines.append("-+-".join("-" * width for width in widths))
    for column, row in rows:
        cells = [(row if i == column else "").ljust(width) for i, width in enumerate(widths)]
        lines.append(" | ".join(cells).rstrip() if column >= 0 else row)
    return "\n".join(lines)
