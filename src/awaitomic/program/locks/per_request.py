"""Locks that a framework makes for each request: ``lock = Depends(make_lock)`` gives each request one of its own.

FastAPI calls what a parameter depends on once for each request, and hands over what comes of it. A lock that is made
there, or by the constructor of a class that is asked for in this way, is met by nobody else.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeGuard

from awaitomic.knowledge.frameworks import MADE_FOR_EACH_REQUEST
from awaitomic.model.event import Operand, Yield
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.link import Definition
    from awaitomic.program.module import ModuleFacts


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
    return _dependency(resolver.function.node, parameter, resolver.module)


def _is_handed(program: Program, resolver: Resolver, name: str) -> bool:
    """Tell whether a caller in sight hands over a parameter itself."""
    sites = program.callers.sites(resolver.function)
    return any(name == parameter for site in sites for parameter, _ in site.target.arguments)


def _dependency(node: ast.AST, parameter: str, module: ModuleFacts) -> Definition | None:
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
    parts = said.slice.elts if _is_annotated(said, module) and isinstance(said.slice, ast.Tuple) else [said]
    for asked in (default, *parts[1:]):
        if isinstance(asked, ast.Call) and dotted(asked.func, module.imports) in MADE_FOR_EACH_REQUEST:
            return _definition(asked.args[0] if asked.args else parts[0], module)
    return None


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
