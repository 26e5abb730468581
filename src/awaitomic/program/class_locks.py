"""Locks of a class: one for all instances, whether ``cls._lock``, ``self._lock`` or ``Store._lock`` is written.

Only a lock that the class body makes, and that nobody ever sets anew, is such a one: neither a method, nor a subclass,
nor whoever has an instance. Else ``self._lock`` may be that of one instance alone. A class without subclasses may also
make it later, in a class method (``cls._lock = asyncio.Lock()``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.knowledge.other_libraries import MODEL_BASES
from awaitomic.program.lock_aliases import times_set
from awaitomic.program.module import is_of_class
from awaitomic.program.names import dotted

if TYPE_CHECKING:
    from awaitomic.program.link import Linker
    from awaitomic.program.module import ClassFacts, ModuleFacts
    from awaitomic.program.modules import Modules


class ClassLocks:
    """Answers whose lock an attribute of a class's instances is; one for a program."""

    def __init__(self, link: Linker, modules: Modules) -> None:
        self._link = link
        self._modules = modules
        self._owners: dict[tuple[str, str], str | None] = {}

    def owner_of(self, class_id: str, attribute: str) -> str | None:
        """Give the class that has the one lock which an attribute of a class and of its instances always is.

        Parameters:
            class_id: the class whose attribute, or whose instance's attribute, is read.
            attribute: its name.
        """
        key = (class_id, attribute)
        if key not in self._owners:
            self._owners[key] = None  # who asks about it in a circle is told no more than its name
            self._owners[key] = self._find(class_id, attribute)
        return self._owners[key]

    def _find(self, class_id: str, attribute: str) -> str | None:
        makers = [each for each in self._link.above(class_id) if attribute in each.class_level]
        facts = self._link.class_facts(makers[0].id) if len(makers) == 1 else None
        made = self._times_made(facts, attribute) if facts is not None else None
        if facts is None or made is None or self._is_set_besides(facts, attribute, made):
            return None
        return facts.id

    def _times_made(self, facts: ClassFacts, attribute: str) -> int | None:
        """Tell how often class methods set what a class body does not make yet; None if it is no one lock for all."""
        module = self._modules.facts(facts.module)
        bases = {base for each in self._link.above(facts.id) for base in self._link.bases(each) if ":" not in base}
        if module is None or any(base.rpartition(".")[2] in MODEL_BASES for base in bases):
            return None
        made = [node for node in facts.node.body if attribute in _names(node)]
        value = made[0].value if len(made) == 1 and isinstance(made[0], ast.Assign | ast.AnnAssign) else None
        if _is_lock(value, module):
            return 0
        if not isinstance(value, ast.Constant) or value.value is not None or self._link.below(facts.id):
            return None
        later = list(_set_by_class(facts, attribute))
        return len(later) if later and all(_is_lock(each, module) for each in later) else None

    def _is_set_besides(self, facts: ClassFacts, attribute: str, made: int) -> bool:
        """Tell whether anybody may give the class, a subclass or an instance another lock under the same name.

        Parameters:
            made: so often the class itself sets it.
        """
        link = self._link
        below = link.below(facts.id)
        if link.has_strangers_below(facts.id):
            return True
        family = {each.id: each for class_id in (facts.id, *(e.id for e in below)) for each in link.above(class_id)}
        others = (each for each in family.values() if each.id != facts.id)
        if any(attribute in each.class_level | each.methods for each in others) or attribute in facts.methods:
            return True
        where = {each.module for each in family.values()}.union(self._modules.names_related(facts.id, attribute))
        return times_set(self._modules, where, frozenset(family), {attribute})[attribute] != made


def _is_lock(value: ast.expr | None, module: ModuleFacts) -> bool:
    return isinstance(value, ast.Call) and dotted(value.func, module.imports) in LOCK_TYPES


def _set_by_class(facts: ClassFacts, attribute: str) -> Iterator[ast.expr]:
    """Give what class methods assign to an attribute of the class."""
    for method in facts.methods.values():
        if not is_of_class(method) or not method.parameters:
            continue
        for node in method.syntax:
            for target in node.targets if isinstance(node, ast.Assign) else ():
                if (
                    isinstance(node, ast.Assign)
                    and isinstance(target, ast.Attribute)
                    and target.attr == attribute
                    and dotted(target.value, {}) == method.parameters[0]
                ):
                    yield node.value


def _names(node: ast.stmt) -> set[str]:
    """Give the names that a statement of a class body binds anywhere inside it; not those of functions in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
