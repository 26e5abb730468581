"""Work that has nothing to do with the state, and would be done under its lock because of how the code is laid out.

A function that sends requests to their handlers tests a flag, and one of the handlers sets it. The smallest statement
that holds both is the whole choice, with the handlers of all other requests: a stream that stays open would keep every
other request waiting.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.statements import LEAVES
from awaitomic.model.event import Read, Suspend, Write
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.waits import is_open
from awaitomic.remedies.remedy import block_of, statement_at
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run
from awaitomic.remedies.split.takers import line_of


def check_other_work(coverage: Coverage, resolver: Resolver, write: int) -> None:
    """See that no lock is held over a long wait in a branch that never comes to the write, for reasons of its own.

    A branch is taken for reasons of its own if neither its test nor anything in it touches the state.

    Raises:
        Declined: ``other-work``.
    """
    function = resolver.function
    for run in coverage.runs.get(id(function), ()):
        for choice, branch in _beside(coverage.tree_of(function), run, function.statements[write]):
            tested = [event for event, path in enumerate(function.statements) if path == choice]
            inside = [event for event, path in enumerate(function.statements) if any(r.covers(path) for r in branch)]
            if not any(_touches(coverage, resolver, event) for event in (*tested, *inside)):
                _refuse_waits(coverage, resolver, inside)


def _refuse_waits(coverage: Coverage, resolver: Resolver, events: list[int]) -> None:
    for event in events:
        suspend = resolver.function.events[event]
        if not isinstance(suspend, Suspend) or not coverage.program.may_suspend(resolver, suspend):
            continue
        if is_open(coverage, resolver, suspend):
            line = line_of(coverage.program, resolver.function, event)
            message = (
                f"what `{resolver.function.qualname}` waits for on line {line} has nothing to do with "
                f"`{coverage.home.state}`, and would be done under the lock, too"
            )
            raise Declined("other-work", message)


def _touches(coverage: Coverage, resolver: Resolver, event: int) -> bool:
    found = resolver.function.events[event]
    place = resolver.place(found.place) if isinstance(found, Read | Write) else None
    return place is not None and resolver.key_of(place) in coverage.keys


def _beside(tree: ast.Module, run: Run, path: StatementPath) -> Iterator[tuple[StatementPath, list[Run]]]:
    """Give the branches of a run from which a statement in it is not reached, each with the choice that leads there."""
    if not run.covers(path):
        return
    first = run.first[-1].index
    for depth in range(len(run.first) - 1, len(path)):
        for index in range(first, path[depth].index):
            before = (*path[:depth], BlockStep(path[depth].block, index))
            statement = statement_at(tree, before)
            if isinstance(statement, ast.If) and isinstance(statement.body[-1], LEAVES):
                yield before, _block(statement, before, "body")
        first = 0
        here = path[: depth + 1]
        if len(path) > len(here):
            for name in _branches(statement_at(tree, here)):
                if name != path[len(here)].block:
                    yield here, _block(statement_at(tree, here), here, name)


def _branches(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.If):
        return ["body", "orelse"]
    return [f"cases.{index}" for index, _ in enumerate(statement.cases)] if isinstance(statement, ast.Match) else []


def _block(statement: ast.stmt, path: StatementPath, name: str) -> list[Run]:
    """Give a block of a statement as a run; none if it is empty."""
    count = len(block_of(statement, name))
    return [Run((*path, BlockStep(name, 0)), count)] if count else []
