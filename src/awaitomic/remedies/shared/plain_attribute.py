"""Whether reading an attribute does nothing but give a value: no property behind it, and always something there."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.module import ClassFacts, is_construction
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
    if _may_run_code(program, typed.removeprefix("class:"), step.name):
        return False
    return not may_be_absent(program, resolver, location)


def may_be_absent(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether an attribute of an object whose class is known may not be there: it is made late, or deleted.

    Parameters: as for `is_plain_attribute`. One behind which there is code of the class is not absent.
    """
    step, parent = location.steps[-1] if location.steps else None, location.parent
    typed = (resolver.type_of(parent).name or "") if parent is not None else ""
    if not isinstance(step, AttributeStep) or not typed.startswith("class:"):
        return False
    owner = typed.removeprefix("class:")
    if _may_run_code(program, owner, step.name):
        return False
    if _is_deleted(program, resolver, location):
        return True
    return not any(_has(facts, step.name) for facts in program.module.lineage(owner))


def stays_plain(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether an attribute that has been read once can be read again: no code is behind it, and nobody deletes it.

    Parameters: as for `is_plain_attribute`.
    """
    if is_plain_attribute(program, resolver, location):
        return True
    return may_be_absent(program, resolver, location) and not _is_deleted(program, resolver, location)


def _is_deleted(program: Program, resolver: Resolver, location: Location) -> bool:
    return any(access.change is Change.DELETE for _, access in program.writers_at(resolver.key_of(location)))


def _may_run_code(program: Program, owner: str, attribute: str) -> bool:
    """Tell whether a class, one above it, or one that its objects may be of, has code for reading an attribute."""
    module = program.module
    kin = [facts for facts in module.family(owner) if module.can_be_one(owner, facts.id)]
    return any(_runs_code(program, facts, attribute) for facts in [*module.lineage(owner), *kin])


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


def _has(facts: ClassFacts, attribute: str) -> bool:
    """Tell whether every instance of a class has an attribute from the start, or the class itself has."""
    if attribute in facts.methods or any(_gives(facts, node, attribute) for node in facts.node.body):
        return True
    makers = [method for method in facts.methods.values() if is_construction(method)]
    called = {
        node.func.attr
        for maker in makers
        for node in ast.walk(maker.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    makers += [facts.methods[name] for name in called if name in facts.methods]
    return any(_surely_assigns(maker, attribute) for maker in makers)


def _gives(facts: ClassFacts, node: ast.stmt, attribute: str) -> bool:
    """Tell whether a statement of a class gives it an attribute: ``total: int`` only where it makes a field."""
    if attribute not in assigned_names(node):
        return False
    made = not isinstance(node, ast.AnnAssign) or node.value is not None
    return made or bool(facts.node.decorator_list or facts.node.bases or facts.node.keywords)


def _surely_assigns(maker: FunctionGraph, attribute: str) -> bool:
    first = maker.parameters[0] if maker.parameters else None
    body = maker.node.body if isinstance(maker.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return first is not None and _assigned_in(body, first, attribute)


def _assigned_in(body: list[ast.stmt], first: str, attribute: str) -> bool:
    """Tell whether statements assign an attribute of `first` on every way that leads behind them."""
    for node in body:
        if isinstance(node, ast.Raise):
            return True
        if isinstance(node, ast.If):
            found = all(_assigned_in(branch, first, attribute) for branch in (node.body, node.orelse))
        elif isinstance(node, ast.Match):
            found = all(_assigned_in(case.body, first, attribute) for case in node.cases)
        elif isinstance(node, ast.Try):
            ways = [[*node.body, *node.orelse], *(handler.body for handler in node.handlers)]
            found = all(_assigned_in(way, first, attribute) for way in ways)
            found = found or _assigned_in(node.finalbody, first, attribute)
        elif isinstance(node, ast.With | ast.AsyncWith):
            found = _assigned_in(node.body, first, attribute)
        else:
            found = any(_is_attribute(target, first, attribute) for target in _targets(node))
        if found:
            return True
    return False


def _targets(node: ast.stmt) -> list[ast.expr]:
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign) and node.value is not None:
        targets = [node.target]
    return [one for each in targets for one in (each.elts if isinstance(each, ast.Tuple | ast.List) else [each])]


def _is_attribute(node: ast.expr, first: str, attribute: str) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr != attribute:
        return False
    return isinstance(node.value, ast.Name) and node.value.id == first
