"""Locks that a framework makes for each request: ``lock = Depends(make_lock)`` gives each request one of its own.

FastAPI calls what a parameter depends on once for each request, and hands over what comes of it. A lock that is made
there, or by the constructor of a class that is asked for in this way, is met by nobody else. Litestar does so with what
stands under the name of a parameter in the ``dependencies`` of a handler, or of its controller.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard

from awaitomic.knowledge.frameworks import KEPT_BY_PROVIDERS, MADE_FOR_EACH_REQUEST, PROVIDERS
from awaitomic.model.event import Operand, Yield
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.link import Definition
    from awaitomic.program.module import ModuleFacts

_DEPENDENCIES = "dependencies"


def made_for_request(program: Program, resolver: Resolver, parameter: str) -> Definition | None:
    """Give the function or class that a framework calls for each request to make what a parameter is.

    Parameters:
        program: the facts of the project.
        resolver: the function that has the parameter.
        parameter: its name.

    Returns:
        What is called; None if the parameter is not filled in this way, or by others, too.
    """
    if resolver.is_bound(parameter) or _is_handed(program, resolver, parameter):
        return None
    return _dependency(program, resolver.function.node, parameter, resolver.module) or _provided(resolver, parameter)


def _provided(resolver: Resolver, parameter: str) -> Definition | None:
    """Give what a dependency of that name calls, as the decorators of a handler or its class say it."""
    module, owner = resolver.module, resolver.module.link.class_facts(resolver.function.class_id or "")
    said = [
        keyword.value
        for decorator in getattr(resolver.function.node, "decorator_list", [])
        for keyword in (decorator.keywords if isinstance(decorator, ast.Call) else ())
        if keyword.arg == _DEPENDENCIES
    ]
    handles = bool(getattr(resolver.function.node, "decorator_list", []))  # other methods are called by the program
    said += [
        node.value
        for node in (owner.node.body if owner is not None and handles else ())
        if isinstance(node, ast.Assign) and any(dotted(target, {}) == _DEPENDENCIES for target in node.targets)
    ]
    for table in said:
        for key, value in zip(table.keys, table.values, strict=True) if isinstance(table, ast.Dict) else ():
            if isinstance(key, ast.Constant) and key.value == parameter:
                return _definition(_wrapped(value, module), module)
    return None


def _wrapped(value: ast.expr, module: ModuleFacts) -> ast.expr | None:
    """Give what a provider calls for each request; None if it is called once for all."""
    if not isinstance(value, ast.Call) or dotted(value.func, module.imports) not in PROVIDERS:
        return None
    kept = any(keyword.arg == KEPT_BY_PROVIDERS for keyword in value.keywords)
    return value.args[0] if value.args and not kept else None


def _is_handed(program: Program, resolver: Resolver, name: str) -> bool:
    """Tell whether a caller in sight hands over a parameter itself."""
    sites = program.callers.sites(resolver.function)
    return any(name == parameter for site in sites for parameter, _ in site.target.arguments)


def _dependency(program: Program, node: ast.AST, parameter: str, module: ModuleFacts) -> Definition | None:
    """Give what a parameter depends on, by its default or by what its annotation says."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(positional[::-1], arguments.defaults[::-1], strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    default = next((value for argument, value in defaults if argument.arg == parameter), None)
    said = next((each.annotation for each in (*positional, *arguments.kwonlyargs) if each.arg == parameter), None)
    said, home = _spelled_out(program, said, module)
    parts = said.slice.elts if _is_annotated(said, home) and isinstance(said.slice, ast.Tuple) else [said]
    for asked, where in ((default, module), *((part, home) for part in parts[1:])):
        if isinstance(asked, ast.Call) and dotted(asked.func, where.imports) in MADE_FOR_EACH_REQUEST:
            return _definition(asked.args[0], where) if asked.args else _definition(parts[0], home)
    return None


def _spelled_out(program: Program, said: ast.expr | None, module: ModuleFacts) -> tuple[ast.expr | None, ModuleFacts]:
    """Give what an annotation says that is one name for the whole, and the module that says it.

    ``Turn = Annotated[Lock, Depends(new_lock)]`` may stand in a module from which all others import it.
    """
    found = module.definition(said.id) if isinstance(said, ast.Name) else None
    home = program.project.facts(found.module) if found is not None and found.kind == "variable" else None
    if found is None or home is None:
        return said, module
    for statement in home.tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if any(isinstance(target, ast.Name) and target.id == found.name for target in targets):
            assert isinstance(statement, ast.Assign | ast.AnnAssign), "only these have targets here"
            return statement.value, home
    return said, module


def _is_annotated(said: ast.expr | None, module: ModuleFacts) -> TypeGuard[ast.Subscript]:
    name = dotted(said.value, module.imports) if isinstance(said, ast.Subscript) else None
    return name is not None and name.rpartition(".")[2] == "Annotated"


def _definition(node: ast.expr | None, module: ModuleFacts) -> Definition | None:
    if isinstance(node, ast.Name):
        return module.definition(node.id)
    name = dotted(node, module.imports) if isinstance(node, ast.Attribute) else None
    return module.link.find(name, module.name) if name is not None else None


def yielded_once(resolver: Resolver) -> Operand | None:
    """Give what makes the value that a generator yields, if it does so in one place."""
    found = [event.value for event in resolver.function.events if isinstance(event, Yield)]
    return resolver.origin(found[0]) if len(found) == 1 and found[0] is not None else None
