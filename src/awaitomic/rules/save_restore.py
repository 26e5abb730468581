"""AWA106: shared state that is set for a while, and put back after others may have done the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.reach import reach_after
from awaitomic.model.event import Attribute, Call, Enter, Item, Leave, Read, Suspend, Write
from awaitomic.model.finding import Confidence, Finding, Role
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Change
from awaitomic.program.concurrency import Hint, Rival, judge
from awaitomic.program.facts import WriteFact
from awaitomic.program.names import dotted, last_name, target_names
from awaitomic.program.resolve import Resolver
from awaitomic.program.types import is_container
from awaitomic.rules import references
from awaitomic.rules.rule import (
    Repair,
    Rule,
    has_fresh_guard,
    holds_lock,
    is_validated,
    kept_apart,
    make_finding,
    object_of,
    place_of,
    step,
    suspending_functions,
)
from awaitomic.rules.saved import saved_read

_RESTORES = frozenset({Change.ASSIGN, Change.REORDER})
_PER_THREAD = frozenset({"threading.local", "_thread._local"})


@dataclass(frozen=True, slots=True)
class _Restore:
    """One save and restore: the read, the change in between, the suspension, and whether it is for failures only."""

    read: int
    change: int
    suspend: int
    rollback: bool


def find(program: Program) -> Iterator[Finding]:
    """Find writes that put back what was read before the function changed it and waited."""
    runners = [(resolver, resolver) for resolver in suspending_functions(program)]
    for resolver, runner in (*runners, *_managers(program)):
        reported: set[tuple[str, int]] = set()
        for fact in program.facts(resolver).writes:
            key = place_of(program, resolver, fact)
            finding = examine(program, resolver, fact, runner) if key not in reported else None
            if finding is not None:
                reported.add(key)
                yield finding


def examine(program: Program, resolver: Resolver, fact: WriteFact, runner: Resolver | None = None) -> Finding | None:
    """Give the finding of one write, if it puts back what was saved; `runner` is who waits, if that is another."""
    restore = _restored(program, resolver, fact)
    return _report(program, (resolver, runner or resolver), fact, restore) if restore is not None else None


def _managers(program: Program) -> Iterator[tuple[Resolver, Resolver]]:
    """Give the plain generators that are context managers, each with a function that enters it and waits inside."""
    for resolver in program.resolvers:
        node = resolver.function.node
        if not isinstance(node, ast.FunctionDef) or not resolver.function.is_generator:
            continue
        if not any(last_name(decorator) == "contextmanager" for decorator in node.decorator_list):
            continue
        sites = program.callers.sites(resolver.function)
        entered = (site.resolver for site in sites if _waits_inside(program, site.resolver, site.event))
        runner = next(entered, None)
        if runner is not None:
            yield resolver, runner


def _waits_inside(program: Program, caller: Resolver, call: int) -> bool:
    events = caller.function.events
    entered = [e for e in events if isinstance(e, Enter) and caller.origin(e.manager) == call]
    for enter in entered:
        ends = [e.id for e in events if isinstance(e, Leave) and e.manager == enter.manager]
        for event in reach_after(caller.function, enter.id, stops=ends, done=True).events:
            found = events[event]
            if isinstance(found, Suspend) and program.may_suspend(caller, found):
                return True
    return False


def _restored(program: Program, resolver: Resolver, fact: WriteFact) -> _Restore | None:
    """Give how a write is the end of a save and restore that others can come into, or None."""
    access = fact.access
    if fact.via is not None or access.value is None or access.change not in _RESTORES or _is_part(resolver, fact):
        return None
    if access.location.root is Root.RESULT or _is_per_thread(resolver, access.location):
        return None
    if has_fresh_guard(fact) or is_validated(fact) or holds_lock(fact):
        return None
    read = saved_read(resolver, access.value, access.location)
    if read is None:
        return None
    graph = resolver.function
    between = reach_after(graph, read, stops=(fact.event,)).events
    changes = [
        other.event
        for other in program.facts(resolver).writes
        if other.event in between
        and not _is_of_saved(resolver, other.event, read)
        and place_of(program, resolver, other) != place_of(program, resolver, fact)
        and access.location in {other.access.location, other.access.location.parent}
        and fact.event in reach_after(graph, other.event, stops=(read,)).events
    ]
    waits = [
        event
        for event in sorted(between)
        if isinstance(found := graph.events[event], Suspend)
        and program.may_suspend(resolver, found)
        and fact.event in reach_after(graph, event, stops=(read,)).events
    ]
    if not changes or not waits:
        return None
    change = min(changes)
    suspend = next((event for event in waits if event >= change), waits[0])
    return _Restore(read, change, suspend, rollback=_is_rollback(resolver, fact, suspend))


def _is_of_saved(resolver: Resolver, event: int, read: int) -> bool:
    """Tell whether a change is made to what was saved, by its local: ``data.update(…)`` puts nothing else there."""
    found = resolver.function.events[event]
    callee = resolver.function.events[found.function] if isinstance(found, Call) else found
    place = callee.place if isinstance(callee, Read | Write) else None
    if not isinstance(place, Attribute | Item):
        return False
    return place.base != read and resolver.origin(place.base) == read


def _is_part(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether only a slice is written: ``buf[:0] = batch`` puts something before what has come meanwhile."""
    node = resolver.function.nodes[fact.event]
    part = node.slice if isinstance(node, ast.Subscript) else None
    return isinstance(part, ast.Slice) and (part.lower, part.upper, part.step) != (None, None, None)


def _is_rollback(resolver: Resolver, fact: WriteFact, suspend: int) -> bool:
    """Tell whether the value is put back only if something fails (copies of a ``finally`` body are one place)."""
    usual = reach_after(resolver.function, suspend, raises=False).events
    node = resolver.function.nodes[fact.event]
    return not any(resolver.function.nodes[event] is node for event in usual)


def _is_per_thread(resolver: Resolver, location: Location) -> bool:
    """Tell whether the state is that of a ``threading.local``, which some libraries make one for each task."""
    if location.root is not Root.GLOBAL:
        return False
    module = resolver.module
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and location.name in target_names(node.targets):
            value = node.value
            return isinstance(value, ast.Call) and dotted(value.func, module.imports) in _PER_THREAD
    return False


def _hint(location: Location) -> Hint | None:
    """Say that what is changed for a while is another object's own, which others use meanwhile as they find it."""
    attributes = [step for step in location.steps if isinstance(step, AttributeStep)]
    if location.root is not Root.SELF or len(attributes) < 2:
        return None
    return Hint(f"`{location.parent}` is an object of its own, and others who use it get what is set for a while")


def _report(
    program: Program, functions: tuple[Resolver, Resolver], fact: WriteFact, restore: _Restore
) -> Finding | None:
    """Report a restore; of the two functions, the second one runs and waits (a manager's `yield` is its waiting)."""
    resolver, runner = functions
    location = fact.access.location
    rivals = _rivals(program, resolver, location, restore.suspend)
    judgement = judge(program, runner, object_of(resolver, location), rivals, _hint(location))
    if judgement is None:
        return None
    function, state = resolver.function, str(location)
    itself = judgement.rival is resolver
    outcome = "each of two runs puts back what the other had set" if itself else "what others stored meanwhile is lost"
    trace = [
        step(program, function, restore.read, Role.READ, f"`{state}` is saved"),
        step(program, function, restore.change, Role.WRITE, "set to something else"),
        step(program, function, restore.suspend, Role.SUSPEND, "other tasks run here"),
        step(program, function, fact.event, Role.WRITE, "what was saved is put back"),
    ]
    return make_finding(
        program,
        RULE,
        resolver,
        fact,
        confidence=min(judgement.confidence, _limit(resolver, fact, restore)),
        judgement=judgement,
        trace=trace,
        reads=(restore.read,),
        guards=(),
        suspends=(restore.suspend,),
        message=f"`{state}` is saved, changed, and restored after a suspension: {outcome}",
    )


def _limit(resolver: Resolver, fact: WriteFact, restore: _Restore) -> Confidence:
    """Lower what is put back only after a failure, and what lasts as long as somebody iterates over one object."""
    if restore.rollback and not is_container(resolver.type_of(fact.access.location)):
        return Confidence.POSSIBLE
    if _is_fluent(resolver):
        return Confidence.POSSIBLE
    managed = any(
        last_name(node) in {"contextmanager", "asynccontextmanager"}
        for node in getattr(resolver.function.node, "decorator_list", ())
    )
    return Confidence.POSSIBLE if resolver.function.is_generator and not managed else Confidence.CERTAIN


_FLUENT = 3


def _is_fluent(resolver: Resolver) -> bool:
    """Tell whether a class is one whose methods give the object itself, to be chained: a query, made for one use."""
    facts = resolver.module.link.class_facts(resolver.function.class_id or "")
    own = [method.node for method in facts.methods.values()] if facts is not None else []
    chained = [
        node for node in own if any(isinstance(n, ast.Return) and _is_self(node, n.value) for n in ast.walk(node))
    ]
    return len(chained) >= _FLUENT


def _is_self(method: ast.AST, value: ast.expr | None) -> bool:
    first = method.args.args[:1] if isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef) else []
    return isinstance(value, ast.Name) and bool(first) and value.id == first[0].arg


def _rivals(program: Program, resolver: Resolver, location: Location, suspend: int) -> Iterator[Rival]:
    for rival, access in program.changing_writers(resolver, location):
        if not kept_apart(program, resolver, suspend, location, rival, access):
            yield rival, access


RULE = Rule(
    code="AWA106",
    name="save-restore",
    summary="shared state is saved, changed, and restored after a suspension",
    what=(
        "A coroutine keeps the value of some shared state in a local, sets the state to something else for the time of "
        "its work, waits, and puts the old value back."
    ),
    why=(
        "Shared state has one value for all tasks. A second run that begins meanwhile saves what the first one has "
        "set, and works with it; when both have ended, the state holds the first one's temporary value for good. And "
        "whatever other code stored meanwhile is overwritten."
    ),
    example_before="""\
import asyncio


class Client:
    def __init__(self, transport):
        self.transport = transport
        self.timeout = 5

    def set_timeout(self, seconds):
        self.timeout = seconds

    async def upload(self, data):
        old = self.timeout
        self.timeout = 60
        try:
            await self.send(data)
        finally:
            self.timeout = old

    async def send(self, data):
        await asyncio.wait_for(self.transport.send(data), self.timeout)


async def main(transport):
    client = Client(transport)
    await asyncio.gather(client.upload(b"one"), client.upload(b"two"))
""",
    example_after="""\
import asyncio


class Client:
    def __init__(self, transport):
        self.transport = transport
        self.timeout = 5

    def set_timeout(self, seconds):
        self.timeout = seconds

    async def upload(self, data):
        await self.send(data, timeout=60)

    async def send(self, data, timeout=None):
        await asyncio.wait_for(self.transport.send(data), timeout or self.timeout)


async def main(transport):
    client = Client(transport)
    await asyncio.gather(client.upload(b"one"), client.upload(b"two"))
""",
    example_repair=Repair.BY_HAND,
    fix_safety=(
        "Never: a lock over the whole time is the last resort, since runs wait for each other then, and who only reads "
        "the state still finds what others have set. What is set by plain functions, as here, or around the body of a "
        "context manager, gets none. Better is a value that becomes a parameter of what needs it, or a context "
        "variable, which every task has for itself."
    ),
    silent=(
        "A lock held over the whole time, a test that the state is still one's own before it is put back, context "
        "variables and thread-locals, an object that belongs to one task; putting a plain value back only if the work "
        "has failed, and state of a parameter, are reported as possible."
    ),
    references=(
        references.CONTEXT_VARIABLES,
        references.RACE,
    ),
    find=find,
)
