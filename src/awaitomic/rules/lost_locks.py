"""AWA203 where no lost state is seen, but the lock itself is lost: replaced, or thrown away, while others use it."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.lifecycle import runs_alone_by_name
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.model.event import Enter, Name, Operand, Read, Suspend, SuspendWhy
from awaitomic.model.finding import Confidence, Finding, Role, Span
from awaitomic.model.identity import qualname_of
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Judgement, judge
from awaitomic.program.locks import Cause, Lock, is_made_as_lock
from awaitomic.program.locks.removals import find_removal
from awaitomic.program.locks.replaced import Replaced, replaced_locks
from awaitomic.program.resolve import Resolver
from awaitomic.rules.rule import Rule, step, suspending_functions


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
    again = len(constructions) > 1 or any(
        not resolver.is_module and not runs_alone_by_name(getattr(resolver.function.node, "name", ""))
        for resolver, _ in constructions
    )
    state = f"self.{replaced.name}"
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=Confidence.LIKELY if again else Confidence.POSSIBLE,
        path=program.source.path,
        extent=program.write_extent(init.function, made),
        function=init.function.qualname,
        state=state,
        message=f"`{state}` is made anew whenever `{short}()` is called, in the one instance that there is: "
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


def find_thrown_away(program: Program, rule: Rule, reported: set[tuple[str, int]]) -> Iterator[Finding]:
    """Find locks that are taken out of their table while others may wait, although no lost state is seen under them.

    Parameters: `reported` has the removals that are reported already.
    """
    for resolver in suspending_functions(program):
        for event in resolver.function.events:
            lock = _thrown_away(program, resolver, event.manager) if isinstance(event, Enter) else None
            if lock is None or lock.flaw is None or not lock.flaw.unwinds:
                continue  # one that goes only when the work has been done may have nothing left to protect
            place = (lock.flaw.function, lock.flaw.event)
            if place in reported or not program.is_here(program.named(lock.flaw.function).function):
                continue
            judgement = _beside_itself(program, resolver, event.id, lock)
            if judgement is not None:
                reported.add(place)
                yield _report_thrown_away(program, rule, (resolver, event.id), lock, judgement)


def _thrown_away(program: Program, resolver: Resolver, manager: Operand) -> Lock | None:
    """Give the lock that is entered if it is thrown away; of a local, if all its bindings are that one."""
    for lock in program.locks_of(resolver, manager):
        if lock.flaw is not None and lock.flaw.cause is Cause.THROWN_AWAY:
            return lock
    event = resolver.function.events[manager]
    values = resolver.values_of(event.place.name) if isinstance(event, Read) and isinstance(event.place, Name) else []
    found = {resolver.value(value) for value in values}
    location = found.pop() if len(found) == 1 else None
    if location is None or not all(is_made_as_lock(resolver, value) for value in values):
        return None
    flaw = find_removal(program, resolver, location)
    return Lock(location, UNKNOWN_LOCK, flaw) if flaw is not None else None


def _beside_itself(program: Program, resolver: Resolver, event: int, lock: Lock) -> Judgement | None:
    """Say who else may come to the lock while a function waits under it."""
    path = resolver.function.statements[event]
    inside = (
        each
        for each in resolver.function.events
        if isinstance(each, Suspend) and resolver.function.statements[each.id][: len(path)] == path
    )
    if not any(each.why is SuspendWhy.AWAIT and program.may_suspend(resolver, each) for each in inside):
        return None
    return judge(program, resolver, lock.location, [(resolver, Access(event, lock.location, Change.ASSIGN, None))])


def _report_thrown_away(
    program: Program, rule: Rule, taken: tuple[Resolver, int], lock: Lock, judgement: Judgement
) -> Finding:
    flaw = lock.flaw
    assert flaw is not None, "only locks that are thrown away are reported"
    removes = program.named(flaw.function).function
    resolver, event = taken
    return Finding(
        rule=rule.code,
        name=rule.name,
        confidence=Confidence.POSSIBLE,
        path=program.source.path,
        extent=program.write_extent(removes, flaw.event),
        function=removes.qualname,
        state=str(lock),
        message=f"`{lock}` is thrown away while others may wait for it: who comes next makes another lock",
        trace=(
            step(program, resolver.function, event, Role.READ, f"`{lock}` is taken, and others wait for it"),
            step(program, removes, flaw.event, Role.WRITE, "free for a moment, before the next one has it"),
        ),
        evidence=judgement.evidence,
        span=Span(removes.qualname, (), (), (), flaw.event),
    )
