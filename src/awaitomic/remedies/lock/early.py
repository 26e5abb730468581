"""**lock** for what is published too early: who comes second waits at the lock until the first one is done.

The lock alone is enough where only the publishing function asks. Other code that asks without the lock would still be
told too early; so there the claim also moves behind the work, which the lock makes possible: nobody else gets past it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from awaitomic.flow.reach import reach_after, reach_from
from awaitomic.model.event import Const, Read, Suspend
from awaitomic.model.finding import Applicability, Refusal
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.model.plan import MoveStatement, Plan, WrapStatements
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock import propose_along
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.siblings import block_at, leaves
from awaitomic.remedies.shared.state_reads import refuse_closures, state_reads
from awaitomic.remedies.split.takers import line_of

_STAYS = "if the work fails, `{state}` stays as it is, as before"
_LATER = "if the work fails, `{state}` is not set: the next caller tries again, where it went on before"


def propose(case: Case) -> Proposal | Refusal:
    """Take a lock over test, claim and work, and put the claim last where others ask for it without the lock.

    Refusal codes: those of the lock, and ``asked-without-lock``.
    """
    works = _works(case)
    span = replace(case.finding.span, suspends=works)
    case = Case(case.program, replace(case.finding, span=span), case.preferences, case.found)
    outcome = propose_along(case, partial(_promised, case.program))
    if isinstance(outcome, Refusal):
        return outcome
    askers = list(_asks_without(case, outcome.plan))
    state = case.finding.state
    if not askers:
        return Proposal(
            outcome.plan, outcome.applicability, outcome.title, (*outcome.because, _STAYS.format(state=state))
        )
    try:
        move, doubts = _claim_last(case)
    except Declined as declined:
        who, event = askers[0]
        line = line_of(case.program, who.function, event)
        asked = f"`{who.function.qualname}` asks for `{state}` on line {line} without waiting for a lock"
        return Refusal(
            "asked-without-lock", f"{asked}, and the claim has to stay where it is: {declined.refusal.message}"
        )
    plan = replace(outcome.plan, edits=(*outcome.plan.edits, move))
    title = f"{outcome.title}, and set `{state}` when the work is done"
    because = tuple(reason for reason in outcome.because if outcome.applicability is not Applicability.SAFE)
    return Proposal(plan, Applicability.UNSAFE, title, (*because, *doubts, _LATER.format(state=state)))


def _works(case: Case) -> tuple[int, ...]:
    """Give all suspensions of the work that the claim promises, and what it stores behind the last of them.

    These are what only the first caller comes to. The finding names the first suspension; a lock that ends there would
    let others in before the rest is done, and one that ends with the last would if what is stored then has to wait.
    """
    graph, claim, (guard,) = case.function, case.finding.span.write, case.finding.span.guards
    after = reach_after(graph, claim).events
    if guard < claim:
        first = after - reach_from(graph, graph.entry, stops=(claim,)).events
    else:  # a counter, which everybody counts up and the first one tests
        first = frozenset(event for event in after if _is_governed(case, guard, event))
    waits = _waits(case.program, case.resolver, first) or case.finding.span.suspends
    return (*waits, *_left_to_store(case.program, case.resolver, first, max(waits)))


def _left_to_store(program: Program, resolver: Resolver, events: frozenset[int], last: int) -> tuple[int, ...]:
    writes = (fact for fact in program.facts(resolver).writes if fact.event in events and fact.event > last)
    return tuple(fact.event for fact in writes if fact.access.location.root not in {Root.FRESH, Root.RESULT})


def _promised(program: Program, resolver: Resolver, access: Access) -> tuple[int, ...]:
    """Give all suspensions of the work that another function promises by the same claim."""
    if access.change in {Change.RESET, Change.DELETE, Change.CLEAR}:
        return ()
    graph, claim = resolver.function, access.event
    first = reach_after(graph, claim).events - reach_from(graph, graph.entry, stops=(claim,)).events
    waits = _waits(program, resolver, first)
    return (*waits, *_left_to_store(program, resolver, first, max(waits))) if waits else ()


def _waits(program: Program, resolver: Resolver, events: frozenset[int]) -> tuple[int, ...]:
    suspends = (resolver.function.events[event] for event in sorted(events))
    return tuple(e.id for e in suspends if isinstance(e, Suspend) and program.may_suspend(resolver, e))


def _is_governed(case: Case, guard: int, event: int) -> bool:
    state = case.program.facts(case.resolver).solution.before_event(event)
    return state is not None and any(active.guard == guard for active in state.guards)


def _asks_without(case: Case, plan: Plan) -> Iterator[tuple[Resolver, int]]:
    """Give the reads of the claim that the lock will not cover, but for those of the publishing function itself.

    That one goes past the lock before it reads on.
    """
    key = case.resolver.key_of(case.fact.access.location)
    plans = {case.program.unit.name: plan, **dict(plan.others)}
    for resolver in case.program.resolvers_knowing(key):
        function = resolver.function
        there = plans.get(function.module, Plan(()))
        if function is case.function or is_construction(function) or function.qualname in dict(there.renames):
            continue
        wrapped = [edit for edit in there.edits if isinstance(edit, WrapStatements)]
        for event in function.events:
            location = resolver.place(event.place) if isinstance(event, Read) else None
            if location is None or resolver.key_of(location) != key:
                continue
            path = function.statements[event.id]
            if not any(_covers(edit, path) and _is_of_key(edit, location) for edit in wrapped):
                yield resolver, event.id


def _covers(edit: WrapStatements, path: StatementPath) -> bool:
    """Tell whether a statement is put under the lock by an edit."""
    depth = len(edit.first) - 1
    if len(path) <= depth or path[:depth] != edit.first[:depth] or path[depth].block != edit.first[depth].block:
        return False
    return 0 <= path[depth].index - edit.first[depth].index < edit.count


def _is_of_key(edit: WrapStatements, location: Location) -> bool:
    """Tell whether the lock that an edit takes is for a location, where each key has its own."""
    said = ast.parse(edit.header.removeprefix("async with "), mode="eval").body
    key = next((step.text for step in location.steps if isinstance(step, ItemStep)), None)
    if key is None or isinstance(said, ast.Name | ast.Attribute):
        return True
    return any(isinstance(node, ast.expr) and ast.unparse(node) == key for node in ast.walk(said))


def _claim_last(case: Case) -> tuple[MoveStatement, list[str]]:
    """Give the edit that moves the claim behind the work, and what is not sure about it.

    Raises:
        Declined: if something in between needs the claim, or it is no plain flag.
    """
    claim = case.fact.event
    value = case.fact.access.value
    event = case.function.events[value] if value is not None else None
    block = block_at(case, case.path(claim))
    first = block.index_of(case.path(claim))
    statement = block.statements[first]
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(event, Const):
        raise Declined("asked-without-lock", "it is no flag that is set by a statement of its own")
    works = [index for index in range(first + 1, len(block.statements)) if block.suspends(index)]
    if not works:
        raise Declined("asked-without-lock", "the work is not done next to it")
    last = works[-1]
    location = case.fact.access.location
    if state_reads(case, block, first + 1, last, location):
        raise Declined("asked-without-lock", "it is read before the work is done")
    for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
        refuse_closures(case, case.text(target))
    if any(leaves(block.statements[index]) for index in range(first + 1, last + 1)):
        raise Declined("asked-without-lock", "there is a way out before the work is done")
    events = [each for index in range(first + 1, last + 1) for each in block.events(index, index)]
    found = touches(case, events, [location])
    if found.reads or found.writes:
        raise Declined("asked-without-lock", f"{(found.reads or found.writes)[0]} while the work is done")
    for writer, access in case.program.writers_at(case.resolver.key_of(location)):
        other = writer.function is not case.function and not is_construction(writer.function)
        if other and _promised(case.program, writer, access):
            raise Declined("asked-without-lock", f"`{writer.function.qualname}` makes the same claim before its work")
    return MoveStatement(block.path(first), block.path(last)), found.unknown


REMEDY = Remedy(
    name="lock",
    summary="let later callers wait at a lock until the first one has done the work",
    conditions=(
        "Test, claim and awaited work go under one lock. Where other code asks for the claim without the lock, the "
        "claim is set after the work; refused if that cannot be moved, since such code would still be told too early."
    ),
    safety=(
        "As for every lock. Unsafe where the claim moves: if the work fails, the next caller tries again, where it "
        "went on before."
    ),
    propose=propose,
)
