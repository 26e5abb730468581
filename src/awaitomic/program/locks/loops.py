"""In which event loops a coroutine runs: more than one at once (in threads), one after the other, or just the one.

Counted is only what is plain to see: a runner in a loop, two runners one after the other in one function, a thread
whose function runs a loop. Two commands of a program that each run a loop of their own are two processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.spawners import RUNNERS
from awaitomic.knowledge.threads import ASKS_FOR_THREAD, HANDED_TO_THREADS, THREADS
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read
from awaitomic.program.callers import in_loop
from awaitomic.program.coroutines import referenced
from awaitomic.program.module_calls import Spawn
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import operands_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_MOST_HOPS = 8


class LoopStart(NamedTuple):
    """One place where an event loop is run, or a thread is made that runs one."""

    resolver: Resolver
    event: int
    note: str


class Run(NamedTuple):
    """One place where a loop is run that comes to a function."""

    spawn: Spawn
    many: bool
    """Whether the function then runs in several tasks of that loop, so that one of them can come to wait."""


class Loops(NamedTuple):
    """Two places (or twice the same one) where loops start that both come to a function."""

    starts: tuple[LoopStart, ...]
    at_once: bool
    """Whether they run in different threads, and not one after the other."""


def loops_of(program: Program, function: FunctionGraph) -> Loops | None:
    """Give what shows that a function runs in several event loops of one process; None if nothing does."""
    found = list(runners(program, function))
    runs = [each.spawn for each in found]
    at_once = _in_threads(program, runs)
    if at_once is not None:
        return at_once
    runs = [each.spawn for each in found if each.many]
    for run in runs:
        if in_loop(run.resolver, run.event):
            first = _start(run, "an event loop is run here")
            return Loops((first, first._replace(note="and another one in the next turn of the loop")), at_once=False)
    for run in runs:
        after = reach_after(run.resolver.function, run.event, raises=False).events
        for other in runs:
            if other.resolver.function is run.resolver.function and other.event in after and other.event != run.event:
                starts = (_start(run, "an event loop is run here"), _start(other, "another one is run here"))
                return Loops(starts, at_once=False)
    return None


def _in_threads(program: Program, runs: list[Spawn]) -> Loops | None:
    """Give two loops that run at once: in threads that one function makes, or in one and in what makes it."""
    made = [start for run in runs for start in _threads(program, run)]
    threads = {(id(start.resolver.function), start.event): start for start in made}
    for start in threads.values():
        maker = start.resolver.function
        if in_loop(start.resolver, start.event):
            return Loops((start, start._replace(note="and again: each has a loop of its own")), at_once=True)
        beside = [other for other in threads.values() if other.resolver.function is maker and other is not start]
        own = [run for run in runs if run.resolver.function is maker]
        if beside or own:
            other = beside[0] if beside else _start(own[0], "another event loop is run here")
            return Loops((start, other), at_once=True)
    return None


def asks_for_its_thread(resolver: Resolver) -> int | None:
    """Give the call by which a function asks in which thread it runs, other than to tell: it expects several."""
    imports = resolver.module.imports
    for event in resolver.function.events:
        if isinstance(event, Call) and dotted(resolver.function.nodes[event.function], imports) in ASKS_FOR_THREAD:
            users = [each for each in resolver.function.events if event.id in operands_of(each)]
            told = (isinstance(each, Call) or getattr(each, "operator", "") == "f-string" for each in users)
            if users and not any(told):
                return event.id
    return None


def runners(program: Program, function: FunctionGraph) -> Iterator[Run]:
    """Give the places where a loop is run that comes to a function by calls and by tasks that are made on the way."""
    seen = {(id(function), False)}
    stack = [(function, False, 0)]
    while stack:
        current, many, hops = stack.pop()
        above = [(site.resolver.function, many) for site in program.callers.sites(current)]
        spawns = program.callers.spawns(current)
        makers = [spawn.resolver.function for spawn in spawns]
        for spawn in spawns:
            if spawn.wrapper in RUNNERS:
                yield Run(spawn, many)
            elif spawn.wrapper != "run_coroutine_threadsafe":
                maker = spawn.resolver.function
                above.append((maker, many or spawn.many or sum(each is maker for each in makers) > 1))
        for each, several in above:
            if (id(each), several) not in seen and each.is_async and hops < _MOST_HOPS:
                seen.add((id(each), several))
                stack.append((each, several, hops + 1))


def runs_new_loop(spawn: Spawn) -> bool:
    """Tell whether a runner makes a loop of its own, which nothing that was made before it can belong to."""
    resolver = spawn.resolver
    call = resolver.function.events[spawn.event]
    assert isinstance(call, Call), "a runner is called"
    name = dotted(resolver.function.nodes[call.function], resolver.module.imports)
    return name == "asyncio.run"


def _start(spawn: Spawn, note: str) -> LoopStart:
    return LoopStart(spawn.resolver, spawn.event, note)


def _threads(program: Program, run: Spawn) -> Iterator[LoopStart]:
    """Give the places where a thread is made of the function that runs a loop."""
    function = run.resolver.function
    for unit in program.callers.concerned(function):
        for resolver in unit.resolvers:
            for event in resolver.function.events:
                if isinstance(event, Call) and any(_is(resolver, each, function) for each in _handed(resolver, event)):
                    yield LoopStart(resolver, event.id, "a thread is made here that runs an event loop")


def _handed(resolver: Resolver, event: Call) -> tuple[Operand, ...]:
    """Give what a call may run in another thread."""
    name = last_name(resolver.function.nodes[event.function])
    if name in THREADS:
        return (*event.arguments, *(value for keyword, value in event.keywords if keyword in {"target", "function"}))
    return event.arguments if name in HANDED_TO_THREADS else ()


def _is(resolver: Resolver, operand: Operand, function: FunctionGraph) -> bool:
    """Tell whether an operand is a function: by its name, or as a lambda on the spot."""
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Compute) and event.operator in {"lambda", "function"}:
        return resolver.function.nodes[origin] is function.node
    if not isinstance(event, Read) or not isinstance(event.place, Name | Attribute):
        return False
    return referenced(resolver, event) is function
