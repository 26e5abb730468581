"""Where a task that a function has made is over: then what it was handed is the function's own again.

Awaited, gathered, cancelled, or left behind with its group. What cannot be told apart (an await of some local, a wait
for several) counts as the end of all tasks of the function: the object is nobody else's then, and nothing is reported.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL, TASK_GROUPS, gives_task
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Suspend, SuspendWhy, Write
from awaitomic.model.location import Location
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver


def joins(resolver: Resolver, spawn: Call) -> Iterator[int]:
    """Give the events behind which the task that a call makes is over."""
    kept = _kept_at(resolver, spawn)
    group = _group_of(resolver, spawn)
    for event in resolver.function.events:
        if isinstance(event, Suspend) and event.awaited is not None:
            waits = event.why is SuspendWhy.AWAIT and _waits_for(resolver, event.awaited, spawn, kept)
            over = waits or (event.why is SuspendWhy.ASYNC_EXIT and resolver.origin(event.awaited) == group)
        else:
            over = isinstance(event, Call) and _cancels(resolver, event, spawn, kept)
        if over and isinstance(event, Suspend | Call):
            yield event.id
            yield from _step_of_loop(resolver, event)


def ends_of_task(resolver: Resolver, spawn: Call) -> Iterator[int]:
    """Give the events that only go on when the task that a call makes is over, and of which that is certain.

    It is awaited by itself, with or without a timeout, or with others by ``gather``; the task group is left that it was
    made in; or another thread waits for its result.
    """
    group = _group_of(resolver, spawn)
    manager = resolver.function.events[group] if group is not None else None
    waits_at_end = isinstance(manager, Call) and _name(resolver, manager) in TASK_GROUPS
    gives = gives_task(_name(resolver, spawn))
    for event in resolver.function.events:
        if isinstance(event, Call) and _takes_result(resolver, event, spawn):
            yield event.id
        if not isinstance(event, Suspend) or event.awaited is None:
            continue
        if event.why is SuspendWhy.AWAIT:
            waited = _waited_for(resolver, event.awaited)
            over = gives and any(_is_kept_as(resolver, each, spawn) for each in waited)
        else:
            over = event.why is SuspendWhy.ASYNC_EXIT and waits_at_end and resolver.origin(event.awaited) == group
        if over:
            yield event.id


def _waited_for(resolver: Resolver, awaited: Operand) -> list[Operand]:
    """Give what is waited for by itself, be it with a timeout, or all of what is gathered."""
    origin = resolver.origin(awaited)
    event = resolver.function.events[origin]
    if isinstance(event, Call) and event.arguments:
        name = _name(resolver, event)
        if name in {"wait_for", "gather"}:
            return [resolver.origin(each) for each in event.arguments[: 1 if name == "wait_for" else None]]
    return [origin]


def _takes_result(resolver: Resolver, event: Call, spawn: Call) -> bool:
    """Tell whether a thread waits for what it has sent to an event loop: ``run_coroutine_threadsafe(…).result()``."""
    callee = resolver.function.events[event.function]
    if _name(resolver, spawn) != "run_coroutine_threadsafe" or not isinstance(callee, Read):
        return False
    place = callee.place
    return isinstance(place, Attribute) and place.attr == "result" and resolver.origin(place.base) == spawn.id


def _is_kept_as(resolver: Resolver, operand: Operand, spawn: Call) -> bool:
    """Tell whether a value is the task that a call makes, or a local that has others at other times."""
    read = resolver.function.events[operand]
    if operand == spawn.id or not isinstance(read, Read) or not isinstance(read.place, Name):
        return operand == spawn.id
    writes = (event for event in resolver.function.events if isinstance(event, Write) and event.place == read.place)
    return any(write.value is not None and resolver.origin(write.value) == spawn.id for write in writes)


def _name(resolver: Resolver, call: Call) -> str:
    return last_name(resolver.function.nodes[call.function])


def _step_of_loop(resolver: Resolver, event: Suspend | Call) -> Iterator[int]:
    """Give the step of the loop that ends each of several tasks: behind the loop, all are over."""
    operand = event.awaited if isinstance(event, Suspend) else event.function
    read = resolver.function.events[operand] if operand is not None else None
    if isinstance(read, Read) and isinstance(read.place, Attribute):
        operand = read.place.base
    origin = resolver.origin(operand) if operand is not None else event.id
    step = resolver.function.events[origin]
    if isinstance(step, Compute) and step.operator == "next":
        yield origin


def _kept_at(resolver: Resolver, spawn: Call) -> Location | None:
    """Give the attribute that the task is kept in: ``job.task = create_task(…)``."""
    places = (
        event.place
        for event in resolver.function.events
        if isinstance(event, Write) and event.value is not None and resolver.origin(event.value) == spawn.id
    )
    return next((resolver.place(place) for place in places if not isinstance(place, Name)), None)


def _group_of(resolver: Resolver, spawn: Call) -> Operand | None:
    """Give the manager of the task group that a task is made in."""
    callee = resolver.function.events[spawn.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute):
        return None
    origin = resolver.origin(callee.place.base)
    entered = resolver.function.events[origin]
    if isinstance(entered, Compute) and entered.operator == "entered":
        return resolver.origin(entered.operands[0])
    return origin


def _is_task(resolver: Resolver, operand: Operand, spawn: Call, kept: Location | None) -> bool:
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if origin == spawn.id:
        return True
    return kept is not None and isinstance(event, Read) and resolver.place(event.place) == kept


def _waits_for(resolver: Resolver, awaited: Operand, spawn: Call, kept: Location | None) -> bool:
    event = resolver.function.events[resolver.origin(awaited)]
    if _is_task(resolver, awaited, spawn, kept):
        return True
    if isinstance(event, Call):
        wrapper = last_name(resolver.function.nodes[event.function])
        if wrapper in AWAITED_ALONE:
            return any(_is_task(resolver, argument, spawn, kept) for argument in event.arguments)
        return wrapper in SPAWN_ALL and bool(event.arguments)
    return isinstance(event, Compute) or (isinstance(event, Read) and isinstance(event.place, Name))


def _cancels(resolver: Resolver, event: Call, spawn: Call, kept: Location | None) -> bool:
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read) or not isinstance(callee.place, Attribute) or callee.place.attr != "cancel":
        return False
    base = resolver.function.events[resolver.origin(callee.place.base)]
    is_some_task = isinstance(base, Compute)  # each of several, in a loop
    return is_some_task or _is_task(resolver, callee.place.base, spawn, kept)
