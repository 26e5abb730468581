"""Which statements are the work that all callers share: everything that only a caller does who finds nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from awaitomic.model.event import Name, Read, Write
from awaitomic.model.position import BlockStep
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.contents import looks_at_locals
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run, common_loop, events_in, yields_in
from awaitomic.remedies.shared.siblings import Block, block_at, bound_names, leaves
from awaitomic.remedies.single_flight.asked import State, aliased, looks_up, value_of

_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


@dataclass(frozen=True, slots=True)
class Work:
    """The statements that move into the task, and what the callers do with its result."""

    run: Run
    statements: tuple[ast.stmt, ...]
    state: State
    """What is filled, as it is written at the store."""
    receiver: str = ""
    """How the caller takes the result: ``return ``, ``row = ``, or not at all."""
    ending: str = ""
    """The statement that gives the result, if the work does not end with one."""
    is_returned: bool = False
    """Whether the result is what the caller returns."""

    @property
    def gives(self) -> bool:
        """Whether the task has a result."""
        return bool(self.receiver)


def work_of(case: Case, state: State) -> Work:
    """Find the work behind the test of a finding.

    Raises:
        Declined: ``single-flight-shape``.
    """
    block, start, outside = _block(case)
    statements = block.statements[start:]
    last = statements[-1] if statements else None
    own = isinstance(last, ast.Return)
    inner = statements[:-1] if own else statements
    if not inner or any(leaves(statement, by_raise=False) for statement in inner):
        raise _shape("what is done where nothing is stored has several ways out")
    run = Run(block.path(start), len(statements))
    if not run.covers(case.path(case.fact.event)):
        raise _shape("the store does not stand where the test leads")
    if yields_in(case.function, run) is not None:
        raise Declined("yield-inside", "the work hands control to a consumer")
    _refuse_scopes(case, statements)
    stored = _stored_local(case, state)
    later = _used_later(case, run)
    if isinstance(last, ast.Return):
        _check_return(case, last, state, stored)
        if outside is None:
            raise _shape("who does the work returns what is stored, and who finds it goes on")
        _check_return(case, outside, state, None)
        return Work(run, statements, state, "return ", is_returned=True)
    if later:
        if later != {stored} or not any(stored in bound_names(each) for each in statements):
            names = "`, `".join(sorted(later))
            raise _shape(f"`{names}`, which the work binds, is used behind it")
        return Work(run, statements, state, f"{stored} = ", f"return {stored}", _returns(outside, stored))
    if isinstance(outside, ast.Return) and outside.value is not None and looks_up(outside.value, state):
        return Work(run, statements, state, "return ", f"return {case.text(outside.value)}", is_returned=True)
    return Work(run, statements, state)


def _returns(statement: ast.stmt | None, name: str | None) -> bool:
    value = statement.value if isinstance(statement, ast.Return) else None
    return isinstance(value, ast.Name) and value.id == name


def _shape(message: str) -> Declined:
    return Declined("single-flight-shape", message)


def _block(case: Case) -> tuple[Block, int, ast.stmt | None]:
    """Give the block of the work, the index of its first statement, and what callers do next who find something."""
    path, store = case.path(case.finding.span.guards[0]), case.path(case.fact.event)
    test = case.statement(path)
    depth = len(path)
    if store[:depth] == path and len(store) > depth:
        step = store[depth]
        branches = step.block in {"body", "orelse"} if isinstance(test, ast.If) else step.block.startswith("handlers.")
        block = block_at(case, (*path, BlockStep(step.block, 0)))
        if not branches or (step.block == "orelse" and _is_elif(test, block)):
            raise _shape("the work stands in no block of its own")
        around = block_at(case, path)
        index = path[-1].index + 1
        following = around.statements[index] if index < len(around.statements) else None
        return block, 0, _found_by(test, step.block) or following
    if (
        depth != len(case.function.path) + 1
        or store[: depth - 1] != path[:-1]
        or store[depth - 1].index <= path[-1].index
    ):
        raise _shape("test and store do not stand in one block, nor the store behind the test")
    found = _left_by(test)
    if found is None:
        raise _shape("who finds something does not return at once")
    block = block_at(case, path)
    if not isinstance(block.statements[-1], ast.Return) and found.value is not None:
        raise _shape("who finds something returns it, and who does the work does not")
    return block, path[-1].index + 1, found


def _is_elif(test: ast.stmt, block: Block) -> bool:
    first = block.statements[0]
    return isinstance(test, ast.If) and isinstance(first, ast.If) and first.col_offset == test.col_offset


def _found_by(test: ast.stmt, block: str) -> ast.stmt | None:
    """Give what the other branch of the test does, if it ends the function."""
    if isinstance(test, ast.Try):
        return test.body[-1] if isinstance(test.body[-1], ast.Return) else None
    if isinstance(test, ast.If):
        other = test.orelse if block == "body" else test.body
        return other[-1] if other and isinstance(other[-1], ast.Return) else None
    return None


def _left_by(test: ast.stmt) -> ast.Return | None:
    """Give the ``return`` of who finds something, for a test that stands in front of the work."""
    if isinstance(test, ast.If):
        last = test.body[-1]
        return last if isinstance(last, ast.Return) and not test.orelse else None
    if isinstance(test, ast.Try) and len(test.handlers) == 1 and not test.orelse and not test.finalbody:
        passes = all(isinstance(each, ast.Pass) for each in test.handlers[0].body)
        last = test.body[-1]
        return last if passes and isinstance(last, ast.Return) else None
    return None


def _refuse_scopes(case: Case, statements: tuple[ast.stmt, ...]) -> None:
    if looks_at_locals(case.function):
        raise _shape("the function looks its variables up by name")
    kinds = case.function.kinds
    for node in (*kinds.of(ast.Global), *kinds.of(ast.Nonlocal)):
        raise _shape(f"line {node.lineno} binds names of another scope")
    bound = {name for statement in statements for name in bound_names(statement)}
    shared = sorted(bound & case.resolver.captured)
    if shared:
        raise _shape(f"`{shared[0]}`, which the work binds, is used by a nested function")


def _stored_local(case: Case, state: State) -> str | None:
    """Give the local that holds what is stored, if it still does when the work is over."""
    statement = case.statement(case.path(case.fact.event))
    if not isinstance(statement, ast.Assign):
        return None
    names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
    if not names and isinstance(statement.value, ast.Name):
        names = [statement.value.id]
    if len(names) != 1:
        return None
    own = {id(node) for node in ast.walk(statement)}
    for event in case.function.events[case.fact.event :]:
        node = case.node(event.id)
        if isinstance(event, Write) and isinstance(node, ast.Name) and node.id == names[0] and id(node) not in own:
            value = value_of(case, event, node)
            if value is None or not looks_up(value, state):
                return None
    return names[0] if not aliased(case, names[0], state) or _is_rebound(case, names[0]) else None


def _is_rebound(case: Case, name: str) -> bool:
    between = case.function.events[case.finding.span.guards[0] + 1 : case.fact.event + 1]
    statement = case.statement(case.path(case.fact.event))
    own = {id(node) for node in ast.walk(statement)}
    nodes = [case.node(event.id) for event in between if isinstance(event, Write)]
    nodes += [case.node(e.id) for e in case.function.events if isinstance(e, Write) and id(case.node(e.id)) in own]
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


def _used_later(case: Case, run: Run) -> set[str]:
    """Give the names that the work binds and that are read behind it, or in the next round of a loop."""
    inside = set(events_in(case.function, run))
    writes = [event for event in case.function.events if isinstance(event, Write) and isinstance(event.place, Name)]
    bound = {event.place.name for event in writes if event.id in inside and isinstance(event.place, Name)}
    kept = {event.place.name for event in writes if event.id not in inside and isinstance(event.place, Name)}
    loop = common_loop(case.program.module.tree, case.function, [run.first])
    found = set()
    for event in case.function.events:
        if not isinstance(event, Read) or not isinstance(event.place, Name) or event.id in inside:
            continue
        name = event.place.name
        if name in bound and (event.id > max(inside) or (loop is not None and name not in kept)):
            found.add(name)
    return found


def _check_return(case: Case, statement: ast.stmt, state: State, stored: str | None) -> None:
    """See that a ``return`` gives what is stored: then it is the same for who did the work and who waited for it."""
    value = statement.value if isinstance(statement, ast.Return) else None
    if isinstance(value, ast.Name) and (value.id == stored or aliased(case, value.id, state)):
        return
    if value is not None and looks_up(value, state):
        return
    line = statement.lineno
    raise _shape(
        f"what is returned on line {line} is not simply what is stored, and could differ from caller to caller"
    )


def names_read(case: Case, run: Run) -> list[str]:
    """Give the locals and parameters that the work needs from around it, in the order of their first use.

    Raises:
        Declined: ``single-flight-shape`` if it is not plain whether the work has bound a name itself.
    """
    inside = list(events_in(case.function, run))
    outer = {
        event.place.name
        for event in case.function.events
        if isinstance(event, Write) and isinstance(event.place, Name) and event.id not in set(inside)
    } | set(case.function.parameters)
    bound: set[str] = set()
    found: list[str] = []
    for event in (case.function.events[each] for each in inside):
        place = event.place if isinstance(event, Read | Write) else None
        if not isinstance(place, Name) or place.name not in case.function.local_names | set(case.function.parameters):
            continue
        if isinstance(event, Write):
            bound.add(place.name)
        elif place.name not in bound and place.name not in found:
            found.append(place.name)
    for name in sorted(bound & outer):
        if name in found or not _binds_first(map(case.statement, run.paths), name):
            raise _shape(f"`{name}` is bound around the work and in it")
    for statement in (case.statement(path) for path in run.paths):
        for scope in (node for node in ast.walk(statement) if isinstance(node, _SCOPES)):
            read = {node.id for node in ast.walk(scope) if isinstance(node, ast.Name)}
            found += sorted((read & (outer | case.function.local_names)) - bound - set(found))
    return found


def _binds_first(statements: Iterable[ast.stmt], name: str) -> bool:
    """Tell whether the first of some statements that mentions a name surely binds it, and does not read it before."""
    for node in statements:
        if not any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node)):
            continue
        if isinstance(node, ast.With | ast.AsyncWith):
            heads = [each for item in node.items for each in ast.walk(item)]
            named = any(isinstance(each, ast.Name) and each.id == name for each in heads)
            return not named and _binds_first(node.body, name)
        return isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets)
    return False
