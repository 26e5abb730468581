"""Variants that are there already: a method that takes the lock and does nothing but hand all on to one beside it."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program import Program
from awaitomic.program.names import last_name
from awaitomic.remedies.split.forms import Kind, is_bound, kept_decorators, kind_of, node_of
from awaitomic.remedies.split.regions import Region, is_whole_body
from awaitomic.remedies.split.variant import delegating_call, renamed


def existing_variant(program: Program, function: FunctionGraph, region: Region) -> str | None:
    """Give the variant that a function calls and does nothing else, handing on its arguments as they are.

    Parameters:
        program: the facts of the file of the function.
        function: a function that takes a lock.
        region: where it does so.
    """
    if not is_whole_body(function, region) or len(region.node.body) != 1:
        return None
    call = _handed_on(kind_of(function), region.node.body[0])
    if call is None:
        return None
    callee = call.func
    name = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
    if isinstance(callee, ast.Attribute) and not isinstance(callee.value, ast.Name):
        return None
    return name if hands_on(program, function, call, name) else None


def _handed_on(kind: Kind, statement: ast.stmt) -> ast.Call | None:
    """Give the call to which a statement leaves all that there is to do."""
    call: ast.expr | None = None
    if kind is Kind.GENERATOR:
        call = _gone_through(statement)
    elif kind is Kind.MANAGER:
        call = _entered(statement)
    elif isinstance(statement, ast.Return | ast.Expr) and isinstance(statement.value, ast.Await):
        call = statement.value.value
    return call if isinstance(call, ast.Call) else None


def _gone_through(statement: ast.stmt) -> ast.expr | None:
    closed: ast.expr | None = None
    if isinstance(statement, ast.AsyncWith) and len(statement.items) == len(statement.body) == 1:
        manager, name = statement.items[0].context_expr, statement.items[0].optional_vars
        if not isinstance(manager, ast.Call) or last_name(manager.func) != "aclosing" or len(manager.args) != 1:
            return None
        inner = statement.body[0]
        if not isinstance(inner, ast.AsyncFor) or name is None or ast.unparse(inner.iter) != ast.unparse(name):
            return None
        statement, closed = inner, manager.args[0]
    if not isinstance(statement, ast.AsyncFor) or statement.orelse or len(statement.body) != 1:
        return None
    return (closed or statement.iter) if _yields(statement.body[0], statement.target) else None


def _entered(statement: ast.stmt) -> ast.expr | None:
    if not isinstance(statement, ast.AsyncWith) or len(statement.items) != 1 or len(statement.body) != 1:
        return None
    item = statement.items[0]
    return item.context_expr if _yields(statement.body[0], item.optional_vars) else None


def _yields(statement: ast.stmt, value: ast.expr | None) -> bool:
    """Tell whether a statement hands out a value and does nothing else."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Yield):
        return False
    given = statement.value.value
    if value is None or given is None:
        return value is given
    return isinstance(value, ast.Name) and ast.unparse(given) == value.id


def hands_on(program: Program, function: FunctionGraph, call: ast.Call, name: str) -> bool:
    """Tell whether a call hands all parameters of a function on to one beside it that takes the same ones.

    By position or by name is the same; other names or other defaults are not, since callers rely on them.
    """
    other = program.module.by_name.get(renamed(function, name))
    callee = call.func
    if other is None or not isinstance(other.node, ast.AsyncFunctionDef):
        return False
    kind = kind_of(function)
    if kind_of(other) is not (Kind.COROUTINE if kind is Kind.PROPERTY else kind):
        return False
    if isinstance(callee, ast.Attribute) and (not is_bound(function) or ast.unparse(callee.value) != _first(function)):
        return False
    if _shape(other) != _shape(function) or kept_decorators(other) != kept_decorators(function):
        return False
    wanted = ast.parse(delegating_call(function, name), mode="eval").body
    assert isinstance(wanted, ast.Call)
    positional = [argument.arg for argument in [*node_of(function).args.posonlyargs, *node_of(function).args.args]]
    names = positional[1:] if is_bound(function) else positional
    return _passed(call, names) == _passed(wanted, names)


def _first(function: FunctionGraph) -> str:
    return function.parameters[0] if function.parameters else ""


def _shape(function: FunctionGraph) -> tuple[object, ...]:
    """Give the parameters of a function with their kinds and defaults, without annotations."""
    arguments = node_of(function).args
    kinds = (arguments.posonlyargs, arguments.args, arguments.kwonlyargs)
    rest = tuple(argument.arg if argument else "" for argument in (arguments.vararg, arguments.kwarg))
    defaults = (*arguments.defaults, *arguments.kw_defaults)
    return (
        tuple(tuple(argument.arg for argument in kind) for kind in kinds),
        rest,
        tuple(ast.dump(default) if default is not None else "" for default in defaults),
    )


def _passed(call: ast.Call, names: list[str]) -> dict[str, str]:
    """Give what a call passes, by parameter."""
    found: dict[str, str] = {}
    for index, argument in enumerate(call.args):
        starred = isinstance(argument, ast.Starred)
        key = "*" if starred or index >= len(names) else names[index]
        found[key] = ast.unparse(argument)
    found.update((keyword.arg or "**", ast.unparse(keyword.value)) for keyword in call.keywords)
    return found
