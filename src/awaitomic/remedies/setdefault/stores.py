"""The forms of a store, and what becomes of them: `setdefault` stands where the store stood, in the same order.

The value is awaited into a local first. Were the await inside the call's argument, the method of the container would be
looked up before the await, and a container that is replaced meanwhile would get nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Call, Name, Scope, Write
from awaitomic.model.plan import Edit, InsertStatements, ReplaceExpression, ReplaceStatement
from awaitomic.model.position import Extent, StatementPath
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import last_name
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.names import name_for_awaited, name_for_state
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import block_at, flush_left

_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_LOOPS = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, slots=True)
class Store:
    """One store of an entry. `local` is the name that its value has (or gets by the same statement), if it has one."""

    fact: WriteFact
    path: StatementPath
    statement: ast.Assign
    target: ast.Subscript
    local: str | None


def store_at(case: Case, fact: WriteFact) -> Store:
    """Give the statement that makes a store.

    Raises:
        Declined: ``setdefault-shape`` if it does more than that.
    """
    path = case.path(fact.event)
    statement = case.statement(path)
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    entries = [target for target in targets if isinstance(target, ast.Subscript)]
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if not isinstance(statement, ast.Assign) or len(entries) != 1 or len(names) > 1 or len(targets) > 2:
        raise Declined("setdefault-shape", "the store is part of a larger statement")
    if len(targets) == 2 and not names:
        raise Declined("setdefault-shape", "the value is stored in two places at once")
    if not names and isinstance(statement.value, ast.Name):
        names = [statement.value.id]
    if any(step.block == "finalbody" for step in path[len(case.function.path) :]):
        raise Declined("setdefault-shape", "the store is also made if nothing was loaded, and must not be the first")
    if case.extent(targets[0]).line != case.extent(targets[-1]).end_line:
        raise Declined("setdefault-shape", "the target of the store stands on several lines, and may have comments")
    if isinstance(statement.value, ast.Name) and statement.lineno != statement.end_lineno:
        raise Declined("setdefault-shape", "the store stands on several lines, and may have comments")
    local = names[0] if names else None
    if local is not None and not _is_local(case, local):
        raise Declined("setdefault-shape", f"`{local}` is no local of this function alone")
    return Store(fact, path, statement, entries[0], local)


def _is_local(case: Case, name: str) -> bool:
    if name in case.resolver.captured:
        return False
    bound = [e.place for e in case.function.events if isinstance(e, Write) and isinstance(e.place, Name)]
    return any(place.name == name and place.scope is Scope.LOCAL for place in bound)


def edits_of(case: Case, store: Store, taken: list[str]) -> Iterator[Edit]:
    """Give the edits for one store; a name that they add goes to `taken`."""
    statement, path = store.statement, store.path
    if store.local is not None and len(statement.targets) == 1:
        fill = _filled(case, store, store.local)
        if not any(_used_later(case, store, store.local)):
            yield ReplaceStatement(path, fill)
            return
        old = case.extent(statement)
        yield ReplaceExpression(path, old, case.program.positions.snippet(old), f"{store.local} = {fill}")
        return
    name = store.local
    if name is None:
        name = _name_for(case, store, taken)
        taken.append(name)
    first, last = case.extent(statement.targets[0]), case.extent(statement.targets[-1])
    whole = Extent(first.line, first.column, last.end_line, last.end_column)
    yield ReplaceExpression(path, whole, case.program.positions.snippet(whole), name)
    chained = f"{name} = " if store.local is not None else ""
    yield InsertStatements(path, "after", f"{chained}{_filled(case, store, name)}")


def _filled(case: Case, store: Store, value: str) -> str:
    """Give the call that stores a value, and gives what is stored."""
    margin = block_at(case, store.path).margin()
    key = flush_left(case, store.target.slice, margin)
    if isinstance(store.target.slice, ast.Tuple) and not key.startswith("("):
        key = f"({key})"
    return f"{flush_left(case, store.target.value, margin)}.setdefault({key}, {value})"


def _name_for(case: Case, store: Store, taken: list[str]) -> str:
    value = store.statement.value
    if isinstance(value, ast.Await | ast.Call):
        return name_for_awaited(case, value.value if isinstance(value, ast.Await) else value, taken)
    return name_for_state(case, store.target, taken, prefix="new_")


def judge_own_value(case: Case, store: Store) -> list[str]:
    """Give what gets the task's own result although another one may be stored in the end.

    Raises:
        Declined: ``own-value-used`` if that is this function, after the store.
    """
    statement = store.statement
    single = isinstance(statement.value, ast.Name)
    made_of = {node.id for node in ast.walk(statement.value) if isinstance(node, ast.Name)}
    loaded = {name for name, _ in _bound_on_the_way(case, store) if name in made_of}
    own = {store.local} if single and len(statement.targets) == 1 else loaded
    others = set(own)
    for name, binding in _bound_on_the_way(case, store):
        value = getattr(binding, "value", None)
        if isinstance(value, ast.expr) and any(isinstance(n, ast.Name) and n.id in own for n in ast.walk(value)):
            others.add(name)
    for name in sorted(each for each in others if each is not None and each != store.local):
        for node in _used_later(case, store, name):
            message = f"`{name}`, which is made of this task's own result, is used on line {node.lineno}"
            raise Declined("own-value-used", message)
    return [sentence for name in own if name is not None for sentence in _handed_out(case, store, name)]


def _bound_on_the_way(case: Case, store: Store) -> Iterator[tuple[str, ast.AST]]:
    """Give the locals that are bound between test and store, each with the statement (or walrus) that binds it."""
    for event in case.function.events[case.finding.span.guards[0] : store.fact.event]:
        if isinstance(event, Write) and isinstance(event.place, Name) and event.place.scope is Scope.LOCAL:
            yield event.place.name, case.statement(case.path(event.id))


def _handed_out(case: Case, store: Store, name: str) -> Iterator[str]:
    """Say which calls between load and store get the task's own result, and may keep it."""
    purity = Purity(case)
    for event in case.function.events[case.finding.span.guards[0] : store.fact.event]:
        node = case.node(event.id)
        if not isinstance(event, Call) or not isinstance(node, ast.Call) or last_name(node.func) in LOGS:
            continue
        given = any(isinstance(a, ast.Name) and a.id == name for a in [*node.args, *(k.value for k in node.keywords)])
        if not given or purity.judge(node)[0] < Quality.EFFECT:
            continue
        statement = case.statement(case.path(event.id))
        rebinds = isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in statement.targets
        )
        if statement is not store.statement and not rebinds:
            yield f"`{last_name(node.func)}` gets this task's own result, before it is known if that is stored"


def _used_later(case: Case, store: Store, name: str) -> Iterator[ast.Name]:
    """Give where a local is read after a store: below it, in the next round of a loop, or by a nested function."""
    statement = store.statement
    end = (statement.end_lineno or statement.lineno, statement.end_col_offset or 0)
    guard = case.node(case.finding.span.guards[0])
    test = (getattr(guard, "lineno", 0), getattr(guard, "col_offset", 0))
    loops = [
        node
        for node in ast.walk(case.function.node)
        if isinstance(node, _LOOPS) and any(inner is statement for inner in ast.walk(node))
    ]
    around = {id(inner) for loop in loops for inner in ast.walk(loop)}
    changed = {id(node.target) for node in ast.walk(case.function.node) if isinstance(node, ast.AugAssign)}
    nested = {
        id(inner)
        for node in ast.walk(case.function.node)
        if isinstance(node, _FUNCTIONS) and node is not case.function.node
        for inner in ast.walk(node)
    }
    for node in ast.walk(case.function.node):
        if isinstance(node, ast.Name) and node.id == name and (isinstance(node.ctx, ast.Load) or id(node) in changed):
            at = (node.lineno, node.col_offset)
            if at >= end or id(node) in nested or (id(node) in around and at < test):
                yield node
