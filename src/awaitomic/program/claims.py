"""Claims that a call makes for its caller: ``self.playback.begin()``, which raises if somebody is playing already.

A function that has tested a flag or placeholder, and set it, with no suspension in between, and comes back only if it
was free, has made the claim that its caller could have made itself (see `awaitomic.program.locks.CLAIM`). One that says
True or False has made it where its answer is yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from awaitomic.model.event import Call, Compute, Const, Guard, Name, Read, Suspend, SuspendWhy, Write
from awaitomic.model.location import ANY_ITEM, NAMED_BY_SEVERAL, Location
from awaitomic.program.accesses import is_reset
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.locks import CLAIM, Lock
from awaitomic.program.outcomes import SOMETHING, excludes
from awaitomic.program.state import State
from awaitomic.program.target import AwaitedCall, How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.facts import FunctionFacts, WriteFact
    from awaitomic.program.resolve import Resolver

_NOTHING: frozenset[Location] = frozenset()
_QUIET = (Const, Read, Compute, Guard)
"""Events between a call and the test of its answer that change nothing."""


def claimed_at_return(
    program: Program, resolver: Resolver, facts: FunctionFacts
) -> tuple[frozenset[Location], frozenset[Location]]:
    """Give what a function has claimed whenever it returns, and what it has claimed besides if it says yes.

    Only claims count that keep out the next one who comes: what the test asks for is no longer so after the write.
    """
    if resolver.function.is_generator or not any(
        lock.type is CLAIM for _, state in facts.returns for lock in state.held
    ):
        return _NOTHING, _NOTHING
    always: list[frozenset[Location]] = []
    if_yes: list[frozenset[Location]] = []
    for event, state in facts.returns:
        held = frozenset(lock.location for lock in state.held if lock.type is CLAIM)
        always.append(held)
        value = resolver.function.events[event.value] if event.value is not None else None
        if value is not None and not (isinstance(value, Const) and not value.value):
            if_yes.append(held)
    found = frozenset.intersection(*always)
    yes = frozenset.intersection(*if_yes) - found if len(if_yes) < len(always) and if_yes else _NOTHING
    if not found and not yes:
        return _NOTHING, _NOTHING
    keeping = {location for location in found | yes if _keeps_out(program, resolver, facts, location)}
    return found & keeping, yes & keeping


def _keeps_out(program: Program, resolver: Resolver, facts: FunctionFacts, location: Location) -> bool:
    if location.root not in NAMED_BY_SEVERAL or ANY_ITEM in location.steps:
        return False
    if any(_shuts(resolver, fact) for fact in facts.writes if fact.access.location == location and fact.via is None):
        return True
    through = (fact.via.target for fact in facts.writes if fact.access.location == location and fact.via is not None)
    return any(
        translate(resolver, target, theirs) == location
        for target in through
        for summary in [program.summary(target.function)]
        for theirs in summary.claims | summary.claims_if_true
    )


def _shuts(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether a write makes a fresh test that governs it come out the other way."""
    location, value = fact.access.location, fact.access.value
    event = resolver.function.events[value] if value is not None else None
    if isinstance(event, Const):
        written: object = event.value
    else:
        written = None if value is not None and is_reset(resolver, value) else SOMETHING
    return any(
        excludes(resolver, guard, location, written)
        for guard in fact.state.guards
        if any(fact.about(token) for token in guard.tokens)
        and not any(token.is_stale for token in guard.tokens if fact.about(token))
    )


def after_call(program: Program, resolver: Resolver, targets: tuple[Target, ...], state: State) -> State:
    """Give the state behind a call of plain functions, with the claims that all of these make."""
    if not targets or any(target.function.is_async for target in targets):
        return state
    return _with(state, _of(program, resolver, targets, if_true=False))


def after_wait(program: Program, resolver: Resolver, suspend: Suspend, call: AwaitedCall, state: State) -> State:
    """Give the state behind an await, with the claims that the awaited coroutine has made."""
    if call.how not in {How.DIRECT, How.WAIT_FOR} or not all(target.function.is_async for target in call.targets):
        return state
    if suspend.why not in {SuspendWhy.AWAIT, SuspendWhy.ASYNC_ENTER}:
        return state
    return _with(state, _of(program, resolver, call.targets, if_true=False))


def on_branch(program: Program, resolver: Resolver, guard: Guard, state: State, *, holds: bool) -> State:
    """Give the state on one way out of a test, with the claims of the call whose answer it asks for."""
    operand, yes = guard.test, holds
    event = resolver.function.events[operand]
    while isinstance(event, Compute) and event.operator == "not":
        operand, yes = event.operands[0], not yes
        event = resolver.function.events[operand]
    if not yes:
        return state
    call = resolver.function.events[resolver.origin(operand)]
    waited = isinstance(call, Compute) and call.operator == "awaited"
    if isinstance(call, Compute) and waited:
        call = resolver.function.events[resolver.origin(call.operands[0])]
    if not isinstance(call, Call):
        return state
    targets = targets_of(resolver, call)
    if not targets or any(target.function.is_async is not waited for target in targets):
        return state
    found = _of(program, resolver, targets, if_true=True)
    return _with(state, found) if found and _at_once(resolver, call, guard, waited=waited) else state


def _at_once(resolver: Resolver, call: Call, guard: Guard, *, waited: bool) -> bool:
    """Tell whether the answer of a call is tested with nothing in between but the await of that very call."""
    graph = resolver.function
    block = graph.owners[guard.id]
    between = [event for event in graph.blocks[block].events if call.id < event.id < guard.id]
    if graph.owners[call.id] != block:
        return False
    waits = [event for event in between if isinstance(event, Suspend)]
    if len(waits) != int(waited) or any(event.awaited != call.id for event in waits):
        return False
    rest = [event for event in between if not isinstance(event, (*_QUIET, Suspend))]
    return all(isinstance(event, Write) and isinstance(event.place, Name) for event in rest)


def _of(program: Program, resolver: Resolver, targets: Iterable[Target], *, if_true: bool) -> frozenset[Location]:
    """Give the claims that every function makes which a call may reach, in the caller's terms."""
    found: frozenset[Location] | None = None
    for target in targets:
        summary = program.summary(target.function)
        theirs = summary.claims_if_true if if_true else summary.claims
        if not theirs:
            return _NOTHING
        mine = frozenset(each for each in (translate(resolver, target, one) for one in theirs) if each is not None)
        found = mine if found is None else found & mine
    return frozenset(each for each in found or _NOTHING if each.root in NAMED_BY_SEVERAL and ANY_ITEM not in each.steps)


def _with(state: State, claims: frozenset[Location]) -> State:
    for location in claims:
        state = state.claim(Lock(location, CLAIM))
    return state
