"""Where a function that takes a lock is used: called and awaited, read and awaited, gone through, or entered.

All uses change together with a split, so each has to name the function: that name is what becomes another one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Call, Read, Suspend, SuspendWhy
from awaitomic.program import Program
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.coroutines import referenced
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Part, Target
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.split.forms import Kind, kind_of
from awaitomic.remedies.split.forwarding import forwarders_of

_LEAVES = ast.Return | ast.Break | ast.Raise | ast.Await | ast.Yield | ast.AsyncFor | ast.AsyncWith


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a function runs while its user waits for it, and the call (or read) that names it there."""

    resolver: Resolver
    event: int
    call: AwaitedCall
    target: Target


def uses_of(program: Program, function: FunctionGraph) -> list[Use]:
    """Give every use of a function that is understood, in all modules that can know it."""
    if kind_of(function) is not Kind.COROUTINE:
        return list(_run(program, function))
    if function.is_async:
        return list(_awaited(program, function))
    return [use for use in _run(program, function) if use.call.how is not How.TASK]


def _awaited(program: Program, function: FunctionGraph) -> Iterator[Use]:
    for site in program.callers.sites(function):
        event = site.resolver.function.events[site.event]
        calls = awaited_calls(site.resolver, event) if isinstance(event, Suspend) else ()
        found = (call for call in calls if any(target.function is function for target in call.targets))
        call = next(found, None)
        if call is not None:
            yield Use(site.resolver, site.event, call, site.target)


def _run(program: Program, function: FunctionGraph) -> Iterator[Use]:
    for resolver in _resolvers(program, function):
        for event in resolver.function.events:
            for call in calls_while_waiting(resolver, event) if isinstance(event, Suspend) else ():
                for target in call.targets:
                    # What is done when a manager is left belongs to where it was entered.
                    if target.function is function and target.part is not Part.LEAVING:
                        yield Use(resolver, event.id, call, replace(target, part=None))


def _resolvers(program: Program, function: FunctionGraph) -> Iterator[Resolver]:
    for unit in program.callers.concerned(function):
        yield from unit.resolvers


def only_used_here(program: Program, function: FunctionGraph) -> list[Use]:
    """Give the uses of a private function if nothing else can reach it; none if something can."""
    if kind_of(function) is Kind.COROUTINE:
        return uses_of(program, function) if program.callers.only_awaited_here(function) else []
    name = getattr(function.node, "name", "")
    private = name.startswith("_") and not name.endswith("__")
    if not private or is_handed_around(program, function) or program.callers.spawns(function):
        return []
    return uses_of(program, function)


def is_handed_around(program: Program, function: FunctionGraph) -> bool:
    """Tell whether a function is a value somewhere, or used in a way that is not understood.

    What a forwarder returns is understood.
    """
    forwarders = forwarders_of(program, function)
    if kind_of(function) is Kind.COROUTINE and (not forwarders or not program.callers.is_mentioned(function)):
        return program.callers.is_mentioned(function)
    if program.callers.is_everybodys(function):
        return True
    understood = {(id(use.resolver), use.call.call) for use in uses_of(program, function)}
    for resolver in _resolvers(program, function):
        if any(resolver.function is each for each in forwarders):
            continue
        called = {event.function for event in resolver.function.events if isinstance(event, Call)}
        for event in resolver.function.events:
            if (id(resolver), event.id) in understood:
                continue
            if isinstance(event, Call) and any(each.function is function for each in targets_of(resolver, event)):
                return True
            if isinstance(event, Read) and event.id not in called and referenced(resolver, event) is function:
                return True
    return program.callers.may_be_read_elsewhere(function)


def is_entered_for_long(use: Use) -> bool:
    """Tell whether a manager is given to a stack, which leaves it later than the statement that enters it."""
    event = use.resolver.function.events[use.event]
    entering = isinstance(event, Suspend) and event.why is SuspendWhy.ASYNC_ENTER
    return kind_of(use.target.function) is Kind.MANAGER and not entering


def left_early(program: Program, use: Use) -> int | None:
    """Give the line of what may stop going through a generator before its end; None if it goes to the end."""
    function = use.resolver.function
    event = function.events[use.event]
    if isinstance(event, Suspend) and event.why is SuspendWhy.AWAIT:
        return program.extent(function, use.event).line  # a single step: ``await anext(…)``
    tree = program.unit_of(function).module.tree
    loop = statement_at(tree, function.statements[use.event])
    if not isinstance(loop, ast.AsyncFor) or _is_closed(use):
        return None
    inside = (node for statement in loop.body for node in ast.walk(statement))
    return loop.lineno if any(isinstance(node, _LEAVES) for node in inside) else None


def _is_closed(use: Use) -> bool:
    """Tell whether a generator is closed by who goes through it: ``async with aclosing(self.scan()) as rows``."""
    resolver, call = use.resolver, use.call.call
    return any(
        isinstance(event, Call)
        and last_name(resolver.function.nodes[event.function]) == "aclosing"
        and any(resolver.origin(argument) == call for argument in event.arguments)
        for event in resolver.function.events
    )
