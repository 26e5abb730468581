"""How wide the lines of a file are: what is added must not be the first to be wider."""

from __future__ import annotations

from awaitomic.program import Program

_NARROWEST, _WIDEST = 88, 120


def widest(program: Program) -> int:
    """Give how many columns a line of the file may have.

    As the project says to its formatter or linter; else as the longest one, within what formatters are set to.
    """
    said = program.project.tree.line_length
    if said is not None:
        return said
    positions = program.positions
    longest = max((len(positions.line(number)) for number in range(1, positions.line_count + 1)), default=0)
    return min(max(longest, _NARROWEST), _WIDEST)
