"""Code frames: the source lines of a trace, with every step underlined and explained where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.report.cells import Cells, layout, wrap
from awaitomic.report.cells import text_width as width_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from awaitomic.model.position import Extent
    from awaitomic.report.paint import Paint
    from awaitomic.report.sources import Sources

_GAP = 3
"""So many unmarked lines between two marked ones are shown; of a longer gap only dots."""
_LEAD = 8
"""Cells that stay visible left of the first mark where a long line is cut at its left."""
_NOTE = 24
"""A note narrower than this is put below its underline instead."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something to underline: `kind` names its colour, `primary` marks are drawn with carets."""

    extent: Extent
    note: str
    kind: str
    primary: bool = False


def render_frame(sources: Sources, path: str, marks: Sequence[Mark], paint: Paint) -> list[str]:
    """Render the marked lines of one file.

    Parameters: `path` is the file, whose text `sources` has; `marks` are in the order of the trace; `paint` is the
    look. Returns rows without line ends, none wider than ``paint.width`` unless a single word of a note is.
    """
    by_line: dict[int, list[Mark]] = {}
    for mark in marks:
        by_line.setdefault(mark.extent.line, []).append(mark)
    digits = len(str(max(by_line)))
    bar = paint.style(f"{'':{digits + 3}} {paint.glyphs.bar}", "gutter")
    rows = [bar]
    for number in _shown(sorted(by_line)):
        if number is None:
            rows.append(paint.style(f"{'':{digits + 2}}{paint.glyphs.dots}", "gutter"))
            continue
        cells = layout(sources.line(path, number))
        on_line = by_line.get(number, [])
        room = paint.width - digits - 6
        start = _window_start(cells, on_line, room)
        gutter = paint.style(f"{number:>{digits + 3}} {paint.glyphs.bar}", "gutter")
        rows.append(f"{gutter} {cells.window(start, room, paint.glyphs.ellipsis)}".rstrip())
        for mark in on_line:
            rows.extend(f"{bar} {row}" for row in _underline(cells, mark, start, room, paint))
    return [*rows, bar]


def _shown(marked: Sequence[int]) -> Iterator[int | None]:
    """Give the line numbers to show; None where lines are left out."""
    previous = marked[0]
    for number in marked:
        if number - previous - 1 > _GAP:
            yield None
        else:
            yield from range(previous + 1, number)
        yield number
        previous = number


def _window_start(cells: Cells, marks: Sequence[Mark], room: int) -> int:
    if cells.width <= room or not marks:
        return 0
    first = min(_reach(cells, mark)[0] for mark in marks)
    last = max(_reach(cells, mark)[1] for mark in marks)
    return 0 if last < room else max(0, first - _LEAD)


def _reach(cells: Cells, mark: Mark) -> tuple[int, int]:
    """Give the cells of a mark on its first line; what goes on below is underlined to the end of the line."""
    extent = mark.extent
    start = cells.cell(extent.column)
    end = cells.width if extent.end_line > extent.line else cells.cell(extent.end_column)
    return start, max(end, start + 1)


def _underline(cells: Cells, mark: Mark, start: int, room: int, paint: Paint) -> list[str]:
    first, last = _reach(cells, mark)
    first = min(max(first - start, 0), room - 1)
    last = min(max(last - start, first + 1), room)
    kind = "primary" if mark.primary else mark.kind
    line = " " * first + paint.style(("^" if mark.primary else "-") * (last - first), kind)
    if not mark.note:
        return [line]
    beside = room - last - 1
    if width_of(mark.note) <= beside or beside >= 2 * _NOTE:
        note, *more = wrap(mark.note, beside)
        indent = last + 1
        rows = [f"{line} {paint.style(note, kind)}"]
    else:
        indent = first if room - first >= _NOTE else max(room - _NOTE, 0)
        more = wrap(mark.note, room - indent)
        rows = [line]
    return [*rows, *(" " * indent + paint.style(row, kind) for row in more)]
