"""Patches that ``git apply`` takes: lines end at LF and nowhere else, every other character stays as it is."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTEXT = 3
_ESCAPES = {
    0x07: "\\a",
    0x08: "\\b",
    0x09: "\\t",
    0x0A: "\\n",
    0x0B: "\\v",
    0x0C: "\\f",
    0x0D: "\\r",
    0x22: '\\"',
    0x5C: "\\\\",
}
"""The escapes of git's ``quote.c``; other control characters and bytes beyond ASCII become octal."""

_Opcode = tuple[str, int, int, int, int]


def unified_patch(path: str, old: str, new: str) -> str:
    """Return a patch in git's format that turns `old` into `new`; empty if they are equal.

    `path` is relative to where the patch will be applied, with ``/``. The patch has to be written in the encoding of
    the file, without translation of line ends.
    """
    if old == new:
        return ""
    before, after = patch_lines(old), patch_lines(new)
    left, right = quote_path(f"a/{path}"), quote_path(f"b/{path}")
    # GNU patch and git end a file name with a tab if it has a space in it.
    tab = "\t" if " " in path else ""
    pieces = [f"diff --git {left} {right}\n", f"--- {left}{tab}\n", f"+++ {right}{tab}\n"]
    for hunk in _hunks(_opcodes(before, after)):
        pieces += _hunk(before, after, hunk)
    return "".join(pieces)


def quote_path(path: str) -> str:
    """Return `path` as git writes it in a patch: in C quotes if it has quotes, backslashes, controls or non-ASCII."""
    data = path.encode("utf-8", "surrogateescape")
    quoted = "".join(_quoted_byte(byte) for byte in data)
    return f'"{quoted}"' if len(quoted) != len(path) else path


def _quoted_byte(byte: int) -> str:
    if byte in _ESCAPES:
        return _ESCAPES[byte]
    return chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}"


def patch_lines(text: str) -> list[str]:
    """Split a text as git does: after LF only."""
    lines = text.split("\n")
    last = lines.pop()
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def hunks_of(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """Yield for each hunk of a patch from where to where it goes in the old lines and in the new ones."""
    for hunk in _hunks(_opcodes(before, after)):
        yield hunk[0][1], hunk[-1][2], hunk[0][3], hunk[-1][4]


def _opcodes(before: list[str], after: list[str]) -> list[_Opcode]:
    """Return opcodes as `difflib` has them for the whole; only what lies between a common head and tail is searched."""
    shorter = min(len(before), len(after))
    head = 0
    while head < shorter and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < shorter - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    matches = shortest_edit(old, new)
    if matches is None:
        blocks = SequenceMatcher(None, old, new).get_matching_blocks()
        matches = [(i + k, j + k) for i, j, size in blocks for k in range(size)]
    pairs = [(i + head, j + head) for i, j in matches]
    pairs = [*((k, k) for k in range(head)), *pairs]
    pairs += [(len(before) - k, len(after) - k) for k in range(tail, 0, -1)]
    return _joined(pairs, len(before), len(after))


def shortest_edit(old: list[str], new: list[str], limit: int = 600) -> list[tuple[int, int]] | None:
    """Return the index pairs of equal lines in a shortest edit script, deletions first, as git shows them.

    Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form. Returns None if more than `limit`
    lines would have to be deleted or inserted.
    """
    furthest = {1: 0}
    trace: list[dict[int, int]] = []
    for cost in range(min(limit, len(old) + len(new)) + 1):
        trace.append(dict(furthest))
        for diagonal in range(-cost, cost + 1, 2):
            i = _step(furthest, diagonal, cost)
            while i < len(old) and i - diagonal < len(new) and old[i] == new[i - diagonal]:
                i += 1
            furthest[diagonal] = i
            if i >= len(old) and i - diagonal >= len(new):
                return _walk_back(trace, len(old), len(new))
    return None


def _step(furthest: dict[int, int], diagonal: int, cost: int) -> int:
    """Return where one more insertion (from the diagonal above) or deletion leads on `diagonal`."""
    if diagonal == -cost or (diagonal != cost and furthest[diagonal - 1] < furthest[diagonal + 1]):
        return furthest[diagonal + 1]
    return furthest[diagonal - 1] + 1


def _walk_back(trace: list[dict[int, int]], i: int, j: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for cost in range(len(trace) - 1, -1, -1):
        diagonal = i - j
        furthest = trace[cost]
        start = _step(furthest, diagonal, cost)
        while i > start and j > start - diagonal:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        inserted = diagonal == -cost or (diagonal != cost and furthest[diagonal - 1] < furthest[diagonal + 1])
        i, j = (i, j - 1) if inserted else (i - 1, j)
    return pairs[::-1]


def _joined(pairs: list[tuple[int, int]], old: int, new: int) -> list[_Opcode]:
    """Return the opcodes between and for runs of pairs of equal lines."""
    opcodes: list[_Opcode] = []
    i = j = 0
    for a, b in [*pairs, (old, new)]:
        if (a, b) != (i, j):
            opcodes.append(("replace", i, a, j, b))
        if a < old or b < new:
            if opcodes and opcodes[-1][0] == "equal" and opcodes[-1][2] == a:
                opcodes[-1] = ("equal", opcodes[-1][1], a + 1, opcodes[-1][3], b + 1)
            else:
                opcodes.append(("equal", a, a + 1, b, b + 1))
        i, j = a + 1, b + 1
    return opcodes


def _hunks(opcodes: list[_Opcode]) -> Iterator[list[_Opcode]]:
    """Yield groups of opcodes, each with at most three equal lines before and behind."""
    hunk: list[_Opcode] = []
    for number, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        if tag != "equal":
            hunk.append((tag, i1, i2, j1, j2))
            continue
        is_last = number == len(opcodes) - 1
        if hunk and not is_last and i2 - i1 <= 2 * _CONTEXT:
            hunk.append((tag, i1, i2, j1, j2))
            continue
        if hunk:
            size = min(_CONTEXT, i2 - i1)
            hunk.append((tag, i1, i1 + size, j1, j1 + size))
            yield hunk
        size = min(_CONTEXT, i2 - i1)
        hunk = [] if is_last else [(tag, i2 - size, i2, j2 - size, j2)]
    if hunk:
        yield hunk


def _hunk(before: list[str], after: list[str], hunk: list[_Opcode]) -> Iterator[str]:
    old = _range(hunk[0][1], hunk[-1][2])
    new = _range(hunk[0][3], hunk[-1][4])
    yield f"@@ -{old} +{new} @@\n"
    for tag, i1, i2, j1, j2 in hunk:
        if tag == "equal":
            yield from _marked(" ", before[i1:i2])
        else:
            yield from _marked("-", before[i1:i2])
            yield from _marked("+", after[j1:j2])


def _range(start: int, end: int) -> str:
    """Return a range of lines as patches write it: counted from 1, and from the line before if it is empty."""
    count = end - start
    if count == 1:
        return str(start + 1)
    return f"{start + 1 if count else start},{count}"


def _marked(mark: str, lines: list[str]) -> Iterator[str]:
    for line in lines:
        yield f"{mark}{line}" if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"
