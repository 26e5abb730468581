"""Waits with a lock held that only somebody who needs the same lock can end.

Of an event, a queue, a condition or a future, every call that can end the wait has to be in sight, and has to need the
lock on every way to it. Of a task that is kept, its body has to take the lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.awaitables import ENDED_BY
from awaitomic.knowledge.locks import Exclusion
from awaitomic.knowledge.spawners import SPAWN_ALL
from awaitomic.model.event import (
    Call,
    Event,
    Operand,
    Suspend,
    SuspendWhy,
)
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.callers import in_loop
from awaitomic.program.calls import awaited_calls, targets_of, translate
from awaitomic.program.cancelling import is_on_the_way_out
from awaitomic.program.locks.acquisitions import Acquisition
from awaitomic.program.locks.deadlines import longest
from awaitomic.program.locks.enders import ender_calls, task_spawns, waited_objects
from awaitomic.program.locks.kept import (
    is_handed_on,
    is_kept_at,
    is_wrapper,
    kind_of,
    makes_future,
    parties_of,
    place_of,
)
from awaitomic.program.locks.known import is_open, known_locks, suspension_of
from awaitomic.program.locks.published import is_captured, publications
from awaitomic.program.locks.taken import AROUND, Taken, first_taken
from awaitomic.program.locks.waits import released_by
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.target import How
from awaitomic.program.while_waiting import called_by_name, calls_while_waiting

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.module_calls import Spawn
    from awaitomic.program.resolve import Resolver

_HOPS = 3
"""So many awaited calls are followed down to a wait."""


@dataclass(frozen=True, slots=True)
class HeldWait:
    """A wait for an object with a lock held; `chain` leads from the holder to the function that waits."""

    holder: Resolver
    taken: Taken
    event: int
    """The suspension of the holder."""
    waited: Location
    """What is waited for, in the holder's terms."""
    waiter: Resolver
    wait: int
    """The suspension of the function that waits itself."""
    limit: str | None
    chain: tuple[tuple[Resolver, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Ender:
    """A call that can end a wait, and where its function takes the lock first (None: its callers hold it)."""

    resolver: Resolver
    event: int
    takes: int | None


def held_waits(program: Program, resolver: Resolver) -> Iterator[HeldWait]:
    """Give the waits that a function makes, or awaits, with a lock held that it has taken itself."""
    for event, state in program.holdings.states(resolver) if resolver.function.is_async else ():
        if not isinstance(event, Suspend):
            continue
        let_go = {lock.location for lock in released_by(program, resolver, event)}
        for waited, waiter, wait, chain in _waits(program, resolver, event, _HOPS):
            limit = _limit(waiter, wait) or _limit(resolver, event.id)
            for taken in first_taken(state):
                if taken.lock.location not in let_go and _keeps_out(taken.lock) and waited != taken.lock.location:
                    yield HeldWait(resolver, taken, event.id, waited, waiter, wait, limit, chain)


def _keeps_out(lock: Lock) -> bool:
    """Tell whether nobody else can have a lock as long as it is held, and it is known which lock that is."""
    return lock.flaw is None and not is_open(lock) and lock.type.exclusion is not Exclusion.COUNTING


def _limit(resolver: Resolver, event: int) -> str | None:
    return longest(resolver, event, _awaited(resolver, event))


def _awaited(resolver: Resolver, event: int) -> Operand:
    found = resolver.function.events[event]
    assert isinstance(found, Suspend)
    assert found.awaited is not None
    return found.awaited


_Way = tuple[Location, "Resolver", int, tuple[tuple["Resolver", int], ...]]


def _waits(program: Program, resolver: Resolver, event: Suspend, hops: int) -> Iterator[_Way]:
    """Give what is waited for at a suspension, in the function's terms, by itself or by what it awaits."""
    if event.awaited is None:
        return
    calls = awaited_calls(resolver, event)
    if not calls and event.why is SuspendWhy.AWAIT:
        for waited in waited_objects(resolver, event.awaited):
            yield waited, resolver, event.id, ()
    for call in calls if hops else ():
        if call.how not in {How.DIRECT, How.WAIT_FOR}:
            continue
        for target in call.targets:
            inner = program.resolver(target.function)
            waits = (each for each in target.function.events if isinstance(each, Suspend))
            for each in waits if target.function.is_async else ():
                for waited, waiter, wait, chain in _waits(program, inner, each, hops - 1):
                    found = translate(resolver, target, waited)
                    if found is not None:
                        yield found, waiter, wait, ((inner, each.id), *chain)


# -- who ends it ------------------------------------------------------------------------------------------------------


def enders(program: Program, held: HeldWait) -> list[Ender] | None:
    """Give every call that can end the wait, if all of them need the lock first; None if not, or if that is unknown."""
    key = held.holder.key_of(held.waited)
    kind = kind_of(program, key)
    methods = ENDED_BY.get((kind, _method(held.waiter, held.wait))) if kind is not None else None
    if methods is None or is_handed_on(program, key) or is_captured(program, key):
        return None
    if kind == "barrier" and 1 in parties_of(program, key):
        return None  # who is alone there waits for nobody
    found: list[Ender] = []
    operand = _awaited(held.waiter, held.wait)
    own = held.waiter.origin(operand)
    for resolver, event in ender_calls(program, key, operand, held.waiter):
        if called_by_name(resolver, event) not in methods:
            continue
        if resolver is held.waiter and event < held.wait and event != own:
            return None
        needed = need(program, resolver, event, held)
        if needed is None:
            return None
        found.append(needed)
    return found or None


def is_for_room(held: HeldWait) -> bool:
    """Tell whether somebody waits to put something into a queue that may be full."""
    return _method(held.waiter, held.wait) == "put"


def may_be_alone(program: Program, held: HeldWait) -> bool:
    """Tell whether what is waited for is a barrier of which it is not seen for how many it is made."""
    key = held.holder.key_of(held.waited)
    return kind_of(program, key) == "barrier" and None in parties_of(program, key)


def _method(resolver: Resolver, wait: int) -> str:
    """Give the method that is awaited; empty for an object that is awaited itself."""
    event = resolver.function.events[resolver.origin(_awaited(resolver, wait))]
    while isinstance(event, Call):
        if not is_wrapper(resolver, event):
            return "" if makes_future(resolver, event) else last_name(resolver.function.nodes[event.function])
        event = resolver.function.events[resolver.origin(event.arguments[0])]
    return ""


# -- tasks ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Needing:
    """Where a task that is waited for takes the lock."""

    spawn: Spawn
    taken: Acquisition
    always: bool
    """Whether neither a condition nor its luck at the start decides if it has to wait for the lock."""
    ended: bool
    """Whether the task has been cancelled by then, so that it only takes the lock on its way out."""


def needing_tasks(program: Program, held: HeldWait) -> Iterator[Needing]:
    """Give what the task that is waited for does with the lock, if a task is kept there."""
    key = held.holder.key_of(held.waited)
    if _is_over(held.waiter, key, held.wait):
        return
    ended = _is_cancelled(program, held.waiter, key, held.wait) or _is_cancelled(program, held.holder, key, held.event)
    if key.is_entry and any(_may_be_over(*hop, key) for hop in ((held.waiter, held.wait), (held.holder, held.event))):
        return
    spawns = list(task_spawns(program, key))
    one = not key.is_entry or len({spawn.target.function.id for spawn, _ in spawns}) == 1
    if any(_is_left(program, held, spawn) for spawn, _ in spawns):
        return
    for spawn, kept in spawns:
        if spawn.target.function in (held.holder.function, held.waiter.function):
            continue
        body = program.resolver(spawn.target.function)
        for lock, taken in program.acquisitions.by_call(spawn.resolver, spawn.target):
            if taken.if_free or not lock.keeps_waiting or not _is_same(held, spawn.resolver, lock, kept):
                continue
            event = taken.chain[0][1] if taken.chain else taken.event
            if event == AROUND:
                if not ended:
                    yield Needing(spawn, taken, always=one, ended=False)
            elif not ended or is_on_the_way_out(body, event):
                always = not _is_conditional(body, event) and not _comes_first(program, body, event)
                yield Needing(spawn, taken, one and (always or ended), ended)


def _is_left(program: Program, held: HeldWait, spawn: Spawn) -> bool:
    """Tell whether the holder waits for a task in any case, where it leaves the task's group: that is AWA301's."""
    holder = held.holder
    made = holder.function.events[spawn.event] if spawn.resolver is holder else None
    if not isinstance(made, Call) or not made.arguments:
        return False
    started = holder.origin(made.arguments[0])
    return any(
        isinstance(event, Suspend)
        and event.why is SuspendWhy.ASYNC_EXIT
        and any(taken.lock.location == held.taken.lock.location for taken in state)
        and any(call.call == started for call in calls_while_waiting(holder, event))
        for event, state in program.holdings.states(holder)
    )


def _is_same(held: HeldWait, resolver: Resolver, lock: Lock, kept: Location) -> bool:
    mine = held.taken.lock.location
    if resolver.key_of(lock.location) != held.holder.key_of(mine):
        return False
    return is_beside(lock.location, kept) == is_beside(mine, held.waited)


def _is_cancelled(program: Program, resolver: Resolver, key: Location, before: int) -> bool:
    """Tell whether a function has cancelled a task before an event, itself or by what it calls."""
    for event in resolver.function.events[:before]:
        if not isinstance(event, Call):
            continue
        inner = [program.resolver(target.function) for target in targets_of(resolver, event)]
        if _asks(resolver, event, key, "cancel") or any(
            _asks(each, call, key, "cancel") for each in inner for call in each.function.events
        ):
            return True
    return False


def _asks(resolver: Resolver, event: Event, key: Location, method: str) -> bool:
    """Tell whether an event calls a method of an object."""
    called = method_of(resolver.function, event)
    return called is not None and called.attr == method and is_kept_at(resolver, called.base, key)


def _is_over(resolver: Resolver, key: Location, wait: int) -> bool:
    """Tell whether a test says that a task is over where it is awaited: ``if self._task.done(): await self._task``."""
    function = resolver.function
    asked = [function.nodes[event.id] for event in function.events if _asks(resolver, event, key, "done")]
    for node, step in function.around(wait):
        if isinstance(node, ast.If) and step.block == "body":
            parts = node.test.values if isinstance(node.test, ast.BoolOp) else [node.test]
            if any(part is each for part in parts for each in asked):
                return True
    return False


def _may_be_over(resolver: Resolver, before: int, key: Location) -> bool:
    """Tell whether the tasks of a table may be over, or told to be, at an event: where one is asked or cancelled.

    Of several tasks it is not followed which they are, nor what is done with those that a function is handed.
    """
    events = resolver.function.events
    for event in events[:before]:
        if not isinstance(event, Call):
            continue
        name = last_name(resolver.function.nodes[event.function])
        if name in _ENDS_OR_ASKS or any(keyword == "return_when" for keyword, _ in event.keywords):
            return True
        if name not in SPAWN_ALL and any(_is_table(resolver, argument, key) for argument in event.arguments):
            return True
        for target in targets_of(resolver, event):
            if _mentions(target.function, _ENDS_OR_ASKS):
                return True
    return False


def _is_table(resolver: Resolver, operand: Operand, key: Location) -> bool:
    location = resolver.value(operand)
    return location is not None and resolver.key_of(location) == key.parent


def _mentions(function: FunctionGraph, names: frozenset[str]) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in names for node in function.syntax)


_ENDS_OR_ASKS = frozenset({"cancel", "done", "cancelled"})


def _comes_first(program: Program, body: Resolver, event: int) -> bool:
    """Tell whether a task takes the lock once, before all else: then it has nearly always had it by then."""
    takes = suspension_of(body, event)
    earlier = [each for each in body.function.events[:event] if isinstance(each, Suspend) and each != takes]
    return not in_loop(body, event) and not any(program.may_suspend(body, each) for each in earlier)


def _is_conditional(resolver: Resolver, event: int) -> bool:
    """Tell whether a test, or an error, decides whether a function comes to an event; loops and blocks do not count."""
    around = resolver.function.around(event)
    return any(isinstance(node, ast.If | ast.Match) or step.block.startswith("handlers") for node, step in around)


# -- who needs the lock -----------------------------------------------------------------------------------------------


def need(program: Program, resolver: Resolver, event: int, held: HeldWait) -> Ender | None:
    """Tell whether an event happens only with the lock held, or behind its acquisition, for the same object."""
    key = held.holder.key_of(held.taken.lock.location)
    if _is_behind_publication(program, resolver, event, key):
        return None
    state = program.facts(resolver).solution.before_event(event)
    for lock in state.held if state is not None else ():
        if resolver.key_of(lock.location) == key and _fits(resolver, event, lock, held):
            taking = [at for at, each in _takings(program, resolver) if each.location == lock.location and at < event]
            return Ender(resolver, event, taking[-1] if taking else None)
    graph = resolver.function
    for at, lock in _takings(program, resolver):
        if resolver.key_of(lock.location) != key or not _fits(resolver, event, lock, held):
            continue
        same = [place for place, each in _takings(program, resolver) if each.location == lock.location]
        first = event not in reach_from(graph, graph.entry, stops=same).events
        if first and event not in reach_after(graph, event, stops=same).events:  # nor can it be done again without
            return Ender(resolver, event, at)
    return None


def _is_behind_publication(program: Program, resolver: Resolver, event: int, key: Location) -> bool:
    """Tell whether a call ends a wait for what it has made itself, without the lock from where others can find that.

    Who waits has found it, so that this call has been past the lock by then.
    """
    graph = resolver.function
    method = method_of(graph, graph.events[event])
    stored = publications(resolver, method.base) if method is not None else ()
    takes = [at for at, lock in _takings(program, resolver) if resolver.key_of(lock.location) == key]
    return any(event in reach_after(graph, each, stops=takes).events for each in stored)


def _takings(program: Program, resolver: Resolver) -> list[tuple[int, Lock]]:
    return [(event.id, lock) for event in resolver.function.events for lock in known_locks(program, resolver, event)]


def _fits(resolver: Resolver, event: int, lock: Lock, held: HeldWait) -> bool:
    """Tell whether lock and object belong to one owner for who ends the wait if they do so for who waits."""
    method = method_of(resolver.function, resolver.function.events[event])
    location = place_of(resolver, method.base) if method is not None else None
    if location is None:
        return False
    return is_beside(lock.location, location) == is_beside(held.taken.lock.location, held.waited)


def is_beside(one: Location, other: Location) -> bool:
    """Tell whether two attributes, or entries of such, are those of one object, or one of them is everybody's."""
    shared = {Root.GLOBAL, Root.CLOSURE, Root.CLASS}
    ends = [_without_key(location) for location in (one, other) if location.root not in shared]
    if len(ends) < 2:
        return True
    if not all(location.steps and isinstance(location.steps[-1], AttributeStep) for location in ends):
        return False
    return ends[0].parent == ends[1].parent


def _without_key(location: Location) -> Location:
    """Give the table of an entry."""
    table = location.parent if location.is_entry else None
    return table or location
