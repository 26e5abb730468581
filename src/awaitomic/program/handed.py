"""What functions do to what they are handed: a write through a parameter is a write of the caller's state.

``await fill(self)`` with ``async def fill(state): state.stacks[name] = …`` changes the caller's ``self.stacks``, and
the caller is who runs beside others. Writes are lifted from callee to caller until one has a name of its own for the
state, over any number of calls and modules. No flow is looked at: callees are asked once each, and only those that are
handed something that others can reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import IN_PLACE
from awaitomic.model.event import Call
from awaitomic.model.location import NAMED_OR_HANDED, ItemStep, Location, Root
from awaitomic.program.accesses import Access, Change, Deed, access_of, change_by, deed_of
from awaitomic.program.calls import translate
from awaitomic.program.escape import made_here
from awaitomic.program.module_calls import ModuleCalls
from awaitomic.program.reach import components
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target
from awaitomic.program.unit import Unit

if TYPE_CHECKING:
    from awaitomic.program import Program, Rival

_MOST_STEPS = 4
"""A path that grows with each call (``walk(node.next)``) is followed down to so many steps."""
_MOST_WRITES = 40
"""Of a function that writes more of what it is handed, callers are told of the nearest."""
_MOST_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class Handing:
    """One call that hands something on; `event` is where its body starts to run in the caller."""

    resolver: Resolver
    event: int
    target: Target
    spawned: bool
    many: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A write through a parameter, in the terms of the function that has the parameter."""

    access: Access
    deed: Deed | None
    """The method that is called, where only the type of the object can tell what it does."""


class Handed:
    """Answers which state of its callers the functions of a module change through what they are handed."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._writers: dict[str, dict[Location, list[Rival]]] = {}
        self._handings: dict[int, list[Handing]] = {}
        self._given: dict[int, tuple[Given, ...]] = {}
        self._graphs: dict[int, FunctionGraph] = {}

    def writers(self, unit: Unit) -> dict[Location, list[Rival]]:
        """Give the writes of a module's functions that their callees make, by the name under which a state is known."""
        if unit.name not in self._writers:
            found: dict[Location, list[Rival]] = {}
            for handing in (each for resolver in unit.resolvers for each in self._from(resolver.function)):
                resolver = handing.resolver
                for given in self._lifted(handing):
                    access = _settled(resolver, given)
                    key = resolver.key_of(access.location) if access is not None else None
                    if access is not None and key is not None and key.root is not Root.PARAMETER:
                        found.setdefault(key, []).append((resolver, access))
            self._writers[unit.name] = found
        return self._writers[unit.name]

    def _from(self, function: FunctionGraph) -> list[Handing]:
        """Give the calls of a function that hand on something that others can reach.

        Only its own calls are looked up: what the rest of its module calls would lead to ever more modules.
        """
        if id(function) not in self._handings:
            calls = ModuleCalls([self._program.resolver(function)])
            sites = (
                Handing(s.resolver, s.event, s.target, False, False) for each in calls.sites.values() for s in each
            )
            spawns = (
                Handing(s.resolver, s.event, s.target, True, s.many) for each in calls.spawns.values() for s in each
            )
            self._handings[id(function)] = [
                handing
                for handing in (*sites, *spawns)
                if any(_is_shared(handing.resolver, operand) for _, operand in handing.target.arguments)
            ]
        return self._handings[id(function)]

    # -- lifting -----------------------------------------------------------------------------------------------------

    def _lifted(self, handing: Handing) -> list[Given]:
        """Say in the caller's terms what a callee writes of what it is handed."""
        found = (_in_caller(handing, given) for given in self._of(handing.target.function))
        return [given for given in found if given is not None]

    def _of(self, function: FunctionGraph) -> tuple[Given, ...]:
        """Give the writes of a function, and of those it calls, through its parameters."""
        if id(function) not in self._given:
            self._graphs[id(function)] = function
            for component in components(id(function), self._following, self._given.__contains__):
                self._solve(component)
        return self._given[id(function)]

    def _following(self, key: int) -> list[int]:
        following = [handing.target.function for handing in self._from(self._graphs[key])]
        self._graphs.update((id(function), function) for function in following)
        return list(dict.fromkeys(map(id, following)))

    def _solve(self, component: list[int]) -> None:
        order = sorted(component, key=lambda key: (self._graphs[key].id, self._graphs[key].path))
        direct = {key: _direct(self._program.resolver(self._graphs[key])) for key in order}
        self._given.update((key, tuple(direct[key].values())) for key in order)
        for _ in range(_MOST_ROUNDS):
            changed = False
            for key in order:
                found = dict(direct[key])
                for handing in self._from(self._graphs[key]):
                    for given in self._lifted(handing):
                        if _is_parameters(handing.resolver, given.access.location):
                            found.setdefault(_mark(given), given)
                nearest = (
                    sorted(found.values(), key=_nearness)[:_MOST_WRITES]
                    if len(found) > _MOST_WRITES
                    else [*found.values()]
                )
                changed |= len(nearest) != len(self._given[key])
                self._given[key] = tuple(nearest)
            if not changed or len(order) == 1:
                return


def _mark(given: Given) -> tuple[Location, tuple[str, int], str | None]:
    return given.access.location, given.access.hops[-1], given.access.task


def _nearness(given: Given) -> tuple[int, int, str]:
    return len(given.access.hops), len(given.access.location.steps), str(given.access.location)


def _is_shared(resolver: Resolver, operand: int) -> bool:
    location = resolver.value(operand)
    return location is not None and location.root in NAMED_OR_HANDED


def _is_parameters(resolver: Resolver, location: Location) -> bool:
    """Tell whether a path starts at a parameter of the function itself, and nothing tells what class that is of."""
    own = location.root is Root.PARAMETER and location.owner == resolver.function.id
    return own and len(location.steps) <= _MOST_STEPS and resolver.key_of(location).root is Root.PARAMETER


def _direct(resolver: Resolver) -> dict[tuple[Location, tuple[str, int], str | None], Given]:
    found: dict[tuple[Location, tuple[str, int], str | None], Given] = {}
    for event in resolver.function.events:
        deed = deed_of(resolver, event) if isinstance(event, Call) else None
        if deed is not None and resolver.type_of(deed.container).name is None:
            access: Access | None = Access(event.id, deed.container, Change.ADD, None, certain=False)
        else:
            access, deed = access_of(resolver, event), None
        if access is not None and _is_parameters(resolver, access.location):
            given = Given(replace(access, value=None, hops=((resolver.function.id, event.id),)), deed)
            found.setdefault(_mark(given), given)
    return found


def _in_caller(handing: Handing, given: Given) -> Given | None:
    """Say in the caller's terms what is written; None if it has no name for it, or if nobody else can have it."""
    resolver, target, access = handing.resolver, handing.target, given.access
    location = translate(resolver, target, access.location)
    if location is None or location.root not in NAMED_OR_HANDED or len(location.steps) > _MOST_STEPS:
        return None
    argument = next((operand for name, operand in target.arguments if name == access.location.name), None)
    if argument is None or (handing.many and any(isinstance(step, ItemStep) for step in location.steps)):
        return None  # each of several tasks is handed another entry
    own = access.own
    if resolver.published:
        publication, made = made_here(resolver, argument)
        if publication is not None and handing.event not in publication.after:
            return None
        own = own or (publication is not None and made)
    deed = given.deed
    if deed is not None:
        entry = translate(resolver, target, deed.container.item(deed.key)) if deed.key is not None else None
        key = entry.steps[-1] if entry is not None else None
        deed = replace(deed, container=location, key=key if isinstance(key, ItemStep) else None)
    task = access.task or (target.function.id if handing.spawned else None)
    hops = ((resolver.function.id, handing.event), *access.hops)
    return Given(replace(access, event=handing.event, location=location, own=own, hops=hops, task=task), deed)


def _settled(resolver: Resolver, given: Given) -> Access | None:
    """Give the write in the caller, where the type of its state tells what a method does."""
    access = given.access
    if given.deed is not None:
        found = change_by(resolver, given.deed)
        return None if found is None else replace(access, location=found[0], change=found[1], certain=found[2])
    if access.change is Change.AUGMENTED and resolver.type_of(access.location).name in IN_PLACE:
        return replace(access, change=Change.ADD)
    return access
