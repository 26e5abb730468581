"""AWA203 where no lost state is seen, but the lock itself is lost: replaced, or thrown away, while others use it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import statement_at
from awaitomic.knowledge.lifecycle import runs_alone_by_name
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.knowledge.resources import gives_data
from awaitomic.model.event import Enter, Name, Operand, Read, Scope, Suspend, SuspendWhy
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.model.identity import qualname_of
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.calls import awaited_calls
from awaitomic.program.concurrency import Judgement, Rival, judge
from awaitomic.program.locks import Cause, Flaw, Lock, is_made_as_lock
from awaitomic.program.locks.removals import find_removal
from awaitomic.program.locks.replaced import Replaced, replaced_locks
from awaitomic.program.looks import asks_for, guards_of, names_what_is_given
from awaitomic.program.resolve import Resolver
from awaitomic.program.while_waiting import called_by_name
from awaitomic.rules.rule import Rule, step, suspending_functions

_HOPS = 2
"""So many awaited calls are followed down to a look if the work is done."""


def find_replaced(program: Program, rule: Rule) -> Iterator[Finding]:
    """Find locks that a second construction puts into the one instance which there is."""
    for replaced in replaced_locks(program):
        methods = (method for method in replaced.owner.methods.values() if method.node is not None)
        taken = any(
            replaced.name in program.resolver(method).words
            for method in methods
            if getattr(method.node, "name", "") not in {"__init__", "__new__"}
        )
        if taken:
            yield _report_replaced(program, rule, replaced)


def _report_replaced(program: Program, rule: Rule, replaced: Replaced) -> Finding:
    (new, given), (init, made) = replaced.kept, replaced.made
    short = qualname_of(replaced.owner.id)
    constructions = program.makers.constructions(replaced.owner.id) or []
    # That it keeps its instance tells that the class is meant to be called again, if only by whoever uses the package.
    again = len(constructions) != 1 or any(
        not resolver.is_module and not runs_alone_by_name(getattr(resolver.function.node, "name", ""))
        for resolver, _ in constructions
    )
    state = f"self.{replaced.name}"
    emptied = "".join(f", and `self.{name}` emptied," for name in replaced.emptied[:1])
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=Confidence.LIKELY if again else Confidence.POSSIBLE,
        path=program.source.path,
        extent=program.write_extent(init.function, made),
        function=init.function.qualname,
        state=state,
        message=f"`{state}` is made anew{emptied} whenever `{short}()` is called, in the one instance that there is: "
        "who holds the old lock keeps nobody out any more",
        trace=(
            step(program, new.function, given, Role.READ, "the same instance is given to everybody"),
            step(program, init.function, made, Role.WRITE, "and `__init__` runs again for it"),
        ),
        evidence=(
            f"`__new__` of `{short}` keeps its instance, and Python calls `__init__` on what it gives each time",
        ),
        span=Span(init.function.qualname, (), (), (), made),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """Where a function takes a lock that is thrown away somewhere."""

    resolver: Resolver
    event: int
    lock: Lock
    flaw: Flaw
    anyway: bool
    """Whether whoever gets the lock does the work, without a look if it is done."""

    def as_rival(self) -> Rival:
        """Give it as what another task does."""
        return self.resolver, Access(self.event, self.lock.location, Change.ASSIGN, None)


def find_thrown_away(program: Program, rule: Rule, reported: set[tuple[str, int]]) -> Iterator[Finding]:
    """Find locks that are taken out of their table while others may wait, although no lost state is seen under them.

    Parameters: `reported` has the removals that are reported already.
    """
    everywhere = list(_all_taken(program))
    for taken in sorted(everywhere, key=lambda each: not each.anyway):
        place = (taken.flaw.function, taken.flaw.event)
        if place in reported or not program.is_here(program.named(taken.flaw.function).function):
            continue
        others = [each.as_rival() for each in everywhere if (each.flaw.function, each.flaw.event) == place]
        judgement = judge(program, taken.resolver, taken.lock.location, others, does="takes")
        if judgement is not None:
            reported.add(place)
            yield _report_thrown_away(program, rule, taken, judgement)


def _all_taken(program: Program) -> Iterator[_Taken]:
    for resolver in suspending_functions(program):
        for event in resolver.function.events:
            lock = _thrown_away(program, resolver, event.manager) if isinstance(event, Enter) else None
            if lock is None or lock.flaw is None:
                continue
            waits = _waits_under(program, resolver, event.id)
            anyway = _is_done_anyway(program, resolver, waits, event.id)
            if waits and (anyway or lock.flaw.unwinds):  # else nothing may be left to protect when it goes
                yield _Taken(resolver, event.id, lock, lock.flaw, anyway)


def _thrown_away(program: Program, resolver: Resolver, manager: Operand) -> Lock | None:
    """Give the lock that is entered if it is thrown away; of a local, if all its bindings are that one.

    The local may be one of the function around: ``async def later(): async with lock: ...``.
    """
    for lock in program.locks_of(resolver, manager):
        if lock.flaw is not None and lock.flaw.cause is Cause.THROWN_AWAY:
            return lock
    event = resolver.function.events[manager]
    if not isinstance(event, Read) or not isinstance(event.place, Name):
        return None
    name, binder = event.place.name, resolver
    while binder.outer is not None and event.place.scope is Scope.CLOSURE and not binder.is_bound(name):
        binder = binder.outer
    values = binder.values_of(name)
    found = {binder.value(value) for value in values}
    location = found.pop() if len(found) == 1 else None
    if location is None or not all(is_made_as_lock(binder, value) for value in values):
        return None
    flaw = find_removal(program, binder, location)
    return Lock(location, UNKNOWN_LOCK, flaw) if flaw is not None else None


def _waits_under(program: Program, resolver: Resolver, event: int) -> list[Suspend]:
    """Give where a function awaits something with the lock held that it takes at an event, if others can run then."""
    path = resolver.function.statements[event]
    return [
        each
        for each in resolver.function.events
        if isinstance(each, Suspend)
        and each.why is SuspendWhy.AWAIT
        and resolver.function.statements[each.id][: len(path)] == path
        and program.may_suspend(resolver, each)
    ]


def _is_done_anyway(
    program: Program, resolver: Resolver, waits: list[Suspend], taken: int | None, hops: int = _HOPS
) -> bool:
    """Tell whether who has got the lock does the work without a look if it is done already, and so do its callees.

    Then nothing but the lock keeps two from doing it side by side. To look, or fetch the same data twice, is no harm;
    but what a callee awaits is a part of what it does.

    Parameters: `taken` is where the lock is taken, if it is in this function: a test above it is no look.
    """
    guards = {wait.id: list(_guards(resolver, wait, taken)) for wait in waits}
    for wait in (each for each in waits if taken is None or not _is_harmless(resolver, each)):
        behind = [each for each in waits if each is not wait and not _reads_what_is_given(resolver, wait, each)]
        if guards[wait.id] or any(asks_for(resolver, wait, test) for each in behind for test in guards[each.id]):
            continue
        targets = [target for call in awaited_calls(resolver, wait) for target in call.targets]
        if all(_begins_without_test(program, program.resolver(target.function), hops) for target in targets):
            return True
    return False


def _guards(resolver: Resolver, wait: Suspend, taken: int | None) -> Iterator[ast.expr]:
    if taken is None:
        yield from guards_of(resolver, wait.id)
        return
    region = statement_at(resolver.module.tree, resolver.function.statements[taken])
    inside = {id(node) for node in ast.walk(region)}
    yield from (test for test in guards_of(resolver, wait.id) if id(test) in inside)


def _reads_what_is_given(resolver: Resolver, wait: Suspend, other: Suspend) -> bool:
    """Tell whether an await only reads what another one has given: ``await response.json()``."""
    return _is_harmless(resolver, other) and names_what_is_given(resolver, wait, resolver.function.nodes[other.id])


def _is_harmless(resolver: Resolver, wait: Suspend) -> bool:
    """Tell whether an await only passes time, or fetches data."""
    if wait.why is not SuspendWhy.AWAIT:
        return False
    name = called_by_name(resolver, resolver.origin(wait.awaited)) if wait.awaited is not None else ""
    return not name or name == "sleep" or gives_data(name)


def _begins_without_test(program: Program, callee: Resolver, hops: int) -> bool:
    waits = [each for each in callee.function.events if isinstance(each, Suspend)]
    return bool(waits) if not hops else _is_done_anyway(program, callee, waits, None, hops - 1)


def _report_thrown_away(program: Program, rule: Rule, taken: _Taken, judgement: Judgement) -> Finding:
    lock, flaw = taken.lock, taken.flaw
    takes, removes = taken.resolver.function, program.named(flaw.function).function
    why = () if not taken.anyway else ("what is done under it is done by each, without a look if it has been done",)
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=min(judgement.confidence, Confidence.LIKELY) if taken.anyway else Confidence.POSSIBLE,
        path=program.source.path,
        extent=program.write_extent(removes, flaw.event),
        function=removes.qualname,
        state=str(lock),
        message=f"`{lock}` is thrown away while others may wait for it: who comes next makes another lock",
        trace=(
            step(program, takes, taken.event, Role.READ, f"`{lock}` is taken, and others wait for it"),
            step(program, removes, flaw.event, Role.WRITE, "free for a moment, before the next one has it"),
        ),
        evidence=(*judgement.evidence, *why),
        span=Span(removes.qualname, (), (), (), flaw.event),
    )
