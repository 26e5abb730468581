"""What those wait for who hold the lock that is taken second now: it may have to come by the lock that is taken first.

Before, a task that waited for the first of two locks held none of them. With the two the other way round it holds one,
which somebody may need who would let the holder of the other one go on.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Suspend
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls
from awaitomic.program.locks.edges import Edge
from awaitomic.program.locks.enders import ender_calls, waited_objects
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.turns import Loop, bounded
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.region import ancestors
from awaitomic.remedies.split.takers import held_before


def others_waiting(program: Program, edge: Edge) -> Iterator[str]:
    """Say who waits for somebody else with a lock held that is to be taken second; the first such place.

    Parameters:
        program: the facts of the file.
        edge: the side that is turned, with the lock that it takes first so far.
    """
    first, second = (edge.within.key_of(lock.location) for lock in (edge.held, edge.taken))
    for resolver in program.resolvers_knowing(first):
        for event in resolver.function.events:
            if not isinstance(event, Suspend):
                continue
            held = {resolver.key_of(lock.location) for lock in held_before(program, resolver, event.id)}
            if first in held and second not in held and _waits_for_somebody(program, resolver, event, set()):
                place = program.place(resolver.function, event.id)
                yield f"`{resolver.function.qualname}` waits on {place} for somebody else, who may need the other lock"
                return


def _waits_for_somebody(program: Program, resolver: Resolver, event: Suspend, seen: set[int]) -> bool:
    """Tell whether a wait ends by what other tasks do: by an object, or by what a loop looks at in each turn."""
    if event.awaited is None or not program.may_suspend(resolver, event):
        return False
    if _is_in_open_loop(program, resolver.function, event):
        return True
    keys: Iterator[Location] = map(resolver.key_of, waited_objects(resolver, event.awaited))
    if any(True for key in keys for _ in ender_calls(program, key, event.awaited, resolver)):
        return True
    for call in awaited_calls(resolver, event):
        for target in call.targets:
            if id(target.function) not in seen:
                seen.add(id(target.function))
                inner = program.resolver(target.function)
                waits = (each for each in target.function.events if isinstance(each, Suspend))
                if any(_waits_for_somebody(program, inner, each, seen) for each in waits):
                    return True
    return False


def _is_in_open_loop(program: Program, function: FunctionGraph, event: Suspend) -> bool:
    tree = program.unit_of(function).module.tree
    path = function.statements[event.id]
    around = [statement_at(tree, path), *(node for _, node in ancestors(tree, path, len(function.path)))]
    return any(isinstance(node, Loop) and not isinstance(node, ast.For) and not bounded(node) for node in around)
