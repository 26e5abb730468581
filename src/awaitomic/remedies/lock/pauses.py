"""Pauses under a lock: how long a ``sleep`` keeps all others waiting.

A pause ends by itself and comes back for nothing, so a short one does no harm. Half a minute until the next attempt
does: whoever only wants to write a value would wait for it, too.
"""

from __future__ import annotations

import ast

from awaitomic.knowledge.awaitables import LONGEST_SHORT_PAUSE, PAUSES
from awaitomic.model.event import Operand
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver


def pause_of(resolver: Resolver, operand: Operand) -> ast.expr | None:
    """Give the time that a pause is told to take, or None if what is awaited is no pause, or is told none."""
    node = resolver.function.nodes[resolver.origin(operand)]
    if not isinstance(node, ast.Call) or dotted(node.func, resolver.module.imports) not in PAUSES:
        return None
    return next((each for each in (*node.args, *(keyword.value for keyword in node.keywords))), None)


def is_short_pause(resolver: Resolver, pause: ast.expr) -> bool:
    """Tell whether a time is seen to be short: a number, or a name of the module that always stands for one."""
    if isinstance(pause, ast.Name) and pause.id not in resolver.function.local_names:
        pause = _constant_of(resolver, pause.id) or pause
    value = pause.value if isinstance(pause, ast.Constant) else None
    return isinstance(value, int | float) and value <= LONGEST_SHORT_PAUSE


def _constant_of(resolver: Resolver, name: str) -> ast.expr | None:
    """Give what a module sets a name to, if it does so in one place."""
    stores = [
        node
        for node in ast.walk(resolver.module.tree)
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    if len(stores) != 1:
        return None
    for node in resolver.module.tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if isinstance(node, ast.Assign | ast.AnnAssign) and targets == stores:
            return node.value
    return None
