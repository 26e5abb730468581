"""Writes that ask for themselves what they go by: what was tested before a suspension decides nothing about them.

Such a write is that of a callee with a test of its own, that of the function itself when it begins again, and that of
who does away with what he finds in the place before he fills it (``if self.timer: self.timer.cancel()``).
"""

from __future__ import annotations

from collections.abc import Iterable

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.knowledge.containers import EVENTS
from awaitomic.knowledge.lifecycle import ENDS
from awaitomic.model.event import Call, Guard, Suspend
from awaitomic.model.location import Location
from awaitomic.program import Program
from awaitomic.program.facts import WriteFact
from awaitomic.program.operands import method_of, operands_below
from awaitomic.program.resolve import Resolver


def decides_anew(program: Program, resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write goes by what is there when it happens.

    A function that begins again comes to its own test again; and what it writes before that test, the test has decided
    as little the first time.
    """
    if fact.via is not None and (fact.via.write.decided or fact.via.target.function is resolver.function):
        return True
    writer, write, location = resolver, fact.event, fact.access.location
    if fact.via is not None:
        writer, write = program.named(fact.via.write.function), fact.via.write.event
        location = fact.via.write.location
    return does_away_with_the_old(program, writer, write, location)


def does_away_with_the_old(program: Program, resolver: Resolver, write: int, location: Location) -> bool:
    """Tell whether a function has asked what is there since it last waited, and has ended that before it writes."""
    ended = [event.id for event in resolver.function.events if _ends(resolver, event, location)]
    if not ended:
        return False
    function = resolver.function
    waits = [e.id for e in function.events if isinstance(e, Suspend) and program.may_suspend(resolver, e)]
    asked = [
        event.id
        for event in function.events
        if isinstance(event, Guard)
        and _asks_for(resolver, event, location)
        and not reach_after(function, event.id, stops=waits, raises=False).events.isdisjoint(ended)
    ]
    if not any(write in reach_after(function, each, stops=waits, raises=False).events for each in ended):
        return False
    return bool(asked) and not _is_reached_without(resolver, write, waits, asked)


def _is_reached_without(resolver: Resolver, write: int, waits: Iterable[int], asked: list[int]) -> bool:
    function = resolver.function
    ways = [reach_from(function, function.entry, stops=asked)]
    ways += [reach_after(function, wait, stops=asked) for wait in waits]
    return any(write in way.events for way in ways)


def _asks_for(resolver: Resolver, guard: Guard, location: Location) -> bool:
    return any(resolver.value(operand) == location for operand in operands_below(resolver, guard.test))


def _ends(resolver: Resolver, event: object, location: Location) -> bool:
    """Tell whether an event ends what is there: ``self.timer.cancel()``, or calls it (``self.unsubscribe()``)."""
    if not isinstance(event, Call):
        return False
    if resolver.value(event.function) == location:
        return not event.arguments and not event.keywords  # what is told something is called back, and not ended
    method = method_of(resolver.function, event)
    if method is None or method.attr not in ENDS or resolver.value(method.base) != location:
        return False
    return method.attr != "set" or resolver.type_of(location).name in EVENTS  # whatever else is set is not done with
