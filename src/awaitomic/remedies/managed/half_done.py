"""What may be half done where a lock that was taken by hand is given back now: who comes next finds it so.

A task that was cancelled in the middle kept the lock, and all others waited for ever. With ``async with`` the next one
gets in. Where the first has sent a request and was cancelled before the answer, the second takes that for its own. It
is the same where the first has changed one of two things when it fails, or returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.awaitables import DEADLINES, NEVER_SUSPEND, PAUSES, SIGNALS
from awaitomic.knowledge.handing import HANDS_ON, only_looks
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Call, Event, Suspend, SuspendWhy, is_yield
from awaitomic.model.location import Root
from awaitomic.program import Program
from awaitomic.program.calls import is_awaited, targets_of
from awaitomic.program.locks.by_hand import Taking, Way, failures, given_back_by_calls, releases, ways_out
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.managed.cut_short import left_half_done
from awaitomic.remedies.remedy import Case

_OWN = frozenset({Root.FRESH, Root.RESULT})
_MOVES = frozenset({"get", "put"})
"""Methods of a queue that have moved something once they have waited."""
_LIBRARIES = ("asyncio.", "anyio.", "trio.")
"""What these offer only waits, if it does not hand something on by its name."""


_HARDLY_FAIL = frozenset("add discard clear extend appendleft setdefault get keys values items set is_set".split())
"""Methods of containers and events of which nobody expects a failure."""
_LEAVING = {Way.RETURN: "who returns", Way.RAISE: "who raises an error", Way.CALL: "who fails"}


def half_done(case: Case, taking: Taking) -> Iterator[str]:
    """Say what the next one may find half done, because somebody was cancelled, failed or left; the first such thing.

    Parameters:
        case: the finding.
        taking: how its function takes the lock.
    """
    program, resolver = case.program, case.resolver
    function, work = resolver.function, _Work(program)
    stops = frozenset((*releases(resolver, taking.lock), *given_back_by_calls(program, resolver, taking.lock)))
    ways = list(ways_out(program, resolver, taking, stops))
    if not ways:
        return
    waits = [way.event for way in ways if way.way is Way.WAIT]
    inside = sorted(reach_after(function, taking.wait, stops=stops, done=True).events)
    begun = [event for event in inside if work.begins(resolver, function.events[event])]
    for event in inside:
        behind = reach_after(function, event, stops=stops).events if event in begun else frozenset[int]()
        wait = next((each for each in waits if each in behind), None)
        amid = event if event in waits and work.is_amid(resolver, function.events[event]) else None
        if amid is not None or wait is not None:
            yield _sentence(case, "who is cancelled", event, amid if amid is not None else wait)
            return
    for way in ways:
        left = way.event if way.way in _LEAVING else None
        before = work.left_half_done(resolver, left, begun, stops) if left is not None else None
        if before is not None:
            yield _sentence(case, _LEAVING[way.way], before, left)
            return


def _sentence(case: Case, who: str, begun: int, left: int | None) -> str:
    line = case.extent(case.node(begun)).line
    cut = case.extent(case.node(left)).line if left is not None else line
    where = f"on line {line}" if cut == line else f"on line {cut}, behind line {line},"
    return f"{who} {where} lets the next one in, on work that is half done, where before all waited for ever"


class _Work:
    """Tells where the functions of a program change what others see, or hand something on."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._changing: dict[int, bool] = {}
        self._amid: dict[int, bool] = {}
        self._failing: dict[int, bool] = {}
        self._breaking: dict[int, bool] = {}

    def begins(self, resolver: Resolver, event: Event) -> bool:
        """Tell whether something is begun when an event is done."""
        if isinstance(event, Call) and self._waits_for_signal(resolver, event):
            return False  # who is cancelled in the wait has taken nothing, and put nothing
        writes = (fact for fact in self._program.facts(resolver).writes if fact.event == event.id)
        if any(_is_seen(fact.access.location.root) for fact in writes):
            return True
        if isinstance(event, Call):
            return self._call_begins(resolver, event)
        if not isinstance(event, Suspend):
            return False
        awaited = resolver.function.events[resolver.origin(event.awaited)] if event.awaited is not None else None
        if isinstance(awaited, Call) and self._waits_for_signal(resolver, awaited):
            return last_name(resolver.function.nodes[awaited.function]) in _MOVES
        return is_yield(event) or any(self._changes(each) for each in self._run_by(resolver, event))

    def left_half_done(
        self, resolver: Resolver, way: int, begun: Iterable[int], stops: frozenset[int] = frozenset()
    ) -> int | None:
        """Give what was begun before a function is left at an event, if there was more to do; that itself if within."""
        events = resolver.function.events
        event = events[way]
        targets = targets_of(resolver, event) if isinstance(event, Call) and not _makes(resolver, event) else ()
        if any(self._breaks(each.function) for each in targets):
            return way
        if not self._may_fail(resolver, event):
            return None
        changes = (each for each in begun if not _makes(resolver, events[each]))
        return left_half_done(resolver.function, way, changes, stops)

    def _fails(self, function: FunctionGraph) -> bool:
        """Tell whether anything in a function may well fail."""
        if id(function) not in self._failing:
            self._failing[id(function)] = False  # a recursion fails by nothing by which the rest does not fail
            resolver = self._program.resolver(function)
            self._failing[id(function)] = any(
                self._may_fail(resolver, function.events[each]) for each in failures(self._program, resolver)
            )
        return self._failing[id(function)]

    def _may_fail(self, resolver: Resolver, event: Event) -> bool:
        if not isinstance(event, Call):
            return True
        targets = targets_of(resolver, event)
        if targets:
            return any(self._fails(each.function) for each in targets)
        return last_name(resolver.function.nodes[event.function]) not in _HARDLY_FAIL

    def _breaks(self, function: FunctionGraph) -> bool:
        """Tell whether a function may fail between one change and another."""
        if id(function) not in self._breaking:
            self._breaking[id(function)] = False
            resolver = self._program.resolver(function)
            begun = [event.id for event in function.events if self.begins(resolver, event)]
            self._breaking[id(function)] = any(
                self.left_half_done(resolver, way, begun) is not None for way in failures(self._program, resolver)
            )
        return self._breaking[id(function)]

    def is_amid(self, resolver: Resolver, event: Event) -> bool:
        """Tell whether something is half done while a function waits at an event, by what it waits for itself."""
        if not isinstance(event, Suspend):
            return False
        if is_yield(event):
            return True
        run = self._run_by(resolver, event)
        if run:
            return any(self._is_amid_in(each) for each in run)
        return event.why in {SuspendWhy.ASYNC_ENTER, SuspendWhy.ASYNC_FOR} and not self._only_waits(resolver, event)

    def _run_by(self, resolver: Resolver, event: Suspend) -> list[FunctionGraph]:
        return [target.function for call in calls_while_waiting(resolver, event) for target in call.targets]

    def _only_waits(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether who enters or steps there only waits: for a lock, or for some time."""
        if event.awaited is None or self._program.locks_of(resolver, event.awaited):
            return True
        node = resolver.function.nodes[resolver.origin(event.awaited)]
        called = dotted(getattr(node, "func", node), resolver.module.imports)
        return called in NEVER_SUSPEND or called in DEADLINES

    def _waits_for_signal(self, resolver: Resolver, call: Call) -> bool:
        """Tell whether a call waits for an event, a queue or a condition of which the kind is known."""
        method = method_of(resolver.function, call)
        kind = resolver.operand_type(method.base).name if method is not None else None
        return (kind in SIGNALS or kind in LOCK_TYPES) and is_awaited(resolver, call.id)

    def _call_begins(self, resolver: Resolver, call: Call) -> bool:
        targets = targets_of(resolver, call)
        if targets:
            return any(not each.function.is_async and self._changes(each.function) for each in targets)
        node = resolver.function.nodes[call.function]
        name = last_name(node)
        if name in HANDS_ON:
            return True
        written = dotted(node, resolver.module.imports) or ""
        if name in LOGS or written in PAUSES or written.startswith(_LIBRARIES):
            return False
        method = method_of(resolver.function, call)
        base = resolver.value(method.base) if method is not None else None
        if base is not None and _is_seen(base.root) and not only_looks(name):
            return True
        return is_awaited(resolver, call.id)

    def _changes(self, function: FunctionGraph) -> bool:
        """Tell whether a function begins anything."""
        if id(function) not in self._changing:
            self._changing[id(function)] = False  # a recursion begins nothing that the rest does not begin
            resolver = self._program.resolver(function)
            self._changing[id(function)] = any(self.begins(resolver, event) for event in function.events)
        return self._changing[id(function)]

    def _is_amid_in(self, function: FunctionGraph) -> bool:
        """Tell whether a function can be cancelled with something begun."""
        if id(function) not in self._amid:
            self._amid[id(function)] = False
            self._amid[id(function)] = self._finds_amid(function)
        return self._amid[id(function)]

    def _finds_amid(self, function: FunctionGraph) -> bool:
        resolver = self._program.resolver(function)
        waits = {
            event.id
            for event in function.events
            if isinstance(event, Suspend) and self._program.may_suspend(resolver, event)
        }
        if any(self.is_amid(resolver, function.events[wait]) for wait in waits):
            return True
        begun = (event.id for event in function.events if waits and self.begins(resolver, event))
        return any(waits & reach_after(function, event).events for event in begun)


def _makes(resolver: Resolver, event: Event) -> bool:
    """Tell whether an event makes an object of the program: who fails there leaves it to nobody."""
    made = (each.receiver for each in targets_of(resolver, event)) if isinstance(event, Call) else ()
    return any(receiver is not None and receiver.root is Root.FRESH for receiver in made)


def _is_seen(root: Root) -> bool:
    return root not in _OWN
