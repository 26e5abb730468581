"""How long a wait can last at most, where the program itself puts an end to it: the reader of a fix wants to know."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.statements import statement_at
from awaitomic.knowledge.awaitables import DEADLINES, LIMITED_WAITS
from awaitomic.model.event import Operand
from awaitomic.program.module import ModuleFacts
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver


def longest(resolver: Resolver, event: int, operand: Operand) -> str | None:
    """Give the limit in seconds of an awaited operand, as it is written; None if it may last for ever.

    Parameters:
        resolver: the function that waits.
        event: the suspension.
        operand: what is awaited.
    """
    function, module = resolver.function, resolver.module
    node = function.nodes[resolver.origin(operand)]
    own = _limit(node, module, LIMITED_WAITS) if isinstance(node, ast.Call) else None
    return own or deadline(function, module, event)


def deadline(function: FunctionGraph, module: ModuleFacts, event: int) -> str | None:
    """Give the limit of the innermost block around an event that gives up after a time."""
    path = function.statements[event][len(function.path) :]
    own = [statement_at(function.node, path)] if path else []
    for node in (*own, *reversed([node for node, _ in function.around(event)])):
        for item in node.items if isinstance(node, ast.With | ast.AsyncWith) else ():
            call = item.context_expr
            limit = _limit(call, module, DEADLINES) if isinstance(call, ast.Call) else None
            if limit is not None:
                return limit
    return None


def _limit(call: ast.Call, module: ModuleFacts, known: dict[str, int]) -> str | None:
    """Give the argument that limits a call of a known function; None if there is none or it says that there is none."""
    place = known.get(dotted(call.func, module.imports) or "")
    if place is None:
        return None
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    limit = call.args[place] if len(call.args) > place else named.get("timeout", named.get("delay"))
    none = limit is None or (isinstance(limit, ast.Constant) and limit.value is None)
    return None if none or limit is None else ast.unparse(limit)
