"""Facts of one module: its functions, classes, imports and the types of its state.

They are a pure function of the module's text and name things as it does, so that they can be computed anywhere and
kept. What names mean is asked of the program that the module is linked into (`awaitomic.program.link`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph, ModuleGraph
from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.identity import identity
from awaitomic.model.location import Location
from awaitomic.program.condition_locks import told_by_paths
from awaitomic.program.items import item_types
from awaitomic.program.lock_aliases import second_names
from awaitomic.program.names import last_name, target_names
from awaitomic.program.outline import Outline
from awaitomic.program.types import Typed, TypeReader, annotated, combine, is_container, numbers_named
from awaitomic.source.syntax import Nodes, walk

if TYPE_CHECKING:
    from awaitomic.program.link import Definition, Linker


@dataclass(slots=True)
class ClassFacts:
    """One class: its bases by name, its methods, and the types of its attributes."""

    module: str
    qualname: str
    node: ast.ClassDef
    bases: tuple[str, ...]
    """As the module names them; a class of the same module by its identity."""
    methods: dict[str, FunctionGraph] = field(default_factory=dict)
    properties: dict[str, FunctionGraph] = field(default_factory=dict)
    """What is run when an attribute is read: of a property with a setter, `methods` has the setter."""
    attributes: dict[str, Typed] = field(default_factory=dict)
    class_level: frozenset[str] = frozenset()
    """Names assigned in the class body and not annotated as instance fields of a dataclass: shared by instances."""
    mentions: frozenset[str] = frozenset()
    """Attributes of its instances that the class reads or writes."""
    _kinds: list[Nodes] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def kinds(self) -> Nodes:
        """The class and all in it, by their classes of syntax."""
        if not self._kinds:
            self._kinds.append(Nodes(self.node))
        return self._kinds[0]

    @property
    def id(self) -> str:
        """The name that no other class of the program has."""
        return identity(self.module, self.qualname)


@dataclass(slots=True)
class ModuleFacts:
    """One module. `functions` is in source order; the first one is the module's own body."""

    name: str
    tree: ast.Module
    graph: ModuleGraph
    imports: dict[str, str]
    stars: tuple[str, ...]
    """Modules from which everything is imported."""
    types: TypeReader
    classes: dict[str, ClassFacts]
    """The classes of this module, by identity."""
    by_name: dict[str, FunctionGraph]
    """Qualified name → function; of several with one name, the last."""
    globals: dict[str, Typed]
    type_aliases: dict[str, ast.expr]
    """Names at the top level that stand for a generic type: ``Store = dict[str, Session]``."""
    aliases: dict[str, str]
    """Names at the top level that only are other names for something (as in `Outline`)."""
    declared_locks: frozenset[Location] = frozenset()
    """What ``guarded-by`` comments call a lock, under the names that all functions know."""
    _linker: Linker | None = None

    @property
    def functions(self) -> tuple[FunctionGraph, ...]:
        """All functions, methods, lambdas and bodies, in source order."""
        return self.graph.functions

    @property
    def kinds(self) -> Nodes:
        """All syntax of the module, by its classes."""
        return self.functions[0].kinds

    @property
    def link(self) -> Linker:
        """What names of this module mean in the program that it is a part of."""
        assert self._linker is not None, "the facts of a module are linked before they are asked what its names mean"
        return self._linker

    def linked(self, linker: Linker) -> ModuleFacts:
        """Give the same facts as a part of a program."""
        return replace(self, _linker=linker)

    def definition(self, name: str) -> Definition | None:
        """Give what a name at the top level of this module stands for, here or in the module that it comes from."""
        return self.link.member(self.name, name)

    def class_named(self, name: str) -> str | None:
        """Give the identity of the class that a name of this module stands for."""
        own = identity(self.name, name)
        if own in self.classes:
            return own
        told = name in self.imports or name in self.aliases or self.stars
        found = self.definition(name) if told else None
        return found.id if found is not None and found.kind == "class" else None

    def resolve(self, typed: Typed) -> Typed:
        """Give a type as this module writes it its meaning in the program."""
        return self.link.resolve(typed, self.name)

    def lineage(self, class_id: str) -> tuple[ClassFacts, ...]:
        """Give a class and its ancestors in the program, nearest first."""
        return self.link.lineage(class_id)

    def family(self, class_id: str) -> list[ClassFacts]:
        """Give the classes whose instances can also be instances of this one, or of its ancestors, as far as known."""
        found = {facts.id: facts for facts in self.lineage(class_id)}
        for ancestor in list(found):
            found.update((facts.id, facts) for facts in self.link.descendants(ancestor))
        return [found[name] for name in sorted(found)]

    def can_be_one(self, left: str, right: str) -> bool:
        """Tell whether one object can be an instance of both classes: not if they are mere siblings."""
        return self.link.can_be_one(left, right)

    def find_method(self, class_id: str, method: str) -> FunctionGraph | None:
        """Look a method up along the bases."""
        return self.link.find_method(class_id, method)

    def attribute_type(self, class_id: str, attribute: str) -> Typed:
        """Give the type of an attribute of a class, looked up along its bases."""
        return self.link.attribute_type(class_id, attribute)


def module_facts(outline: Outline, tree: ast.Module, graph: ModuleGraph) -> ModuleFacts:
    """Collect the facts of one parsed and lowered module."""
    name, imports = outline.name, outline.imports
    identities = {each.qualname: class_id for class_id, each in outline.classes.items()}
    types = TypeReader(imports, identities, numbers_named(tree, walk(tree), imports))
    found = [
        ClassFacts(name, each.qualname, each.node, each.bases, class_level=each.class_level)
        for each in outline.classes.values()
    ]
    classes = {facts.id: facts for facts in found}
    by_name: dict[str, FunctionGraph] = {}
    for function in graph.functions:
        by_name[function.qualname] = function
        owner = classes.get(function.class_id or "")
        if owner is not None and isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
            owner.methods[function.node.name] = function
            if is_property(function):
                owner.properties[function.node.name] = function
    for facts in found:
        _read_attribute_types(facts, types)
        facts.mentions = _mentions(facts)
    generic: dict[str, ast.expr] = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    variables = _global_types(tree, types)
    return ModuleFacts(
        name, tree, graph, imports, outline.stars, types, classes, by_name, variables, generic, outline.aliases
    )


def is_property(function: FunctionGraph) -> bool:
    """Tell whether a method is read like an attribute."""
    names = {last_name(node) for node in getattr(function.node, "decorator_list", [])}
    return bool(names & {"property", "cached_property"})


def is_of_class(function: FunctionGraph) -> bool:
    """Tell whether a method is called on the class itself."""
    return any(last_name(node) == "classmethod" for node in getattr(function.node, "decorator_list", []))


def is_construction(function: FunctionGraph) -> bool:
    """Tell whether a function runs before anybody else can have the object, or at import."""
    name = getattr(function.node, "name", "")
    return name in CONSTRUCTION or not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def is_destruction(function: FunctionGraph) -> bool:
    """Tell whether a function runs when nobody has the object any more: who waits in a method of it still has it."""
    return getattr(function.node, "name", "") == "__del__"


def is_setter(function: FunctionGraph) -> bool:
    """Tell whether a method is run by an assignment to an attribute."""
    decorators = getattr(function.node, "decorator_list", [])
    return any(isinstance(node, ast.Attribute) and node.attr == "setter" for node in decorators)


def _mentions(facts: ClassFacts) -> frozenset[str]:
    found = set(facts.attributes) | set(facts.methods)
    for method in facts.methods.values():
        first = method.parameters[0] if method.parameters else None
        for node in method.syntax:
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == first:
                found.add(node.attr)
    return frozenset(found)


def _read_attribute_types(facts: ClassFacts, types: TypeReader) -> None:
    """Collect types from the class body and from ``self.x = …`` in every method; construction decides if it tells."""
    built: dict[str, list[Typed]] = {}
    later: dict[str, list[Typed]] = {}
    for node in facts.node.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            typed = annotated(types.of_value(node.value), types.of_annotation(node.annotation))
            built.setdefault(node.target.id, []).append(typed)
        elif isinstance(node, ast.Assign):
            for name in target_names(node.targets):
                built.setdefault(name, []).append(types.of_value(node.value))
    for method in facts.methods.values():
        into = built if getattr(method.node, "name", "") in CONSTRUCTION else later
        for name, typed in self_assignments(method, types):
            into.setdefault(name, []).append(typed)
    for name in {**built, **later}:
        typed = combine(built.get(name, []))
        facts.attributes[name] = typed if _tells(typed) else combine([*built.get(name, []), *later.get(name, [])])
    for name, item in item_types(facts.methods.values(), types).items():
        known = facts.attributes.get(name)
        if known is not None and (is_container(known) or known.name in QUEUES) and known.item is None:
            facts.attributes[name] = replace(known, item=item)
    facts.attributes |= second_names(facts.methods.values(), facts.attributes)
    facts.attributes |= told_by_paths(facts)


def _tells(typed: Typed) -> bool:
    return typed.name is not None and not typed.nothing


def self_assignments(method: FunctionGraph, types: TypeReader) -> Iterator[tuple[str, Typed]]:
    """Give the attributes that a method assigns on its first parameter, with their types."""
    first = method.parameters[0] if method.parameters else None
    parameters = (
        {
            argument.arg: argument.annotation
            for argument in [*method.node.args.posonlyargs, *method.node.args.args, *method.node.args.kwonlyargs]
        }
        if isinstance(method.node, ast.FunctionDef | ast.AsyncFunctionDef)
        else {}
    )
    targets: list[ast.expr]
    value: ast.expr | None
    annotation: ast.expr | None
    for node in method.syntax:
        if isinstance(node, ast.Assign):
            targets, value, annotation = node.targets, node.value, None
        elif isinstance(node, ast.AnnAssign):
            targets, value, annotation = [node.target], node.value, node.annotation
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first:
                typed = types.of_value(value)
                if annotation is not None:
                    typed = annotated(typed, types.of_annotation(annotation))
                if not _tells(typed) and isinstance(value, ast.Name) and value.id in parameters:
                    typed = types.of_annotation(parameters[value.id])
                yield target.attr, typed


def _global_types(tree: ast.Module, types: TypeReader) -> dict[str, Typed]:
    found: dict[str, list[Typed]] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            typed = annotated(types.of_value(node.value), types.of_annotation(node.annotation))
            found.setdefault(node.target.id, []).append(typed)
        elif isinstance(node, ast.Assign):
            for name in target_names(node.targets):
                found.setdefault(name, []).append(types.of_value(node.value))
    return {name: combine(values) for name, values in found.items()}
