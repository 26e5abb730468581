"""Who asks whether a lock is held, or takes it only if it is free: he goes another way where it is held longer.

``if self._lock.locked(): return`` skips what is being done already. Where somebody else comes to hold the lock for
something else, what is skipped is lost.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Attribute, Call, Read
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.growing import merged_regions

_ASKING = frozenset({"locked", "acquire_nowait"})


def who_asks(program: Program, key: Location) -> Iterator[tuple[Resolver, int]]:
    """Give the functions that ask whether a lock is held, by the name under which the program knows it, and where."""
    for resolver in program.resolvers_knowing(key):
        for event in resolver.function.events:
            callee = resolver.function.events[event.function] if isinstance(event, Call) else None
            if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr in _ASKING:
                location = resolver.value(callee.place.base)
                if location is not None and resolver.key_of(location) == key:
                    yield resolver, event.id


def goes_another_way(coverage: Coverage) -> Iterator[str]:
    """Say who goes another way while the lock that is there already is held; the first one.

    Who only insists that it is held (``assert self._lock.locked()``) does not.
    """
    if coverage.guardian is None:
        return
    for resolver, event in who_asks(coverage.program, coverage.guardian.key):
        if not _insists(resolver, event):
            place = coverage.program.place(resolver.function, event)
            yield f"`{resolver.function.qualname}` asks on {place} whether the lock is held, which it now is more often"
            return


def is_held_anew(coverage: Coverage) -> bool:
    """Tell whether a function comes to hold the lock where it did not: at all, or between two regions."""
    return any(
        coverage.takes_already(each.function) is None or len(merged_regions(coverage, each)) > 1
        for each in coverage.functions.values()
    )


def _insists(resolver: Resolver, event: int) -> bool:
    """Tell whether a question is an assertion, or raises an error where the lock is not held."""
    asked = resolver.function.nodes[event]
    for node in ast.walk(resolver.function.node):
        if isinstance(node, ast.Assert) and node.test is asked:
            return True
        negated = node.test if isinstance(node, ast.If) and isinstance(node.body[-1], ast.Raise) else None
        if isinstance(negated, ast.UnaryOp) and isinstance(negated.op, ast.Not) and negated.operand is asked:
            return True
    return False
