"""What every new text has to pass before anybody sees it.

It parses, compiles, prints back, and differs only where the plan says. The gate for the last works on `ast` and lines,
so that it shares no code with what it checks.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from awaitomic.patching.extents import touched_lines
from awaitomic.patching.fidelity import parse
from awaitomic.patching.newlines import ends_line, last_newline
from awaitomic.patching.refusal import PatchRefused
from awaitomic.patching.syntax import compile_text, parse_ast
from awaitomic.source.text import split_lines

if TYPE_CHECKING:
    from awaitomic.model.plan import Plan
    from awaitomic.patching.extents import Touched


def check_text(old: str, new: str, filename: str) -> None:
    """Check that `new` is a module that works as text.

    Raises PatchRefused: ``gate-parse`` if it does not parse, ``gate-compile`` if it does not compile,
    ``gate-roundtrip`` if libcst does not print it back character for character.
    """
    if new == old:
        return
    parse_ast(new, filename)
    compile_text(new, filename)
    parse(new)


def check_outside(old: str, new: str, plan: Plan) -> None:
    """Check that every line of `old` that no edit of `plan` may touch stands in `new`, in order and without additions.

    The lines between two touched places are compared as one piece, so a line that is added, lost, changed or moved
    outside of them is found. Comments in the touched lines have to be there afterwards, unless the plan replaces them.

    Raises PatchRefused: ``gate-outside``, with the first line that differs.
    """
    touched = touched_lines(old, plan)
    newline = last_newline(old)
    before = split_lines(old if ends_line(old) or not old else old + newline, keepends=True)
    after = split_lines(new if ends_line(old) or not old else new + newline, keepends=True)
    edited = _match(before, after, touched)
    kept = Counter(
        comment for part in touched if not part.replaced for comment in _comments(before[part.start : part.end])
    )
    lost = kept - Counter(_comments(edited))
    if lost:
        raise PatchRefused("gate-outside", f"a comment would be lost: {next(iter(lost))}")


def _match(before: list[str], after: list[str], touched: list[Touched]) -> list[str]:
    """Match the untouched pieces of `before` in `after`, first come first served, and return the lines in between.

    This is the matching of a pattern with wildcards: the first piece is a prefix, the last a suffix, and for the others
    the leftmost match is as good as any.
    """
    edited: list[str] = []
    position = 0
    start = 0
    for number, part in enumerate(touched):
        piece = before[start : part.start]
        at = _find(after, piece, position, number == 0)
        if at is None:
            raise _differs(piece, start)
        edited += after[position:at]
        position = at + len(piece)
        start = part.end
    piece = before[start:]
    at = len(after) - len(piece)
    if at < position or after[at:] != piece or (not touched and at):
        raise _differs(piece, start)
    return edited + after[position:at]


def _find(lines: list[str], piece: list[str], position: int, anchored: bool) -> int | None:
    if not piece:
        return position
    last = position if anchored else len(lines) - len(piece)
    for at in range(position, last + 1):
        if lines[at : at + 1] == piece[:1] and lines[at : at + len(piece)] == piece:
            return at
    return None


def _differs(piece: list[str], start: int) -> PatchRefused:
    shown = piece[0].strip() if piece else ""
    return PatchRefused("gate-outside", f"lines outside the edit would change, at line {start + 1}: {shown}")


def _comments(lines: list[str]) -> list[str]:
    """Return everything from the first ``#`` of each line on; in a string it is no comment, but is kept as well."""
    return [line[line.index("#") :].strip() for line in lines if "#" in line]
