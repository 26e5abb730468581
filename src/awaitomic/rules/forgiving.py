"""Writes that do no harm when another task was first: they ignore what is gone, or their error is caught."""

from __future__ import annotations

import ast

from awaitomic.knowledge.containers import LATE_ERRORS
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

_TAKES_WHAT_IS_THERE = frozenset({"discard", "difference_update"})
_LOOKUP_ERRORS = frozenset({"KeyError", "LookupError", "IndexError", "ValueError", "Exception", "BaseException"})


def is_forgiving(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write copes with what another task may have done meanwhile.

    ``pop(key, None)``, ``discard`` and ``difference_update`` do no harm if the entry has gone; ``put_nowait`` in a
    ``try`` that catches `QueueFull` has been thought of.
    """
    writer, event = resolver, fact.event
    if fact.via is not None:
        writer, event = program.named(fact.via.write.function), fact.via.write.event
    node = writer.function.nodes[event]
    if fact.access.change is Change.SETTLE:
        return is_caught(writer, event, LATE_ERRORS)
    if fact.access.change not in {Change.DELETE, Change.TAKE}:
        return False
    if isinstance(node, ast.Call) and fact.access.change is Change.DELETE and _ignores_absence(node):
        return True
    return is_caught(writer, event, _LOOKUP_ERRORS)


def is_caught(resolver: Resolver, event: int, errors: frozenset[str]) -> bool:
    """Tell whether a ``try`` or a ``suppress`` around an event catches one of `errors` (by last name)."""
    node = resolver.function.nodes[event]
    for outer in resolver.function.syntax:
        if isinstance(outer, ast.Try):
            caught = any(_catches(handler.type, errors) for handler in outer.handlers)
        elif isinstance(outer, ast.With):
            caught = any(_suppresses(item.context_expr, errors) for item in outer.items)
        else:
            continue
        if caught and any(inner is node for statement in outer.body for inner in ast.walk(statement)):
            return True
    return False


def _ignores_absence(call: ast.Call) -> bool:
    return len(call.args) > 1 or (isinstance(call.func, ast.Attribute) and call.func.attr in _TAKES_WHAT_IS_THERE)


def _catches(kind: ast.expr | None, errors: frozenset[str]) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(last_name(each) in errors for each in kinds)


def _suppresses(manager: ast.expr, errors: frozenset[str]) -> bool:
    if not isinstance(manager, ast.Call) or last_name(manager.func) != "suppress":
        return False
    return any(last_name(each) in errors for each in manager.args)
