"""Locks of threads that a coroutine holds while it waits, and who else takes them.

`threading.Lock` knows nothing of tasks: who waits for it stops the whole thread, and the event loop with it. A
reentrant one belongs to the thread, so it lets in every task of the loop. Which of the two a kind does was settled by
running it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.locks import THREAD_LIBRARIES, Exclusion
from awaitomic.model.event import Call, Enter, Event, Leave, Operand, Suspend
from awaitomic.model.location import NAMED_BY_SEVERAL, Root
from awaitomic.program.accesses import Access, Change
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.locks import Lock, lock_of
from awaitomic.program.locks.by_hand import releases, unsure
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program

_KEEPS_OUT = frozenset({Exclusion.EXCLUSIVE, Exclusion.REENTRANT})


@dataclass(frozen=True, slots=True)
class ThreadHold:
    """A lock of threads that a function takes, and the suspensions over which it holds it."""

    lock: Lock
    taken: int
    """The event that takes it: entering a with-block, or a call of ``acquire``."""
    kind: str
    """The type of the lock, as its library calls it."""
    waits: tuple[int, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether another task that takes it stops the event loop (or is turned away); else it is let in."""
        return self.lock.type.exclusion is Exclusion.EXCLUSIVE or self.is_of_a_file

    @property
    def is_of_a_file(self) -> bool:
        """Whether it is made on the spot for the name of a file, so that others make another one for the same."""
        return self.lock.location.root is Root.RESULT


def thread_holds(program: Program, resolver: Resolver) -> Iterator[ThreadHold]:
    """Give the locks of threads that a function takes, with the suspensions at which it may hold them."""
    function = resolver.function
    seen: set[int] = set()
    for event in function.events:
        taken = _taken(program, resolver, event)
        if taken is None or id(function.nodes[event.id]) in seen:
            continue
        seen.add(id(function.nodes[event.id]))
        lock, kind = taken
        stops = _ends(resolver, event, lock)
        passed = reach_after(function, event.id, stops=stops, done=True).events if stops else frozenset[int]()
        waits = [
            each.id
            for each in function.events
            if isinstance(each, Suspend) and each.id in passed and program.may_suspend(resolver, each)
        ]
        yield ThreadHold(lock, event.id, kind, tuple(waits))


def _taken(program: Program, resolver: Resolver, event: Event) -> tuple[Lock, str] | None:
    """Give the lock of threads that an event takes by waiting for it, and its type."""
    if isinstance(event, Enter) and not event.asynchronous:
        manager = event.manager
    else:
        method = method_of(resolver.function, event)
        if not isinstance(event, Call) or method is None or method.attr != "acquire":
            return None
        if event.arguments or event.keywords:
            return None  # with a time limit, or without waiting, it may not get the lock
        manager = method.base
    return _thread_lock(resolver, manager) or _held_by_manager(program, resolver, manager)


def _held_by_manager(program: Program, resolver: Resolver, manager: Operand) -> tuple[Lock, str] | None:
    """Give the lock that a context manager of the program, a generator, holds where it yields."""
    made = resolver.function.events[resolver.origin(manager)]
    for target in targets_of(resolver, made) if isinstance(made, Call) else ():
        inner = program.resolver(target.function)
        held = program.suspension.may_hold(inner) if inner.function.is_generator else {}
        for lock in sorted((lock for locks in held.values() for lock in locks), key=str):
            kind, location = inner.type_of(lock.location).name, translate(resolver, target, lock.location)
            if lock.type.library in THREAD_LIBRARIES and lock.type.exclusion in _KEEPS_OUT and kind and location:
                return lock.at(location), kind
    return None


def _thread_lock(resolver: Resolver, manager: Operand) -> tuple[Lock, str] | None:
    lock = lock_of(resolver, manager)
    kind = resolver.operand_type(manager).name
    if lock is None or lock.type.library not in THREAD_LIBRARIES or kind is None:
        return None
    if lock.type.exclusion not in _KEEPS_OUT:
        return None
    made = resolver.function.nodes[resolver.origin(manager)]
    if isinstance(made, ast.Call) and (lock.type.library != "filelock" or len(made.args) > 1 or made.keywords):
        return None  # what only this call has; or a lock of a file that may be asked for without waiting
    return lock, kind


def _ends(resolver: Resolver, event: Event, lock: Lock) -> frozenset[int]:
    """Give the events that end what an event has begun; none if the function does not end it itself."""
    function = resolver.function
    if isinstance(event, Enter):
        return frozenset(e.id for e in function.events if isinstance(e, Leave) and e.manager == event.manager)
    given = releases(resolver, lock)
    return frozenset(given) | unsure(resolver, function.statements[event.id], given)


def takers(program: Program, resolver: Resolver, hold: ThreadHold) -> Iterator[tuple[Resolver, Access]]:
    """Give who takes a lock of threads in the event loop: coroutines, and plain functions that are called there."""
    mine = Access(hold.taken, hold.lock.location, Change.ASSIGN, None)
    yield resolver, mine
    if hold.lock.location.root not in NAMED_BY_SEVERAL:
        return
    key = resolver.key_of(hold.lock.location)
    for other in program.resolvers_knowing(key):
        if other is resolver or (not other.function.is_async and not _runs_in_the_loop(program, other)):
            continue
        for event in other.function.events:
            taken = _taken(program, other, event)
            if taken is not None and other.key_of(taken[0].location) == key:
                yield other, Access(event.id, taken[0].location, Change.ASSIGN, None)
                break


def _runs_in_the_loop(program: Program, other: Resolver) -> bool:
    """Tell whether a plain function is called by a coroutine, directly or by a plain function that is."""
    stack, seen = [other.function], set[int]()
    while stack:
        function = stack.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        for site in program.callers.sites(function):
            if site.resolver.function.is_async:
                return True
            stack.append(site.resolver.function)
    return False
