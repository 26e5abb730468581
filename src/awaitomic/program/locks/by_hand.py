"""Locks that a function takes by hand (``await lock.acquire()``), and the ways on which it never gives them back.

``async with`` gives a lock back on every way out. By hand, each ``return``, ``raise``, failed call and cancelled wait
between ``acquire()`` and ``release()`` is a way out of its own, unless a ``finally`` stands around it.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after
from awaitomic.flow.statements import LEAVES, block_of, statement_at
from awaitomic.knowledge.locks import CANCELLATIONS, CATCHES_ALL, CATCHES_FAILURES
from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Block, Call, Const, Event, Guard, Raise, Return, Suspend, SuspendWhy
from awaitomic.model.position import StatementPath
from awaitomic.program.locks import Lock, lock_of
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program

_HARMLESS = LOGS | frozenset(
    "len str repr isinstance issubclass getattr hasattr id type bool list dict set tuple frozenset time monotonic "
    "perf_counter locked release get_running_loop get_event_loop append".split()
)
"""Last names of calls that hardly ever raise."""


@dataclass(frozen=True, slots=True)
class Taking:
    """A lock that is taken by hand: the call of ``acquire``, and the wait for it."""

    lock: Lock
    call: int
    wait: int
    path: StatementPath
    is_plain: bool
    """Whether it is a statement of its own: whoever looks at what ``acquire`` gives may not have got the lock."""

    @property
    def is_known(self) -> bool:
        """Whether what makes the lock says that tasks wait for it, and not only its name or its methods."""
        return self.lock.type.is_for_tasks


class Way(enum.Enum):
    """How a function is left with the lock held."""

    RETURN = "return"
    RAISE = "raise"
    WAIT = "wait"
    """What is awaited fails or is cancelled."""
    CALL = "call"
    """A plain call fails."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """An event at which the function may be left with the lock held."""

    event: int
    way: Way
    plainly: bool
    """Whether the function comes there with nothing having failed before."""


def takings(resolver: Resolver) -> list[Taking]:
    """Give the locks that a function takes by hand, once for each place in the text."""
    function = resolver.function
    found: dict[int, Taking] = {}
    for event in function.events:
        if not isinstance(event, Suspend) or event.why is not SuspendWhy.AWAIT or event.awaited is None:
            continue
        call = function.events[event.awaited]
        lock = _called_on(resolver, call, "acquire") if isinstance(call, Call) else None
        if lock is not None and isinstance(call, Call) and not call.arguments and not call.keywords:
            path = function.statements[call.id]
            plain = _stands_alone(statement_at(resolver.module.tree, path), function.nodes[call.id])
            taking = Taking(lock, call.id, event.id, path, plain)
            found.setdefault(id(function.nodes[call.id]), taking)
    return list(found.values())


def _stands_alone(statement: ast.stmt, call: ast.AST) -> bool:
    awaited = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(awaited, ast.Await) and awaited.value is call


def releases(resolver: Resolver, lock: Lock) -> list[int]:
    """Give the calls by which a function gives a lock back, copies of one in a ``finally`` included."""
    found = []
    for event in resolver.function.events:
        given = _called_on(resolver, event, "release") if isinstance(event, Call) else None
        if given is not None and given.location == lock.location:
            found.append(event.id)
    return found


def given_back_by_calls(program: Program, resolver: Resolver, lock: Lock) -> list[int]:
    """Give the events at which something that a function calls or awaits gives back a lock, ``__aexit__`` included."""
    return [
        event.id
        for event in resolver.function.events
        if isinstance(event, Call | Suspend) and lock.location in program.free_locks.given_back(resolver, event)
    ]


def _called_on(resolver: Resolver, event: Call, method: str) -> Lock | None:
    called = method_of(resolver.function, event)
    return lock_of(resolver, called.base) if called is not None and called.attr == method else None


def is_given_back(resolver: Resolver, taking: Taking, given: Iterable[int]) -> bool:
    """Tell whether a function means to give a lock back itself, where it has taken it, when nothing goes wrong.

    A release that only follows the statement around the acquisition depends on whether the lock was taken at all.
    """
    function = resolver.function
    normal = reach_after(function, taking.wait, raises=False).events
    around = taking.path[:-1]
    return any(each in normal and function.statements[each][: len(around)] == around for each in given)


def ways_out(program: Program, resolver: Resolver, taking: Taking, given: Iterable[int]) -> Iterator[WayOut]:
    """Give the events at which a function may be left with a lock held that it gives back on other ways.

    Parameters:
        program: the facts of the project.
        resolver: the function.
        taking: how it takes the lock.
        given: the calls that give it back.
    """
    function = resolver.function
    stops = frozenset(given) | unsure(resolver, taking.path, given)
    plain = reach_after(function, taking.wait, stops=stops, raises=False).events
    held = _held(program, resolver, plain, stops)
    for event in function.events:
        if event.id in held:
            way = _way(program, resolver, event.id, stops)
            if way is not None:
                yield WayOut(event.id, way, event.id in plain)


def failures(program: Program, resolver: Resolver) -> list[int]:
    """Give the calls and raises by which a function may fail, whatever locks there are."""
    ways = ((event.id, _way(program, resolver, event.id, frozenset())) for event in resolver.function.events)
    return [event for event, way in ways if way in {Way.RAISE, Way.CALL}]


def _held(program: Program, resolver: Resolver, plain: frozenset[int], stops: frozenset[int]) -> set[int]:
    """Give the events at which a lock may be held: those on plain ways, and behind what may fail on them."""
    held, waiting = set(plain), list(plain)
    while waiting:
        event = resolver.function.events[waiting.pop()]
        for caught in _raises(program, resolver, event):
            further = comes_to(resolver.function, event.id, stops, caught) - held
            held |= further
            waiting += further
    return held


def _raises(program: Program, resolver: Resolver, event: Event) -> tuple[frozenset[str], ...]:
    """Give what an event may raise, by the names in handlers that catch it."""
    if isinstance(event, Suspend):
        return (CANCELLATIONS, CATCHES_FAILURES) if program.may_suspend(resolver, event) else ()
    if isinstance(event, Call):
        harmless = last_name(resolver.function.nodes[event.function]) in _HARMLESS
        return () if harmless else (CATCHES_FAILURES,)
    return (CATCHES_FAILURES,) if isinstance(event, Raise) else ()


def _way(program: Program, resolver: Resolver, number: int, stops: frozenset[int]) -> Way | None:
    function = resolver.function
    event = function.events[number]
    if isinstance(event, Return):
        return Way.RETURN
    if isinstance(event, Raise):
        asserts = isinstance(function.nodes[number], ast.Assert)
        outcome = Way.CALL if asserts else Way.RAISE
        return outcome if leaves(function, number, stops, _NOBODY_CATCHES) else None
    escapes = any(leaves(function, number, stops, caught) for caught in _raises(program, resolver, event))
    if not escapes:
        return None
    return Way.WAIT if isinstance(event, Suspend) else Way.CALL


_NOBODY_CATCHES = frozenset[str]()
"""For an error that is raised on purpose: where a handler might catch it, nothing is said."""


def leaves(function: FunctionGraph, event: int, stops: frozenset[int], caught: frozenset[str]) -> bool:
    """Tell whether an exception that an event raises leaves the function without passing one of `stops`.

    Parameters:
        function: the function.
        event: what raises.
        stops: events that end the search.
        caught: names in a handler that surely catch the exception; with none, every handler may.
    """
    return function.raises in _passed(function, function.block_of(event).handlers, stops, caught)[0]


def comes_to(function: FunctionGraph, event: int, stops: frozenset[int], caught: frozenset[str]) -> frozenset[int]:
    """Give the events that are passed when an event raises; see `leaves`."""
    return _passed(function, function.block_of(event).handlers, stops, caught)[1]


def _passed(
    function: FunctionGraph, start: Iterable[int], stops: frozenset[int], caught: frozenset[str]
) -> tuple[frozenset[int], frozenset[int]]:
    waiting, blocks, events = list(start), set[int](), set[int]()
    while waiting:
        index = waiting.pop()
        if index in blocks:
            continue
        blocks.add(index)
        block = function.blocks[index]
        stop = next((at for at, event in enumerate(block.events) if event.id in stops), None)
        events.update(event.id for event in block.events[:stop])
        if stop is None:
            waiting += _onward(function, block, caught)
    return frozenset(blocks), frozenset(events)


def _onward(function: FunctionGraph, block: Block, caught: frozenset[str]) -> list[int]:
    last = block.events[-1] if block.events else None
    if isinstance(last, Raise):
        return block.handlers
    if not isinstance(last, Guard) or last.kind != "except":
        return block.successors
    handler = function.nodes[last.id]
    inside, further = block.successors
    if not caught:
        return []
    names = _caught_by(handler) if isinstance(handler, ast.ExceptHandler) else frozenset[str]()
    if names & (CATCHES_ALL | caught):
        return [inside]
    passes = all(map(_is_failure, names)) if caught is CANCELLATIONS else names <= CANCELLATIONS
    return [further] if names and passes else [inside, further]


def _is_failure(name: str) -> bool:
    """Tell whether a name in a handler is by its form that of a failure, which a cancellation is not."""
    return name.endswith(("Error", "Exception", "Warning", "Timeout"))


def _caught_by(handler: ast.ExceptHandler) -> frozenset[str]:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return frozenset(last_name(kind) for kind in kinds)


def unsure(
    resolver: Resolver, taken: StatementPath, given: Iterable[int], *, but_for: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Give the tests that decide whether a lock is given back, where the function goes on either way.

    ``if taken: lock.release()`` is right if the flag is, which is not followed here: both ways count as giving back.

    Parameters:
        resolver: the function.
        taken: the statement that takes the lock.
        given: the calls that give it back.
        but_for: tests that say nothing of who holds the lock.
    """
    function = resolver.function
    decided: set[StatementPath] = set()
    for event in given:
        path = function.statements[event]
        for length in range(len(function.path) + 1, len(path)):
            outer = path[:length]
            if outer == taken[:length]:
                continue
            node = statement_at(resolver.module.tree, outer)
            if isinstance(node, ast.If) and not isinstance(block_of(node, path[length].block)[-1], LEAVES):
                decided.add(outer)
    return frozenset(
        event.id
        for event in function.events
        if isinstance(event, Guard) and function.statements[event.id] in decided and event.id not in but_for
    )


def asks_if_locked(resolver: Resolver, lock: Lock) -> frozenset[int]:
    """Give the tests of ``lock.locked()``: somebody holds it, which says nothing of who."""
    function = resolver.function
    found = set()
    for event in function.events:
        if isinstance(event, Guard):
            test = function.events[event.test]
            asked = _called_on(resolver, test, "locked") if isinstance(test, Call) else None
            if asked is not None and asked.location == lock.location:
                found.add(event.id)
    return frozenset(found)


def gives_nothing(resolver: Resolver, event: Return) -> bool:
    """Tell whether a return gives its caller nothing that could give the lock back, or say that it is held."""
    if event.value is None:
        return True
    value = resolver.function.events[resolver.origin(event.value)]
    return isinstance(value, Const) and value.value is not True
