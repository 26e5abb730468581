"""A coroutine that does not take the lock yet becomes two: one that takes it, and its old self for its holders."""

from __future__ import annotations

from typing import NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program import Program
from awaitomic.remedies.split import takers, variant
from awaitomic.remedies.split.frames import looks_at_frames
from awaitomic.remedies.split.halves import split_body
from awaitomic.remedies.split.stand_ins import stand_ins
from awaitomic.remedies.split.takers import HeldAt, Placed


class Delegated(NamedTuple):
    """How a function is split that does not take the lock yet."""

    edits: list[Placed]
    renamed: tuple[str, str]
    doubts: tuple[str, ...]


def delegate(program: Program, function: FunctionGraph, header: str, lock: str, held: HeldAt) -> Delegated:
    """Let a function take the lock and call a variant, which is the old one under another name.

    Parameters:
        program: the facts of the file with the bug.
        function: a coroutine function that does not take the lock yet.
        header: the ``async with`` that takes it, in the function's terms.
        lock: the lock as its class speaks of it.
        held: where the lock is held, once the whole plan is carried out.

    Returns:
        The edits, by module, the function's old and new name, and what is not sure about it.

    Raises:
        Declined: if a call site cannot follow, or the signature cannot be written again.
    """
    name = variant.variant_name(program, function)
    half = split_body(program.seen_from(function), function, header, lock, name)
    made = [(function.module, edit) for edit in half.edits]
    edits = [*made, *takers.redirect_all(program, [function], name, held)]
    doubts = (*half.doubts, *looks_at_frames(program, function), *stand_ins(program, function))
    return Delegated(edits, (function.qualname, variant.renamed(function, name)), doubts)
