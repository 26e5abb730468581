"""Facts of one file: its functions, classes, imports and the types of its state. A pure function of the file's text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from awaitomic.flow.graph import FunctionGraph, ModuleGraph
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.location import Location
from awaitomic.program.names import dotted, import_table, target_names
from awaitomic.program.types import UNKNOWN, Typed, TypeReader, combine


@dataclass(slots=True)
class ClassFacts:
    """One class: its bases by name, its methods, and the types of its attributes."""

    qualname: str
    node: ast.ClassDef
    bases: tuple[str, ...]
    """Dotted names; a class of this file under its qualified name."""
    methods: dict[str, FunctionGraph] = field(default_factory=dict)
    attributes: dict[str, Typed] = field(default_factory=dict)
    class_level: set[str] = field(default_factory=set)
    """Names assigned in the class body and not annotated as instance fields of a dataclass: shared by instances."""


@dataclass(slots=True)
class ModuleFacts:
    """One module. `functions` is in source order; the first one is the module's own body."""

    tree: ast.Module
    graph: ModuleGraph
    imports: dict[str, str]
    types: TypeReader
    classes: dict[str, ClassFacts]
    by_name: dict[str, FunctionGraph]
    """Qualified name → function; of several with one name, the last."""
    globals: dict[str, Typed]
    declared_locks: frozenset[Location] = frozenset()
    """What ``guarded-by`` comments call a lock, under the names that all functions know."""

    @property
    def functions(self) -> tuple[FunctionGraph, ...]:
        """All functions, methods, lambdas and bodies, in source order."""
        return self.graph.functions

    def lineage(self, class_name: str) -> Iterator[ClassFacts]:
        """Give a class and its ancestors in this file, nearest first (each once; an approximation of the MRO)."""
        seen: set[str] = set()
        queue = [class_name]
        while queue:
            name = queue.pop(0)
            if name in seen or name not in self.classes:
                continue
            seen.add(name)
            yield self.classes[name]
            queue.extend(self.classes[name].bases)

    def root_class(self, class_name: str) -> str:
        """Give the topmost ancestor in this file: the name under which state of the whole family is matched."""
        name = class_name
        for facts in self.lineage(class_name):
            name = facts.qualname
        return name

    def family(self, class_name: str) -> list[ClassFacts]:
        """Give every class of this file that shares the topmost ancestor."""
        root = self.root_class(class_name)
        return [facts for facts in self.classes.values() if self.root_class(facts.qualname) == root]

    def can_be_one(self, left: str, right: str) -> bool:
        """Tell whether one object can be an instance of both classes: not if they are mere siblings."""
        return any(
            {left, right} <= {facts.qualname for facts in self.lineage(name)} for name in (left, right, *self.classes)
        )

    def find_method(self, class_name: str, method: str) -> FunctionGraph | None:
        """Look a method up along the bases that this file defines."""
        for facts in self.lineage(class_name):
            if method in facts.methods:
                return facts.methods[method]
        return None

    def attribute_type(self, class_name: str, attribute: str) -> Typed:
        """Give the type of an attribute of a class, looked up along its bases."""
        for facts in self.lineage(class_name):
            if attribute in facts.attributes:
                return facts.attributes[attribute]
        return UNKNOWN


def module_facts(tree: ast.Module, graph: ModuleGraph) -> ModuleFacts:
    """Collect the facts of one parsed and lowered module."""
    imports = import_table(tree)
    class_nodes = dict(_classes(tree.body, ""))
    types = TypeReader(imports, frozenset(class_nodes))
    classes = {name: _class_facts(name, node, imports, class_nodes) for name, node in class_nodes.items()}
    by_name: dict[str, FunctionGraph] = {}
    for function in graph.functions:
        by_name[function.qualname] = function
        owner = classes.get(function.class_name or "")
        if owner is not None and isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
            owner.methods[function.node.name] = function
    for facts in classes.values():
        _read_attribute_types(facts, types)
    return ModuleFacts(tree, graph, imports, types, classes, by_name, _global_types(tree, types))


def _classes(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            name = prefix + node.name
            yield name, node
            yield from _classes(node.body, name + ".")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for name in ("body", "orelse", "finalbody"):
                yield from _classes(getattr(node, name, []), prefix)
            for handler in getattr(node, "handlers", []):
                yield from _classes(handler.body, prefix)


def _class_facts(
    name: str, node: ast.ClassDef, imports: dict[str, str], classes: dict[str, ast.ClassDef]
) -> ClassFacts:
    prefix = name.rpartition(".")[0]
    bases: list[str] = []
    for base in node.bases:
        found = dotted(base.value if isinstance(base, ast.Subscript) else base, imports)
        if found is None:
            continue
        nested = f"{prefix}.{found}" if prefix else found
        bases.append(nested if nested in classes else found)
    return ClassFacts(name, node, tuple(bases))


def _read_attribute_types(facts: ClassFacts, types: TypeReader) -> None:
    """Collect types from the class body and from ``self.x = …`` in every method; construction decides if it tells."""
    built: dict[str, list[Typed]] = {}
    later: dict[str, list[Typed]] = {}
    for node in facts.node.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = types.of_value(node.value)
            typed = value if _tells(value) else types.of_annotation(node.annotation)
            built.setdefault(node.target.id, []).append(typed)
            if node.value is not None and not facts.node.decorator_list:
                facts.class_level.add(node.target.id)
        elif isinstance(node, ast.Assign):
            for name in target_names(node.targets):
                built.setdefault(name, []).append(types.of_value(node.value))
                facts.class_level.add(name)
    for method in facts.methods.values():
        into = built if getattr(method.node, "name", "") in CONSTRUCTION else later
        for name, typed in self_assignments(method, types):
            into.setdefault(name, []).append(typed)
    for name in {**built, **later}:
        typed = combine(built.get(name, []))
        facts.attributes[name] = typed if _tells(typed) else combine([*built.get(name, []), *later.get(name, [])])


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
    for node in ast.walk(method.node):
        if isinstance(node, ast.Assign):
            targets, value, annotation = node.targets, node.value, None
        elif isinstance(node, ast.AnnAssign):
            targets, value, annotation = [node.target], node.value, node.annotation
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == first:
                typed = types.of_value(value)
                if not _tells(typed) and annotation is not None:
                    typed = types.of_annotation(annotation)
                if not _tells(typed) and isinstance(value, ast.Name) and value.id in parameters:
                    typed = types.of_annotation(parameters[value.id])
                yield target.attr, typed


def _global_types(tree: ast.Module, types: TypeReader) -> dict[str, Typed]:
    found: dict[str, list[Typed]] = {}
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            value = types.of_value(node.value)
            typed = value if _tells(value) else types.of_annotation(node.annotation)
            found.setdefault(node.target.id, []).append(typed)
        elif isinstance(node, ast.Assign):
            for name in target_names(node.targets):
                found.setdefault(name, []).append(types.of_value(node.value))
    return {name: combine(values) for name, values in found.items()}
