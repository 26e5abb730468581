"""Which functions a value is that somebody else will call: a method, a nested function, a lambda, a ``partial``."""

from __future__ import annotations

import ast
from dataclasses import replace

from awaitomic.model.event import Call, Compute, Operand
from awaitomic.program.calls import bind_arguments, functions_at
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target

_PARTIAL = "functools.partial"


def reached(resolver: Resolver, operand: Operand) -> tuple[Target, ...]:
    """Give the functions that a value may be, as targets of whatever call is made of it; none if it cannot be told."""
    origin = resolver.origin(operand)
    event, node = resolver.function.events[origin], resolver.function.nodes[origin]
    if isinstance(event, Compute) and event.operator == "lambda":
        return tuple(Target(each, None, open=True) for each in resolver.module.functions if each.node is node)
    if isinstance(event, Call):
        return _partial(resolver, event, node)
    return tuple(Target(function, receiver, open=True) for function, receiver in functions_at(resolver, origin))


def called_partial(resolver: Resolver, event: Call) -> tuple[Target, ...]:
    """Give the functions that a call of a ``partial`` runs: ``save = partial(self.put, key)``, then ``save()``."""
    made = resolver.function.events[resolver.origin(event.function)]
    if not isinstance(made, Call):
        return ()
    return _partial(resolver, made, resolver.function.nodes[made.id])


def _partial(resolver: Resolver, event: Call, node: ast.AST) -> tuple[Target, ...]:
    if not isinstance(node, ast.Call) or dotted(node.func, resolver.module.imports) != _PARTIAL or not event.arguments:
        return ()
    return tuple(
        replace(
            each,
            arguments=(
                *each.arguments,
                *bind_arguments(each.function, event, skip_first=each.receiver is not None, start=1),
            ),
        )
        for each in reached(resolver, event.arguments[0])
    )
