"""Where a class makes its attributes, and how its constructor takes one more: `__init__`, `__new__`, one of its own.

A lock has to be in every instance, and stay the same as long as the instance does: an `__init__` that a subclass does
not call leaves it out, and one that runs again for an object made before would replace it under its holder.
"""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.plan import Edit, InsertStatements, ReplaceStatement
from awaitomic.model.position import BlockStep, StatementPath
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.names import last_name
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import has_docstring


def made_in(facts: ClassFacts, attribute: str) -> bool:
    """Tell whether a class itself gives its instances an attribute: in a constructor, or by declaring it."""
    built = [method for name, method in facts.methods.items() if name in CONSTRUCTION]
    if any(_assignment(method, attribute) is not None for method in built):
        return True
    new = facts.methods.get("__new__")
    if new is not None and any(_stores(node, attribute) for node in new.kinds.of(ast.Attribute)):
        return True
    return any(
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == attribute
        and (node.value is not None or bool(facts.node.decorator_list) or bool(facts.bases))
        for node in facts.node.body
    )


def _stores(node: ast.AST, attribute: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Store)


def _assignment(method: FunctionGraph, attribute: str) -> int | None:
    """Give the index of the last statement of a method's body in which ``self.<attribute>`` is assigned."""
    first = method.parameters[0] if method.parameters else ""
    body = method.node.body if isinstance(method.node.body, list) else []
    stored = [each for each in method.kinds.of(ast.Attribute) if _stores(each, attribute) and _is_own(each, first)]
    begins = [(each.lineno, each.col_offset) for each in body] if stored else []
    places = (bisect_right(begins, (each.lineno, each.col_offset)) - 1 for each in stored)
    return max((index for index in places if index >= 0), default=None)  # in a decorator it is no statement of the body


def _is_own(node: ast.AST, receiver: str) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == receiver


def insert(method: FunctionGraph, state: str, statement: str) -> Edit:
    """Put the making of the lock after that of the state in a constructor, or after its last attribute."""
    body = method.node.body
    assert isinstance(body, list)
    index = _assignment(method, state)
    receiver = method.parameters[0] if method.parameters else "self"
    if index is None:
        plain = [at for at, node in enumerate(body) if isinstance(node, ast.Assign | ast.AnnAssign)]
        own = [at for at in plain if any(_is_own(node, receiver) for node in ast.walk(body[at]))]
        supers = [at for at, node in enumerate(body) if isinstance(node, ast.Expr) and _is_super_init(node.value)]
        index = next((at for at in (*reversed(own), *reversed(supers))), None)
    early = index if index is not None else len(body)
    if any(_returns(node) for node in body[:early]):
        index = None
    if index is not None and not isinstance(body[index], ast.Return | ast.Raise):
        return InsertStatements((*method.path, BlockStep("body", index)), "after", statement)
    if isinstance(body[-1], ast.Pass) and len(body) == 1 + int(has_docstring(body)):
        return ReplaceStatement((*method.path, BlockStep("body", len(body) - 1)), statement)
    if has_docstring(body) and len(body) == 1:
        return InsertStatements((*method.path, BlockStep("body", 0)), "after", statement)
    return InsertStatements(method.path, "first", statement)


def check_one_constructor(program: Program, facts: ClassFacts) -> None:
    """See that a class has one constructor of a name, and no other one by platform or version.

    Raises:
        Declined: ``unfit-class``.
    """
    seen: set[str] = set()
    for function in program.module.functions:
        name = getattr(function.node, "name", "")
        if function.class_id != facts.id or name not in CONSTRUCTION or _is_overload(function):
            continue
        if name in seen:
            raise Declined("unfit-class", f"`{facts.qualname}` defines `{name}` more than once")
        seen.add(name)


def _is_overload(function: FunctionGraph) -> bool:
    return any(last_name(each) == "overload" for each in getattr(function.node, "decorator_list", ()))


def _is_super_init(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"


def _returns(node: ast.stmt) -> bool:
    return any(isinstance(inner, ast.Return) for inner in ast.walk(node))


def new_init(facts: ClassFacts, path: StatementPath, text: str) -> Edit:
    """Put a new ``__init__`` above the first method of the class at `path`."""
    for index, node in enumerate(facts.node.body):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            spread = 1 if index else 0
            return InsertStatements((*path, BlockStep("body", index)), "before", text, blank_lines_before=spread)
    return InsertStatements(path, "last", text, blank_lines_before=1)


def calls_up(
    method: FunctionGraph, name: str, ancestors: frozenset[str] | None = None, *, by_super: bool = True
) -> bool:
    """Tell whether each run of a method calls one of that name of another class.

    Parameters:
        method: the method.
        name: the name.
        ancestors: the classes that may be named for that (``Base.__init__(self)``), by their last names; None for any.
        by_super: whether it may be called by ``super()``.
    """
    own = (method.class_name or "").rpartition(".")[2] if by_super else ""
    return isinstance(method.node, ast.FunctionDef) and _calls(method.node.body, name, own, ancestors)


def _calls(body: list[ast.stmt], name: str, own: str, ancestors: frozenset[str] | None) -> bool:
    """Tell whether all ways through some statements come to such a call."""
    for statement in body:
        if isinstance(statement, ast.If):
            if all(_calls(each, name, own, ancestors) for each in (statement.body, statement.orelse)):
                return True
        elif isinstance(statement, ast.With) or (isinstance(statement, ast.Try) and not statement.handlers):
            if _calls(statement.body, name, own, ancestors):
                return True
        elif isinstance(statement, ast.Expr) and _is_call_up(statement.value, name, own, ancestors):
            return True
        if any(isinstance(node, ast.Return) for node in ast.walk(statement)):
            return False
    return False


def _is_call_up(node: ast.expr, name: str, own: str, ancestors: frozenset[str] | None) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != name:
        return False
    receiver = node.func.value
    if isinstance(receiver, ast.Call) and last_name(receiver.func) == "super":
        return bool(own) and (not receiver.args or last_name(receiver.args[0]) in {own, "__class__"})
    named = last_name(receiver) if isinstance(receiver, ast.Name | ast.Attribute) else ""
    return bool(named) and bool(node.args) and (ancestors is None or named in ancestors)


# -- __new__ -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Birth:
    """A statement that makes an instance by ``super().__new__``."""

    path: StatementPath
    target: ast.expr | None
    """What the instance is assigned to; None if it is returned at once."""
    siblings: list[ast.stmt]


def in_new(program: Program, facts: ClassFacts, state: str, name: str, value: str) -> tuple[list[Edit], bool] | None:
    """Plan the making of an attribute in ``__new__``, if it is this that decides when an instance comes into being.

    Returns:
        The edits, and whether an instance is kept to be given out again; None if ``__init__`` is the place after all:
        there is no ``__new__``, or it makes an instance for each call.

    Raises:
        Declined: ``init-not-called`` if ``__init__`` may run again for an object that was made before.
    """
    for relative in program.module.lineage(facts.id):
        new = relative.methods.get("__new__")
        if new is None:
            continue
        births = list(_births(new))
        body = new.node.body
        fresh = len(births) == 1 and len(births[0].path) == len(new.path) + 1
        fresh = fresh and not any(map(_returns, body[: births[0].path[-1].index] if isinstance(body, list) else ()))
        plain = len(new.parameters) <= 1 and not (isinstance(new.node, ast.FunctionDef) and new.node.args.vararg)
        if fresh and ("__init__" in facts.methods or (births[0].target is None and plain) or relative is not facts):
            return None
        if relative is not facts or not births or any(birth.target is None for birth in births):
            line = getattr(new.node, "lineno", 1)
            message = (
                f"`{new.qualname}` (line {line}) may give an object that was made before, or makes one in its own way"
            )
            raise Declined("init-not-called", message)
        return [_beside(birth, state, f".{name} = {value}") for birth in births], not fresh
    return None


def _births(new: FunctionGraph) -> Iterator[_Birth]:
    body = new.node.body
    yield from _births_in(body if isinstance(body, list) else [], "body", new.path)


def _births_in(block: list[ast.stmt], name: str, around: StatementPath) -> Iterator[_Birth]:
    for index, statement in enumerate(block):
        path = (*around, BlockStep(name, index))
        inner = [
            field for field in ("body", "orelse", "finalbody") if isinstance(getattr(statement, field, None), list)
        ]
        for field in inner:
            yield from _births_in(getattr(statement, field), field, path)
        if not inner and any(_is_new(node) for node in ast.walk(statement)):
            target = statement.targets[0] if isinstance(statement, ast.Assign) and _is_new(statement.value) else None
            yield _Birth(path, _named(target), block)


def _named(target: ast.expr | None) -> ast.expr | None:
    return target if isinstance(target, ast.Name | ast.Attribute) else None


def _is_new(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__new__"


def _beside(birth: _Birth, state: str, making: str) -> Edit:
    """Put the making of the lock behind that of the state, if this follows the birth, or behind the birth itself."""
    assert birth.target is not None
    said = ast.unparse(birth.target)
    at = birth.path[-1].index
    for index, statement in enumerate(birth.siblings[at:], at):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if any(isinstance(t, ast.Attribute) and t.attr == state and ast.unparse(t.value) == said for t in targets):
            at = index
    return InsertStatements((*birth.path[:-1], BlockStep(birth.path[-1].block, at)), "after", f"{said}{making}")
