"""The outcome of the freshness analysis of one function: every write with what is known where it happens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from awaitomic.flow.solver import Solution, solve
from awaitomic.model.event import Call, Const, Event, Guard, Name, Read, Return, Suspend
from awaitomic.model.location import Location, Root
from awaitomic.program.accesses import CONTENTS, Access, access_of, member_added, overlaps
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.claims import claimed_at_return
from awaitomic.program.freshness import Freshness
from awaitomic.program.locks.covering import locks_over
from awaitomic.program.operands import given_parameters, operands_below
from awaitomic.program.pieces import pieces_returned
from awaitomic.program.state import NOTHING, State, Token, Tokens
from awaitomic.program.summaries import Summary, SummaryWrite
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Via:
    """The call through which a write happens, and the write in the callee."""

    target: Target
    write: SummaryWrite
    how: How


@dataclass(frozen=True, slots=True)
class WriteFact:
    """One write of shared state, with the state of the analysis before it."""

    event: int
    """The write, or the call or suspension in which a callee writes."""
    access: Access
    value: Tokens
    state: State
    via: Via | None = None

    def about(self, token: Token) -> bool:
        """Tell whether a read told something that this write changes."""
        return overlaps(token.location, self.access.location, self.access.change, contents=token.contents)

    @property
    def useless_lock(self) -> Lock | None:
        """The lock that is held here, and would protect the state if it kept anybody out: with its flaw."""
        location = self.access.location
        found = [
            replace(lock, flaw=lock.flaw_for(location))
            for lock in self.state.held
            if lock.flaw_for(location) is not None and lock.is_meant_for(location)
        ]
        return min(found, key=str, default=None)

    def is_stale(self, token: Token) -> bool:
        """Tell whether a read is stale when the write happens."""
        if token.is_stale:
            return True
        return self.via is not None and self.via.write.late and not token.locks


@dataclass(slots=True)
class FunctionFacts:
    """Everything that rules ask of one function."""

    solution: Solution[State]
    writes: list[WriteFact]
    returns: list[tuple[Return, State]]
    """What is returned where, with the state of the analysis before it."""
    tests_under_lock: list[tuple[Guard, State]]
    _by_event: dict[int, list[WriteFact]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def write_at(self, event: int, state: str) -> WriteFact | None:
        """Give the write of a state at an event, by the name of the state."""
        if not self._by_event:
            for fact in self.writes:
                self._by_event.setdefault(fact.event, []).append(fact)
        return next((fact for fact in self._by_event.get(event, ()) if str(fact.access.location) == state), None)


def analyse(program: Program, resolver: Resolver, entry_held: frozenset[Lock]) -> FunctionFacts:
    """Run the freshness analysis of one function and collect its writes."""
    return collect(Freshness(program, resolver, entry_held))


def collect(problem: Freshness) -> FunctionFacts:
    """Solve a freshness problem and collect the writes of its function."""
    program, resolver = problem.program, problem.resolver
    solution = solve(resolver.function, problem, raises=False)
    facts = FunctionFacts(solution, [], [], [])
    for block in resolver.function.blocks:
        for event, state in solution.states(block.index):
            facts.writes.extend(_writes_at(program, resolver, event, state))
            if isinstance(event, Return):
                facts.returns.append((event, state))
            elif isinstance(event, Guard) and state.held:
                facts.tests_under_lock.append((event, state))
    facts.writes.sort(key=lambda fact: fact.event)
    return facts


def _writes_at(program: Program, resolver: Resolver, event: Event, state: State) -> list[WriteFact]:
    found: list[WriteFact] = []
    access = access_of(resolver, event)
    if access is not None:
        value = state.values.get(access.value, NOTHING) if access.value is not None else NOTHING
        if isinstance(event, Call) and access.change in CONTENTS:
            value = state.values.get(event.function, NOTHING)  # which container it is was decided by this read
        found.append(WriteFact(event.id, access, value, state))
    if isinstance(event, Call):
        member = member_added(resolver, event) if state.guards else None
        if member is not None and any(t.location == member.location for g in state.guards for t in g.tokens):
            found.append(WriteFact(event.id, member, NOTHING, state))
        for target in targets_of(resolver, event):
            if not target.function.is_async:
                found.extend(_through(program, resolver, event.id, target, How.DIRECT, state))
    elif isinstance(event, Suspend):
        for call in program.effective_calls(resolver, event):
            for target in call.targets:
                if target.function.is_async:
                    found.extend(_through(program, resolver, event.id, target, call.how, state))
    return found


def _through(
    program: Program, resolver: Resolver, event: int, target: Target, how: How, state: State
) -> list[WriteFact]:
    found = []
    for write in program.summary(target.function).writes:
        location = translate(resolver, target, write.location)
        if location is not None and location.root is not Root.FRESH and not state.owns(location):
            access = Access(event, location, write.change, None, write.certain)
            found.append(
                WriteFact(event, access, _given(resolver, target, write, state), state, Via(target, write, how))
            )
    return found


def _given(resolver: Resolver, target: Target, write: SummaryWrite, state: State) -> Tokens:
    """Give what is known of the arguments that a callee writes: values of locals, and what the call reads."""
    found: Tokens = NOTHING
    mine = translate(resolver, target, write.location)
    for name, operand in target.arguments if write.parameters else ():
        if name in write.parameters:
            for each in operands_below(resolver, operand):
                event = resolver.function.events[each]
                if isinstance(event, Read) and isinstance(event.place, Name):
                    found |= state.values.get(event.place.name, NOTHING)
                elif isinstance(event, Read) and mine is not None and resolver.place(event.place) == mine:
                    found |= {Token(each, mine, contents=False, own=mine in state.own, locks=state.locks_for(mine))}
    return found


def summarise(program: Program, resolver: Resolver, facts: FunctionFacts) -> Summary:
    """Give what callers have to know of a function that was analysed."""
    writes: dict[tuple[Location, str, int], SummaryWrite] = {}
    for fact in facts.writes:
        root = fact.access.location.root
        if root in {Root.RESULT, Root.FRESH} or len(fact.access.location.steps) > _MOST_STEPS:
            continue
        via = fact.via.write if fact.via is not None else None
        tests = [token for guard in fact.state.guards for token in guard.tokens if fact.about(token)]
        guarded = any(not token.is_stale for token in tests)
        used = any(use.token.location == fact.access.location for use in fact.state.uses if not use.claim)
        write = SummaryWrite(
            fact.access.location,
            fact.access.change,
            late=fact.state.suspended or (via is not None and via.late),
            guarded=guarded or bool(fact.state.locks_for(fact.access.location)) or (via is not None and via.guarded),
            decided=bool(tests) or (via is not None and via.decided),
            consumed=used or (via is not None and via.consumed),
            function=via.function if via is not None else resolver.function.id,
            event=via.event if via is not None else fact.event,
            value=via.value if via is not None else fact.access.value,
            certain=fact.access.certain,
            locks=locks_over(resolver, fact),
            parameters=given_parameters(resolver, fact.access.value) if via is None else frozenset(),
        )
        writes.setdefault((write.location, write.function, write.event), write)
    returned = frozenset(_returned(resolver, facts, stale=False))
    settled = returned & _tested_under_lock(facts) if returned else returned
    outdated = frozenset(_returned(resolver, facts, stale=True)) if resolver.function.is_async else frozenset()
    told = list(writes.values())
    if len(told) > _MOST_WRITES:
        told.sort(key=lambda each: (len(each.location.steps), str(each.location), each.function, each.event))
    claims = claimed_at_return(program, resolver, facts)
    pieces = pieces_returned(resolver, facts.solution) if returned or outdated else ()
    return Summary(tuple(told[:_MOST_WRITES]), returned, outdated, settled, *claims, pieces)


_MOST_STEPS = 4
"""Callers are told of state down to so many steps: in a recursion, an object inside the object has one inside, too."""
_MOST_WRITES = 150
"""Of a function that writes in more places, itself and by calls, callers are told of the nearest: the rest is too far
from anything that they have read."""


def _tested_under_lock(facts: FunctionFacts) -> set[Location]:
    """Give the state that a function tests while it holds a lock of it."""
    found: set[Location] = set()
    for guard, state in facts.tests_under_lock:
        tests = state.values.get(guard.test, NOTHING)
        found.update(t.location for t in tests if any(not lock.is_claim for lock in t.locks))
    return found


def _returned(resolver: Resolver, facts: FunctionFacts, *, stale: bool) -> set[Location]:
    """Give the state that a result is built from; of a predicate that says only yes or no, what its tests ask for."""
    found: set[Location] = set()
    predicate = not stale and _is_predicate(resolver)
    for event, state in facts.returns:
        if event.value is None:
            continue
        if predicate and isinstance(resolver.function.events[event.value], Const):
            tests = (token for guard in state.guards for token in guard.tokens)
            found.update(token.location for token in tests if not token.is_stale)
        found.update(t.location for t in state.values.get(event.value, NOTHING) if t.is_stale is stale)
    return {location for location in found if location.root not in {Root.RESULT, Root.FRESH}}


def _is_predicate(resolver: Resolver) -> bool:
    """Tell whether a function says True in one place and False in another, and never waits: its tests are fresh."""
    events = resolver.function.events
    values = [events[event.value] for event in events if isinstance(event, Return) and event.value is not None]
    said = {value.value for value in values if isinstance(value, Const) and isinstance(value.value, bool)}
    return len(said) == 2 and not resolver.function.is_async
