"""Which statements of which functions go under the lock, until no writer that could be lost is left outside.

Covering one function can call for more: a helper that writes for it, a sibling that it awaits and that would now take
the lock a second time (`awaitomic.remedies.lock.conflicts`).
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import copy

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call, Enter, Event, Suspend
from awaitomic.model.location import Location
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.accesses import Access
from awaitomic.program.locks import Lock
from awaitomic.program.module import is_construction
from awaitomic.program.module_calls import Site
from awaitomic.program.resolve import Resolver
from awaitomic.program.while_waiting import calls_while_waiting
from awaitomic.remedies.lock.by_hand import pairs_of
from awaitomic.remedies.lock.goes_back import looks_at, read_at_once, taken_before, tokens_of
from awaitomic.remedies.lock.home import Guardian, Home, Kind
from awaitomic.remedies.lock.own_variables import can_be_seen
from awaitomic.remedies.lock.polls import check_polls
from awaitomic.remedies.lock.reached import written_at_call
from awaitomic.remedies.lock.useless import private_around
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.declined import Declined, check_here, check_reach
from awaitomic.remedies.shared.region import Run, common_loop, cover, events_in, yields_in
from awaitomic.remedies.split.takers import held_before, line_of

Tolerates = Callable[["Coverage", Resolver, Access], bool]
"""Tells whether a writer that cannot take the lock can only do what it could before."""

_MOST_FUNCTIONS = 8
_CHANGED = ("functions", "by_callers", "delegating", "existing", "owners", "beside", "tolerated")


class Coverage:
    """The statements that go under one lock. `guardian` is None for a new lock."""

    def __init__(
        self, program: Program, home: Home, guardian: Guardian | None, tolerates: Tolerates, *, grows: bool = False
    ) -> None:
        self.program = program
        self.home = home
        self.homes = [home]
        """The state with the bug, and other state of which spans overlap with its own."""
        self.guardian = guardian
        self.runs: dict[int, list[Run]] = {}
        self.functions: dict[int, Resolver] = {}
        self.by_callers: set[int] = set()
        """Functions that run only while a caller holds the lock."""
        self.delegating: set[int] = set()
        """Functions that are to be split: a public one that takes the lock, and the old body for its holders."""
        self.existing: dict[int, FunctionGraph] = {}
        """Functions that take the lock already and are awaited by a holder now: they have to be split, too."""
        self.beside: list[str] = []
        """What is to be said of other state that is covered without its writers."""
        self.owners: dict[int, str] = {}
        """By function, the expression for the object whose lock it takes; empty for its own instance."""
        self.tolerated: list[tuple[Resolver, Access]] = []
        self.tolerates = tolerates
        self.grows = grows
        """Whether regions in which a function takes the lock already may become parts of a larger one."""
        self._looked_at: dict[Location, bool] = {}

    @property
    def keys(self) -> frozenset[Location]:
        """The names of all the state that goes under the lock."""
        return frozenset(key for home in self.homes for key in home.keys)

    def take_in(self, home: Home) -> None:
        """Let the lock be for another piece of state, too."""
        self.homes.append(home)
        self._looked_at.clear()

    @property
    def resolvers(self) -> list[Resolver]:
        """The functions of all modules that can touch the state, or the lock that guards it already."""
        keys = {home.key for home in self.homes} | ({self.guardian.key} if self.guardian is not None else set())
        units = {unit.name: unit for key in sorted(keys, key=str) for unit in self.program.units_knowing(key)}
        return [resolver for unit in units.values() for resolver in unit.resolvers]

    def saved(self) -> tuple[object, ...]:
        """Give what `restore` needs to undo everything from here on."""
        runs = {key: list(runs) for key, runs in self.runs.items()}
        return (list(self.homes), runs, *(copy(getattr(self, name)) for name in _CHANGED))

    def restore(self, saved: tuple[object, ...]) -> None:
        """Undo everything since `saved` was called."""
        for name, value in zip(("homes", "runs", *_CHANGED), saved, strict=True):
            setattr(self, name, value)
        self._looked_at.clear()

    def tree_of(self, function: FunctionGraph) -> ast.Module:
        """Give the syntax of the file that a function stands in."""
        return self.program.unit_of(function).module.tree

    def seen_from(self, function: FunctionGraph) -> Program:
        """Give the program as seen from the file that a function stands in."""
        return self.program.seen_from(function)

    def files(self) -> list[Program]:
        """Give the program as seen from each file with a function that takes the lock."""
        files = (self.seen_from(resolver.function) for resolver in self.functions.values())
        return list({file.unit.name: file for file in files}.values())

    # -- what is held --------------------------------------------------------------------------------------------

    def held(self, resolver: Resolver, event: int) -> bool:
        """Tell whether the lock is held at an event, once the plan is carried out."""
        function = resolver.function
        if id(function) in self.by_callers or id(function) in self.delegating:
            return True
        path = function.statements[event]
        if any(run.covers(path) for run in self.runs.get(id(function), ())):
            return True
        return self.held_already(resolver, event)

    def held_already(self, resolver: Resolver, event: int) -> bool:
        """Tell whether the lock is held at an event of the program as it is."""
        if self.guardian is None:
            return False
        return any(
            resolver.key_of(lock.location) == self.guardian.key for lock in held_before(self.program, resolver, event)
        )

    def takes_already(self, function: FunctionGraph) -> int | None:
        """Give the event at which a function takes the lock already, or None."""
        if self.guardian is None:
            return None
        resolver = self.program.resolver(function)
        return next((event.id for event in function.events if self.takes_at(resolver, event)), None)

    def takes_at(self, resolver: Resolver, event: Event) -> bool:
        """Tell whether an event takes the lock that is there already, and waits for it."""
        return self.taken_at(resolver, event) is not None

    def taken_at(self, resolver: Resolver, event: Event) -> Lock | None:
        """Give the lock that is there already if an event takes it, in the terms of its function."""
        if self.guardian is None:
            return None
        locks: list[Lock] = []
        if isinstance(event, Enter):
            locks = list(self.program.locks_of(resolver, event.manager))
        elif isinstance(event, Call):
            locks = [lock for lock, takes in self.program.lock_calls(resolver, event) if takes]
        return next((lock for lock in locks if resolver.key_of(lock.location) == self.guardian.key), None)

    def reaches(self, function: FunctionGraph, seen: set[int]) -> bool:
        """Tell whether running a function takes the lock, itself or through what it awaits."""
        key = id(function)
        if key in seen or key in self.by_callers:
            return False
        seen.add(key)
        if self.runs.get(key) or key in self.delegating or self.takes_already(function) is not None:
            return True
        resolver = self.program.resolver(function)
        return any(
            self.reaches(target.function, seen)
            for event in function.events
            if isinstance(event, Suspend)
            for call in calls_while_waiting(resolver, event)
            for target in call.targets
        )

    def owner(self, function: FunctionGraph) -> str:
        """Give the expression for the object whose lock a function takes; empty for its own instance."""
        return self.owners.get(id(function), "")

    def name_owner(self, resolver: Resolver, owner: str) -> None:
        """Note whose lock a function has to take.

        Raises:
            Declined: ``foreign-state`` if it would have to take those of two objects.
        """
        function = resolver.function
        if self.owners.setdefault(id(function), owner) != owner:
            raise Declined("foreign-state", f"`{function.qualname}` writes the state of two objects")

    # -- what has to be covered ----------------------------------------------------------------------------------

    def demand(self, resolver: Resolver, event: int, access: Access | None, extra: tuple[int, ...] = ()) -> None:
        """See that an event of a function happens under the lock, with every read that it goes back to.

        Parameters:
            resolver: the function.
            event: the write, or the call in which a callee writes.
            access: the write, where it is made by the function itself.
            extra: further events of the span.

        Raises:
            Declined: if it cannot.
        """
        function = resolver.function
        if self.held(resolver, event) and all(self.held(resolver, other) for other in extra):
            return
        if is_construction(function):
            return
        if not function.is_async:
            self._demand_of_callers(resolver, event, access)
            return
        if self.home.kind in {Kind.INSTANCE, Kind.CLASS}:
            check_reach(self.program, function)
        else:
            check_here(self.program, function)  # it has no name for the lock
        run = self._grow(resolver, self._span(resolver, event, extra))
        yielding = yields_in(function, run)
        if yielding is not None:
            line = line_of(self.program, function, yielding)
            raise Declined("yield-inside", f"`{function.qualname}` hands out control by `yield` on line {line}")
        self.functions[id(function)] = resolver
        self.runs.setdefault(id(function), []).append(run)
        if len(self.functions) > _MOST_FUNCTIONS:
            message = f"more than {_MOST_FUNCTIONS} functions write this state: a lock in each is a matter of design"
            raise Declined("too-many-writers", message)

    def _demand_of_callers(self, resolver: Resolver, event: int, access: Access | None) -> None:
        """Turn to all callers of a plain function, which cannot take the lock, unless its write is harmless."""
        function = resolver.function
        sites = self.program.callers.only_awaited_here(function)
        if not sites:
            if access is not None and self.tolerates(self, resolver, access):
                self.tolerated.append((resolver, access))
                return
            line = line_of(self.program, function, event)
            message = f"`{function.qualname}` (line {line}) writes the state, and a plain function cannot take the lock"
            raise Declined("sync-writer", message)
        self.by_callers.add(id(function))
        for site in sites:
            self.demand_of(site, access)

    def demand_of(self, site: Site, access: Access | None) -> None:
        """See that a call is made under the lock of the object whose state the callee writes (see `written_at_call`).

        Raises:
            Declined: if it cannot.
        """
        written = written_at_call(self.program, self.home, site, access)
        if written is not None:
            self.name_owner(site.resolver, written.owner)
            self.demand(site.resolver, site.event, written.access)

    def _span(self, resolver: Resolver, event: int, extra: tuple[int, ...]) -> list[StatementPath]:
        """Give the statements of a write and of all that it was decided on or made from."""
        function = resolver.function
        events = {event, *extra}
        loops: list[StatementPath] = []
        for fact in self.program.facts(resolver).writes:
            if fact.event != event or resolver.key_of(fact.access.location) not in self.keys:
                continue
            for token in tokens_of(fact):
                stale = {token.stale} if token.is_stale else set()
                events |= {token.read} | stale
                if token.is_stale and not token.read < token.stale <= event:
                    loops += self._loop(function, {token.read, token.stale, event})
            events |= {guard.guard for guard in fact.state.guards if any(fact.about(t) for t in guard.tokens)}
        return [*(function.statements[found] for found in events), *loops]

    def _loop(self, function: FunctionGraph, events: set[int]) -> list[StatementPath]:
        """Give the loop of a span that crosses from one turn to the next: it takes a lock over the whole loop."""
        paths = [function.statements[event] for event in sorted(events)]
        found = common_loop(self.tree_of(function), function, paths)
        return [found] if found is not None else []

    def _grow(self, resolver: Resolver, paths: list[StatementPath]) -> Run:
        """Give the smallest run over some statements that swallows what touches it and tears no other span apart.

        Taking the lock can suspend: what was read before and is written after, with no suspension in between so far,
        has to move under the lock, too.
        """
        function = resolver.function
        tree = self.tree_of(function)
        while True:
            run = cover(tree, function, paths)
            more = [path for other in self._touching(function, run) for path in other.paths]
            more += [function.statements[event] for event in self._torn(resolver, run)]
            more += [function.statements[event] for event in self._atomic_before(resolver, run)]
            private = private_around(self.program, resolver, run.first)
            more += private.body.paths if private is not None else ()
            more += self._begun(resolver, run)
            more = [path for path in more if not run.covers(path)]
            if not more:
                self._check_loops(function, run)
                check_polls(self, resolver, run)
                return run
            paths = [*run.paths, *more]

    def _begun(self, resolver: Resolver, run: Run) -> Iterator[StatementPath]:
        """Give the statements of regions that a larger one would take in by a part: the lock is taken by hand there."""
        taken = (self.taken_at(resolver, event) for event in resolver.function.events if isinstance(event, Call))
        lock = next((lock for lock in taken if lock is not None), None) if self.grows else None
        for pair in pairs_of(self.seen_from(resolver.function), resolver, lock) if lock is not None else ():
            paths = pair.run.paths
            if any(run.covers(path) for path in paths):
                yield from paths

    def _touching(self, function: FunctionGraph, run: Run) -> Iterator[Run]:
        """Give, and take out, the runs that overlap with a run or stand next to it."""
        own = self.runs.get(id(function), [])
        for other in list(own):
            siblings = other.first[:-1] == run.first[:-1] and other.first[-1].block == run.first[-1].block
            start, end = run.first[-1].index, run.first[-1].index + run.count
            near = siblings and start <= other.first[-1].index + other.count and other.first[-1].index <= end
            if near or run.covers(other.first) or other.covers(run.first):
                own.remove(other)
                yield other

    def _torn(self, resolver: Resolver, run: Run) -> Iterator[int]:
        """Give the reads and writes of other state between which the lock would be waited for."""
        start = min(events_in(resolver.function, run), default=0)
        for fact in self.program.facts(resolver).writes:
            if fact.event < start:
                continue
            for token in tokens_of(fact, uses=False):
                if not token.is_stale and not token.locks and token.read < start:
                    yield from (token.read, fact.event)
            if resolver.key_of(fact.access.location) not in self.keys:
                for read in read_at_once(self.program, resolver, fact, start):
                    yield from (read, fact.event)

    def _atomic_before(self, resolver: Resolver, run: Run) -> Iterator[int]:
        """Give what nobody could see apart from the run so far: other state that is tested or set right before it.

        A test around the run stays where it is: with it, everything that it governs would go under the lock.
        """
        function = resolver.function
        start = min(events_in(function, run), default=0)
        state = self.program.facts(resolver).solution.before_event(start)
        if state is None:
            return
        found: list[tuple[int, ...]] = []
        for guard in state.guards:
            path = function.statements[guard.guard]
            around = run.first[: len(path)] == path
            if guard.guard < start and not around and all(not t.is_stale and not t.locks for t in guard.tokens):
                if any(resolver.key_of(token.location) in self.keys for token in guard.tokens):
                    yield guard.guard  # whatever it takes: behind a wait for the lock it would say nothing
                else:
                    found.append((guard.guard,))
        found += [(read,) for read in taken_before(resolver, state, start, self.keys)]
        for location in state.own:
            if can_be_seen(self.program, resolver, location, start) and self._is_looked_at(resolver.key_of(location)):
                written = [f for f in self.program.facts(resolver).writes if f.access.location == location]
                for fact in [f for f in written if f.event < start][-1:]:
                    found.append((fact.event, *read_at_once(self.program, resolver, fact, fact.event)))
        waits = self._waits(resolver, run)
        for events in found:
            paths = [*run.paths, *(function.statements[event] for event in events)]
            if self._waits(resolver, cover(self.tree_of(function), function, paths)) == waits:
                yield from events

    def _waits(self, resolver: Resolver, run: Run) -> int:
        """Count the places of a run where other tasks may run."""
        events = (resolver.function.events[event] for event in events_in(resolver.function, run))
        return sum(isinstance(event, Suspend) and self.program.may_suspend(resolver, event) for event in events)

    def _is_looked_at(self, key: Location) -> bool:
        """Tell whether a function that touches the state also looks at some other state."""
        if key in self.keys:
            return True
        if key not in self._looked_at:
            looking = self.program.resolvers_knowing(key)
            self._looked_at[key] = any(looks_at(resolver, key, self.keys) for resolver in looking)
        return self._looked_at[key]

    def _check_loops(self, function: FunctionGraph, run: Run) -> None:
        tree = self.tree_of(function)
        for path in run.paths:
            for node in ast.walk(statement_at(tree, path)):
                if isinstance(node, ast.While) and isinstance(node.test, ast.Constant) and not _leaves(node):
                    message = f"the loop on line {node.lineno} of `{function.qualname}` would never give the lock back"
                    raise Declined("endless-loop", message)


def _leaves(loop: ast.While) -> bool:
    return any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in ast.walk(loop))
