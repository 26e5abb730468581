"""Decorators that leave a function as it is: ``@callback`` in Home Assistant only notes something on it.

Whatever else decorates a function may call it at any time, hold a lock around it, or put another in its place; a marker
is as if it were not there.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.knowledge.markers import MARKERS
from awaitomic.program.names import dotted

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.module import ModuleFacts


def decorators_of(function: FunctionGraph, facts: ModuleFacts) -> list[ast.expr]:
    """Give the decorators of a function that may change what a call of it does; `facts` are its module's."""
    return [node for node in getattr(function.node, "decorator_list", ()) if not is_marker(node, facts)]


def is_marker(node: ast.expr, facts: ModuleFacts) -> bool:
    """Tell whether a decorator gives back what it decorates, and hands it to nobody; `facts` are its module's."""
    if isinstance(node, ast.Call):
        return False
    if dotted(node, facts.imports) in MARKERS:
        return True
    found = facts.link.find_decorator(node, facts)
    return found is not None and _only_notes(found.node)


def _only_notes(node: ast.AST) -> bool:
    """Tell whether a function sets attributes of the one that it is given, does nothing else, and gives it back."""
    if not isinstance(node, ast.FunctionDef) or len(node.args.args) != 1 or node.decorator_list:
        return False
    given = node.args.args[0].arg
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    *notes, last = body or [ast.Pass()]
    returns = isinstance(last, ast.Return) and _is(last.value, given)
    return returns and all(_is_note(statement, given) for statement in notes)


def _is_note(statement: ast.stmt, given: str) -> bool:
    """Tell whether a statement is ``given.attribute = constant``, or the same by ``setattr``."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=owner)], value=ast.Constant()):
            return _is(owner, given)
        case ast.Expr(value=ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Constant(), ast.Constant()])):
            return _is(owner, given)
    return False


def _is(node: ast.expr | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
