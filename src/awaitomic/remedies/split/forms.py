"""What kinds of functions can be split: coroutines, asynchronous generators, properties, context managers."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.program.names import last_name
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.siblings import own_scope

KNOWN_DECORATORS = frozenset({"staticmethod", "classmethod", "override", "abstractmethod", "final", "overload"})
_MANAGER = "asynccontextmanager"
_KEPT = frozenset({"staticmethod", "classmethod", _MANAGER})
_UNFIT = frozenset("cached_property contextmanager abstractmethod overload".split())

_MAKES = (
    ast.Call | ast.List | ast.Dict | ast.Set | ast.ListComp | ast.SetComp | ast.DictComp | ast.Lambda | ast.NamedExpr
)


class Kind(enum.Enum):
    """How a function is run by whoever uses it."""

    COROUTINE = "is called and awaited"
    PROPERTY = "is read and awaited"
    GENERATOR = "is called and gone through"
    MANAGER = "is called and entered"


def node_of(function: FunctionGraph) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """Give the statement of a function that has a name."""
    assert isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef)
    return function.node


def kind_of(function: FunctionGraph) -> Kind:
    """Tell how a function is run."""
    names = _decorators(function)
    if "property" in names:
        return Kind.PROPERTY
    if _MANAGER in names:
        return Kind.MANAGER
    return Kind.GENERATOR if function.is_generator else Kind.COROUTINE


def check_form(function: FunctionGraph) -> None:
    """Refuse what cannot be split: plain functions, what the language calls.

    Raises:
        Declined: ``generator``, ``decorated`` or ``implicit-call``.
    """
    line = getattr(function.node, "lineno", 1)
    where = f"`{function.qualname}` (line {line})"
    if not isinstance(function.node, ast.AsyncFunctionDef):
        raise Declined("generator", f"{where} is no coroutine function: it cannot be delegated to")
    names = _decorators(function)
    unfit = [name for name in names if name in _UNFIT]
    if unfit:
        raise Declined("decorated", f"{where} is a `{unfit[0]}`: its calls are no plain awaits")
    kind = kind_of(function)
    around = [name for name in names if name not in KNOWN_DECORATORS | {"property", _MANAGER}]
    if kind is not Kind.COROUTINE and around:
        message = f"{where} {kind.value}, and `@{around[0]}` may make something else of that"
        raise Declined("decorated", message)
    if (kind in {Kind.GENERATOR, Kind.MANAGER}) != function.is_generator:
        raise Declined("decorated", f"{where} is decorated as something that it is not")
    used = next(sent_values(function), None) if kind is Kind.GENERATOR else None
    if used is not None:
        message = f"{where} looks at what is sent into it (line {used.lineno}), which would not come to a variant"
        raise Declined("generator", message)
    if function.node.name.startswith("__") and function.node.name.endswith("__"):
        raise Declined("implicit-call", f"{where} is called by the language")


def yields_of(statements: list[ast.stmt]) -> list[ast.Yield]:
    """Give the yields of statements, nested functions aside."""
    return [node for statement in statements for node in own_scope(statement) if isinstance(node, ast.Yield)]


def sent_values(function: FunctionGraph) -> Iterator[ast.Yield]:
    """Give the yields of a generator of which the value is used: what `asend` sends into it."""
    body = node_of(function).body
    dropped = {id(node.value) for statement in body for node in own_scope(statement) if isinstance(node, ast.Expr)}
    yield from (node for node in yields_of(body) if id(node) not in dropped)


def unknown_decorators(function: FunctionGraph) -> list[str]:
    """Give the decorators that a call of the variant goes around."""
    return [name for name in _decorators(function) if name not in KNOWN_DECORATORS | {"property", _MANAGER}]


def twice_made_defaults(function: FunctionGraph) -> list[str]:
    """Give the default values that a split would make twice, such as ``[]``: each half would keep its own."""
    arguments = node_of(function).args
    defaults = [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]
    return [
        ast.unparse(default) for default in defaults if any(isinstance(inner, _MAKES) for inner in ast.walk(default))
    ]


def kept_decorators(function: FunctionGraph) -> tuple[str, ...]:
    """Give the decorators that the variant needs to be called in the same way, as they are written."""
    nodes = getattr(function.node, "decorator_list", [])
    return tuple(ast.unparse(node) for node in nodes if last_name(node) in _KEPT)


def is_static(function: FunctionGraph) -> bool:
    """Tell whether a function is a static method."""
    return "staticmethod" in _decorators(function)


def decorators_of_part(function: FunctionGraph, part: list[ast.stmt]) -> tuple[str, ...]:
    """Give the decorators that a part of a function needs: without a yield it is a coroutine function."""
    kept = kept_decorators(function)
    return kept if yields_of(part) else tuple(each for each in kept if each.rpartition(".")[2] != _MANAGER)


def is_bound(function: FunctionGraph) -> bool:
    """Tell whether the first parameter of a function is what it is called on."""
    return function.class_name is not None and not is_static(function)


def is_declaration(function: FunctionGraph) -> bool:
    """Tell whether a method does nothing: it is there to be overridden."""
    body = function.node.body if isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return bool(body) and all(_does_nothing(statement) for statement in body)


def _does_nothing(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Raise) and statement.exc is not None:
        error = statement.exc.func if isinstance(statement.exc, ast.Call) else statement.exc
        return last_name(error) == "NotImplementedError"
    is_constant = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return is_constant or isinstance(statement, ast.Pass)


def beside_one_name(function: FunctionGraph) -> bool:
    """Tell whether a function only says more about another one of its name: an overload, a setter."""
    return bool({"overload", "setter", "deleter", "register"}.intersection(_decorators(function)))


def _decorators(function: FunctionGraph) -> list[str]:
    return [last_name(node) for node in getattr(function.node, "decorator_list", [])]
