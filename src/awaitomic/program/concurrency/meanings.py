"""What an expression such as ``web.app`` or ``Web().router`` is, in the module in which it stands, as far as is known.

Every name, attribute and call of it is looked up where it is said, over the classes of the project; what is met on the
way and cannot be found leaves nothing known.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.program.link import Definition
from awaitomic.program.types import Typed

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module import ModuleFacts
    from awaitomic.program.resolve import Resolver

_MOST_STEPS = 20
"""Of an expression of more attributes and calls than this, nothing is known."""


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something of a library that is not a part of the project, by its dotted name."""

    dotted: str
    module: ModuleFacts
    """The module that says so."""


@dataclass(frozen=True, slots=True)
class Made:
    """An object, by its type as a module writes it."""

    typed: Typed
    module: ModuleFacts

    @property
    def class_id(self) -> str | None:
        """The identity of the class of the project that it is of."""
        name = self.module.resolve(self.typed).name or ""
        return name.removeprefix("class:") if name.startswith("class:") else None


Meaning = Definition | Foreign | Made
"""What an expression stands for: what the project defines, what a library defines, or an object."""


def meaning(program: Program, scope: Resolver, node: ast.AST, steps: int = 0) -> Meaning | None:
    """Give what an expression stands for, or None if that is not known.

    Parameters:
        scope: the function in which it stands; the module's own body at the top level.
        steps: how many attributes and calls have been looked through already.
    """
    if steps > _MOST_STEPS:
        return None
    if isinstance(node, ast.Name):
        return _named(program, scope, node.id)
    if isinstance(node, ast.Attribute):
        owner = meaning(program, scope, node.value, steps + 1)
        return _inside(program, owner, node.attr) if owner is not None else None
    if isinstance(node, ast.Call):
        return _called(program, meaning(program, scope, node.func, steps + 1))
    return None


def _named(program: Program, scope: Resolver, name: str) -> Meaning | None:
    around: Resolver | None = scope
    while around is not None and not around.is_module:
        if around.is_bound(name):
            value = around.binding(name)
            node = around.function.nodes[value] if value is not None else None
            if not isinstance(node, ast.expr) or around.is_only_imported(name):
                return None
            return Made(around.module.types.of_value(node), around.module)
        if name in around.function.parameters:
            return Made(program.project.link.parameter_type(around.function.id, name), around.module)
        around = around.outer
    module = scope.module
    found = module.definition(name)
    if found is not None:
        return _defined(program, found)
    imported = module.imports.get(name, "")
    return Foreign(imported, module) if imported and not imported.startswith(".") else None


def _defined(program: Program, found: Definition) -> Meaning | None:
    if found.kind != "variable":
        return found
    facts = program.project.facts(found.module)
    typed = facts.globals.get(found.name) if facts is not None else None
    return Made(typed, facts) if typed is not None and facts is not None else None


def _inside(program: Program, owner: Meaning, name: str) -> Meaning | None:
    """Give what an attribute of something is; an object of a library may have been given any."""
    if isinstance(owner, Foreign):
        return Foreign(f"{owner.dotted}.{name}", owner.module)
    if isinstance(owner, Definition):
        if owner.kind == "module":
            found = program.project.link.member(owner.module, name)
            return _defined(program, found) if found is not None else None
        return _attribute(program, owner.id, name) if owner.kind == "class" else None
    return _attribute(program, owner.class_id, name) if owner.class_id is not None else None


def _attribute(program: Program, class_id: str, name: str) -> Meaning | None:
    for facts in program.project.link.lineage(class_id):
        if name in facts.attributes:
            module = program.project.facts(facts.module)
            return Made(facts.attributes[name], module) if module is not None else None
        if name in facts.methods:
            break
    return None


def _called(program: Program, callee: Meaning | None) -> Meaning | None:
    """Give what calling something gives: an object of a class, or what the annotation of a function promises."""
    if isinstance(callee, Foreign):
        return Made(Typed(f"call:{callee.dotted}"), callee.module)
    if not isinstance(callee, Definition):
        return None
    module = program.project.facts(callee.module)
    if module is None:
        return None
    if callee.kind == "class":
        return Made(Typed(f"class:{callee.id}"), module)
    function = program.project.link.function(callee.id) if callee.kind == "function" else None
    returned = getattr(function.node, "returns", None) if function is not None else None
    return Made(module.types.of_annotation(returned), module) if returned is not None else None
