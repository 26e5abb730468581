"""Room in a queue that has just been found: ``if not self.queue.full(): await self.queue.put(item)`` waits for nobody.

That holds as long as nothing more is put into the queue between the test and the wait: by the function itself, or by
others while it waits for something else in between, unless they need the lock that it holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.flow.reach import reach_after
from awaitomic.flow.statements import LEAVES, block_of
from awaitomic.model.event import Call, Suspend
from awaitomic.program import Program
from awaitomic.program.calls import targets_of
from awaitomic.program.locks.held_waits import HeldWait
from awaitomic.program.locks.kept import is_kept_at
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

_PUTS = frozenset({"put", "put_nowait"})
_FLIPPED: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.Lt: ast.Gt, ast.LtE: ast.GtE, ast.Gt: ast.Lt, ast.GtE: ast.LtE}
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.LtE: ast.Gt,
    ast.Gt: ast.LtE,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


def room_is_found(program: Program, held: HeldWait) -> bool:
    """Tell whether a test says that there is room where somebody waits to put something into a queue.

    The test is in the function that waits, or in the one that holds the lock and awaits it, if that puts but once.
    """
    waiter = held.waiter
    puts = _calls(held, waiter, _PUTS)
    if _is_found(program, held, waiter, [put for put in puts if _is_in(waiter, put, held.wait)]):
        return True
    if waiter is held.holder or len(held.chain) != 1 or len(puts) != 1:
        return False
    if puts[0] in reach_after(waiter.function, puts[0]).events:
        return False
    holder = held.holder
    calls = [event.id for event in holder.function.events if isinstance(event, Call)]
    leading = [call for call in calls if _is_in(holder, call, held.event)]
    return _is_found(program, held, holder, [call for call in leading if _reaches(holder, call, waiter)])


def _reaches(holder: Resolver, call: int, waiter: Resolver) -> bool:
    event = holder.function.events[call]
    return isinstance(event, Call) and any(each.function is waiter.function for each in targets_of(holder, event))


def _calls(held: HeldWait, resolver: Resolver, methods: frozenset[str]) -> list[int]:
    """Give the calls of some methods of the queue that is waited for."""
    key, found = held.holder.key_of(held.waited), []
    for event in resolver.function.events:
        method = method_of(resolver.function, event)
        if method is not None and method.attr in methods and is_kept_at(resolver, method.base, key):
            found.append(event.id)
    return found


def _is_in(resolver: Resolver, call: int, wait: int) -> bool:
    nodes = resolver.function.nodes
    return any(each is nodes[call] for each in ast.walk(nodes[wait]))


def _is_found(program: Program, held: HeldWait, resolver: Resolver, targets: list[int]) -> bool:
    """Tell whether each way to what puts something in comes from a test, and nothing is put in between."""
    if len(targets) != 1:
        return False
    graph, target = resolver.function, targets[0]
    asked = {id(graph.nodes[call]): call for call in _calls(held, resolver, frozenset({"empty", "full", "qsize"}))}
    bound = held.holder.type_of(held.waited).bound
    for told in _told(resolver, target, bound) if asked else ():
        look = asked.get(id(told))
        puts = {*_calls(held, resolver, _PUTS), target}
        if look is None or any(target in reach_after(graph, put, stops=(look,)).events for put in puts):
            continue
        passed = reach_after(graph, look, stops=targets, raises=False).events
        between = [graph.events[event] for event in passed if look < event < target]
        if any(isinstance(each, Call) and _may_put(resolver, each) for each in between):
            continue
        gives_way = any(isinstance(each, Suspend) and program.may_suspend(resolver, each) for each in between)
        if not gives_way or (_is_held(program, held, resolver, look) and _all_need(program, held)):
            return True
    return False


def _may_put(resolver: Resolver, call: Call) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr in _PUTS
        for target in targets_of(resolver, call)
        for node in target.function.syntax
    )


def _all_need(program: Program, held: HeldWait) -> bool:
    """Tell whether whoever puts something into the queue holds the lock then."""
    return all(
        _is_held(program, held, resolver, put)
        for resolver in program.resolvers_knowing(held.holder.key_of(held.waited))
        for put in _calls(held, resolver, _PUTS)
    )


def _is_held(program: Program, held: HeldWait, resolver: Resolver, event: int) -> bool:
    state = program.facts(resolver).solution.before_event(event)
    key = held.holder.key_of(held.taken.lock.location)
    return state is not None and any(resolver.key_of(lock.location) == key for lock in state.held)


# -- what a test says -------------------------------------------------------------------------------------------------


def _told(resolver: Resolver, event: int, bound: int | None) -> Iterator[ast.Call]:
    """Give the calls of which the tests that an event has behind it say that there is room."""
    for node, step in resolver.function.around(event):
        if isinstance(node, ast.If | ast.While):
            yield from _says_room(node.test, step.block == "body", bound)
        for before in block_of(node, step.block)[: step.index]:
            if isinstance(before, ast.If) and isinstance(before.body[-1], LEAVES):
                yield from _says_room(before.test, False, bound)
            elif isinstance(before, ast.If) and before.orelse and isinstance(before.orelse[-1], LEAVES):
                yield from _says_room(before.test, True, bound)
            elif isinstance(before, ast.While) and not any(isinstance(each, ast.Break) for each in ast.walk(before)):
                yield from _says_room(before.test, False, bound)


def _says_room(test: ast.expr, holds: bool, bound: int | None) -> Iterator[ast.Call]:
    """Give the calls in a test that say that there is room, if the test holds, or if it does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _says_room(test.operand, not holds, bound)
    elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) == holds:
        for value in test.values:
            yield from _says_room(value, holds, bound)
    elif isinstance(test, ast.Call):
        if last_name(test.func) in ({"empty"} if holds else {"full", "qsize"}):
            yield test
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right, kind = test.left, test.comparators[0], type(test.ops[0])
        if isinstance(right, ast.Call) and last_name(right.func) == "qsize":
            left, right, kind = right, left, _FLIPPED.get(kind, kind)
        kind = kind if holds else _OPPOSITE.get(kind, kind)
        if isinstance(left, ast.Call) and last_name(left.func) == "qsize" and _is_less(kind, right, bound):
            yield left


def _is_less(kind: type[ast.cmpop], than: ast.expr, bound: int | None) -> bool:
    """Tell whether so much in the queue is less than it takes; a number that is not seen is taken to be the bound."""
    number = than.value if isinstance(than, ast.Constant) and isinstance(than.value, int) else None
    if kind is ast.Lt:
        return number is None or bound is None or number <= bound
    return kind in {ast.LtE, ast.Eq} and number is not None and number < (bound if bound is not None else 1)
