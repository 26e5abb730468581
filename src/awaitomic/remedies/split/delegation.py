"""A coroutine that does not take the lock yet becomes two: one that takes it, and its old self for its holders."""

from __future__ import annotations

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.plan import Edit
from awaitomic.program import Program
from awaitomic.remedies.split import takers, variant
from awaitomic.remedies.split.halves import split_body
from awaitomic.remedies.split.takers import HeldAt


def delegate(
    program: Program, function: FunctionGraph, header: str, lock: str, held: HeldAt
) -> tuple[list[Edit], tuple[str, str]]:
    """Let a function take the lock and call a variant, which is the old one under another name.

    Parameters:
        program: the facts of the file.
        function: a coroutine function that does not take the lock yet.
        header: the ``async with`` that takes it, in the function's terms.
        lock: the lock as its class speaks of it.
        held: where the lock is held, once the whole plan is carried out.

    Returns:
        The edits, and the function's old and new name.

    Raises:
        Declined: if a call site cannot follow, or the signature cannot be written again.
    """
    name = variant.variant_name(program, function)
    edits = [split_body(program, function, header, lock, name), *takers.redirect_all(program, [function], name, held)]
    return edits, (function.qualname, variant.renamed(function, name))
