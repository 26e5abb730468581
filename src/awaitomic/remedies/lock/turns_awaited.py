"""Loops that wait in each turn, in what is awaited under a lock, or in a region that others hold already.

``while not self.ready: await asyncio.sleep(0.1)`` waits for somebody else as an event does, and no call says for whom:
if that one has to take the lock first, both wait for ever.
"""

from __future__ import annotations

import ast

from awaitomic.model.event import Suspend
from awaitomic.model.position import StatementPath
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.turns import Loop, bounded
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.region import ancestors


def note_turns(
    coverage: Coverage, resolver: Resolver, event: Suspend, turns: dict[str, tuple[str, bool]], *, held: bool = False
) -> None:
    """Note the loops that a suspension stands in, unless they count their turns.

    Parameters:
        coverage: what goes under the lock.
        resolver: a function.
        event: where it waits.
        turns: by place, the loops so far, and whether they go on for as long as somebody else lets them.
        held: whether only those count all of which is under the lock as it is.
    """
    if not coverage.program.may_suspend(resolver, event):
        return
    function = resolver.function
    tree = coverage.tree_of(function)
    path = function.statements[event.id]
    for outer, node in [(path, statement_at(tree, path)), *ancestors(tree, path, len(function.path))]:
        if not isinstance(node, Loop) or bounded(node) or (held and not _is_held(coverage, resolver, outer)):
            continue
        turns.setdefault(_place(coverage, resolver, node), (_text(node), not isinstance(node, ast.For)))


def _is_held(coverage: Coverage, resolver: Resolver, loop: StatementPath) -> bool:
    """Tell whether the lock is held for all of a loop, and not taken in each of its turns."""
    function = resolver.function
    waits = (event for event in function.events if isinstance(event, Suspend))
    inside = [event.id for event in waits if function.statements[event.id][: len(loop)] == loop]
    return all(coverage.held_already(resolver, event) for event in inside)


def _text(node: Loop) -> str:
    return f"while {ast.unparse(node.test)}" if isinstance(node, ast.While) else f"for … in {ast.unparse(node.iter)}"


def _place(coverage: Coverage, resolver: Resolver, node: Loop) -> str:
    file = "" if coverage.program.is_here(resolver.function) else coverage.program.path_of(resolver.function)
    return f"line {node.lineno} of {file}" if file else f"line {node.lineno}"
