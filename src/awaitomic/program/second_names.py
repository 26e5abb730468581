"""Locks that a class keeps under two names: ``self.pool_lock = self._lock``, where the object is made.

Who holds the one holds the other, so that taking both in turn hangs. Only a name that is given once, to a lock that is
made once, stands for it: after a second assignment of either nobody knows whether they still are one.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.program.types import Typed, aliased

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph


def second_names(methods: Iterable[FunctionGraph], known: Mapping[str, Typed]) -> dict[str, Typed]:
    """Give the attributes that are a second name of a lock, with its type, which says whose name they are.

    Parameters:
        methods: of the class.
        known: the types of its attributes.
    """
    found: dict[str, Typed] = {}
    given: Counter[str] = Counter()
    for method in methods:
        first = method.parameters[0] if method.parameters else None
        for node in method.syntax:
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and _of(node, first):
                given[node.attr] += 1
        if first is not None and getattr(method.node, "name", "") in CONSTRUCTION:
            found |= _named_again(method.node, first, known)
    return {name: typed for name, typed in found.items() if given[name] == 1 and given[_other(typed)] == 1}


def _named_again(constructor: ast.AST, first: str, known: Mapping[str, Typed]) -> dict[str, Typed]:
    """Give what the constructor always sets to another attribute of its object that is a lock."""
    found: dict[str, Typed] = {}
    for statement in getattr(constructor, "body", []):
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Attribute):
            continue
        lock = known.get(statement.value.attr)
        if lock is None or lock.name not in LOCK_TYPES or lock.wraps is not None or not _of(statement.value, first):
            continue
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and _of(target, first):
                found[target.attr] = aliased(lock, statement.value)
    return found


def _of(node: ast.Attribute, name: str | None) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == name


def _other(typed: Typed) -> str:
    return typed.wraps.attr if isinstance(typed.wraps, ast.Attribute) else ""
