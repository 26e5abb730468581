"""Types of what is kept in the containers of a class, from what its methods put there.

``self.rooms[name] = Room()`` and ``self.rooms.setdefault(name, set())`` say what ``self.rooms[name]`` is, where no
annotation does, if all that is put there is of one type.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import ELEMENT_ADDERS
from awaitomic.program.types import UNKNOWN, Typed, TypeReader, combine


def item_types(methods: Iterable[FunctionGraph], types: TypeReader) -> dict[str, Typed]:
    """Give, by attribute, the one type of all that methods put into it through their first parameter."""
    found: dict[str, list[Typed]] = {}
    for method in methods:
        first = method.parameters[0] if method.parameters else None
        bound, promised = _bound(method), _promised(method)
        for name, value in _stored(method):
            annotation = promised.get(value.id) if isinstance(value, ast.Name) else None
            if annotation is not None:
                typed = types.of_annotation(annotation)
            elif isinstance(value, ast.Name):
                made = [each for each in bound.get(value.id, ()) if _looked_up(each, first) != name]
                typed = combine([types.of_value(each) for each in made])
            else:
                typed = types.of_value(value)
            found.setdefault(name, []).append(typed)
    agreed = {name: combine(typed) for name, typed in found.items()}
    return {name: typed for name, typed in agreed.items() if typed != UNKNOWN and not typed.nothing}


def _bound(method: FunctionGraph) -> dict[str, list[ast.expr]]:
    """Give what a function binds its locals to, of those that it binds by nothing but plain assignments."""
    values: dict[str, list[ast.expr]] = {}
    bindings: Counter[str] = Counter()
    for node in method.syntax:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            bindings[node.id] += 1
        elif isinstance(node, ast.arg):
            bindings[node.arg] += 1
        if isinstance(node, ast.Assign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    values.setdefault(target.id, []).append(node.value)
    return {name: found for name, found in values.items() if bindings[name] == len(found)}


def _looked_up(value: ast.expr, first: str | None) -> str | None:
    """Give the attribute in which a value is looked up: ``lock = self.locks.get(key)``, before one is made."""
    found: ast.expr | None = value.value if isinstance(value, ast.Subscript) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get":
        found = value.func.value if len(value.args) == 1 and not value.keywords else None
    return _attribute(found, first) if found is not None else None


def _promised(method: FunctionGraph) -> dict[str, ast.expr]:
    """Give the parameters of which an annotation says what they are, and which the function does not bind again."""
    nodes = method.syntax
    bound = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del)}
    promised = {node.arg: node.annotation for node in nodes if isinstance(node, ast.arg) and node.arg not in bound}
    return {name: annotation for name, annotation in promised.items() if annotation is not None}


def _stored(method: FunctionGraph) -> Iterator[tuple[str, ast.expr | None]]:
    """Give the attributes of the object that a method puts something into, and what, where it is one plain thing."""
    first = method.parameters[0] if method.parameters else None
    nodes = method.syntax
    assigned = {id(target): node.value for node in nodes if isinstance(node, ast.Assign) for target in node.targets}
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            name = _attribute(node.value, first)
            if name is not None:
                yield name, assigned.get(id(node))
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            name, value = _attribute(node, first), assigned.get(id(node))
            if name is not None and _is_filled(value):
                yield name, None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            name, verb = _attribute(node.func.value, first), node.func.attr
            if name is not None and verb in _PUTTERS:
                yield name, node.args[-1] if verb in _ONE_THING else None


_PUTTERS = ELEMENT_ADDERS | {"setdefault", "update", "extend", "extendleft", "put", "put_nowait"}
_ONE_THING = ELEMENT_ADDERS | {"setdefault", "put", "put_nowait"}


def _is_filled(value: ast.expr | None) -> bool:
    """Tell whether a container is made with something in it that other code has put there."""
    if isinstance(value, ast.Dict):
        return bool(value.keys)
    if isinstance(value, ast.List | ast.Set):
        return bool(value.elts)
    return isinstance(value, ast.ListComp | ast.SetComp | ast.DictComp) or (
        isinstance(value, ast.Call) and bool(value.args or value.keywords)
    )


def _attribute(node: ast.expr, first: str | None) -> str | None:
    """Give the attribute that an expression is, if it is one of the object itself."""
    itself = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == first
    return node.attr if itself and isinstance(node, ast.Attribute) else None
