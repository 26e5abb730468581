"""What the test in front of a fill asks: a shared task fits only where it asks if something is there, and no more."""

from __future__ import annotations

import ast

from awaitomic.model.event import Write
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.absence import absence_before, asks_for_key, same_text
from awaitomic.remedies.shared.declined import Declined

State = ast.Attribute | ast.Subscript


def check_asks_absence(case: Case, state: State) -> None:
    """See that the write of the finding happens only if nothing is stored in `state`.

    Raises:
        Declined: ``refilled`` if what is there is also replaced, ``single-flight-shape`` if the test is not understood.
    """
    absence = absence_before(case, case.fact, state, lambda node: _asks(case, node, state), "single-flight-shape")
    if absence is None:
        raise Declined("single-flight-shape", "the test is not simply whether something is stored")


def _asks(case: Case, node: ast.AST, state: State) -> bool | None:
    """Give what a test comes to while something is stored; None if it does not ask for that."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = _asks(case, node.operand, state)
        return None if inner is None else not inner
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        operator, right = node.ops[0], node.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(state, ast.Subscript):
            return asks_for_key(node, state)
        nothing = isinstance(right, ast.Constant) and right.value is None
        if nothing and isinstance(operator, ast.Is | ast.IsNot) and stands_for(case, node.left, state):
            return isinstance(operator, ast.IsNot)
        return None
    return True if isinstance(node, ast.expr) and stands_for(case, node, state) else None


def stands_for(case: Case, node: ast.expr, state: State) -> bool:
    """Tell whether an expression before the fill gives what is stored, or None: also a local that was given it."""
    if isinstance(node, ast.NamedExpr):
        return stands_for(case, node.value, state)
    if isinstance(node, ast.Name):
        return bool(aliased(case, node.id, state))
    return looks_up(node, state)


def looks_up(node: ast.expr, state: State) -> bool:
    """Tell whether an expression is the state as it is stored, or ``d.get(key)`` for ``d[key]``."""
    if same_text(node, state):
        return True
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "get":
        return False
    plain = not node.keywords and (
        len(node.args) == 1
        or (len(node.args) == 2 and isinstance(node.args[1], ast.Constant) and node.args[1].value is None)
    )
    return (
        isinstance(state, ast.Subscript)
        and plain
        and same_text(node.func.value, state.value)
        and same_text(node.args[0], state.slice)
    )


def aliased(case: Case, name: str, state: State) -> list[ast.AST]:
    """Give the bindings of a local before the test if all of them look the state up; else nothing."""
    found: list[ast.AST] = []
    for event in case.function.events[: case.finding.span.guards[0] + 1]:
        node = case.node(event.id)
        if not isinstance(event, Write) or not isinstance(node, ast.Name) or node.id != name:
            continue
        value = value_of(case, event, node)
        if value is None or not looks_up(value, state):
            return []
        found.append(node)
    return found


def value_of(case: Case, event: Write, target: ast.Name) -> ast.expr | None:
    """Give what is bound to a local by a plain assignment or a walrus."""
    statement = case.statement(case.path(event.id))
    for node in ast.walk(statement):
        if isinstance(node, ast.NamedExpr) and node.target is target:
            return node.value
    if isinstance(statement, ast.Assign) and statement.targets == [target]:
        return statement.value
    return statement.value if isinstance(statement, ast.AnnAssign) and statement.target is target else None
