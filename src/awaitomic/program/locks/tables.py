"""Locks whose type stands where they are made: entries of tables, and what a factory of the file returns.

``self._gates[key]`` is a lock if the table was made by ``defaultdict(asyncio.Lock)`` or holds only locks, whatever it
is called; ``self._turn = new_turn()`` is one if `new_turn` returns nothing else.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import LOCK_TYPES, UNKNOWN_LOCK, Exclusion, LockType
from awaitomic.model.event import Operand
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root
from awaitomic.program.names import dotted, is_none, last_name
from awaitomic.program.resolve import Resolver

_EXCLUSIVE = frozenset(name for name, kind in LOCK_TYPES.items() if kind.exclusion is not Exclusion.COUNTING)
_FILLERS = frozenset({"setdefault", "get", "pop"})


def lock_made_for(resolver: Resolver, operand: Operand) -> LockType | None:
    """Give a type for a value without a known one, if where it is made says that it is a lock."""
    origin = resolver.origin(operand)
    node = resolver.function.nodes[origin]
    filler = isinstance(node, ast.Call) and last_name(node.func) in _FILLERS and len(node.args) > 1
    if filler and isinstance(node, ast.Call) and _makes_lock(resolver, node.args[1]):
        return UNKNOWN_LOCK
    location = resolver.value(operand)
    if location is None or not location.steps:
        return None
    if isinstance(location.steps[-1], ItemStep) and _is_stored_lock(resolver, location):
        return UNKNOWN_LOCK
    general = location.anywhere()
    known = resolver.made_locks.get(general)
    if known is None:
        known = resolver.made_locks[general] = _is_made_as_lock(resolver, general)
    return UNKNOWN_LOCK if known else None


def _is_made_as_lock(resolver: Resolver, location: Location) -> bool:
    table = location.parent
    if isinstance(location.steps[-1], ItemStep) and table is not None:
        made = _initialisers(resolver, table)
        return any(_holds_locks(resolver, each) for each in made) or _is_filled_with_locks(resolver, table)
    found = [each for each in _initialisers(resolver, location) if not is_none(each)]
    if not found:
        return _is_kept_by_property(resolver, location)
    return all(_returns_lock(resolver, each) for each in found)


def _is_kept_by_property(resolver: Resolver, location: Location) -> bool:
    """Tell whether an attribute is a lock that a ``cached_property`` makes when it is first asked for."""
    step = location.steps[-1]
    if location.root is not Root.SELF or len(location.steps) != 1 or not isinstance(step, AttributeStep):
        return False
    getter = resolver.module.find_method(location.owner, step.name)
    decorators = {last_name(each) for each in getattr(getter.node, "decorator_list", ())} if getter else set()
    return getter is not None and "cached_property" in decorators and _makes_locks(resolver, getter)


def _initialisers(resolver: Resolver, location: Location) -> Iterator[ast.expr]:
    """Give what is assigned to an attribute of a class or to a variable of the module, and what annotations promise."""
    if location.root is Root.GLOBAL and not location.steps:
        yield from _assigned(resolver.module.tree.body, location.name, of_instance=False)
    elif location.root in {Root.SELF, Root.CLASS} and len(location.steps) == 1:
        step = location.steps[0]
        name = step.name if isinstance(step, AttributeStep) else ""
        for facts in resolver.module.lineage(location.owner):
            yield from _assigned(facts.node.body, name, of_instance=False)
            for method in facts.methods.values():
                yield from _assigned(method.syntax, name, of_instance=True)


def _assigned(nodes: Iterable[ast.AST], name: str, *, of_instance: bool) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets, found = node.targets, [node.value]
        elif isinstance(node, ast.AnnAssign):
            targets, found = [node.target], [each for each in (node.value, node.annotation) if each is not None]
        else:
            continue
        if any(_is_meant(target, name, of_instance=of_instance) for target in targets):
            yield from found


def _is_meant(target: ast.expr, name: str, *, of_instance: bool) -> bool:
    if of_instance:
        return isinstance(target, ast.Attribute) and target.attr == name
    return isinstance(target, ast.Name) and target.id == name


def _makes_lock(resolver: Resolver, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func, resolver.module.imports) in _EXCLUSIVE


def _holds_locks(resolver: Resolver, node: ast.expr) -> bool:
    """Tell whether a table is made of locks: by a default factory, element by element, or as its annotation says."""
    if isinstance(node, ast.Call):
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Lambda):
            return _makes_lock(resolver, first.body)
        return dotted(first, resolver.module.imports) in _EXCLUSIVE or (
            first is not None and _holds_locks(resolver, first)
        )
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return _makes_lock(resolver, node.elt)
    if isinstance(node, ast.DictComp):
        return _makes_lock(resolver, node.value)
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(_makes_lock(resolver, each) for each in node.elts)
    if isinstance(node, ast.Dict):
        return bool(node.values) and all(_makes_lock(resolver, each) for each in node.values)
    if isinstance(node, ast.Subscript):
        last = node.slice.elts[-1] if isinstance(node.slice, ast.Tuple) and node.slice.elts else node.slice
        return dotted(last, resolver.module.imports) in _EXCLUSIVE
    return False


def _is_stored_lock(resolver: Resolver, location: Location) -> bool:
    """Tell whether the function itself makes a lock and stores it there."""
    nodes = [resolver.function.nodes[made] for made, p in resolver.published.items() if p.location == location]
    return any(isinstance(node, ast.expr) and _makes_lock(resolver, node) for node in nodes)


def _is_filled_with_locks(resolver: Resolver, table: Location) -> bool:
    """Tell whether some code of the file stores a new lock in the table of that name."""
    name = str(table.steps[-1]).removeprefix(".") if table.steps else table.name
    return any(
        isinstance(node, ast.Assign)
        and _makes_lock(resolver, node.value)
        and any(isinstance(each, ast.Subscript) and last_name(each.value) == name for each in node.targets)
        for node in ast.walk(resolver.module.tree)
    )


def _returns_lock(resolver: Resolver, node: ast.expr) -> bool:
    """Tell whether an initialiser calls a plain function of this file that returns nothing but new locks."""
    if not isinstance(node, ast.Call):
        return False
    function = resolver.module.by_name.get(last_name(node.func))
    if function is None or function.is_async:
        return False
    return _makes_locks(resolver, function)


def _makes_locks(resolver: Resolver, function: FunctionGraph) -> bool:
    returned = [each.value for each in function.syntax if isinstance(each, ast.Return)]
    return bool(returned) and all(each is not None and _makes_lock(resolver, each) for each in returned)
