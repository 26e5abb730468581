"""Whether what is to take a lock of an object runs in several event loops one after the other, or in threads.

An asyncio lock belongs to the first loop in which a task has to wait for it, and raises in the next one. An object that
is made inside of the loop has a lock for that loop; one that is there before, and runs a loop in a plain method
(`def fetch_sync(self): return asyncio.run(self.fetch())`), may be asked twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.spawners import RUNNERS
from awaitomic.model.event import Call
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.callers import in_loop
from awaitomic.program.locks.loops import loops_of, runners
from awaitomic.program.module_calls import Spawn
from awaitomic.program.names import dotted, last_name
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.source.project import is_test

_THERE_BEFORE = frozenset({Root.SELF, Root.PARAMETER, Root.GLOBAL, Root.CLOSURE, Root.CLASS})


def in_several_loops(coverage: Coverage) -> Iterator[str]:
    """Say where an event loop is run that is not the only one in which the lock would be taken; the first such place.

    Parameters:
        coverage: settled; its lock is one of asyncio.
    """
    for resolver in coverage.functions.values():
        program, function = coverage.seen_from(resolver.function), resolver.function
        place = _place_of_another(program, function)
        if place is not None:
            yield (
                f"`{function.qualname}` may run in more than one event loop ({place}): "
                "the lock belongs to the first in which a task waits for it, and fails in the next"
            )
            return


def _place_of_another(program: Program, function: FunctionGraph) -> str | None:
    found = [run.spawn for run in runners(program, function)]
    found += [spawn for spawn in program.callers.spawns(function) if _is_gathered_for_a_loop(spawn)]
    found = [spawn for spawn in found if _is_of_asyncio(spawn)]
    loops = loops_of(program, function) if found else None
    if loops is not None:
        start = loops.starts[-1]
        return program.place(start.resolver.function, start.event)
    for spawn in found:
        host = spawn.resolver.function
        if not is_test(host.module) and _is_there_before(spawn, function) and not _runs_once(program, spawn):
            return program.place(host, spawn.event)
    return None


def _is_there_before(spawn: Spawn, function: FunctionGraph) -> bool:
    """Tell whether the object whose lock it is may be older than the loop: it, or what has it, is handed in."""
    receiver = spawn.target.receiver
    if receiver is not None:
        return receiver.root in _THERE_BEFORE
    places = (spawn.resolver.value(operand) for _, operand in spawn.target.arguments)
    return any(place is not None and place.root in _THERE_BEFORE and _is_of(spawn, place, function) for place in places)


def _is_of(spawn: Spawn, place: Location, function: FunctionGraph) -> bool:
    return function.class_id is not None and spawn.resolver.type_of(place).name == f"class:{function.class_id}"


def _runs_once(program: Program, spawn: Spawn) -> bool:
    """Tell whether all that is seen to call what runs the loop is one place, for an object that is new there."""
    host = spawn.resolver.function
    if _is_module(host):
        return True  # and there is no second one, or `loops_of` had said so
    sites = [site for site in program.callers.sites(host) if not is_test(site.resolver.function.module)]
    if len(sites) != 1 or in_loop(sites[0].resolver, sites[0].event):
        return False
    return sites[0].on_new_object or sites[0].target.receiver is None or _is_module(sites[0].resolver.function)


def _is_module(function: FunctionGraph) -> bool:
    return function.qualname == "<module>"


def _is_gathered_for_a_loop(spawn: Spawn) -> bool:
    """Tell whether a plain function gathers what it has run: ``loop.run_until_complete(asyncio.gather(...))``."""
    host = spawn.resolver.function
    calls = (event for event in host.events if isinstance(event, Call))
    return not host.is_async and any(last_name(host.nodes[call.function]) in RUNNERS for call in calls)


def _is_of_asyncio(spawn: Spawn) -> bool:
    """Tell whether a runner is not one of the libraries whose locks belong to no loop."""
    resolver = spawn.resolver
    call = resolver.function.events[spawn.event]
    name = dotted(resolver.function.nodes[call.function], resolver.module.imports) if isinstance(call, Call) else None
    return name is None or not name.startswith(("anyio.", "trio."))
