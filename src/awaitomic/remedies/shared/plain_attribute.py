"""Whether reading an attribute does nothing but give a value: no property behind it, and always something there."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.module import ClassFacts, is_construction, self_assignments
from awaitomic.program.names import assigned_names, last_name
from awaitomic.program.resolve import Resolver

_MAGIC = frozenset({"__getattr__", "__getattribute__", "__setattr__"})


def is_plain_attribute(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether reading a location runs no code and finds something: the attribute is assigned on construction.

    Parameters:
        program: the facts of the file.
        resolver: of the function that reads.
        location: what is read, in that function's terms.
    """
    step = location.steps[-1] if location.steps else None
    parent = location.parent
    if not isinstance(step, AttributeStep) or parent is None:
        return location.root in {Root.GLOBAL, Root.CLOSURE}
    typed = resolver.type_of(parent).name or ""
    if not typed.startswith("class:"):
        return not typed and _is_plain_by_name(program, step.name)
    owner = typed.removeprefix("class:")
    module = program.module
    lineage = list(module.lineage(owner))
    kin = [facts for facts in module.family(owner) if module.can_be_one(owner, facts.qualname)]
    if any(_runs_code(program, facts, step.name) for facts in [*lineage, *kin]):
        return False
    deleted = any(access.change is Change.DELETE for _, access in program.writers_at(resolver.key_of(location)))
    return not deleted and any(_has(program, facts, step.name) for facts in lineage)


def _is_plain_by_name(program: Program, attribute: str) -> bool:
    """Tell whether the classes of the file know an attribute, and none of them as a property.

    For objects whose class is not known, such as the values of a dictionary.
    """
    classes = program.module.classes.values()
    if any(_runs_code(program, facts, attribute) for facts in classes):
        return False
    return any(attribute in facts.attributes for facts in classes)


def _runs_code(program: Program, facts: ClassFacts, attribute: str) -> bool:
    """Tell whether a class has code of its own for reading an attribute: a property, a descriptor, ``__getattr__``."""
    if _MAGIC & facts.methods.keys():
        return True
    method = facts.methods.get(attribute)
    if method is not None and any(_names(method) - {"staticmethod", "classmethod", "abstractmethod"}):
        return True
    for node in facts.node.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if value is None or attribute not in assigned_names(node):
            continue
        called = value.func if isinstance(value, ast.Call) else None
        made = last_name(called) if called is not None else ""
        known = program.module.class_named(made)
        if made == "property" or (known and program.module.find_method(known, "__get__")):
            return True
    return False


def _names(method: FunctionGraph) -> set[str]:
    return {last_name(node) for node in getattr(method.node, "decorator_list", [])}


def _has(program: Program, facts: ClassFacts, attribute: str) -> bool:
    """Tell whether every instance of a class has an attribute from the start, or the class itself has."""
    if attribute in facts.methods or attribute in facts.class_level:
        return True
    if any(attribute in assigned_names(node) for node in facts.node.body):
        return True
    makers = [method for method in facts.methods.values() if is_construction(method)]
    called = {
        node.func.attr
        for maker in makers
        for node in ast.walk(maker.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    makers += [facts.methods[name] for name in called if name in facts.methods]
    return any(name == attribute for maker in makers for name, _ in self_assignments(maker, program.module.types))
