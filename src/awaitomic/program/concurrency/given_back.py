"""Which functions in a function get out of it: by being returned, alone or with others, as what wraps another is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call, Compute, Merge, Operand, Return
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_COLLECTIONS = frozenset({"tuple", "list", "dict"})
_DRESSERS = frozenset({"wraps", "update_wrapper"})
"""What gives a function back with another name on it: ``wraps(call)(wrapper)``."""


def is_given_back(program: Program, function: FunctionGraph) -> bool:
    """Tell whether the function around returns a function, alone or with others, as one that wraps another does."""
    around = program.resolver(function).outer
    if around is None:
        return False
    returned = (event.value for event in around.function.events if isinstance(event, Return))
    return any(
        around.function.nodes[each] is function.node
        for value in returned
        if value is not None
        for each in _parts(around, value)
    )


def _parts(resolver: Resolver, operand: Operand) -> Iterator[Operand]:
    """Give where a value comes from; of a collection or a choice, where its parts come from."""
    stack, seen = [operand], set[Operand]()
    while stack:
        origin = resolver.origin(stack.pop())
        event = resolver.function.events[origin]
        if origin in seen:
            continue
        seen.add(origin)
        if isinstance(event, Merge) or (isinstance(event, Compute) and event.operator in _COLLECTIONS):
            stack.extend(event.operands)
        elif isinstance(event, Call) and last_name(resolver.function.nodes[event.function]) in _DRESSERS:
            stack.extend(event.arguments[:1])
        else:
            yield origin
