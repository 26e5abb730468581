"""Tests of the state that are handed on to what is awaited: ``await until(lambda: self.rows)``, ``retry(self.check)``.

What waits with such a test, with the lock held, keeps those out who would change what it finds. A function that tells
of the state for another reason, as a text for a message, is no test.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.knowledge.threads import HANDED_TO_THREADS
from awaitomic.model.event import Call, Operand, Suspend
from awaitomic.program.callables import reached
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.remedies.lock.polls import fails_by_the_state, given_by
from awaitomic.remedies.lock.turns import TELL, Loop, deciding, leaves, tried
from awaitomic.remedies.shared.declined import Declined

if TYPE_CHECKING:
    from awaitomic.remedies.lock.coverage import Coverage

_TRUTHS = ast.Compare | ast.Attribute | ast.Name | ast.Subscript
"""Comparisons, and what may be the state itself, as a flag."""
_UNTIL = "with a test of the state, until somebody else has changed it, who would wait for the lock"


def check_predicates(coverage: Coverage, resolver: Resolver, event: Suspend, place: str) -> None:
    """See that nothing awaited under the lock is handed a test of the state: ``await until(lambda: self.rows)``.

    Raises:
        Declined: ``waits-for-holder``.
    """
    if event.awaited is None:
        return
    calls = dict.fromkeys([resolver.origin(event.awaited), *(each.call for each in awaited_calls(resolver, event))])
    for made in calls:
        call = resolver.function.events[made]
        if isinstance(call, Call) and last_name(resolver.function.nodes[call.function]) not in HANDED_TO_THREADS:
            for value in (*call.arguments, *(each for _, each in call.keywords)):
                _check_handed(coverage, resolver, call, value, place)


def _check_handed(coverage: Coverage, resolver: Resolver, call: Call, value: Operand, place: str) -> None:
    receivers = targets_of(resolver, call)
    asked, caught = set[bool](), set[bool]()
    for receiver in receivers:
        for name in (name for name, operand in receiver.arguments if operand == value):
            asked.add(_asks(receiver, name))
            caught.add(_catches(receiver, name))
    for target in reached(resolver, value):
        tells = _tells_of(coverage, resolver, target) and not coverage.program.summary(target.function).writes
        plain = tells and _only_tells(coverage, target)
        fails = fails_by_the_state(coverage, resolver, target)
        if (plain and _is_test(target)) or (tells and True in asked) or (fails and True in {*asked, *caught}):
            raise Declined("waits-for-holder", f"{place} waits {_UNTIL}")
        if receivers and (plain or fails):
            note = f"{place} may wait {_UNTIL}"
            if note not in coverage.beside:
                coverage.beside.append(note)


# -- the function that is handed on ------------------------------------------------------------------------------------


def _only_tells(coverage: Coverage, target: Target) -> bool:
    """Tell whether a function looks at something and does nothing: no piece of work that is handed on to be done."""
    function = target.function
    resolver = coverage.program.resolver(function)
    if function.is_async or function.is_generator:
        return False
    calls = (event for event in function.events if isinstance(event, Call))
    return all(_is_question(resolver, call) for call in calls)


def _is_question(resolver: Resolver, call: Call) -> bool:
    node = resolver.function.nodes[call.function]
    if isinstance(node, ast.Name) and node.id in TELL:
        return True
    called = reached(resolver, call.function)
    return bool(called) and not any(target.function.is_async for target in called)


def _tells_of(coverage: Coverage, resolver: Resolver, target: Target) -> bool:
    """Tell whether what a function returns was read from the state, or tested on it."""
    told = coverage.program.summary(target.function).returns
    names = given_by(coverage, resolver, target, resolver.key_of)
    return any(names(location) in coverage.keys for location in told)


def _is_test(target: Target) -> bool:
    """Tell whether a function returns yes or no, or the state itself as if it were; a call may return anything."""
    node = target.function.node
    if isinstance(node, ast.Lambda):
        return _is_truth(node.body)
    returns = (each for each in target.function.syntax if isinstance(each, ast.Return) and each.value is not None)
    return any(_is_truth(each.value) for each in returns)


def _is_truth(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, bool)
    if isinstance(value, ast.BoolOp):
        return any(map(_is_truth, value.values))
    if isinstance(value, ast.IfExp):
        return _is_truth(value.body) or _is_truth(value.orelse)
    if isinstance(value, ast.UnaryOp):
        return isinstance(value.op, ast.Not)
    return isinstance(value, _TRUTHS | ast.Call)


# -- what it is handed to ----------------------------------------------------------------------------------------------


def _asks(receiver: Target, name: str) -> bool:
    """Tell whether a function goes on with a loop, or leaves it, by what the parameter gives when it is called."""
    for loop in _loops(receiver):
        decides = deciding(loop.body)
        if isinstance(loop, ast.While):
            decides |= {id(node) for node in ast.walk(loop.test)}
        if any(id(each) in decides for each in _calls(loop, name)):
            return True
    return False


def _catches(receiver: Target, name: str) -> bool:
    """Tell whether a function calls the parameter in a loop, until it raises nothing."""
    return any(id(each) in tried(loop.body) for loop in _loops(receiver) if leaves(loop) for each in _calls(loop, name))


def _loops(receiver: Target) -> list[ast.While | ast.AsyncFor]:
    return [node for node in receiver.function.syntax if isinstance(node, ast.While | ast.AsyncFor)]


def _calls(loop: Loop, name: str) -> list[ast.Call]:
    calls = (node for node in ast.walk(loop) if isinstance(node, ast.Call))
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == name]
