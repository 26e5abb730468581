"""``if not items: await condition.wait()``, and then something is taken: who is woken does not look again.

The wait gives the lock back and takes it again, and the one who wakes is not the only one who comes: whoever waits for
the lock at that moment can have it first, finds the state as it should be, and changes it. A loop, or `wait_for`, looks
again. Told by AWA204, since the guard is given back inside the span; only where the state that was tested is then used
up, with nothing in between that looks at anything, and where several tasks run this very function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from awaitomic.flow.statements import block_of, statement_at
from awaitomic.model.event import Guard, Read, Suspend
from awaitomic.model.finding import Confidence, Finding, Role
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.locks import Lock
from awaitomic.program.locks.waits import released_by
from awaitomic.program.resolve import Resolver
from awaitomic.rules.rule import Rule, make_finding, step

_USES_UP = frozenset({Change.TAKE, Change.DELETE, Change.AUGMENTED, Change.ASSIGN})
"""Not what empties or resets: who comes second then finds nothing, and does nothing."""
_SIMPLE = ast.Expr | ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Delete
_LOOKS = (ast.IfExp, ast.BoolOp, ast.Compare, ast.Await, ast.NamedExpr, ast.comprehension)


class _Wait(NamedTuple):
    """A test, and a wait for a condition that is all that it decides."""

    guard: int
    suspend: int
    lock: Lock


def find_woken_once(program: Program, resolver: Resolver, rule: Rule) -> Iterator[Finding]:
    """Find what is used up behind a wait for a condition without a second look."""
    waits = list(_waits(program, resolver)) if "wait" in resolver.words else []
    facts = program.facts(resolver) if waits else None
    for fact in facts.writes if facts is not None else ():
        if fact.via is not None or fact.access.change not in _USES_UP:
            continue
        for wait in waits:
            held = any(lock.location == wait.lock.location for lock in fact.state.held)
            if held and _asks(resolver, wait.guard, fact.access.location) and _follows(resolver, wait, fact.event):
                finding = _report(program, resolver, fact, wait, rule)
                if finding is not None:
                    yield finding


def _waits(program: Program, resolver: Resolver) -> Iterator[_Wait]:
    function, tree = resolver.function, resolver.module.tree
    for event in function.events:
        if not isinstance(event, Suspend):
            continue
        locks = [lock for lock in released_by(program, resolver, event) if lock.type.keeps_tasks_out and lock.excludes]
        path = function.statements[event.id]
        if not locks or path[-1].block != "body" or not isinstance(statement_at(tree, path), ast.Expr):
            continue
        test = statement_at(tree, path[:-1]) if len(path) > 1 else None
        if not isinstance(test, ast.If) or test.orelse or path[-1].index < len(test.body) - 1:
            continue
        guards = (each.id for each in function.events if isinstance(each, Guard))
        guard = next((each for each in guards if function.statements[each] == path[:-1]), None)
        if guard is not None:
            yield _Wait(guard, event.id, min(locks, key=str))


def _asks(resolver: Resolver, guard: int, location: Location) -> bool:
    """Tell whether a test looks at a state, or at the container of an entry."""
    function = resolver.function
    wanted = {location}
    if location.is_entry and location.parent is not None:
        wanted.add(location.parent)
    path = function.statements[guard]
    asked = (each for each in function.events if isinstance(each, Read) and function.statements[each.id] == path)
    return any(resolver.value(each.id) in wanted for each in asked)


def _follows(resolver: Resolver, wait: _Wait, write: int) -> bool:
    """Tell whether a write stands behind the test in the same block, and nothing in between looks at anything."""
    function, tree = resolver.function, resolver.module.tree
    test, written = function.statements[wait.guard], function.statements[write]
    beside = written[:-1] == test[:-1] and written[-1].block == test[-1].block and written[-1].index > test[-1].index
    if not beside:
        return False
    block = block_of(statement_at(tree, test[:-1]), test[-1].block) if len(test) > 1 else []
    between = block[test[-1].index + 1 : written[-1].index + 1]
    return all(
        isinstance(each, _SIMPLE) and not any(isinstance(inner, _LOOKS) for inner in ast.walk(each)) for each in between
    )


def _report(program: Program, resolver: Resolver, fact: WriteFact, wait: _Wait, rule: Rule) -> Finding | None:
    state = fact.access.location
    judgement = judge(program, resolver, state, [(resolver, fact.access)], write=fact.event)
    if judgement is None:
        return None
    function = resolver.function
    trace = [
        step(program, function, wait.guard, Role.GUARD, f"`{state}` is tested"),
        step(program, function, wait.suspend, Role.SUSPEND, f"`{wait.lock}` is given back, and taken again"),
        step(program, function, fact.event, Role.WRITE, "done without another look"),
    ]
    says = f"the wait on {program.place(function, wait.suspend)} gives it back, and takes it again"
    return make_finding(
        program,
        rule,
        resolver,
        fact,
        confidence=min(judgement.confidence, Confidence.LIKELY),
        judgement=judgement,
        trace=trace,
        reads=(),
        guards=(wait.guard,),
        suspends=(wait.suspend,),
        message=(
            f"`{wait.lock}` keeps nobody out ({says}): `{state}` is tested before the wait and changed after it; who "
            "gets the lock before the one that is woken changes it first"
        ),
    )
