"""Flags that shut others out: set before a wait, and tested by whoever would write there meanwhile.

``close`` sets ``self._closing``, waits, and forgets the task; ``schedule`` makes a new task only if it does not find
the flag. So nothing that ``schedule`` does can come into that wait. No test is needed before the flag is set, since it
does not matter who has set it: what matters is that it stands throughout the wait, and that the rival asks for it with
no suspension before its write.

Who could take the flag back meanwhile lets the rival in again. Only what opens an object by its name is trusted not to
do so while it is being closed: nearly every class that can be closed can be opened again by a method that clears the
flag, and to open something in the middle of its closing is a mistake of the caller's, which shows by what the opening
itself writes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.reach import reach_after
from awaitomic.flow.solver import Solution, solve
from awaitomic.knowledge.opening import sounds_like_opening
from awaitomic.knowledge.registration import sounds_like_closing
from awaitomic.model.event import Call, Const, Event, Guard, Operand, Suspend, Write, WriteHow
from awaitomic.model.location import ANY_ITEM, ItemStep, Location, Root, Step
from awaitomic.program.accesses import Access, access_of
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.inherited import on_every_way, untouched
from awaitomic.program.outcomes import excludes
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.module_calls import Site
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.state import ActiveGuard

_MOST_HOPS = 3
"""Over so many calls a test is looked for that governs a write."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A flag and the constant that it has been set to."""

    location: Location
    value: object

    def at(self, location: Location) -> Setting:
        """Give the same about a location in the terms of another function."""
        return Setting(location, self.value)


Settings = frozenset[Setting]
_NOTHING: Settings = frozenset()


class Doors:
    """Answers which writes cannot happen while a function waits, since a flag that it has set keeps them out."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._solutions: dict[int, Solution[Settings] | None] = {}
        self._inherited: dict[int, Settings] = {}
        self._reopened: dict[tuple[int, Setting], bool] = {}

    def closed_between(self, resolver: Resolver, reads: Iterable[int], first: Iterable[int], last: int) -> Settings:
        """Give the flags that stand from the first suspensions behind some reads to an event, as `closed_during`."""
        if self._solution(resolver) is None and not self._from_callers(resolver):
            return _NOTHING
        stops = tuple(reads)
        spans = (suspensions_between(self._program, resolver, suspend, last, stops) for suspend in first)
        return self.closed_during(resolver, frozenset().union(*spans))

    def closed_during(self, resolver: Resolver, suspends: Iterable[int]) -> Settings:
        """Give the flags that stand throughout some suspensions of a function, and are not taken back by others."""
        found = self._stand_at(resolver, suspends) | self._from_callers(resolver)
        return frozenset(setting for setting in found if not self._is_reopened(resolver, setting))

    def keep_out(self, closed: Settings, location: Location, rival: Resolver, access: Access) -> bool:
        """Tell whether a write is governed by a fresh test that finds one of the flags.

        Parameters:
            closed: the flags, in the terms of the function that has set them.
            location: the state that the rival writes, in the same terms.
        """
        if not closed or access.hops:
            return False
        return self._finds(closed, location, rival, access.event, access.location, 0)

    # -- the function that waits ---------------------------------------------------------------------------------

    def _stand_at(self, resolver: Resolver, suspends: Iterable[int]) -> Settings:
        solution = self._solution(resolver)
        if solution is None:
            return _NOTHING
        found: Settings | None = None
        for suspend in suspends:
            before = solution.before_event(suspend)
            event = resolver.function.events[suspend]
            if before is None or not isinstance(event, Suspend):
                return _NOTHING
            after = _Standing(self._program, resolver).transfer(event, before)
            found = after if found is None else found & after
        return found or _NOTHING

    def _solution(self, resolver: Resolver) -> Solution[Settings] | None:
        key = id(resolver.function)
        if key not in self._solutions:
            sets = any(_set_by(resolver, event) is not None for event in resolver.function.events)
            problem = _Standing(self._program, resolver)
            self._solutions[key] = solve(resolver.function, problem, raises=False) if sets else None
        return self._solutions[key]

    def _from_callers(self, resolver: Resolver) -> Settings:
        """Give what all callers of a private function have set before they call it, and nothing in it writes."""
        key = id(resolver.function)
        if key not in self._inherited:
            known = on_every_way(self._program, resolver.function, self._before)
            self._inherited[key] = untouched(self._program, resolver.function, known)
        return self._inherited[key]

    def _before(self, site: Site) -> Settings:
        solution = self._solution(site.resolver)
        return (solution.before_event(site.event) if solution is not None else None) or _NOTHING

    def _is_reopened(self, resolver: Resolver, setting: Setting) -> bool:
        """Tell whether somebody may set a flag to something else meanwhile: another run of the function included."""
        key = (id(resolver.function), setting)
        if key not in self._reopened:
            self._reopened[key] = any(
                (access.hops or _value_of(writer, access.value) != setting.value) and not _only_opens(writer, resolver)
                for writer, access in self._program.changing_writers(resolver, setting.location)
            )
        return self._reopened[key]

    # -- the rival -----------------------------------------------------------------------------------------------

    def _finds(
        self, closed: Settings, mine: Location, rival: Resolver, event: int, theirs: Location, hops: int
    ) -> bool:
        """Tell whether a fresh test of one of the flags keeps control from coming to an event of a rival.

        If the rival itself asks for none before it waits, all its callers may have done so.
        """
        state = self._program.facts(rival).solution.before_event(event)
        if state is None:
            return False
        if any(self._shuts(closed, mine, rival, event, theirs, guard) for guard in state.guards):
            return True
        sites = self._program.callers.only_awaited_here(rival.function)
        if state.suspended or not sites or hops == _MOST_HOPS:
            return False
        return all(self._finds_at(closed, mine, site, theirs, hops + 1) for site in sites)

    def _finds_at(self, closed: Settings, mine: Location, site: Site, theirs: Location, hops: int) -> bool:
        there = translate(site.resolver, site.target, theirs)
        if site.how is not How.DIRECT or there is None:
            return False
        return self._finds(closed, mine, site.resolver, site.event, there, hops)

    def _shuts(
        self, closed: Settings, mine: Location, rival: Resolver, event: int, theirs: Location, guard: ActiveGuard
    ) -> bool:
        for flag in {token.location for token in guard.tokens}:
            here = _beside(flag, theirs, mine)
            values = [setting.value for setting in closed if setting.location == here]
            if any(excludes(rival, guard, flag, value) for value in values):
                tests = [token for token in guard.tokens if token.location == flag]
                if not any(token.is_stale or self._waits(rival, token.read, event) for token in tests):
                    return True
        return False

    def _waits(self, rival: Resolver, read: int, event: int) -> bool:
        """Tell whether a rival waits between its test and its write, under some lock that keeps what it read fresh."""
        return bool(suspensions_between(self._program, rival, read, event, (read,)) - {event})


class _Standing:
    """Which flags have been set to a constant on every way: a forward problem."""

    def __init__(self, program: Program, resolver: Resolver) -> None:
        self._program = program
        self._resolver = resolver

    def initial(self) -> Settings:
        return _NOTHING

    def join(self, left: Settings, right: Settings) -> Settings:
        return left & right

    def branch(self, guard: Guard, holds: bool, state: Settings) -> Settings:  # noqa: ARG002 - the solver's protocol
        return state

    def transfer(self, event: Event, state: Settings) -> Settings:
        if isinstance(event, Write | Call):
            access = access_of(self._resolver, event)
            if access is not None and state:
                state = self._without(state, access.location, self._resolver.key_of(access.location), _NO_CONSTANT)
            setting = _set_by(self._resolver, event)
            if setting is not None:
                return state | {setting}
        if isinstance(event, Call) and state:
            plain = (each for each in targets_of(self._resolver, event) if not each.function.is_async)
            return self._after(plain, state)
        if isinstance(event, Suspend) and state:
            calls = self._program.effective_calls(self._resolver, event)
            return self._after((target for call in calls for target in call.targets), state)
        return state

    def _after(self, targets: Iterable[Target], state: Settings) -> Settings:
        """Take away what callees may set to something else, through whatever path they come to it."""
        for target in targets:
            callee = self._program.resolver(target.function)
            for write in self._program.summary(target.function).writes:
                here = translate(self._resolver, target, write.location)
                value = _value_of(self._program.named(write.function), write.value)
                state = self._without(state, here, callee.key_of(write.location), value)
        return state

    def _without(self, state: Settings, written: Location | None, key: Location, value: object) -> Settings:
        """Take away what a write may end: at that path, on the way to it, or by the name that all functions know."""
        return frozenset(
            each
            for each in state
            if not (written is not None and _is_part(each.location, written) and written != each.location)
            and (value == each.value or (each.location != written and self._resolver.key_of(each.location) != key))
        )


def suspensions_between(
    program: Program, resolver: Resolver, first: int, last: int, stops: Iterable[int] = ()
) -> frozenset[int]:
    """Give the suspensions on the ways from one event to another that do not come by `stops`, first and last included.

    Of these only such are meant at which other tasks may run.
    """
    graph, stops = resolver.function, tuple(stops)
    ahead = reach_after(graph, first, stops=(*stops, last)).events | {first, last}
    return frozenset(
        event.id
        for event in graph.events
        if isinstance(event, Suspend)
        and event.id in ahead
        and (event.id == last or last in reach_after(graph, event.id, stops=stops).events)
        and program.may_suspend(resolver, event)
    )


def _set_by(resolver: Resolver, event: Event) -> Setting | None:
    """Give the flag that an event sets to a constant: not one under a key, which may be another key's by then."""
    if not isinstance(event, Write) or event.how is not WriteHow.ASSIGN or event.value is None:
        return None
    value = resolver.function.events[resolver.origin(event.value)]
    access = access_of(resolver, event) if isinstance(value, Const) else None
    if access is None or access.location.root in {Root.PARAMETER, Root.RESULT, Root.FRESH}:
        return None
    if any(isinstance(step, ItemStep) and not step.is_literal for step in access.location.steps):
        return None
    return Setting(access.location, value.value) if isinstance(value, Const) else None


class _NoConstant:
    """Equals no constant, and nothing else."""


_NO_CONSTANT = _NoConstant()


def _value_of(resolver: Resolver, operand: Operand | None) -> object:
    event = resolver.function.events[resolver.origin(operand)] if operand is not None else None
    return event.value if isinstance(event, Const) else _NO_CONSTANT


def _is_part(location: Location, written: Location) -> bool:
    """Tell whether a write changes what is stored at a location: there, or at an object on the way to it."""
    steps = written.steps
    same = (location.root, location.owner, location.name) == (written.root, written.owner, written.name)
    return same and location.steps[: len(steps)] == steps


def _only_opens(writer: Resolver, resolver: Resolver) -> bool:
    """Tell whether a function opens what another one closes, by their names."""
    name, other = (getattr(each.function.node, "name", "") for each in (writer, resolver))
    if writer is resolver or sounds_like_opening(other):
        return False
    return sounds_like_opening(name) and not sounds_like_closing(name)


def _beside(flag: Location, theirs: Location, mine: Location) -> Location | None:
    """Give the flag of the same object, seen from another function that writes the same state of it.

    Parameters:
        flag, theirs: a flag and a state, in the terms of one function.
        mine: that state, in the terms of the other one.
    """
    if flag.root not in {Root.SELF, Root.PARAMETER, Root.FRESH, Root.RESULT}:
        return flag
    if (flag.root, flag.owner, flag.name) != (theirs.root, theirs.owner, theirs.name):
        return None
    shared = 0
    for one, other in zip(flag.steps, theirs.steps, strict=False):
        if one != other:
            break
        shared += 1
    state, here = _without_keys(theirs.steps[shared:]), _without_keys(mine.steps)
    if not state or here[len(here) - len(state) :] != state:
        return None
    return Location(mine.root, mine.owner, mine.name, (*mine.steps[: len(here) - len(state)], *flag.steps[shared:]))


def _without_keys(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Give the steps down to the last attribute, with the keys on the way left open."""
    end = len(steps)
    while end and isinstance(steps[end - 1], ItemStep):
        end -= 1
    return tuple(ANY_ITEM if isinstance(step, ItemStep) else step for step in steps[:end])
