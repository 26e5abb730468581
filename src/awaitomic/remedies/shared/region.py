"""The smallest run of sibling statements that covers a span: what goes under a lock, and nothing more.

A lock that is held for longer than needed delays everybody; one that leaves a read outside protects nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.resources import is_cleanup_name
from awaitomic.model.event import Suspend
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import statement_at


@dataclass(frozen=True, slots=True)
class Run:
    """`count` sibling statements of one block, from the one at `first` on."""

    first: StatementPath
    count: int

    def covers(self, path: StatementPath) -> bool:
        """Tell whether a statement lies in the run, at any depth."""
        depth = len(self.first)
        if len(path) < depth or path[: depth - 1] != self.first[:-1]:
            return False
        step, own = path[depth - 1], self.first[-1]
        return step.block == own.block and own.index <= step.index < own.index + self.count

    @property
    def paths(self) -> tuple[StatementPath, ...]:
        """The paths of the statements of the run."""
        own = self.first[-1]
        return tuple((*self.first[:-1], BlockStep(own.block, own.index + offset)) for offset in range(self.count))


def cover(tree: ast.Module, function: FunctionGraph, paths: Iterable[StatementPath]) -> Run:
    """Give the smallest run of siblings in a function's body that covers all statements at `paths`.

    An ``elif`` is never the first of a run: it cannot stand under a header of its own. Nor is a ``try`` that gives
    back what the statement before it has acquired: a task cancelled between the two would never give it back.

    Parameters:
        tree: the module.
        function: the function that holds them all.
        paths: at least one path, each inside the function.
    """
    wanted = list(paths)
    run = _cover(wanted, len(function.path))
    while len(run.first) > len(function.path) + 1 and _is_elif(tree, run.first):
        run = Run(run.first[:-1], 1)
    own = run.first[-1]
    before = BlockStep(own.block, own.index - 1)
    if own.index > 0 and _acquires_for(statement_at(tree, (*run.first[:-1], before)), statement_at(tree, run.first)):
        run = Run((*run.first[:-1], before), run.count + 1)
    return run


def _acquires_for(before: ast.stmt, then: ast.stmt) -> bool:
    """Tell whether one statement acquires what the next, a ``try``, gives back in its ``finally``."""
    if not isinstance(then, ast.Try) or not isinstance(before, ast.Expr | ast.Assign):
        return False
    taken = _named([before], "acquire")
    return not taken.isdisjoint(_named(then.finalbody, "release"))


def _named(statements: list[ast.stmt], verb: str) -> set[str]:
    """Give the text of all that is called with a verb in its name, without the verb: ``self.turn.``, ``_lock``."""
    calls = [node.func for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Call)]
    found = {ast.unparse(call).rpartition(verb) for call in calls if verb in last_name(call)}
    return {before + after for before, _, after in found}


def _cover(wanted: list[StatementPath], depth: int) -> Run:
    first = wanted[0]
    while True:
        steps = [path[depth] if len(path) > depth else None for path in wanted]
        present = [step for step in steps if step is not None]
        if len(present) < len(steps) or len({step.block for step in present}) > 1:
            return Run(first[:depth], 1)
        indices = [step.index for step in present]
        low, high = min(indices), max(indices)
        if low < high:
            return Run((*first[:depth], BlockStep(present[0].block, low)), high - low + 1)
        depth += 1


def _is_elif(tree: ast.Module, path: StatementPath) -> bool:
    """Tell whether a statement is an ``elif``: `ast` nests it, but it stands where its ``if`` stands."""
    node, parent = statement_at(tree, path), statement_at(tree, path[:-1])
    return (
        path[-1].block == "orelse"
        and isinstance(node, ast.If)
        and isinstance(parent, ast.If)
        and len(parent.orelse) == 1
        and node.col_offset == parent.col_offset
    )


def events_in(function: FunctionGraph, run: Run) -> Iterator[int]:
    """Give the events of a function that happen inside a run of its statements, in order of lowering."""
    yield from sorted(event for path in run.paths for event in function.events_inside(path))


def whole_body(function: FunctionGraph) -> Run:
    """Give the run of all statements of a function, but for its docstring."""
    body = function.node.body
    assert isinstance(body, list)
    start = 1 if has_docstring(body) and len(body) > 1 else 0
    return Run((*function.path, BlockStep("body", start)), len(body) - start)


def has_docstring(body: list[ast.stmt]) -> bool:
    """Tell whether a block starts with a string that stands alone."""
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def yields_in(function: FunctionGraph, run: Run) -> int | None:
    """Give the first event at which a run hands control to the consumer of a generator, or None."""
    for event in events_in(function, run):
        found = function.events[event]
        if isinstance(found, Suspend) and found.awaited is None:
            return event
    return None


def ancestors(tree: ast.Module, path: StatementPath, inside: int) -> Iterator[tuple[StatementPath, ast.stmt]]:
    """Give the compound statements around a statement, the innermost first, down to depth `inside`."""
    for length in range(len(path) - 1, inside, -1):
        yield path[:length], statement_at(tree, path[:length])


def common_loop(tree: ast.Module, function: FunctionGraph, paths: Iterable[StatementPath]) -> StatementPath | None:
    """Give the innermost loop of a function that holds all the statements, or None."""
    wanted = list(paths)
    inside = len(function.path)
    for path, node in [(wanted[0], statement_at(tree, wanted[0])), *ancestors(tree, wanted[0], inside)]:
        if isinstance(node, ast.For | ast.AsyncFor | ast.While) and all(p[: len(path)] == path for p in wanted):
            return path
    return None


def is_in_cleanup(function: FunctionGraph, path: StatementPath) -> bool:
    """Tell whether a statement runs to clean up: in ``except`` or ``finally``, or in a method named so."""
    if is_cleanup_name(getattr(function.node, "name", "")):
        return True
    return any(step.block == "finalbody" or step.block.startswith("handlers.") for step in path[len(function.path) :])
