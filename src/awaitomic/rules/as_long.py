"""Who stores anew only after a wait that lasts as long as that of who lets the old go, and after one more.

``self._task.cancel()``, ``await self._task``, ``self._task = None`` in one function, and in another one the same wait,
then ``await self._open()`` and a new task. Both are woken when the task ends, in the order in which they came, and the
second one waits again before it stores: by then the first has written its None. So it is, too, if the second calls the
first and waits for it. That rests on how the event loop wakes tasks up, and on a wait that really waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Call, Compute, Const, Guard, Name, Scope, Suspend, SuspendWhy
from awaitomic.model.location import Location, Root
from awaitomic.program.operands import method_of
from awaitomic.rules.seldom import span_points

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.concurrency import Rival
    from awaitomic.program.facts import WriteFact
    from awaitomic.program.resolve import Resolver

_ENDS = frozenset({"close", "aclose", "wait_closed", "wait", "join"})
"""Methods that wait until something has come to its end: whoever calls them together comes back together."""
_ASKS = frozenset({"if", "and", "or"})
_NOTHING = {"is": False, "==": False, "is not": True, "!=": True}
"""How a comparison with None says that there is something."""
_TWO_WAYS = 2


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
    if not ways or not as_long or access.event in _passed_without(program, rival, state, as_long):
        return False
    onward = [reach_after(graph, each, raises=False).events for each in as_long]
    at_once = [reach_after(graph, each, stops=waits - {each}, raises=False).events for each in as_long]
    return any(access.event in events for events in onward) and not any(access.event in events for events in at_once)


def _passed_without(program: Program, resolver: Resolver, state: Location, as_long: set[int]) -> set[int]:
    """Give what a function can come to without the wait, although the state holds something to wait for.

    Only a test that finds nothing there excuses from the wait: ``if self._task is not None: await self._task``. What
    else stands in the condition has a way of its own past the wait.
    """
    graph = resolver.function
    passed, entered, waiting = set[int](), {graph.entry}, [graph.entry]
    while waiting:
        block = graph.blocks[waiting.pop()]
        ways = block.successors
        for event in block.events:
            if event.id in as_long:
                ways = ways[:0]
                break
            passed.add(event.id)
            there = _finds_something(program, resolver, event, state)
            if there is not None and len(ways) == _TWO_WAYS:
                ways = ways[:1] if there else ways[1:]
        waiting += [way for way in ways if way not in entered]
        entered.update(ways)
    return passed


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


def _finds_something(program: Program, resolver: Resolver, event: object, state: Location) -> bool | None:
    """Give the outcome of a test that says that the state is not None; None if it asks for anything else."""
    if not isinstance(event, Guard) or event.kind not in _ASKS:
        return None
    events, outcome = resolver.function.events, True
    test = events[event.test]
    while isinstance(test, Compute) and test.operator == "not":
        outcome = not outcome
        test = events[test.operands[0]]
    if isinstance(test, Compute) and test.operator in _NOTHING and len(test.operands) == _TWO_WAYS:
        nothing = events[test.operands[1]]
        if not isinstance(nothing, Const) or nothing.value is not None:
            return None
        outcome = outcome is _NOTHING[test.operator]
        test = events[test.operands[0]]
    if resolver.value(test.id) != state or not _is_news(program, resolver, test.id, event):
        return None
    return outcome


def _is_news(program: Program, resolver: Resolver, read: int, guard: Guard) -> bool:
    """Tell whether what a test asks was read after the last wait: a local may hold what was there long ago."""
    graph, origin = resolver.function, resolver.origin(read)
    place = getattr(graph.events[origin], "place", None)
    if isinstance(place, Name):
        return place.scope is not Scope.LOCAL  # bound in several places: one of them may be long ago
    waits = [each.id for each in graph.events if isinstance(each, Suspend) and program.waiting.at(resolver, each)]
    since = reach_after(graph, origin, raises=False).events
    return not any(
        wait in since and guard.id in reach_after(graph, wait, stops=(origin,), raises=False).events for wait in waits
    )
