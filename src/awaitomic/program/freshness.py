"""The core of the analysis: a forward dataflow problem that follows each read of shared state until it is used.

Per value it is known which reads of which locations it is built from, and whether each is still fresh. A suspension
makes a read stale unless a lock that was held at the read has been held ever since. The solver is that of `flow`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from awaitomic.knowledge.awaitables import PAUSES
from awaitomic.knowledge.containers import EVENTS
from awaitomic.model.event import (
    Call,
    Compute,
    Enter,
    Event,
    Guard,
    Leave,
    Merge,
    Name,
    Operand,
    Read,
    Scope,
    Suspend,
    SuspendWhy,
    Write,
)
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program import claims
from awaitomic.program.accesses import CONTENTS, Access, Change, access_of, ended_by, member_added
from awaitomic.program.answers import answered, asked, is_request
from awaitomic.program.callee_writes import CalleeWrites
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.conditions import asks_for_key, tests_absence
from awaitomic.program.crowding import Crowding
from awaitomic.program.guards import Tests, choices_of, governed
from awaitomic.program.locks import CLAIM, Lock
from awaitomic.program.locks.stacks import stacked_locks
from awaitomic.program.locks.waits import released_by
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import last_uses, place_operands
from awaitomic.program.own_marks import mark_compared
from awaitomic.program.pieces import of_part, of_piece
from awaitomic.program.state import EMPTY, NOTHING, ActiveGuard, State, Token, Tokens, Use, handovers, join
from awaitomic.program.target import Target
from awaitomic.program.types import is_container

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_WORD = re.compile(r"\w+")
_IDENTITY = frozenset({"is", "is not"})
_MEMBERSHIP = frozenset({"in", "not in"})
_OPAQUE = frozenset({"lambda", "function", "class", "exception"})


class Freshness:
    """The problem for one function; see `awaitomic.flow.solver` for the protocol."""

    def __init__(self, program: Program, resolver: Resolver, entry_held: frozenset[Lock]) -> None:
        self.program = program
        self.resolver = resolver
        self.function = resolver.function
        self._entry = EMPTY._replace(held=entry_held)
        self._last_use = last_uses(self.function.events)
        self._choices = choices_of(self.function)
        for merge, tests in self._choices.items():
            self._last_use.update(dict.fromkeys(tests, merge))
        self._tests = Tests(resolver, self.token)
        self._stacked = dict(stacked_locks(program, resolver))
        self._made = resolver.published
        self._handovers = handovers(self._made)
        self._called = CalleeWrites(program, resolver, entry_held)
        self._crowding = Crowding()
        self._key_words: set[str] = set()
        """The words in the keys of all tokens made so far: only rebinding one of these changes which entry is meant."""

    # -- the solver's protocol -----------------------------------------------------------------------------------

    def initial(self) -> State:
        """Give the state at the function's entry."""
        return self._entry

    def join(self, left: State, right: State) -> State:
        """Join two states."""
        return self._crowding.thinned(join(left, right))

    def branch(self, guard: Guard, holds: bool, state: State) -> State:
        """Give the state on one way out of a guard."""
        state = self._tests.branch(guard, holds, state)
        return claims.on_branch(self.program, self.resolver, guard, state, holds=holds)

    def transfer(self, event: Event, state: State) -> State:
        """Give the state behind an event."""
        after = self._effect(event, state)
        for lock, taken in self._handovers.get(event.id, ()):
            after = after.acquire(lock) if taken else after.release(lock)
        return after

    def _effect(self, event: Event, state: State) -> State:
        if isinstance(event, Read):
            return self._read(event, state)
        if isinstance(event, Compute):
            return self._compute(event, state)
        if isinstance(event, Call):
            return self._call(event, state)
        if isinstance(event, Write):
            return self._write(event, state)
        if isinstance(event, Suspend):
            return self._suspend(event, state)
        if isinstance(event, Merge):
            return self._merge(event, state)
        if isinstance(event, Enter):
            return self._enter(event, state)
        if isinstance(event, Leave):
            stacked = self._stacked[event.manager].locks if event.manager in self._stacked else ()
            for lock in (*self.program.locks_of(self.resolver, event.manager), *stacked):
                state = state.release(lock)
            return state
        return state

    def _enter(self, event: Enter, state: State) -> State:
        """Give the state in a with-block; a lock that was not waited for covers what was read right before, too."""
        stacked = self._stacked[event.manager].in_loops if event.manager in self._stacked else ()
        before = self.function.events[event.id - 1] if event.asynchronous else None
        waits = not isinstance(before, Suspend) or self.program.may_suspend(self.resolver, before)
        for lock in (*self.program.locks_of(self.resolver, event.manager), *stacked):
            state = state.acquire(lock) if waits else state.claim(lock)
        return state

    # -- values --------------------------------------------------------------------------------------------------

    def _merge(self, event: Merge, state: State) -> State:
        """``x if x else y`` is built from its test, too; and what it reads again in an arm, the test has told."""
        tests = self._choices.get(event.id, ())
        tokens, told = self._tokens(event.operands, state), self._tokens(tests, state)
        known = {token.location for token in told}
        tokens = frozenset(token for token in tokens if token.is_stale or token.location not in known) | told
        return self._produce(event.id, tokens, (*event.operands, *tests), state)

    def _tokens(self, operands: tuple[Operand, ...], state: State) -> Tokens:
        values = state.values
        if not values:
            return NOTHING
        found = [values[operand] for operand in operands if operand in values]
        return frozenset().union(*found) if found else NOTHING

    def _produce(self, event: int, tokens: Tokens, operands: tuple[Operand, ...], state: State) -> State:
        """Record the value of an event, and drop the operands whose last use it was."""
        values = state.values
        dead = [operand for operand in operands if operand in values and self._last_use.get(operand) == event]
        return state.with_value(event, tokens, dead)

    def token(self, event: int, location: Location, state: State) -> Token | None:
        """Make the token of a read, if the location is state that changes after construction."""
        if not self.program.changes(self.resolver, location):
            return None
        contents = is_container(self.resolver.type_of(location)) or location.is_entry
        for step in location.steps:
            if isinstance(step, ItemStep):
                self._key_words.update(_WORD.findall(step.text))
        return Token(event, location, contents, location in state.own, state.locks_for(location))

    def _read(self, event: Read, state: State) -> State:
        place = event.place
        location = self.resolver.place(place)
        tokens: Tokens = NOTHING
        operands: tuple[Operand, ...] = ()
        if isinstance(place, Name):
            if place.scope in {Scope.LOCAL, Scope.PARAMETER}:
                tokens = state.values.get(place.name, NOTHING)
        else:
            operands = place_operands(place)
            tokens = of_part(self.resolver, place, state.values.get(place.base, NOTHING))
        if location is not None:
            token = self.token(event.id, location, state)
            if token is not None:
                tokens |= {token}
            tokens |= self._property_tokens(event, location, state)
        return self._produce(event.id, tokens, operands, state)

    def _property_tokens(self, event: Read, location: Location, state: State) -> Tokens:
        getter = self.program.property_at(self.resolver, location)
        if getter is None:
            return NOTHING
        return self._returned(event.id, Target(getter, location.parent), state)

    def _returned(self, event: int, target: Target, state: State) -> Tokens:
        """Give tokens for the state that the result of a function of the program tells about."""
        found = set()
        summary = self.program.summary(target.function)
        for location in summary.returns:
            mine = translate(self.resolver, target, location)
            token = self.token(event, mine, state) if mine is not None else None
            if token is not None:
                found.add(token)
        for location in summary.outdated:
            mine = translate(self.resolver, target, location)
            token = self.token(event, mine, state) if mine is not None else None
            if token is not None and not token.locks:
                found.add(token._replace(stale=event))
        return frozenset(found)

    def _compute(self, event: Compute, state: State) -> State:
        if event.operator in _OPAQUE:
            return self._produce(event.id, NOTHING, event.operands, state)
        tokens = self._tokens(event.operands, state)
        if event.operator in _MEMBERSHIP and len(event.operands) == 2:
            tokens = self._membership_tokens(event, tokens, state)
        elif event.operator == "unpack":
            tokens = of_piece(self.program, self.resolver, event, tokens)
        elif event.operator == "awaited" or is_request(self.resolver, event):
            tokens = answered(self.resolver, event, tokens)
        elif event.operator in _IDENTITY:
            tokens = frozenset(t._replace(contents=t.contents and t.location.is_entry) for t in tokens)
        mark = mark_compared(self.resolver, event) if state.suspended else None
        tokens = tokens if mark is None else tokens | {mark}
        return self._produce(event.id, tokens, event.operands, state)

    def _membership_tokens(self, event: Compute, tokens: Tokens, state: State) -> Tokens:
        """``key in self.cache`` tells about the one entry."""
        container = self.resolver.value(event.operands[1])
        if container is None:
            return tokens
        entry = self.token(event.id, container.item(self.resolver.key(event.operands[0])), state)
        rest = frozenset(t for t in tokens if t.location != container)
        return rest | {entry} if entry is not None else rest

    # -- effects -------------------------------------------------------------------------------------------------

    def _call(self, event: Call, state: State) -> State:
        operands = (event.function, *event.arguments, *(value for _, value in event.keywords))
        tokens = self._tokens(operands, state)
        location = self.resolver.value(event.id)
        if location is not None and event.id not in self._made and self._looks_up(event, location):
            entry = self.token(event.id, location, state)
            tokens = frozenset(t for t in tokens if t.location != location.parent)
            tokens = tokens | {entry} if entry is not None else tokens
        tokens |= self._answer_tokens(event, state)
        targets = targets_of(self.resolver, event)
        for target in targets:
            told = self._returned(event.id, target, state)
            if target.function.is_async and not target.function.is_generator:
                told = frozenset(token._replace(answered=True) for token in told)  # a task is not what it will tell
            tokens |= told
            if not target.function.is_async:
                state = self._callee_writes(event.id, target, state)
        state = claims.after_call(self.program, self.resolver, targets, state)
        access = access_of(self.resolver, event)
        member = member_added(self.resolver, event) if state.guards else None
        for each in (access, member):
            state = state if each is None else self._wrote(each, state)
        for lock, acquired in self.program.lock_calls(self.resolver, event):
            state = state.acquire(lock) if acquired else state.release(lock)
        for lock in self.program.locks_left_by(self.resolver, event):
            state = state.acquire(lock)
        return self._produce(event.id, tokens, operands, state)

    def _looks_up(self, event: Call, location: Location) -> bool:
        """Tell whether a call reads what it stands for: an entry, what a getter returns, an attribute by its name."""
        if not location.steps:
            return False
        by_name = last_name(self.function.nodes[event.function]) == "getattr"
        return location.is_entry or by_name or bool(targets_of(self.resolver, event))

    def _answer_tokens(self, event: Call, state: State) -> Tokens:
        """``queue.full()``, ``future.done()`` and ``hasattr(self, "x")`` ask for state that no read of theirs names."""
        location = asked(self.resolver, event)
        token = self.token(event.id, location, state) if location is not None else None
        return NOTHING if token is None else frozenset({token})

    def _write(self, event: Write, state: State) -> State:
        place = event.place
        tokens = state.values.get(event.value, NOTHING) if event.value is not None else NOTHING
        if isinstance(place, Name) and place.scope in {Scope.LOCAL, Scope.PARAMETER}:
            if place.name in self._key_words:
                state = state.forget_key(place.name)
            state = state.with_value(place.name, tokens)
        access = access_of(self.resolver, event)
        if access is not None:
            state = self._wrote(access, state)
        used = () if event.value is None else (event.value,)
        return self._produce(event.id, NOTHING, used, state)

    def _wrote(self, access: Access, state: State) -> State:
        """Give the state behind a write: older tests and uses of the location tell nothing any more."""
        location, change = access.location, access.change
        state = state.release(Lock(location, CLAIM))
        keep_uses = change in {Change.ADD, Change.REORDER, Change.FILL}

        ended = ended_by(location, change)
        tests: list[ActiveGuard] = []
        guards = state.guards
        for guard in state.guards:
            about = [token for token in guard.tokens if ended(token.location, token.contents)]
            if not about:
                continue
            if not all(token.is_stale for token in about):
                tests.append(guard)
            kept = guard.tokens.difference(about)
            guards = guards - {guard} | ({guard._replace(tokens=kept)} if kept else set())
        if keep_uses:
            uses = state.uses
        else:  # who waits for an event uses what `clear` takes away, which for a test of it is no change of contents
            inside = self.resolver.type_of(location).name in EVENTS
            uses = frozenset(u for u in state.uses if not ended(u.token.location, inside or u.token.contents))
        own = state.own if change in CONTENTS else state.own | {location}
        state = state._replace(guards=guards, uses=uses, own=own)
        if location.root is Root.PARAMETER:
            return state
        nodes = [self.function.nodes[guard.guard] for guard in tests]
        if change is Change.ASSIGN and not tests:
            claim = self._claimed(access.event, location, state)
            return state if claim is None else state._replace(uses=uses | {claim})
        taken = change is Change.ASSIGN and any(map(tests_absence, nodes))
        placed = change is Change.RESET and location.is_entry and any(map(asks_for_key, nodes))
        return state.claim(Lock(location, CLAIM)) if taken or placed else state

    def _claimed(self, event: int, location: Location, state: State) -> Use | None:
        """Give what is known of state that has been set without a test: nobody else is known to have set it."""
        token = None if location.root is Root.PARAMETER else self.token(event, location, state)
        return None if token is None else Use(token._replace(own=True), -1, claim=True)

    def _callee_writes(self, event: int, target: Target, state: State) -> State:
        """Give the state behind a call: a write of what nothing is known about here needs no look at what is known."""
        own: set[Location] = set()
        told = state.told()
        for location, change in self._called.by(target):
            if state.owns(location):
                continue
            if location in told or location.parent in told or Lock(location, CLAIM) in state.held:
                state = self._wrote(Access(event, location, change, None), state._replace(own=state.own | own))
                told |= state.told()
            else:
                claim = None if change is not Change.ASSIGN else self._claimed(event, location, state)
                if claim is not None:
                    state = state._replace(uses=state.uses | {claim})
                    told.add(location)
                if change not in CONTENTS:
                    own.add(location)
        return state if own <= state.own else state._replace(own=state.own | own)

    def _suspend(self, event: Suspend, state: State) -> State:
        before = state
        if event.awaited is not None and event.why is not SuspendWhy.ASYNC_EXIT:
            state = self._used(event, state)
        released = released_by(self.program, self.resolver, event) & state.held if state.held else frozenset()
        for lock in released:
            state = state.release(lock)
        if self.program.may_suspend(self.resolver, event):
            state = state.after_suspension(event.id)
        for lock in released:
            state = state.acquire(lock)
        for call in self.program.effective_calls(self.resolver, event):
            for target in call.targets:
                state = self._callee_writes(event.id, target, state)
                if event.awaited is not None and event.why is SuspendWhy.AWAIT:
                    tokens = state.values.get(event.awaited, NOTHING)
                    fresh = self._returned(event.id, target, state)
                    known = {t.location for t in fresh}
                    tokens = frozenset(t for t in tokens if t.location not in known) | fresh
                    state = state.with_value(event.awaited, tokens)
                    state = self._settled(event, target, fresh, state) if len(call.targets) == 1 else state
            state = claims.after_wait(self.program, self.resolver, event, call, state)
        return self._event_wait(event, before, state)

    def _settled(self, event: Suspend, target: Target, fresh: Tokens, state: State) -> State:
        """Count as tested here what an awaited callee has tested under a lock, and tells in its result."""
        settled = {translate(self.resolver, target, each) for each in self.program.summary(target.function).settled}
        tokens = frozenset(token for token in fresh if token.location in settled)
        return governed(state, {event.id}, ActiveGuard(event.id, True, tokens)) if tokens else state

    def _used(self, event: Suspend, state: State) -> State:
        assert event.awaited is not None
        node = self.function.nodes[self.resolver.origin(event.awaited)]
        if isinstance(node, ast.Call) and dotted(node.func, self.resolver.module.imports) in PAUSES:
            return state
        tokens = state.values.get(event.awaited, NOTHING)
        used = frozenset(Use(token, event.id, claim=False) for token in tokens if not token.own)
        return state._replace(uses=state.uses | used) if used else state

    def _event_wait(self, event: Suspend, before: State, state: State) -> State:
        """``await event.wait()`` uses the event at its end: what matters is what suspends after it."""
        if event.awaited is None:
            return state
        old = frozenset(
            use
            for use in state.uses
            if use.suspend == event.id and self.resolver.type_of(use.token.location).name in EVENTS
        )
        if not old:
            return state
        fresh = frozenset(use._replace(token=use.token._replace(stale=-1, locks=before.held)) for use in old)
        return state._replace(uses=(state.uses - old) | fresh)
