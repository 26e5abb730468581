"""Plain functions and properties that only return what a coroutine function gives, for their callers to await.

``def put(self, row): return self._put(row)`` takes no lock itself, so there is nothing to split in it: a caller that
holds the lock calls the variant of the coroutine function in its place, since all arguments are handed on as they are.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program import Program
from awaitomic.remedies.shared.region import has_docstring
from awaitomic.remedies.split.existing import hands_on
from awaitomic.remedies.split.forms import unknown_decorators
from awaitomic.remedies.split.overrides import relatives


def forwarders_of(program: Program, function: FunctionGraph) -> tuple[FunctionGraph, ...]:
    """Give the plain functions beside a coroutine function that do nothing but return a call of it."""
    return tuple(_forwarders(program.seen_from(function), function))


def _forwarders(program: Program, function: FunctionGraph) -> Iterator[FunctionGraph]:
    name = getattr(function.node, "name", "")
    for other in program.module.functions:
        if not isinstance(other.node, ast.FunctionDef) or other.class_id != function.class_id or other.is_generator:
            continue
        body = other.node.body[1:] if has_docstring(other.node.body) else other.node.body
        value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
        if not isinstance(value, ast.Call) or unknown_decorators(other):
            continue
        callee = value.func
        called = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
        if called == name and hands_on(program, other, value, name) and not relatives(program, other):
            yield other
