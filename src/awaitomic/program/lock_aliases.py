"""Locks that a class keeps under two names: ``self.pool_lock = self._lock``, where the object is made.

Who holds the one holds the other, so that taking both in turn hangs. Only a name that is given once, to a lock that is
made once, stands for it: after a second assignment of either nobody knows whether they still are one. The class itself
tells which names these may be; whether a subclass, or whoever has the object, sets one of them anew is told by the
program that it is a part of.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.program.names import dotted, last_name
from awaitomic.program.types import Typed, aliased

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.link import Linker
    from awaitomic.program.module import ClassFacts, ModuleFacts
    from awaitomic.program.modules import Modules

_SETTERS = frozenset({"setattr", "delattr", "__setattr__", "__delattr__"})
_FILLERS = frozenset({"update", "setdefault", "pop", "popitem", "clear"})
"""Methods of the dict of an object's attributes that change them."""
_ANY = "*"
"""Stands for an attribute of which the program does not say which it is."""


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


def is_only_name(link: Linker, modules: Modules, facts: ClassFacts, name: str) -> bool:
    """Tell whether a second name of a lock stands for it in the whole program.

    Parameters:
        link: what names mean in the program.
        modules: the modules of the program.
        facts: the class that gives the name.
        name: the second name, one that `second_names` gives.
    """
    below = (each.id for each in link.below(facts.id))
    family = [each for class_id in (facts.id, *below) for each in link.above(class_id)]
    kin, both = frozenset(each.id for each in family), {name, _other(facts.attributes[name])}
    if link.has_strangers_below(facts.id) or any(not both.isdisjoint({*e.methods, *e.class_level}) for e in family):
        return False
    where = {each.module for each in family}.union(*(modules.names_related(facts.id, each) for each in both))
    found = times_set(modules, where, kin, both)
    return all(found[attr] == 1 for attr in both)


def times_set(
    modules: Modules, where: Iterable[str], family: frozenset[str], names: Collection[str], *, nothing: bool = True
) -> Counter[str]:
    """Count how often some modules set or delete attributes of what may be an object of a family of classes.

    What sets an attribute without saying which (``setattr(self, name, value)``) counts for each.

    Parameters:
        modules: the modules of the program.
        where: those that are looked through.
        family: the classes.
        names: the attributes.
        nothing: whether None counts, too, where an attribute is set to it.
    """
    known = (modules.facts(each) for each in sorted(where))
    found = Counter(attr for module in known if module is not None for attr in _set_in(module, family, nothing=nothing))
    return Counter({name: found[name] + found[_ANY] for name in names})


def _set_in(module: ModuleFacts, family: frozenset[str], *, nothing: bool) -> Iterator[str]:
    """Give the attributes that a module sets or deletes, once for each time; not those of objects of other classes."""
    others = _of_others(module, family)
    if not nothing:
        others |= _set_to_none(module)
    for node in module.kinds.of(ast.Attribute):
        if id(node) not in others and not isinstance(node.ctx, ast.Load):
            yield _ANY if node.attr == "__dict__" else node.attr
    for call in module.kinds.of(ast.Call):
        if not call.args or id(call.args[0]) not in others:
            yield from _set_by_call(call, others)
    for item in module.kinds.of(ast.Subscript):
        if not isinstance(item.ctx, ast.Load) and _is_dict_of_object(item.value, others):
            yield _said(item.slice)


def _of_others(module: ModuleFacts, family: frozenset[str]) -> set[int]:
    """Give the nodes that are objects of other classes, by what their methods call them, and attributes of these."""
    found: set[int] = set()
    for facts in module.classes.values():
        for method in facts.methods.values() if facts.id not in family else ():
            first = method.parameters[0] if method.parameters else None
            for node in method.kinds.of(ast.Attribute):
                if _of(node, first):
                    found |= {id(node), id(node.value)}
            for call in method.kinds.of(ast.Call):
                found.update(id(each) for each in call.args[:1] if isinstance(each, ast.Name) and each.id == first)
    return found


def _set_to_none(module: ModuleFacts) -> set[int]:
    assigned = [(node.value, target) for node in module.kinds.of(ast.Assign) for target in node.targets]
    annotated = [(node.value, node.target) for node in module.kinds.of(ast.AnnAssign)]
    return {
        id(target)
        for value, target in (*assigned, *annotated)
        if isinstance(value, ast.Constant) and value.value is None
    }


def _set_by_call(call: ast.Call, others: set[int]) -> Iterator[str]:
    """Give what ``setattr(one, "name", value)``, ``object.__setattr__(...)`` or ``vars(one).update(...)`` may set."""
    name = last_name(call.func)
    if name in _SETTERS:
        bound = isinstance(call.func, ast.Attribute) and len(call.args) == (1 if name == "__delattr__" else 2)
        place = 0 if bound and name.startswith("__") else 1
        if len(call.args) > place:
            yield _said(call.args[place])
    elif isinstance(call.func, ast.Attribute) and name in _FILLERS and _is_dict_of_object(call.func.value, others):
        yield _ANY


def _is_dict_of_object(node: ast.expr, others: set[int]) -> bool:
    """Tell whether something is the dict of an object's attributes: ``self.__dict__``, ``vars(self)``."""
    if isinstance(node, ast.Attribute):
        return node.attr == "__dict__" and id(node) not in others
    named = isinstance(node, ast.Call) and dotted(node.func, {}) == "vars" and bool(node.args)
    return named and isinstance(node, ast.Call) and id(node.args[0]) not in others


def _said(name: ast.expr) -> str:
    return name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else _ANY
