"""Evidence for AWA105: what an awaited call makes ready, and who goes on to use it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from awaitomic.flow.reach import reach_after, reach_after_each, reach_from
from awaitomic.knowledge.opening import WAITS
from awaitomic.model.event import Attribute, Call, Event, Read, Suspend, SuspendWhy
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.conditions import parts_of
from awaitomic.program.module import is_construction
from awaitomic.program.module_calls import Spawn
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import ActiveGuard, State


def test_of(resolver: Resolver, guard: int) -> ast.AST:
    """Give the condition behind a guard: the whole of a compound one, and what a local that is tested was bound to."""
    part = parts_of(resolver.function).get(guard)
    node = part.test if part is not None else resolver.function.nodes[guard]
    if isinstance(node, ast.Name):
        for event in resolver.function.events:
            if isinstance(event, Read) and resolver.function.nodes[event.id] is node:
                return resolver.function.nodes[resolver.origin(event.id)]
    return node


def says_absent(test: ast.AST, *, holds: bool) -> bool:
    """Tell whether an outcome of a test says that something is not there: ``not x``, ``x is None``, ``x == 0`` hold."""
    if isinstance(test, ast.ExceptHandler):
        return holds
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return says_absent(test.operand, holds=not holds)
    if isinstance(test, ast.NamedExpr):
        return says_absent(test.value, holds=holds)
    if isinstance(test, ast.BoolOp):
        decided = holds is isinstance(test.op, ast.And)
        return decided and any(says_absent(value, holds=holds) for value in test.values)
    if isinstance(test, ast.Compare):
        operator, right = test.ops[0], test.comparators[0]
        if isinstance(operator, ast.In | ast.NotIn):
            return holds is isinstance(operator, ast.NotIn)
        if isinstance(operator, ast.Is | ast.IsNot):
            nothing = isinstance(right, ast.Constant) and right.value in (None, False)
            return nothing and holds is isinstance(operator, ast.Is)
        return _counts(operator, right, holds=holds, before=True)
    return not holds and isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call)


def says_first(test: ast.AST, *, holds: bool) -> bool:
    """Tell whether an outcome of a test, made after counting up, says that this is the first: ``n == 1`` holds."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return says_first(test.operand, holds=not holds)
    if isinstance(test, ast.BoolOp):
        return holds is isinstance(test.op, ast.And) and any(says_first(v, holds=holds) for v in test.values)
    if not isinstance(test, ast.Compare):
        return False
    return _counts(test.ops[0], test.comparators[0], holds=holds, before=False)


def _counts(operator: ast.cmpop, right: ast.expr, *, holds: bool, before: bool) -> bool:
    if not isinstance(right, ast.Constant) or not isinstance(right.value, int):
        return False
    first = 0 if before else 1
    same = {ast.Eq: True, ast.NotEq: False, ast.LtE: True, ast.Gt: False}.get(type(operator))
    if same is not None:
        return right.value == first and holds is same
    below = {ast.Lt: True, ast.GtE: False}.get(type(operator))
    return below is not None and right.value == first + 1 and holds is below


def is_about(location: Location, guard: ActiveGuard) -> bool:
    """Tell whether a test tells, at this moment, about a location (of an entry: or about its container)."""
    tested = {location, location.parent} if location.is_entry else {location}
    return any(token.location in tested and not token.is_stale for token in guard.tokens)


def is_locked(state: State | None) -> bool:
    """Tell whether some lock is held: why it does not help is the business of other rules."""
    return state is not None and any(lock.excludes for lock in state.held)


def opened_by(resolver: Resolver, suspend: Suspend) -> tuple[str, int | None]:
    """Give the last name of what is awaited, and the event of the object that it is called on."""
    if suspend.awaited is None:
        return "", None
    origin = resolver.origin(suspend.awaited)
    if suspend.why is SuspendWhy.ASYNC_ENTER:
        return "__aenter__", origin
    event = resolver.function.events[origin]
    if not isinstance(event, Call):
        return "", None
    callee = resolver.function.events[event.function]
    name = last_name(resolver.function.nodes[event.function])
    if isinstance(callee, Read) and isinstance(callee.place, Attribute):
        return name, callee.place.base
    return name, None


def is_wait(resolver: Resolver, suspend: Suspend) -> bool:
    """Tell whether a suspension waits for what somebody else does: an event, a task, a stored future, some time."""
    if suspend.awaited is None or suspend.why is not SuspendWhy.AWAIT:
        return False
    event = resolver.function.events[resolver.origin(suspend.awaited)]
    if isinstance(event, Call):
        name = last_name(resolver.function.nodes[event.function])
        return name in WAITS or name.startswith(("wait", "_wait")) or name.endswith("_ready")
    return True


def fills_what_is_absent(program: Program, writer: Resolver, access: Access) -> bool:
    """Tell whether a test of the same state, which found nothing there, governs a write, or the task that makes it."""
    facts = (fact for fact in program.facts(writer).writes if fact.via is None and fact.event == access.event)
    tested = any(
        any(token.location == access.location for token in guard.tokens)
        and says_absent(test_of(writer, guard.guard), holds=guard.holds)
        for fact in facts
        for guard in fact.state.guards
    )
    return tested or _is_started_where_absent(program, writer, access)


def _is_started_where_absent(program: Program, writer: Resolver, access: Access) -> bool:
    """Tell whether a writer is private, and only run as a task that is made where a test has just found nothing."""
    function = writer.function
    spawns = program.callers.spawns(function)
    private = getattr(function.node, "name", "").startswith("_")
    if not spawns or not private or program.callers.sites(function) or program.callers.is_mentioned(function):
        return False
    return all(_is_found_absent(program, spawn, access.location) for spawn in spawns)


def _is_found_absent(program: Program, spawn: Spawn, written: Location) -> bool:
    state = program.facts(spawn.resolver).solution.before_event(spawn.event)
    location = translate(spawn.resolver, spawn.target, written)
    return state is not None and any(
        any(token.location == location and not token.is_stale for token in guard.tokens)
        and says_absent(test_of(spawn.resolver, guard.guard), holds=guard.holds)
        for guard in state.guards
    )


def second_caller(resolver: Resolver, guard: int, stop: int) -> list[Event] | None:
    """Give what a caller runs behind the test who does not do the work; None if he cannot return (he is told so)."""
    graph = resolver.function
    usual = reach_from(graph, graph.entry, stops=(stop,), raises=False)
    if graph.exit not in usual.blocks:
        return None
    behind = reach_after(graph, guard, stops=(stop,)).events
    return [event for event in graph.events if event.id in behind and event.id in usual.events]


def made_by_work(program: Program, resolver: Resolver, published: Location, publish: int) -> set[Location]:
    """Give the state, empty until then, that the function or what it awaits fills after it has published."""
    after = reach_after(resolver.function, publish, stops=()).events
    waited = {event for event in after if isinstance(resolver.function.events[event], Suspend)}
    if not waited:
        return set()
    late = reach_after_each(resolver.function, waited).events
    found = set()
    for fact in program.facts(resolver).writes:
        location = fact.access.location
        happens = fact.event in waited if fact.via is not None else fact.event in late
        if happens and fact.access.change is Change.ASSIGN and location != published and _is_attribute(location):
            found.add(location)
    return {location for location in found if is_empty_at_first(program, resolver, location)}


def _is_attribute(location: Location) -> bool:
    if location.root not in {Root.SELF, Root.GLOBAL, Root.CLOSURE, Root.CLASS}:
        return False
    return all(isinstance(step, AttributeStep) for step in location.steps)


def is_empty_at_first(program: Program, resolver: Resolver, location: Location) -> bool:
    """Tell whether nothing but None, False or something empty is stored at a location when its owner is made."""
    writers = program.writers_at(resolver.key_of(location))
    built = [access.change for writer, access in writers if is_construction(writer.function)]
    return all(change is Change.RESET for change in built)


def reads_of(program: Program, resolver: Resolver, events: Iterable[Event], keys: set[Location]) -> Iterator[int]:
    """Give the events that read one of some states (named by key), themselves or in a function of the program."""
    for event in events:
        if isinstance(event, Read):
            location = resolver.place(event.place) or resolver.value(event.id)
            if location is not None and _is_within(resolver.key_of(location), keys):
                yield event.id
        elif isinstance(event, Call):
            for target in targets_of(resolver, event):
                inner = program.resolver(target.function)
                if inner is not resolver and any(_direct_reads(inner, keys)):
                    yield event.id
                    break


def _direct_reads(resolver: Resolver, keys: set[Location]) -> Iterator[bool]:
    for event in resolver.function.events:
        if isinstance(event, Read):
            location = resolver.place(event.place)
            if location is not None and _is_within(resolver.key_of(location), keys):
                yield True


def _is_within(location: Location, keys: set[Location]) -> bool:
    return any(
        location.root is key.root and location.owner == key.owner and location.steps[: len(key.steps)] == key.steps
        for key in keys
        if key.name == location.name
    )


def used_by_callers(program: Program, resolver: Resolver, keys: set[Location]) -> bool:
    """Tell whether a caller goes on to use one of some states once the function has returned."""
    for site in program.callers.sites(resolver.function):
        if site.resolver is resolver:
            continue
        after = reach_after(site.resolver.function, site.event).events
        events = [site.resolver.function.events[event] for event in sorted(after)]
        if any(True for _ in reads_of(program, site.resolver, events, keys)):
            return True
    return False


def used_elsewhere(program: Program, resolver: Resolver, keys: set[Location]) -> bool:
    """Tell whether any other function uses one of some states."""
    return any(
        any(_direct_reads(other, keys))
        for other in program.resolvers
        if other is not resolver and not is_construction(other.function)
    )
