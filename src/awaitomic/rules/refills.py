"""Where an emptied container is filled again: by the function itself, by what it calls, by tasks that it waits for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.spawners import SPAWN_ALL
from awaitomic.model.event import Call, Guard, Item, Suspend, SuspendWhy, Write, WriteHow
from awaitomic.model.location import ItemStep, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.calls import is_awaited, translate
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

_RENEWS = frozenset({Change.RESET, Change.CLEAR, Change.ASSIGN, Change.DELETE})
_EMPTIES = frozenset({Change.RESET, Change.CLEAR})
_BRINGS_IN = frozenset({Change.ADD, Change.AUGMENTED})
_ENTERS = frozenset({Change.ASSIGN, Change.FILL, Change.RESET, Change.ADD})
_BULK = frozenset({"update", "extend", "extendleft"})


@dataclass(frozen=True, slots=True)
class Filling:
    """A place where contents come in: `event` in the function itself, and the write, which may be in a callee."""

    event: int
    writer: Resolver
    write: int
    late: bool
    """Whether it happens behind a suspension of what is called at `event`."""
    many: bool
    """Whether it can bring in several elements."""
    bulk: bool
    """Whether it brings them in all at once."""
    change: Change


def refilled(program: Program, resolver: Resolver, fact: WriteFact) -> tuple[int, Filling] | None:
    """Give the first suspension after which the emptied container is filled, and where; None if it is not.

    What is filled at once and added to later was whole when others came, and what is emptied again at the end was only
    filled for a while. One entry that comes in at some time is no refill either.
    """
    graph, key = resolver.function, resolver.key_of(fact.access.location)
    if _is_emptied_inside(program, resolver, key):
        return None
    writes = program.facts(resolver).writes
    renewed = [o.event for o in writes if o.access.change in _RENEWS and resolver.key_of(o.access.location) == key]
    waits = [e.id for e in graph.events if isinstance(e, Suspend) and program.may_suspend(resolver, e)]
    behind = _onward(resolver, fact.event, renewed)
    own = list(_own(program, resolver, writes, key))
    at_once = _onward(resolver, fact.event, [*renewed, *waits])
    if any(e.event in at_once and (e.bulk or e.event in _onward(resolver, e.event, waits)) for e in own if not e.late):
        return None
    fillings = [
        each
        for each in (*own, *_by_tasks(program, resolver, key))
        if each.event in behind and _is_kept(resolver, each.event, fact.event, renewed)
    ]
    if not any(each.many for each in fillings) and len({(id(e.writer), e.write) for e in fillings}) < 2:
        return None
    for event in sorted(behind.intersection(waits)):
        onward = _onward(resolver, event, renewed)
        late = [each for each in fillings if each.event in onward or (each.event <= event and each.late)]
        if late:
            return event, min(late, key=lambda each: (each.event, each.write))
    return None


def _is_emptied_inside(program: Program, resolver: Resolver, key: Location) -> bool:
    """Tell whether a function that stands in this one empties the container, too: a buffer of what comes in."""
    inside = f"{resolver.function.qualname}."
    return any(
        writer.function.qualname.startswith(inside) and access.change in _EMPTIES
        for writer, access in program.unit_of(resolver.function).writers.get(key, ())
    )


def _onward(resolver: Resolver, event: int, stops: list[int]) -> frozenset[int]:
    return reach_after(resolver.function, event, stops=stops, raises=False).events


def _is_kept(resolver: Resolver, filling: int, emptied: int, renewed: list[int]) -> bool:
    """Tell whether what is filled in belongs to this emptying, and stays.

    A loop that fills, and now and then empties, keeps a buffer; one that is entered after the container was made never
    ends, and goes on to use it. What the function empties again before it returns was there for its own use.
    """
    graph = resolver.function
    others = [each for each in renewed if each != emptied]
    stays = reach_after(graph, filling, stops=others, raises=False)
    behind = _onward(resolver, filling, [])
    if any(each in behind and filling in _onward(resolver, each, [emptied]) for each in others):
        return False
    if emptied not in behind:
        return graph.exit in stays.blocks
    again = emptied in stays.events or graph.exit in stays.blocks
    return again and filling not in reach_from(graph, graph.entry, stops=(emptied,), raises=False).events


def _own(program: Program, resolver: Resolver, writes: list[WriteFact], key: Location) -> Iterator[Filling]:
    """Give where the function itself, or what it calls and waits for, puts something in."""
    for fact in writes:
        if not fills(resolver, fact.access, key):
            continue
        via = fact.via.write if fact.via is not None else None
        writer, write = (program.named(via.function), via.event) if via is not None else (resolver, fact.event)
        bulk = _is_bulk(writer, write)
        many = bulk or _in_for(resolver, fact.event) or _in_for(writer, write)
        late = via is not None and via.late
        yield Filling(fact.event, writer, write, late, many, bulk, fact.access.change)


def _by_tasks(program: Program, resolver: Resolver, key: Location) -> Iterator[Filling]:
    """Give where tasks that the function starts, and waits for, put something in."""
    calls = program.callers.in_module(program.unit_of(resolver.function))
    for spawns in calls.spawns.values():
        for spawn in spawns:
            if spawn.resolver is not resolver or not _is_waited_for(resolver, spawn.event):
                continue
            for write in program.summary(spawn.target.function).writes:
                location = translate(resolver, spawn.target, write.location)
                if location is not None and fills(resolver, Access(spawn.event, location, write.change, None), key):
                    writer = program.named(write.function)
                    bulk = _is_bulk(writer, write.event)
                    many = bulk or spawn.many or _in_for(writer, write.event)
                    late = True  # it has not run yet when it is started
                    yield Filling(spawn.event, writer, write.event, late, many, bulk, write.change)


def _is_waited_for(resolver: Resolver, spawn: int) -> bool:
    """Tell whether a function waits for tasks that it has started: for one by name, or for all of them."""
    if is_awaited(resolver, spawn):
        return True
    return any(isinstance(e, Suspend) and _waits_for_all(resolver, e) for e in resolver.function.events)


def _waits_for_all(resolver: Resolver, event: Suspend) -> bool:
    if event.awaited is None:
        return False
    if event.why is SuspendWhy.ASYNC_EXIT:
        return last_name(resolver.function.nodes[resolver.origin(event.awaited)]).lower().endswith("group")
    awaited = resolver.function.events[resolver.origin(event.awaited)]
    return isinstance(awaited, Call) and last_name(resolver.function.nodes[awaited.function]) in SPAWN_ALL


def fills(resolver: Resolver, access: Access, key: Location) -> bool:
    """Tell whether a write brings something into the container."""
    known = resolver.key_of(access.location)
    if known == key:
        return access.change in _BRINGS_IN
    inside = known.parent == key and isinstance(known.steps[-1], ItemStep)
    return inside and access.change in _ENTERS


def _in_for(resolver: Resolver, event: int) -> bool:
    """Tell whether an event happens for each of some elements; a `while` goes on with whatever there is to do."""
    loops = [each.id for each in resolver.function.events if isinstance(each, Guard) and each.kind == "for"]
    onward = _onward(resolver, event, []) if loops else frozenset()
    return any(loop in onward and event in _onward(resolver, loop, []) for loop in loops)


def _is_bulk(writer: Resolver, event: int) -> bool:
    """Tell whether a write can bring in several elements at once: ``update``, ``extend``, ``+=``."""
    written = writer.function.events[event]
    if isinstance(written, Write):
        return written.how is WriteHow.AUGMENTED and not isinstance(written.place, Item)
    return isinstance(written, Call) and last_name(writer.function.nodes[written.function]) in _BULK
