"""Whose lock the condition of a class is: ``Condition(self._lock)`` *is* that lock, by whatever name it is handed over.

A constructor may hand it over as a local that it keeps, too (``self._lock = lock``), or to two conditions, and a class
body by its bare name. Where a subclass, or anybody, makes the lock anew and not the condition, there are two.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.program.lock_aliases import times_set
from awaitomic.program.types import Typed

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.link import Linker
    from awaitomic.program.module import ClassFacts
    from awaitomic.program.modules import Modules

_SELF = "self"


def told_by_paths(facts: ClassFacts) -> dict[str, Typed]:
    """Give the attributes of a class that are conditions, with the path from the object to the lock of each.

    The path stands in `Typed.wraps`, as an expression that begins with ``self``; None where the condition has a lock
    that the object has no name for.
    """
    found: dict[str, Typed] = {}
    wrapping = {name: typed for name, typed in facts.attributes.items() if typed.wraps is not None}
    for name, typed in wrapping.items():
        if not typed.is_second_name and typed.wraps is not None:
            found[name] = replace(typed, wraps=_path_of(facts, name, typed.wraps, wrapping))
    return found


def _path_of(facts: ClassFacts, name: str, given: ast.expr, wrapping: dict[str, Typed]) -> ast.expr | None:
    method = next((each for each in facts.methods.values() if any(node is given for node in each.syntax)), None)
    if method is None:  # in the class body
        return _of_self(given.id) if isinstance(given, ast.Name) and given.id in facts.class_level else None
    first = method.parameters[0] if method.parameters else None
    if isinstance(given, ast.Name):
        return _kept(method, first, name, given, wrapping)
    names = list(_attributes(given))
    base = given
    while isinstance(base, ast.Attribute):
        base = base.value
    if not isinstance(base, ast.Name) or not names:
        return None
    own_class = base.id == facts.qualname and len(names) == 1 and names[0] in facts.class_level
    return _of_self(*names) if base.id == first or own_class else None


def _kept(
    method: FunctionGraph, first: str | None, name: str, given: ast.Name, wrapping: dict[str, Typed]
) -> ast.expr | None:
    """Give the attribute that keeps a variable of a constructor which a condition is made from."""
    stored = Counter(
        node.id for node in method.syntax if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )
    if stored[given.id] + (given.id in method.parameters) != 1:
        return None
    for node in method.syntax:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        kept = isinstance(node.value, ast.Name) and node.value.id == given.id
        bound = any(isinstance(each, ast.Name) and each.id == given.id for each in targets)
        for target in targets if kept or bound else ():
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first:
                return _of_self(target.attr)
    others = (
        each
        for each, typed in wrapping.items()
        if isinstance(typed.wraps, ast.Name) and typed.wraps.id == given.id and _is_in(method, typed.wraps)
    )
    together = next(others, name)
    return _of_self(together) if together != name else None


def _is_in(method: FunctionGraph, node: ast.expr) -> bool:
    return any(each is node for each in method.syntax)


def _of_self(*names: str) -> ast.expr:
    path: ast.expr = ast.Name(_SELF, ast.Load())
    for name in names:
        path = ast.Attribute(path, name, ast.Load())
    return path


def steps_of(path: ast.expr) -> tuple[str, ...]:
    """Give the attributes of a path that `told_by_paths` gives, from the object on."""
    return tuple(_attributes(path))


def _attributes(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Attribute):
        yield from _attributes(node.value)
        yield node.attr


def may_be_parted(link: Linker, modules: Modules, facts: ClassFacts, condition: str, path: ast.expr) -> bool:
    """Tell whether the lock of a condition may be set anew, with the condition left as it is.

    So it is where a subclass does so, and where what the path leads through is set more often than the condition is.

    Parameters:
        link: what names mean in the program.
        modules: the modules of the program.
        facts: the class that makes the condition.
        condition: its attribute.
        path: that of the lock.
    """
    first, *others = steps_of(path)
    below = link.descendants(facts.id)
    if any(first in each.attributes and condition not in each.attributes for each in below):
        return True
    made = _times_set(link, modules, facts.id, condition)
    if _times_set(link, modules, facts.id, first) > max(made, 1):
        return True
    owner, previous = facts.id, first
    for name in others:
        owner = (link.attribute_type(owner, previous).name or "").removeprefix("class:")
        if not owner or _times_set(link, modules, owner, name) > 1:
            return bool(owner)  # of an object that nobody knows the program does not say that its lock is replaced
        previous = name
    return False


def _times_set(link: Linker, modules: Modules, class_id: str, attribute: str) -> int:
    family = {each.id: each for each in (*link.above(class_id), *link.below(class_id))}
    where = {each.module for each in family.values()}.union(modules.names_related(class_id, attribute))
    return times_set(modules, where, frozenset(family), {attribute}, nothing=False)[attribute]
