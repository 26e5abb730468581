"""How a function comes to run: calls are followed up to the tasks, frameworks and callers that start them."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.frameworks import Runs
from awaitomic.knowledge.lifecycle import (
    CONSTRUCTION,
    GIVEN_WORK,
    opens_or_closes_by_name,
    runs_alone_by_name,
    starts_by_name,
)
from awaitomic.knowledge.spawners import RUNNERS
from awaitomic.model.event import Attribute
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.callers import in_loop, is_nested
from awaitomic.program.cancelling import keepers
from awaitomic.program.concurrency.entered_again import is_entered_again
from awaitomic.program.concurrency.given_back import is_given_back
from awaitomic.program.concurrency.same_object import LOST, Sight, at_first, of_caller, of_task
from awaitomic.program.concurrency.sharing import Shared
from awaitomic.program.concurrency.table import ASSUMED, Entry, Start
from awaitomic.program.markers import decorators_of
from awaitomic.program.module import is_setter
from awaitomic.program.module_calls import Site, Spawn
from awaitomic.program.target import How
from awaitomic.source.project import is_test

if TYPE_CHECKING:
    from awaitomic.program import Program

_RUNS_ONCE = frozenset({Start.ALONE, Start.LIFECYCLE, Start.SERIAL})
_RUNS_IN_ONE = _RUNS_ONCE | {Start.ONCE}
_RUNS_AGAIN = frozenset({Start.PUBLIC, Start.HANDLER, Start.MANY, Start.AGAIN, Start.CALLBACK})
_WEAK = frozenset({Runs.SELDOM, None})
"""What a base class or a callback says less surely than the name of a lifecycle method does."""

_BY_RUNS = {
    Runs.MANY: Start.HANDLER,
    Runs.SERIAL: Start.SERIAL,
    Runs.ONCE: Start.ONCE,
    Runs.SELDOM: Start.OPEN,
    Runs.SETUP: Start.LIFECYCLE,
}


def entries(
    program: Program, function: FunctionGraph, location: Location, *, shared: Shared | None, own: Location | None = None
) -> frozenset[Entry]:
    """Give the ways in which a function comes to run beside others on one object (or one closure).

    Where what runs once makes a task and awaits it, that is one run, the task's.

    Parameters:
        program: the facts of the project.
        function: the function in question.
        location: the state that it is about.
        shared: what says that several tasks have the object that the state belongs to, if anything does.
        own: the same state, as this function knows it, if it is not the one that `location` speaks for.
    """
    found = _Search(program, location, shared=shared, own=own).up_from(function, frozenset())
    return _as_the_project_does(program, function, found)


def _as_the_project_does(program: Program, function: FunctionGraph, found: frozenset[Entry]) -> frozenset[Entry]:
    """Expect no several tasks at a public function that the project itself takes care to call from one, or locked.

    Its own calls show what the function is made for: all of them in one run, or each with a lock held, or with an
    object that nobody else has yet. Only who calls it from outside could do otherwise.
    """
    sites = program.callers.sites(function)
    own = frozenset(entry for entry in found if entry.function == function.id)
    assumed = frozenset(entry for entry in own if entry.start in ASSUMED)
    if not assumed or not sites:
        return found
    if all(_is_cared_for(program, site) for site in sites):
        return frozenset(map(_doubted, own))
    others = found - assumed
    in_one = all(entry.start in _RUNS_IN_ONE for entry in others)
    runs = {(entry.function, entry.line) for entry in others}
    return frozenset(map(_doubted, found)) if in_one and len(runs) == 1 else found


def _doubted(entry: Entry) -> Entry:
    return replace(entry, start=Start.OPEN) if entry.start is Start.PUBLIC else entry


def _is_cared_for(program: Program, site: Site) -> bool:
    """Tell whether a call is made with a lock held, on an object that the caller has just made, or in making one."""
    return (
        site.on_new_object
        or bool(program.suspension.held_before(site.resolver, site.event, program.callers.locks_at_entry))
        or _only_constructs(program, site.resolver.function, _HOPS)
    )


_HOPS = 4
"""So many calls are followed up to a constructor."""


def _only_constructs(program: Program, function: FunctionGraph, hops: int) -> bool:
    """Tell whether a function is called by constructors only: ``__init__``, or what only that calls."""
    name = getattr(function.node, "name", "")
    if name in CONSTRUCTION:
        return True
    sites = program.callers.sites(function) if hops and not program.callers.spawns(function) else ()
    return bool(sites) and all(
        site.resolver.function is not function and _only_constructs(program, site.resolver.function, hops - 1)
        for site in sites
    )


def entries_of_tasks(
    program: Program, function: FunctionGraph, location: Location, *, shared: Shared | None
) -> frozenset[Entry]:
    """Give the ways in which a function comes to run as a task of its own: see `entries`."""
    search = _Search(program, location, shared=shared)
    step = search.first(function)
    return frozenset(search.spawned(spawn, step, frozenset()) for spawn in program.callers.spawns(function))


class _Step(NamedTuple):
    """A function that a walk has come to, on its way up from the one in question."""

    function: FunctionGraph
    own: str | None
    """The class of the object that it is a method of."""
    as_task: bool = False
    """Whether a task was made of what it calls, and waited for."""
    made: bool = False
    """Whether the object in question was made by one of the functions on the way, for itself."""
    handed: str = ""
    """The parameter by which the function has the object, if it is that."""
    sight: Sight = Sight()
    """Which object it is, as far as that is seen: see `awaitomic.program.concurrency.same_object`."""


def _object_at(call: Site | Spawn, parameter: str) -> Location | None:
    """Give what a call is made on, or hands over for a parameter."""
    target, values = call.target, call.resolver
    if not parameter:
        return target.receiver
    return next((values.value(each) for name, each in target.arguments if name == parameter), None)


class _Search:
    """One walk up the callers, for one state."""

    def __init__(
        self, program: Program, location: Location, *, shared: Shared | None, own: Location | None = None
    ) -> None:
        self._program = program
        self._location = location
        self._own = own or location
        self._shared = shared

    def first(self, function: FunctionGraph) -> _Step:
        """Give the step from which a walk begins."""
        sight = at_first(self._program.resolver(function), self._location, self._own)
        return _Step(function, function.class_id, sight=sight)

    def up_from(self, function: FunctionGraph, above: frozenset[int]) -> frozenset[Entry]:
        """Collect the entries of a function; `above` are the spawners that are being asked already."""
        found: set[Entry] = set()
        seen: set[tuple[object, ...]] = set()
        stack = [self.first(function)]
        while stack:
            step = stack.pop()
            known = (id(step.function), *step[1:])
            if known in seen:
                continue
            seen.add(known)
            here = self._entries_here(step, above)
            here = [replace(entry, own=True) for entry in here] if step.made else here
            found.update(entry for entry in here if not step.as_task or entry.start not in _RUNS_ONCE)
            if self._location.root is Root.CLOSURE and step.function.id == self._location.owner:
                continue
            sites = (*self._program.callers.sites(step.function), *self._program.callers.loans(step.function))
            stack.extend(
                self._to_caller(step, site)
                for site in sites
                if self._is_same_object(step.own, site.target.receiver, site.resolver.function)
            )
        return frozenset(found)

    def _to_caller(self, step: _Step, site: Site) -> _Step:
        """Go on from a function to one that calls it."""
        caller = site.resolver.function
        held = _object_at(site, step.handed)
        of_instance = self._location.root is Root.SELF
        is_parameter = held is not None and held.root is Root.PARAMETER and not held.steps
        return _Step(
            caller,
            step.own if self._is_on_self(site.target.receiver) else caller.class_id,
            as_task=step.as_task or site.how in {How.TASK, How.GATHER},
            made=step.made or (of_instance and held is not None and held.root is Root.FRESH),
            handed=held.name if held is not None and is_parameter and of_instance else "",
            sight=of_caller(self._location, step.sight, step.function, site, held),
        )

    def _is_same_object(self, own: str | None, receiver: Location | None, caller: FunctionGraph) -> bool:
        """Tell whether a call on ``self`` can be one of the object that is followed, an instance of the class `own`.

        What a sister class does with what both inherit is done with objects of its own.
        """
        theirs = caller.class_id
        if not self._is_on_self(receiver) or own is None or theirs is None:
            return True
        return self._program.module.can_be_one(own, theirs)

    def _is_on_self(self, receiver: Location | None) -> bool:
        """Tell whether a call goes on with the same object; else another one comes into play, the caller's."""
        if self._location.root is not Root.SELF or receiver is None:
            return False
        return receiver.root is Root.SELF and not receiver.steps

    def _entries_here(self, step: _Step, above: frozenset[int]) -> list[Entry]:
        """Give the ways in which a function comes to run other than by being awaited in the project."""
        function = step.function
        line = getattr(function.node, "lineno", 1)
        if self._location.root is Root.CLOSURE and function.id == self._location.owner:
            return [Entry(function.id, Start.ALONE, line)]
        spawns = [
            spawn
            for spawn in self._program.callers.spawns(function)
            if self._is_same_object(step.own, spawn.target.receiver, spawn.resolver.function)
        ]
        return [*(self.spawned(spawn, step, above) for spawn in spawns), *self._own_entries(function, line)]

    def _own_entries(self, function: FunctionGraph, line: int) -> list[Entry]:
        """Give the entries that a function is by itself: none if only its callers in the project can reach it."""
        name = getattr(function.node, "name", "")
        if not name and not function.qualname.endswith("<lambda>"):
            return [Entry(function.id, Start.ALONE, line)]
        if is_setter(function):  # an assignment like any other: by whoever makes it, and nobody else
            return [] if self._program.callers.sites(function) else [Entry(function.id, Start.UNKNOWN, line)]
        registered = self._program.registry.of(function)
        by_name = runs_alone_by_name(name) and not (name in GIVEN_WORK and _is_given_work(function))
        by_name = by_name and not is_entered_again(self._program, function)
        if registered and not (by_name and all(each.runs in _WEAK for each in registered)):
            return [
                Entry(function.id, _BY_RUNS[each.runs] if each.runs else Start.CALLBACK, each.line, each.by)
                for each in registered
            ]
        if by_name or not name:
            return [Entry(function.id, Start.LIFECYCLE if name else self._public(function), line)]
        start = self._start_by_name(function, name)
        seen = start is Start.UNKNOWN and self._program.callers.sites(function)
        return [Entry(function.id, start, line, "those that are seen" if seen else "")] if start is not None else []

    def _start_by_name(self, function: FunctionGraph, name: str) -> Start | None:
        callers = self._program.callers
        if callers.only_awaited_here(function) is not None or callers.loans(function):
            return None
        if is_nested(function):
            return self._start_of_nested(function)
        strong = self._shared is not None and self._shared.strong
        spawned = callers.spawns(function)
        private = name.startswith("_") and not name.endswith("__")
        if opens_or_closes_by_name(name) and not (strong or spawned or private):
            return Start.OWNER
        if callers.is_mentioned(function):
            return self._public(function)
        if spawned and (private or not self._shared):
            return None
        if any(spawn.wrapper in RUNNERS for spawn in spawned):
            return None
        if spawned and callers.are_all_seen(function):
            return None
        if name in CONSTRUCTION and self._makes_owner(function):
            return None
        if private or name in CONSTRUCTION or callers.are_all_seen(function):
            return Start.UNKNOWN
        return self._public(function)

    def _makes_owner(self, function: FunctionGraph) -> bool:
        """Tell whether a constructor makes the very object that the state belongs to: nobody else has it by then."""
        if self._location.root is not Root.SELF or function.class_id is None:
            return False
        return self._program.module.can_be_one(self._location.owner, function.class_id)

    def _start_of_nested(self, function: FunctionGraph) -> Start | None:
        """Give how a function in a function starts: by whoever is given it, or has what its decorator makes of it."""
        facts = self._program.unit_of(function).module
        if decorators_of(function, facts) or is_given_back(self._program, function):
            return self._public(function)
        return Start.OPEN if self._program.callers.is_mentioned(function) else None

    def _public(self, function: FunctionGraph) -> Start:
        """Give how it starts if anybody can call it; in a test suite, nobody is to be expected who is not seen."""
        enough = self._shared is not None and self._shared.is_enough
        return Start.PUBLIC if enough and not is_test(function.module) else Start.OPEN

    # -- tasks ---------------------------------------------------------------------------------------------------

    def spawned(self, spawn: Spawn, step: _Step, above: frozenset[int]) -> Entry:
        """Give the entry that a place where a task is made is; `above` are the spawners that are asked already."""
        maker, function = spawn.resolver, spawn.target.function
        line = self._program.extent(maker.function, spawn.event).line
        start, on = self._start_of(spawn, above), self._object_of(spawn, step)
        beside = [self._object_of(each, step) for each in self._made_with(spawn)] if start is Start.MANY else []
        if len(beside) > 1 and beside.count(on) == 1:
            on = LOST  # it is beside others that several run
        return Entry(function.id, start, line, spawner=maker.function.id, event=spawn.event, on=on)

    def _object_of(self, spawn: Spawn, step: _Step) -> str:
        held = _object_at(spawn, step.handed)
        return of_task(self._program, self._location, step.sight, spawn, held)

    def _made_with(self, spawn: Spawn) -> list[Spawn]:
        """Give what a place makes tasks of one function from: several calls, if they are gathered."""
        others = self._program.callers.spawns(spawn.target.function)
        return [each for each in others if each.resolver is spawn.resolver and each.event == spawn.event]

    def _start_of(self, spawn: Spawn, above: frozenset[int]) -> Start:
        if spawn.wrapper in RUNNERS:
            return Start.ALONE
        if self._location.root is Root.SELF and _own_object_each(spawn):
            return Start.ONCE
        if spawn.many:
            return Start.MANY
        if starts_by_name(getattr(spawn.target.function.node, "name", "")):
            return Start.LIFECYCLE
        return Start.AGAIN if self._is_made_again(spawn, above) else Start.ONCE

    def _is_made_again(self, spawn: Spawn, above: frozenset[int]) -> bool:
        """Tell whether the function that makes a task can be called often, and each time makes another one.

        Not if it keeps the task in one attribute, as what starts a worker does, nor if it tests its own state first.
        """
        spawner = spawn.resolver.function
        if id(spawner) in above or _is_kept(spawn) or self._is_guarded(spawn):
            return False
        above = above | {id(spawner)}
        starts = {entry.start for entry in self.up_from(spawner, above)}
        return bool(starts & _RUNS_AGAIN)

    def _is_guarded(self, spawn: Spawn) -> bool:
        """Tell whether a test of shared state governs the spawn: ``if self._task is None or self._task.done()``."""
        state = self._program.facts(spawn.resolver).solution.before_event(spawn.event)
        return state is not None and any(guard.tokens for guard in state.guards)


def _is_given_work(function: FunctionGraph) -> bool:
    """Tell whether a method takes something besides its object that a caller has to give."""
    node = function.node
    if function.class_name is None or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    positional = [*node.args.posonlyargs, *node.args.args][1:]
    named = [default for default in node.args.kw_defaults if default is None]
    return len(positional) > len(node.args.defaults) or bool(named)


def _is_kept(spawn: Spawn) -> bool:
    """Tell whether the task is stored in one attribute or variable that outlives the call."""
    located = ((place, spawn.resolver.place(place)) for place in keepers(spawn.resolver, spawn.event))
    return any(
        (isinstance(place, Attribute) if location is None else not location.is_entry) for place, location in located
    )


def _own_object_each(spawn: Spawn) -> bool:
    """Tell whether each task of a repeated spawn runs on an object of its own."""
    receiver = spawn.target.receiver
    if receiver is None:
        return False
    if any(isinstance(step, ItemStep) for step in receiver.steps):
        return True
    resolver = spawn.resolver
    own = receiver.owner == resolver.function.id and receiver.name not in resolver.captured and not receiver.steps
    if receiver.root is not Root.FRESH and not (receiver.root is Root.CLOSURE and own):
        return False
    value = resolver.binding(receiver.name)
    return value is None or in_loop(resolver, value)
