"""What a call's constant arguments rule out: ``send(1)`` never comes to what stands behind ``if command > 2``."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Const, Guard
from awaitomic.program.calls import parameter_default

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.target import Target

Constants = Mapping[str, object]

_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.Lt: operator.lt,  # type: ignore[dict-item]  # of what cannot be compared, the error is caught
    ast.LtE: operator.le,  # type: ignore[dict-item]  # likewise
    ast.Gt: operator.gt,  # type: ignore[dict-item]  # likewise
    ast.GtE: operator.ge,  # type: ignore[dict-item]  # likewise
}


def constants_of(resolver: Resolver, target: Target) -> dict[str, object]:
    """Give the parameters of a callee that a call binds to constants, by what it passes or by their defaults."""
    given = dict(target.arguments)
    found: dict[str, object] = {}
    for name in target.function.parameters:
        event = resolver.function.events[resolver.origin(given[name])] if name in given else None
        default = parameter_default(target.function, name) if event is None else None
        if isinstance(event, Const):
            found[name] = event.value
        elif isinstance(default, ast.Constant):
            found[name] = default.value
    return found


def with_locals(resolver: Resolver, constants: Constants) -> dict[str, object]:
    """Add the locals of a callee that its constant parameters decide: ``take = not locked``.

    Parameters that it binds anew are left out.
    """
    found = {name: value for name, value in constants.items() if name not in resolver.bindings}
    for name in resolver.bindings if found else ():
        value = resolver.binding(name)
        outcome = _outcome(resolver.function.nodes[value], found) if value is not None else None
        if outcome is not None and name not in resolver.function.parameters:
            found[name] = outcome
    return found


def can_come_to(function: FunctionGraph, event: int, constants: Constants) -> bool:
    """Tell whether a run of a function can come to an event, if some of its parameters have these values.

    Parameters that the function binds anew are left open by who asks; handlers are taken to be entered from anywhere.
    """
    wanted = function.block_of(event).index
    seen = {function.entry}
    waiting = [function.entry]
    while waiting:
        index = waiting.pop()
        if index == wanted:
            return True
        block = function.blocks[index]
        ways = [*block.successors, *block.handlers]
        last = block.events[-1] if block.events else None
        if isinstance(last, Guard) and len(block.successors) == 2:
            outcome = _outcome(function.nodes[last.id], constants)
            if outcome is not None:
                ways = [block.successors[0 if outcome else 1], *block.handlers]
        for way in ways:
            if way not in seen:
                seen.add(way)
                waiting.append(way)
    return False


def _outcome(test: ast.AST, constants: Constants) -> bool | None:
    """Give the truth of a test that constants decide; None if they do not."""
    if isinstance(test, ast.Name):
        return bool(constants[test.id]) if test.id in constants else None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _outcome(test.operand, constants)
        return None if inner is None else not inner
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    compare = _COMPARISONS.get(type(test.ops[0]))
    sides = [_value(side, constants) for side in (test.left, test.comparators[0])]
    if compare is None or None in sides:
        return None
    try:
        return bool(compare(*(side[0] for side in sides if side is not None)))
    except TypeError:
        return None


def _value(node: ast.expr, constants: Constants) -> tuple[object] | None:
    if isinstance(node, ast.Constant):
        return (node.value,)
    return (constants[node.id],) if isinstance(node, ast.Name) and node.id in constants else None
