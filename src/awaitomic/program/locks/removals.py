"""Locks of a key that are thrown away while others may wait for them: who comes next makes another lock.

Whoever waited for the old one and whoever made the new one then run side by side, so the lock protects nothing. That
takes a table in which locks are made when they are asked for, and a removal that does not look if somebody waits:
``lock.locked()`` tells nothing of that, since it is False between a release and the start of the one who waited.
A removal behind any other test (of a count, say) is taken to know what it does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.statements import LEAVES, block_of, statement_at
from awaitomic.knowledge.lifecycle import opens_or_closes_by_name, runs_alone_by_name
from awaitomic.knowledge.locks import sounds_like_a_lock
from awaitomic.model.event import Call
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.accesses import Access, Change
from awaitomic.program.locks import Cause, Flaw
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program

_PRESENCE = ast.Is | ast.IsNot | ast.In | ast.NotIn


def find_removal(program: Program, resolver: Resolver, lock: Location) -> Flaw | None:
    """Give a careless removal from the table that a lock is an entry of, if there is one."""
    step = lock.steps[-1] if lock.steps else None
    key = resolver.key_of(lock)  # of what is handed over, the class whose attribute the table is
    if not isinstance(step, ItemStep) or step.is_literal or key.root not in {Root.SELF, Root.CLASS, Root.GLOBAL}:
        return None
    units = program.units_knowing(key)
    writers = [each for unit in units for each in unit.writers.get(key, ())]
    table = lock.parent
    filled = table is not None and resolver.type_of(table).name == "collections.defaultdict"
    if not filled and not any(_makes_on_demand(*writer) for writer in writers):
        return None
    found = (
        Flaw(Cause.THROWN_AWAY, writer.function.id, access.event, unwinds=writer.function.is_unwinding(access.event))
        for writer, access in writers
        if access.change is Change.DELETE and is_careless(writer, access)
    )
    return min(found, key=lambda flaw: flaw[1:], default=None)


def _makes_on_demand(writer: Resolver, access: Access) -> bool:
    """Tell whether a lock is made where it is asked for: if it is absent."""
    if access.change is Change.FILL:
        return True
    return access.change is Change.ASSIGN and any(
        isinstance(node, ast.If) or step.block.startswith("handlers")
        for node, step in writer.function.around(access.event)
    )


def is_careless(writer: Resolver, access: Access) -> bool:
    """Tell whether a removal looks at most if the lock is there, or held."""
    name = getattr(writer.function.node, "name", "")
    if runs_alone_by_name(name) or opens_or_closes_by_name(name) or _uses_result(writer, access.event):
        return False
    return all(_tells_nothing(test) for test in tests_before(writer, access.event))


def _uses_result(writer: Resolver, event: int) -> bool:
    """Tell whether what ``pop`` gives is used: it may be put into another place, or looked at."""
    if not isinstance(writer.function.events[event], Call):
        return False
    statement = statement_at(writer.module.tree, writer.function.statements[event])
    return not isinstance(statement, ast.Expr) or statement.value is not writer.function.nodes[event]


def tests_before(writer: Resolver, event: int) -> Iterator[ast.expr]:
    """Give the conditions that an event has behind it: those around it, and those that end what comes before it.

    Parameters:
        writer: the function that the event is of.
        event: what happens only if these allow it.
    """
    for node, step in writer.function.around(event):
        if isinstance(node, ast.If | ast.While):
            yield node.test
        for before in block_of(node, step.block)[: step.index]:
            if isinstance(before, ast.If) and any(isinstance(each, LEAVES) for each in before.body):
                yield before.test


def _tells_nothing(test: ast.expr) -> bool:
    """Tell whether a condition says nothing of those who wait: it asks what is there, or if the lock is held."""
    if isinstance(test, ast.BoolOp):
        return all(map(_tells_nothing, test.values))
    if isinstance(test, ast.UnaryOp):
        return _tells_nothing(test.operand)
    if isinstance(test, ast.Compare):
        return all(isinstance(operator, _PRESENCE) for operator in test.ops)
    if isinstance(test, ast.Call):
        return last_name(test.func) == "locked"
    return isinstance(test, ast.Constant) or (isinstance(test, ast.Name) and sounds_like_a_lock(test.id))
