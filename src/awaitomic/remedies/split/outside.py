"""What a coroutine does outside of the lock that it takes, and whether that may be done with the lock held.

To take the lock around a whole body instead of a part of it is what a person would do, and only allowed where nobody
can tell: what runs before must not wait, leave or announce anything, what runs behind must not wait. A lock that is
given back is taken by nobody before the next suspension.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Call, Name, Read, Scope, Suspend, Write
from awaitomic.model.location import Location
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.accesses import access_of
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.locks.acquisitions import acquired_by_call
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import own_scope

_LOOPS = ast.For | ast.AsyncFor | ast.While


@dataclass(frozen=True, slots=True)
class Outside:
    """Why code relies on being outside of the lock, and what is only not known: sentences that name lines."""

    relies: tuple[str, ...]
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spot:
    """A function that expressions are judged in."""

    program: Program
    resolver: Resolver

    @property
    def function(self) -> FunctionGraph:
        """The function."""
        return self.resolver.function


def judge(program: Program, resolver: Resolver, inside: list[StatementPath], lock: Location) -> Outside:
    """Judge all that a function does but for some statements.

    Parameters:
        program: the facts of the file.
        resolver: the function.
        inside: the statements that run with the lock held, at least one.
        lock: the lock, in the function's terms.
    """
    spot = Spot(program, resolver)
    depth = len(resolver.function.path)
    first = min(path[depth].index for path in inside)
    relies = [*_nested(spot, inside), *_waits(spot, inside), *_named_lock(spot, inside, lock)]
    relies += [*_leaves(spot, first), *_announces(spot, first), *_remembers(spot, first)]
    doubts = [*_rejects(spot, first), *_unknown(spot, first), *_looks(spot, inside, first)]
    return Outside(tuple(dict.fromkeys(relies)), tuple(dict.fromkeys(doubts)))


def may_come_in(program: Program, resolver: Resolver, paths: list[StatementPath], lock: Location) -> bool:
    """Tell whether statements behind a lock may as well be done with it held: they neither wait nor look at it."""
    spot = Spot(program, resolver)
    if any(isinstance(node, ast.Attribute) and node.attr == "locked" for node in ast.walk(program.module.tree)):
        return False
    without = set(_events_outside(spot, paths))
    for event in set(range(len(spot.function.events))) - without:
        found = spot.function.events[event]
        if isinstance(found, Suspend) and program.may_suspend(resolver, found):
            return False
        if isinstance(found, Read) and resolver.place(found.place) == lock:
            return False
    return True


def takes_again(program: Program, resolver: Resolver, inside: list[StatementPath], lock: Location) -> str | None:
    """Say where a function calls something that takes the lock, outside of some statements; None if nowhere."""
    spot = Spot(program, resolver)
    for event in _events_outside(spot, inside):
        suspend = spot.function.events[event]
        for call in awaited_calls(resolver, suspend) if isinstance(suspend, Suspend) else ():
            for target in call.targets:
                for taken in program.acquisitions.of(target.function):
                    found = acquired_by_call(program, resolver, target, taken)
                    if found is not None and found.location == lock:
                        return f"line {_line(spot, event)} takes the lock again"
    return None


def body_of(function: FunctionGraph) -> list[ast.stmt]:
    """Give the statements of a coroutine function."""
    assert isinstance(function.node, ast.AsyncFunctionDef)
    return function.node.body


def _events_outside(spot: Spot, inside: list[StatementPath]) -> Iterator[int]:
    for event, path in enumerate(spot.function.statements):
        if not any(path[: len(one)] == one for one in inside):
            yield event


def _events_before(spot: Spot, first: int) -> Iterator[int]:
    depth = len(spot.function.path)
    for event, path in enumerate(spot.function.statements):
        if len(path) > depth and path[depth].index < first:
            yield event


def _line(spot: Spot, event: int) -> int:
    return spot.program.extent(spot.function, event).line


def _nested(spot: Spot, inside: list[StatementPath]) -> Iterator[str]:
    """Say what the lock is taken inside of: a loop takes it in each turn, an ``if`` on some ways only."""
    depth = len(spot.function.path)
    for path in inside:
        for length in range(depth + 1, len(path)):
            node = statement_at(spot.program.module.tree, path[:length])
            if isinstance(node, _LOOPS):
                yield f"the loop on line {node.lineno} takes the lock anew in each turn"
            elif isinstance(node, ast.If | ast.Match):
                yield f"on some ways past line {node.lineno} the lock is not taken"
            else:
                yield f"the statement on line {node.lineno} also sees what happens while the lock is waited for"


def _waits(spot: Spot, inside: list[StatementPath]) -> Iterator[str]:
    for event in _events_outside(spot, inside):
        suspend = spot.function.events[event]
        if isinstance(suspend, Suspend) and spot.program.may_suspend(spot.resolver, suspend):
            yield f"line {_line(spot, event)} waits without the lock"


def _named_lock(spot: Spot, inside: list[StatementPath], lock: Location) -> Iterator[str]:
    for event in _events_outside(spot, inside):
        read = spot.function.events[event]
        if isinstance(read, Read) and spot.resolver.place(read.place) == lock:
            yield f"line {_line(spot, event)} uses the lock by itself"


def _leaves(spot: Spot, first: int) -> Iterator[str]:
    for node in _own_nodes(body_of(spot.function)[:first], ast.Return):
        yield f"line {node.lineno} returns without waiting for the lock"


def _announces(spot: Spot, first: int) -> Iterator[str]:
    """Say which writes others can see while the lock is waited for."""
    for event in _events_before(spot, first):
        found = spot.function.events[event]
        access = access_of(spot.resolver, found)
        if access is not None:
            yield f"line {_line(spot, event)} changes `{access.location}` before the lock is there"
        elif isinstance(found, Write) and not _is_local(found):
            yield f"line {_line(spot, event)} changes what others can see before the lock is there"


def _remembers(spot: Spot, first: int) -> Iterator[str]:
    """Say what is read before the lock is there and may be another thing then: ``if self.token is not token``."""
    for event in _events_before(spot, first):
        read = spot.function.events[event]
        location = spot.resolver.place(read.place) if isinstance(read, Read) else None
        if location is not None and spot.program.changes(spot.resolver, location):
            yield f"line {_line(spot, event)} looks at `{location}` before it waits for the lock"


def _is_local(write: Write) -> bool:
    return isinstance(write.place, Name) and write.place.scope in {Scope.LOCAL, Scope.PARAMETER}


def _rejects(spot: Spot, first: int) -> Iterator[str]:
    for node in _own_nodes(body_of(spot.function)[:first], ast.Raise):
        yield f"whoever is turned away on line {node.lineno} would wait for the lock first"


def _unknown(spot: Spot, first: int) -> Iterator[str]:
    purity = Purity(spot)
    for event in _events_before(spot, first):
        node = spot.function.nodes[event]
        if not isinstance(spot.function.events[event], Call) or not isinstance(node, ast.Call) or _is_log(node):
            continue
        if isinstance(statement_at(spot.program.module.tree, spot.function.statements[event]), ast.Raise):
            continue
        if _is_of_text(spot, node) and not any(isinstance(inner, ast.Call) for inner in _arguments(node)):
            continue
        if purity.judge(node)[0] is Quality.EFFECT or _is_known(spot, event):
            yield f"`{ast.unparse(node.func)}()` on line {node.lineno} would run only when the lock is there"


def _is_known(spot: Spot, event: int) -> bool:
    """Tell whether a call leads to a function of the program: even if it only reads, that may be what changes."""
    call = spot.function.events[event]
    return isinstance(call, Call) and bool(targets_of(spot.resolver, call))


def _is_of_text(spot: Spot, node: ast.Call) -> bool:
    """Tell whether a call is a method of a string: those only give another value."""
    if not isinstance(node.func, ast.Attribute):
        return False
    base = node.func.value
    annotations = {one.arg: one.annotation for one in ast.walk(spot.function.node) if isinstance(one, ast.arg)}
    annotation = annotations.get(base.id) if isinstance(base, ast.Name) else None
    typed = isinstance(annotation, ast.Name) and annotation.id == "str"
    return typed or isinstance(base, ast.JoinedStr) or (isinstance(base, ast.Constant) and isinstance(base.value, str))


def _arguments(node: ast.Call) -> Iterator[ast.AST]:
    for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
        yield from ast.walk(argument)


def _looks(spot: Spot, inside: list[StatementPath], first: int) -> Iterator[str]:
    """Say which calls behind the lock might ask if it is free, in a file that does so somewhere."""
    asks = any(isinstance(node, ast.Attribute) and node.attr == "locked" for node in ast.walk(spot.program.module.tree))
    if not asks:
        return
    before = set(_events_before(spot, first))
    for event in _events_outside(spot, inside):
        node = spot.function.nodes[event]
        called = isinstance(spot.function.events[event], Call) and isinstance(node, ast.Call)
        if event not in before and called and isinstance(node, ast.Call) and not _is_log(node):
            yield f"`{ast.unparse(node.func)}()` on line {node.lineno} may ask if the lock is free"


def _is_log(node: ast.Call) -> bool:
    return last_name(node.func) in LOGS


def _own_nodes(statements: Iterable[ast.stmt], kind: type[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in statements:
        for node in own_scope(statement):
            if isinstance(node, kind):
                yield node
