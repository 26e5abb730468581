"""Who stores anew only after a wait that lasts as long as that of who lets the old go, and after one more.

``self._task.cancel()``, ``await self._task``, ``self._task = None`` in one function, and in another one the same wait,
then ``await self._open()`` and a new task. Both are woken when the task ends, in the order in which they came, and the
second one waits again before it stores: by then the first has written its None. So it is, too, if the second calls the
first and waits for it. That rests on how the event loop wakes tasks up, and on a wait that really waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Call, Guard, Suspend, SuspendWhy
from awaitomic.model.location import Location, Root
from awaitomic.program.operands import method_of, operands_below
from awaitomic.rules.seldom import span_points

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.concurrency import Rival
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver

_ENDS = frozenset({"close", "aclose", "wait_closed", "wait", "join"})
"""Methods that wait until something has come to its end: whoever calls them together comes back together."""


def waits_of(program: Program, resolver: Resolver, fact: WriteFact, read: int) -> frozenset[str]:
    """Give how a function waits for what is kept in some state, if that is all it waits for from a read to its write.

    Returns:
        The methods that it waits for; ``""`` for what is kept there itself. Empty if it waits for anything else.
    """
    points = list(span_points(program, resolver, fact, (read,))) if fact.via is None else []
    ways = [_waited(resolver, at, fact.access.location) if each is resolver else None for each, at in points]
    return frozenset(way for way in ways if way is not None) if None not in ways else frozenset()


def comes_after(program: Program, mine: Resolver, ways: frozenset[str], state: Location, theirs: Rival) -> bool:
    """Tell whether a rival has waited as long as a function that waits for itself, and once more, before it writes.

    Parameters:
        mine: the function that waits for what is kept in its own `state`.
        ways: how it does: see `waits_of`.
        state: that state.
        theirs: the rival and its write.
    """
    rival, access = theirs
    graph = rival.function
    alike = state.root is Root.SELF and access.location == state and access.task is None and not access.hops
    if not alike or not program.module.can_be_one(mine.function.class_id or "", graph.class_id or ""):
        return False
    waits = {each.id for each in graph.events if isinstance(each, Suspend) and program.waiting.at(rival, each)}
    as_long = {
        each.id
        for each in graph.events
        if isinstance(each, Suspend)
        and (_waited(rival, each.id, state) in ways or _is_call_of(program, rival, each, mine))
    }
    asked = {each.id for each in graph.events if _asks_first(rival, each, state, as_long)}
    first = reach_from(graph, graph.entry, stops=as_long | asked, raises=False)
    if not ways or not as_long or access.event in first.events:
        return False
    return all(
        access.event not in reach_after(graph, each, stops=waits - {each}, raises=False).events for each in as_long
    )


def _waited(resolver: Resolver, event: int, state: Location) -> str | None:
    """Give the method of what is kept at a location whose end a suspension waits for; ``""`` for a plain ``await``."""
    suspend = resolver.function.events[event]
    if not isinstance(suspend, Suspend) or suspend.why is not SuspendWhy.AWAIT or suspend.awaited is None:
        return None
    if resolver.value(suspend.awaited) == state:
        return ""
    call = resolver.function.events[resolver.origin(suspend.awaited)]
    method = method_of(resolver.function, call) if isinstance(call, Call) else None
    return method.attr if method is not None and method.attr in _ENDS and resolver.value(method.base) == state else None


def _is_call_of(program: Program, resolver: Resolver, event: Suspend, closing: Resolver) -> bool:
    """Tell whether a suspension waits for a call of a method of the same object."""
    return any(
        target.function is closing.function
        and target.receiver is not None
        and target.receiver.root is Root.SELF
        and not target.receiver.steps
        for call in program.effective_calls(resolver, event)
        for target in call.targets
    )


def _asks_first(resolver: Resolver, event: object, state: Location, as_long: set[int]) -> bool:
    """Tell whether a test asks if there is something, in order to wait for it: who waits has found that there is."""
    if not isinstance(event, Guard) or event.kind != "if":
        return False
    asks = any(resolver.value(operand) == state for operand in operands_below(resolver, event.test))
    return asks and not reach_after(resolver.function, event.id, raises=False).events.isdisjoint(as_long)
