"""Whether what tells of an entry point is a framework's: ``@bus.on_event`` of anybody's bus is no hook of FastAPI.

Names of decorators, registering calls and bases are words that others use, too. So the object that a decorator or a
call is taken from has to be the framework's, or a class derived from one of its: by what it is imported from, by what
makes it, or by its annotation. Of what cannot be resolved (a parameter, what some function gives) it may be.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.program.module import ModuleFacts

if TYPE_CHECKING:
    from awaitomic.knowledge.frameworks import Framework
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.types import Typed


def may_be_of(program: Program, framework: Framework, scope: Resolver, callee: ast.AST) -> bool:
    """Tell whether a decorator, or what a call calls, may be one of a framework.

    Parameters:
        program: the facts of the project.
        framework: the framework.
        scope: the function in which the name stands; the module's own body at the top level.
        callee: the decorator without its arguments, or what is called.
    """
    root = callee
    while isinstance(root, ast.Attribute | ast.Call | ast.Subscript):
        root = root.func if isinstance(root, ast.Call) else root.value
    if not framework.packages or not isinstance(root, ast.Name):
        return True
    around: Resolver | None = scope
    while around is not None and not around.is_module:
        if around.is_bound(root.id):
            value = around.binding(root.id)
            node = around.function.nodes[value] if value is not None else None
            known = isinstance(node, ast.expr) and not around.is_only_imported(root.id)
            typed = around.module.types.of_value(node) if known and isinstance(node, ast.expr) else None
            return typed is None or _is_made_by(program, framework, around.module, typed)
        if root.id in around.function.parameters:
            return _is_made_by(
                program, framework, around.module, program.project.link.parameter_type(around.function.id, root.id)
            )
        around = around.outer
    return _of_module(program, framework, scope.module, root.id, bare=root is callee)


def _of_module(program: Program, framework: Framework, module: ModuleFacts, name: str, *, bare: bool) -> bool:
    """Tell whether a name at the top level of a module may be the framework's; `bare` if nothing is taken from it."""
    imported = module.imports.get(name, "")
    if imported and _is_named(framework, imported):
        return True
    found = module.definition(name)
    if found is None:  # of another library: a module, or what is called itself; an object may be the framework's
        return not imported or imported.startswith(".") or ("." in imported and not bare)
    if found.kind == "class":
        return _derives(program, framework, found.id)
    if found.kind == "variable":
        facts = program.project.facts(found.module)
        typed = facts.globals.get(found.name) if facts is not None else None
        return typed is None or facts is None or _is_made_by(program, framework, facts, typed)
    return not bare or found.kind != "function"


def _is_made_by(program: Program, framework: Framework, module: ModuleFacts, typed: Typed) -> bool:
    """Tell whether something of a type, as its module names it, may be the framework's."""
    meant = module.resolve(typed).name
    if meant is not None and meant.startswith("class:"):
        return _derives(program, framework, meant.removeprefix("class:"))
    kind, _, name = (typed.name or "").partition(":")
    if typed.name is None or typed.nothing or kind not in {"call", "name"}:
        return typed.name is None or typed.nothing
    unresolved = name.startswith((".", ":")) or program.project.link.find(name, module.name) is not None
    return unresolved or _is_named(framework, name)


def _derives(program: Program, framework: Framework, class_id: str) -> bool:
    """Tell whether a class of the project derives from one of a framework, or from one that cannot be found."""
    link = program.project.link
    bases = [base for facts in link.lineage(class_id) for base in link.bases(facts) if ":" not in base]
    return any(base.startswith(".") or _is_named(framework, base) for base in bases)


def _is_named(framework: Framework, dotted: str) -> bool:
    """Tell whether a dotted name is of a framework's package, or of an extension: ``fastapi_utils``."""
    top = dotted.partition(".")[0]
    return any(top == package or top.startswith(f"{package}_") for package in framework.packages)


def is_base_of(program: Program, framework: Framework, base: str, pattern: str) -> bool:
    """Tell whether a base class that is named as one of a framework may be its.

    Parameters:
        program: the facts of the project.
        framework: the framework.
        base: an identity, or the dotted name of a class that the project does not define.
        pattern: the name by which it is told; one that begins with ``*`` or ``?`` is of generated classes, too.
    """
    generated = pattern[:1] in {"*", "?"}
    if not framework.packages:
        return True
    if ":" in base:
        facts = program.project.link.class_facts(base)
        module = program.project.facts(facts.module) if facts is not None else None
        imports = module is not None and any(_is_named(framework, name) for name in module.imports.values())
        return generated and imports and facts is not None and framework.marks <= facts.methods.keys()
    if _is_named(framework, base) or "." not in base.lstrip("."):
        return True
    if generated:
        return not framework.marks or any(word in base for word in ("grpc", "pb", "proto"))
    return base.startswith(".") or not _is_imported(program, base)


def _is_imported(program: Program, base: str) -> bool:
    """Tell whether a dotted name is of what some module at hand imports: then it is another library's."""
    imports = program.module.imports.values()
    return any(base == name or base.startswith(f"{name}.") for name in imports)
