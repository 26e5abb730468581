"""How a late reset becomes a take: the statement that gives what was there to a local and leaves the reset state."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.knowledge.containers import VIEWS
from awaitomic.program.accesses import Change
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.siblings import Block
from awaitomic.remedies.shared.state_reads import StateRead, must_empty_in_place

_COPIERS = frozenset("list tuple set dict frozenset sorted sum len bytes str any all max min".split())
_BUILTIN_KINDS = frozenset({"list", "dict", "set", "bytearray"})


@dataclass(frozen=True, slots=True)
class Taking:
    """`statement` (with ``{name}``) replaces the write; without one, the write becomes a tuple assignment."""

    statement: str
    text: str
    """The expression that takes (for removals)."""
    named_after: ast.expr
    reads: list[StateRead]
    """What the local replaces; a copy that stands around a read is replaced with it."""


def taking_of(case: Case, reads: list[StateRead] | None = None, block: Block | None = None) -> Taking:
    """Work out the take that belongs to the late write of a case.

    Raises:
        Declined: ``swap-shape`` if the write is not a statement of its own.
    """
    statement = case.statement(case.path(case.fact.event))
    change = case.fact.access.change
    found = reads or []
    if isinstance(statement, ast.Delete | ast.Expr) and change in {Change.DELETE, Change.TAKE}:
        expression, element = _removal(case, statement)
        return Taking(f"{{name}} = {_braced(expression)}", expression, element, found)
    if change is Change.CLEAR and isinstance(statement, ast.Expr | ast.Delete | ast.Assign):
        return _clearing(case, statement, found, block)
    if isinstance(statement, ast.AugAssign):
        state = case.text(statement.target)
        text = f"{{name}} = {_braced(state)}\n{_braced(case.text(statement))}"
        return Taking(text, state, statement.target, found)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and change is Change.RESET:
        target = statement.targets[0]
        if not isinstance(target, ast.Tuple | ast.List):
            return _resetting(case, target, found)
    raise Declined("swap-shape", "the reset is part of a larger statement")


def _resetting(case: Case, target: ast.expr, found: list[StateRead]) -> Taking:
    kind = case.resolver.type_of(case.fact.access.location).name
    if kind in _BUILTIN_KINDS and must_empty_in_place(case) is not None:
        state = case.text(target)
        text = f"{{name}} = {_braced(lasting_copy(case, state))}\n{_braced(state)}.clear()"
        return Taking(text, state, target, found)
    return Taking("", case.text(target), target, found)


def _clearing(case: Case, statement: ast.stmt, found: list[StateRead], block: Block | None) -> Taking:
    """``list(self.q)`` in the header of a loop is already a copy: it is taken as it stands."""
    state = found[0].node if found else None
    if state is None or block is None:
        raise Declined("swap-shape", "what is cleared is not what was used")
    around = _copy_around(state, block.statements[found[0].index]) if len(found) == 1 else None
    text = _braced(case.text(statement))
    if around is not None:
        read = StateRead(found[0].index, around, found[0].suspends)
        return Taking(f"{{name}} = {_braced(case.text(around))}\n{text}", "", state, [read])
    copied = _braced(lasting_copy(case, case.text(state)))
    return Taking(f"{{name}} = {copied}\n{text}", "", state, found)


def _removal(case: Case, statement: ast.Delete | ast.Expr) -> tuple[str, ast.expr]:
    if isinstance(statement, ast.Delete):
        target = statement.targets[0]
        if len(statement.targets) > 1 or not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
            raise Declined("swap-shape", "what is deleted cannot be taken by `pop`")
        return f"{case.text(target.value)}.pop({case.text(target.slice)})", target
    call = statement.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        raise Declined("swap-shape", "the removal is part of a larger statement")
    if call.func.attr not in {"pop", "popleft"}:
        raise Declined("swap-shape", f"`{call.func.attr}` does not give what it removes")
    return case.text(call), _as_entry(call)


def check_position(case: Case, reads: list[StateRead]) -> None:
    """See that the element that is removed by position is the one that was used: ``q[0]`` and ``q.pop(0)``.

    Raises:
        Declined: ``swap-shape``.
    """
    statement = case.statement(case.path(case.fact.event))
    removed = _position(statement)
    for read in reads:
        used = ast.unparse(read.node.slice) if isinstance(read.node, ast.Subscript) else removed
        if removed is not None and used != removed:
            text = f"`{case.text(read.node)}` is used, and another element may be removed: number `{removed}`"
            raise Declined("swap-shape", text)


def _position(statement: ast.stmt) -> str | None:
    """Give the index of the element that a statement removes, as it would be written; None if it names none."""
    if isinstance(statement, ast.Delete) and isinstance(statement.targets[0], ast.Subscript):
        return ast.unparse(statement.targets[0].slice)
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return None
    if call.args:
        return ast.unparse(call.args[0])
    return {"pop": "-1", "popleft": "0"}.get(call.func.attr)


def _as_entry(call: ast.Call) -> ast.expr:
    assert isinstance(call.func, ast.Attribute)
    return ast.copy_location(ast.Subscript(call.func.value, ast.Constant(0), ast.Load()), call)


def lasting_copy(case: Case, text: str) -> str:
    """Give the expression that copies a container: ``list(x)`` for the plain types, else the ``copy`` method."""
    kind = case.resolver.type_of(case.fact.access.location).name
    if kind in {"list", "dict", "set"} and kind not in _bound_anywhere(case):
        return f"{kind}({text})"
    return f"{text}.copy()"


def _bound_anywhere(case: Case) -> set[str]:
    """Give the names that the function or the module binds: builtins among them mean something else here."""
    module = case.program.module
    return {
        *case.function.local_names,
        *module.globals,
        *module.imports,
        *(facts.qualname for facts in module.classes.values()),
        *module.by_name,
    }


def is_copied(node: ast.expr, statement: ast.stmt) -> bool:
    """Tell whether only a copy of the container, or what is computed from it, outlives the statement that reads it."""
    return _copy_around(node, statement) is not None or any(
        isinstance(inner, ast.ListComp | ast.SetComp | ast.DictComp)
        and any(_viewed(generator.iter) is node for generator in inner.generators)
        for inner in ast.walk(statement)
    )


def _viewed(iterable: ast.expr) -> ast.expr:
    """Give the container behind ``x.values()``, ``x.items()`` and ``x.keys()``."""
    if isinstance(iterable, ast.Call) and not iterable.args and isinstance(iterable.func, ast.Attribute):
        return iterable.func.value if iterable.func.attr in VIEWS else iterable
    return iterable


def _copy_around(node: ast.expr, statement: ast.stmt) -> ast.expr | None:
    """Give the copy made of what is read: ``list(x)``, ``list(x.values())``, ``x[:]``, ``x.copy()``."""
    parents = {id(child): parent for parent in ast.walk(statement) for child in ast.iter_child_nodes(parent)}
    for current in _outwards(node, parents):
        if isinstance(current, ast.Call) and isinstance(current.func, ast.Name) and current.func.id in _COPIERS:
            return current if current.func.id in {"list", "tuple", "set", "dict", "sorted"} else None
        if isinstance(current, ast.Call) and isinstance(current.func, ast.Attribute) and current.func.attr == "copy":
            return current
        if isinstance(current, ast.Subscript) and isinstance(current.slice, ast.Slice) and current.value is node:
            return current
    return None


def _outwards(node: ast.expr, parents: dict[int, ast.AST]) -> Iterator[ast.expr]:
    """Walk from a read over ``.values()`` and the like to the call around it."""
    current: ast.AST | None = parents.get(id(node))
    while isinstance(current, ast.Attribute | ast.Call | ast.Subscript):
        yield current
        if isinstance(current, ast.Attribute) and current.attr not in {"values", "items", "keys", "copy"}:
            return
        current = parents.get(id(current))


def _braced(text: str) -> str:
    """Protect braces from `str.format`."""
    return text.replace("{", "{{").replace("}", "}}")
