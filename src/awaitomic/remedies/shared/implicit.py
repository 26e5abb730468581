"""Methods of the file that run though nothing calls them: ``with``, ``for``, ``await``, an operator, a property.

Code that an edit moves past may write the state through them; see `awaitomic.remedies.shared.effects`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.program import Program
from awaitomic.program.names import last_name

_ITERATES = (ast.For, ast.comprehension, ast.Starred, ast.Call, ast.Tuple, ast.List, ast.Compare, ast.YieldFrom)
_COMPUTES = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.AugAssign, ast.If, ast.While, ast.IfExp, ast.Assert)
_TRIGGERS: dict[str, tuple[type[ast.AST], ...]] = {
    **dict.fromkeys(("__enter__", "__exit__"), (ast.With,)),
    **dict.fromkeys(("__aenter__", "__aexit__"), (ast.AsyncWith,)),
    **dict.fromkeys(("__aiter__", "__anext__"), (ast.AsyncFor, ast.comprehension, ast.Call)),
    **dict.fromkeys(("__iter__", "__next__", "__len__", "__contains__"), _ITERATES),
    **dict.fromkeys(("__getitem__", "__setitem__", "__delitem__"), (ast.Subscript, *_ITERATES)),
    **dict.fromkeys(("__getattr__", "__getattribute__", "__setattr__", "__delattr__"), (ast.Attribute,)),
    **dict.fromkeys(("__get__", "__set__", "__delete__"), (ast.Attribute,)),
    **dict.fromkeys(("__str__", "__repr__", "__format__", "__hash__"), (ast.Call, ast.FormattedValue, ast.Subscript)),
    "__await__": (ast.Await,),
    "__call__": (ast.Call,),
}
"""Method → the syntax behind which it may run. Methods that are not named here run behind operators."""


def implicit_methods(program: Program, code: Iterable[ast.AST]) -> Iterator[FunctionGraph]:
    """Give the special methods and properties of the file's classes that some code may run without a call of them.

    Parameters:
        program: the facts of the file.
        code: pieces of syntax; what stands inside them counts as well.
    """
    nodes = [inner for node in code for inner in ast.walk(node)]
    kinds = tuple({type(node) for node in nodes})
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    for function in program.module.functions:
        name = getattr(function.node, "name", "")
        if function.class_name is None or name in CONSTRUCTION:
            continue
        if name.startswith("__") and name.endswith("__"):
            if any(issubclass(kind, _TRIGGERS.get(name, _COMPUTES)) for kind in kinds):
                yield function
        elif name in attributes and _is_accessor(function):
            yield function


def _is_accessor(function: FunctionGraph) -> bool:
    names = {last_name(node) for node in getattr(function.node, "decorator_list", [])}
    return bool(names & {"property", "cached_property", "setter", "deleter", "getter"})
