"""Which calls run while a function waits at a suspension, also those that no ``await`` of a call shows.

These are the steps of asynchronous generators and iterators, properties that give a coroutine, the tasks of a group
that is left, context managers of the program as they are entered and left, and what was put together before it is
awaited: one of two coroutines, a list of them, a ``partial``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from awaitomic.knowledge.locks import STACKING
from awaitomic.knowledge.spawners import AWAITED_ALONE, SPAWN_ALL, TASK_GROUPS, starts_one
from awaitomic.model.event import Attribute, Call, Compute, Event, Merge, Operand, Read, Suspend, SuspendWhy
from awaitomic.model.location import Root
from awaitomic.program.callables import called_partial
from awaitomic.program.calls import alone_in, awaited_calls, is_awaited, targets_of, unwrapped
from awaitomic.program.coroutines import coroutines
from awaitomic.program.module import is_property
from awaitomic.program.names import last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Part, Target


def calls_while_waiting(resolver: Resolver, event: Suspend) -> Iterator[AwaitedCall]:
    """Give the calls that run while the function waits at `event`."""
    if event.awaited is None:
        return
    origin = resolver.origin(event.awaited)
    if _ends_before(resolver, origin) or _is_put_off(resolver, event):
        return
    yield from awaited_calls(resolver, event)
    stacked = entered_by_stack(resolver, event)
    if stacked is not None:
        yield from _manager(resolver, stacked[1])
    elif event.why is SuspendWhy.AWAIT:
        yield from _awaited(resolver, origin)
    elif event.why is SuspendWhy.ASYNC_FOR:
        yield from _steps(resolver, origin)
    elif event.why is SuspendWhy.ASYNC_ENTER:
        yield from _of_manager(resolver, origin, Part.ENTERING)
    elif event.why is SuspendWhy.ASYNC_EXIT and event.id == _first_exit(resolver, event.awaited):
        yield from _of_manager(resolver, origin, Part.LEAVING)
        yield from _left_group(resolver, origin)


def entered_calls(resolver: Resolver, event: Suspend) -> Iterator[AwaitedCall]:
    """Give the same, but for what is left there: a manager that is left holds what it has taken itself."""
    for call in calls_while_waiting(resolver, event):
        if not any(target.part is Part.LEAVING for target in call.targets):
            yield call


def _ends_before(resolver: Resolver, origin: Operand) -> bool:
    """Tell whether a wait for several may end before all of them do: ``asyncio.wait(…, timeout=1)``."""
    event = resolver.function.events[origin]
    if not isinstance(event, Call) or last_name(resolver.function.nodes[event.function]) not in SPAWN_ALL:
        return False
    return any(name in {"timeout", "return_when"} for name, _ in event.keywords)


def _is_put_off(resolver: Resolver, event: Suspend) -> bool:
    """Tell whether a step is one of a generator expression, which somebody may go through later, or never.

    One that is handed to a call which is awaited counts as gone through by that.
    """
    if event.why is not SuspendWhy.ASYNC_FOR:
        return False
    function = resolver.function
    for found in function.events:
        node = function.nodes[found.id]
        if not isinstance(found, Compute) or found.operator != "generator" or not isinstance(node, ast.GeneratorExp):
            continue
        if any(each.iter is function.nodes[event.id] for each in node.generators):
            calls = (each for each in function.events if isinstance(each, Call) and found.id in each.arguments)
            return not any(is_awaited(resolver, each.id) for each in calls)
    return False


def entered_by_stack(resolver: Resolver, event: Event) -> tuple[Operand, Operand] | None:
    """Give stack and manager of ``await stack.enter_async_context(manager)``, at its suspension."""
    if not isinstance(event, Suspend) or event.awaited is None or event.why is not SuspendWhy.AWAIT:
        return None
    call = resolver.function.events[resolver.origin(event.awaited)]
    method = method_of(resolver.function, call)
    if method is None or method.attr not in STACKING or not isinstance(call, Call) or not call.arguments:
        return None
    return method.base, call.arguments[0]


def _awaited(resolver: Resolver, origin: Operand) -> Iterator[AwaitedCall]:
    events = resolver.function.events
    found = events[origin]
    if isinstance(found, Read):
        yield from _property(resolver, origin, How.DIRECT)
    elif isinstance(found, Merge):
        for operand in found.operands:
            yield from unwrapped(resolver, operand, How.DIRECT)
    elif isinstance(found, Compute) and found.operator == "next":
        yield from _as_completed(resolver, found.operands[0])
    elif isinstance(found, Call) and not targets_of(resolver, found):
        partial = called_partial(resolver, found)
        if partial:
            yield AwaitedCall(origin, How.DIRECT, partial)
        yield from _awaited_through(resolver, found, called_by_name(resolver, origin))


def _awaited_through(resolver: Resolver, call: Call, name: str) -> Iterator[AwaitedCall]:
    """Give what runs while a call of a library is awaited that was handed what it waits for."""
    if name in SPAWN_ALL:
        for argument in call.arguments:
            yield from _collected(resolver, argument)
            yield from _property(resolver, resolver.origin(argument), How.GATHER)
    elif name == "anext" and call.arguments:
        yield from _steps(resolver, resolver.origin(call.arguments[0]))
    elif name in AWAITED_ALONE and call.arguments:
        yield from _property(resolver, resolver.origin(call.arguments[0]), alone_in(name))


def _as_completed(resolver: Resolver, iterator: Operand) -> Iterator[AwaitedCall]:
    """``for job in asyncio.as_completed(jobs): await job`` waits for all of them."""
    events = resolver.function.events
    found = events[iterator]
    made = resolver.origin(found.operands[0]) if isinstance(found, Compute) and found.operands else iterator
    if isinstance(events[made], Call) and last_name(getattr(resolver.function.nodes[made], "func", None)) in SPAWN_ALL:
        yield from unwrapped(resolver, made, How.GATHER)


def _collected(resolver: Resolver, argument: Operand) -> Iterator[AwaitedCall]:
    """Give the calls that an argument holds in other ways: a list that was filled before, what ``map`` makes."""
    plain = {each.call for each in unwrapped(resolver, argument, How.GATHER)}
    for made in coroutines(resolver, argument):
        if made.call not in plain:
            yield AwaitedCall(made.call, How.TASK if made.started else How.GATHER, (made.target,))


def _steps(resolver: Resolver, origin: Operand) -> Iterator[AwaitedCall]:
    """Give what runs for each item of an ``async for``: a part of a generator, or a method of the iterator."""
    origin = _source(resolver, origin)
    found = resolver.function.events[origin]
    if isinstance(found, Call) and targets_of(resolver, found):
        steps = tuple(filter(_is_asynchronous_generator, targets_of(resolver, found)))
        if steps:
            yield AwaitedCall(origin, How.DIRECT, steps)
        return
    location = resolver.value(origin)
    kind, _, owner = (resolver.operand_type(origin).name or "").partition(":")
    if kind != "class" or location is None:
        return
    whole = resolver.module.find_method(owner, "__aiter__")
    single = resolver.module.find_method(owner, "__anext__")
    if whole is not None and whole.is_async and whole.is_generator:
        yield AwaitedCall(origin, How.DIRECT, (Target(whole, location),))
    elif whole is not None and single is not None:
        yield AwaitedCall(origin, How.DIRECT, (Target(single, location),))


def _source(resolver: Resolver, origin: Operand) -> Operand:
    """Give what is gone through, behind what only makes an iterator of it or closes it in the end (``aclosing``)."""
    events = resolver.function.events
    found = events[origin]
    if isinstance(found, Compute) and found.operands:
        origin = resolver.origin(found.operands[0])
        found = events[origin]
    if isinstance(found, Compute) and found.operator == "entered":
        manager = resolver.origin(found.operands[0])
        if called_by_name(resolver, manager) != "aclosing":
            return origin
        origin, found = manager, events[manager]
    if isinstance(found, Call) and found.arguments and called_by_name(resolver, origin) in {"aclosing", "aiter"}:
        return resolver.origin(found.arguments[0])
    return origin


def called_by_name(resolver: Resolver, origin: Operand) -> str:
    """Give the last name of what is called at an event; empty if nothing is."""
    event = resolver.function.events[origin]
    return last_name(resolver.function.nodes[event.function]) if isinstance(event, Call) else ""


def _is_asynchronous_generator(target: Target) -> bool:
    return target.function.is_async and target.function.is_generator


def _of_manager(resolver: Resolver, origin: Operand, part: Part) -> Iterator[AwaitedCall]:
    """Give what runs when a with-statement on a call is entered or left: a part of a generator, a method."""
    found = resolver.function.events[origin]
    targets = targets_of(resolver, found) if isinstance(found, Call) else ()
    parts = tuple(replace(each, part=part) for each in targets if _is_asynchronous_generator(each))
    made = entering(resolver, origin) if not parts and part is Part.ENTERING else None
    if parts:
        yield AwaitedCall(origin, How.DIRECT, parts)
    elif made is not None and made.receiver_made is not None:
        yield AwaitedCall(origin, How.DIRECT, (made,))


def entering(resolver: Resolver, origin: Operand) -> Target | None:
    """Give the method that enters an object of a class of the program, also of one that is made on the spot."""
    kind, _, owner = (resolver.operand_type(origin).name or "").partition(":")
    method = resolver.module.find_method(owner, "__aenter__") if kind == "class" else None
    if method is None:
        return None
    location, event = resolver.value(origin), resolver.function.events[origin]
    if isinstance(event, Call) and (location is None or location.root is Root.FRESH):
        return Target(method, None, receiver_made=origin)
    return Target(method, location) if location is not None else None


def _manager(resolver: Resolver, operand: Operand) -> Iterator[AwaitedCall]:
    """Give what entering runs of a manager that no with-statement shows."""
    origin = resolver.origin(operand)
    yield from _of_manager(resolver, origin, Part.ENTERING)
    method = entering(resolver, origin)
    if method is not None and method.receiver_made is None:
        yield AwaitedCall(origin, How.DIRECT, (method,))


def _property(resolver: Resolver, event: Operand, how: How) -> Iterator[AwaitedCall]:
    found = resolver.function.events[event]
    if not isinstance(found, Read) or not isinstance(found.place, Attribute):
        return
    place = found.place
    kind, _, owner = (resolver.operand_type(place.base).name or "").partition(":")
    method = resolver.module.find_method(owner, place.attr) if kind == "class" else None
    receiver = resolver.value(place.base)
    if method is not None and is_property(method) and not method.is_generator and receiver is not None:
        yield AwaitedCall(event, how, (Target(method, receiver),))


def _first_exit(resolver: Resolver, manager: Operand) -> int:
    """Give the exit that stands for all ways out of a ``with``, which have one each."""
    exits = (event for event in resolver.function.events if isinstance(event, Suspend) and event.awaited == manager)
    return next(event.id for event in exits if event.why is SuspendWhy.ASYNC_EXIT)


def _left_group(resolver: Resolver, manager: Operand) -> Iterator[AwaitedCall]:
    """Give the tasks that are made by methods of what a manager gave, and over when it has been left."""
    events = resolver.function.events
    if last_name(getattr(resolver.function.nodes[manager], "func", None)) not in TASK_GROUPS:
        return
    for event in events:
        method = method_of(resolver.function, event)
        if method is None or not isinstance(event, Call):
            continue
        entered = events[resolver.origin(method.base)]
        if not isinstance(entered, Compute) or entered.operator != "entered":
            continue
        if resolver.origin(entered.operands[0]) == manager and starts_one(method.attr) and event.arguments:
            yield from unwrapped(resolver, event.arguments[0], How.GATHER)
