"""What can be known of a whole program beyond a single function's flow.

`build` makes a `Program`; rules and remedies ask it. Everything expensive is computed when it is asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from copy import copy
from typing import cast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.statements import statement_at
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.model.conventions import STANDARD, Conventions
from awaitomic.model.event import Call, Compute, Operand, Read, Suspend, SuspendWhy, Write
from awaitomic.model.identity import identity, module_of
from awaitomic.model.location import ANY_ITEM, AttributeStep, Location, Root
from awaitomic.model.position import Extent
from awaitomic.program.accesses import CONTENTS, Access, Change
from awaitomic.program.analyses import Analyses
from awaitomic.program.callers import Callers, in_loop
from awaitomic.program.calls import awaited_calls
from awaitomic.program.concurrency.registry import Registry
from awaitomic.program.doors import Doors
from awaitomic.program.facts import FunctionFacts
from awaitomic.program.handed import Handed
from awaitomic.program.locks import Lock, lock_of
from awaitomic.program.locks.acquisitions import Acquisitions
from awaitomic.program.locks.given_back import FreeLocks
from awaitomic.program.locks.holdings import Holdings
from awaitomic.program.locks.order import LockOrder
from awaitomic.program.locks.serialising import serialising_decorator
from awaitomic.program.locks.takes import Takes
from awaitomic.program.makers import Makers
from awaitomic.program.module import ModuleFacts, is_construction, is_destruction
from awaitomic.program.project import Project
from awaitomic.program.resolve import Resolver
from awaitomic.program.summaries import Summary
from awaitomic.program.suspension import Suspension
from awaitomic.program.target import AwaitedCall
from awaitomic.program.unit import Unit
from awaitomic.program.waiting import Waiting
from awaitomic.program.written_words import WrittenWords
from awaitomic.source.positions import Located, Positions
from awaitomic.source.project import SourceTree
from awaitomic.source.text import SourceText

Rival = tuple[Resolver, Access]

_ASSIGNING = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)


class Program:
    """The facts of a project, as seen from one of its files: `resolvers` are those of the file, in source order.

    What is found out is shared between the views of one project (see `at`).
    """

    def __init__(self, project: Project, unit: Unit) -> None:
        self.project = project
        self.unit = unit
        self._serialised: dict[int, str | None] = {}
        self._changes: dict[tuple[str, Location], bool] = {}
        self._changing: dict[tuple[str, str | None, Location], bool] = {}
        self._writers: dict[tuple[Location, str | None, str], tuple[Rival, ...]] = {}
        self.analyses = Analyses(self)
        self.suspension = Suspension(self)
        self.waiting = Waiting(self)
        self.takes = Takes(self)
        self.acquisitions = Acquisitions(self)
        self.free_locks = FreeLocks(self)
        self.holdings = Holdings(self)
        self.callers = Callers(self)
        self.registry = Registry(self)
        self.makers = Makers(project, self.callers)
        self.handed = Handed(self)
        self.doors = Doors(self)
        self.lock_order = LockOrder(self)
        self.written_words = WrittenWords(self)

    def at(self, unit: Unit) -> Program:
        """Give the same facts as seen from another file of the project."""
        view = copy(self)
        view.unit = unit
        return view

    @property
    def conventions(self) -> Conventions:
        """What the configuration adds to the tables."""
        return self.project.conventions

    @property
    def source(self) -> SourceText:
        """The text of the file."""
        return self.unit.source

    @property
    def module(self) -> ModuleFacts:
        """The facts of the file."""
        return self.unit.module

    @property
    def positions(self) -> Positions:
        """Lines and columns of the file."""
        return self.unit.positions

    @property
    def resolvers(self) -> list[Resolver]:
        """The functions of the file."""
        return self.unit.resolvers

    # -- places --------------------------------------------------------------------------------------------------

    def unit_of(self, function: FunctionGraph) -> Unit:
        """Give the module that a function stands in."""
        unit = self.project.unit(function.module)
        assert unit is not None, "a function that was resolved stands in a module that was read"
        return unit

    def seen_from(self, function: FunctionGraph) -> Program:
        """Give the same facts as seen from the file that a function stands in."""
        return self.at(self.unit_of(function))

    def is_here(self, function: FunctionGraph) -> bool:
        """Tell whether a function stands in this file."""
        return function.module == self.unit.name

    def path_of(self, function: FunctionGraph) -> str:
        """Give the path of the file that a function stands in, as it is shown."""
        unit = self.unit_of(function)
        return unit.source.path if unit.name == self.unit.name else self.project.shown(unit.name)

    def extent(self, function: FunctionGraph, event: int) -> Extent:
        """Give where the syntax behind an event stands (a class or function body as a whole: its first line)."""
        node = function.nodes[event]
        if hasattr(node, "lineno"):
            return self.unit_of(function).positions.extent(cast("Located", node))
        return Extent(1, 1, 1, 1)

    def write_extent(self, function: FunctionGraph, event: int) -> Extent:
        """Give where a write stands: the whole assignment or deletion, or the expression that writes."""
        path = function.statements[event]
        unit = self.unit_of(function)
        statement = statement_at(unit.module.tree, path) if path else None
        if isinstance(function.events[event], Write) and isinstance(statement, _ASSIGNING):
            return unit.positions.extent(statement)
        return self.extent(function, event)

    def place(self, function: FunctionGraph, event: int) -> str:
        """Say in words where an event stands: by its line, and by its file if that is another one."""
        line = self.extent(function, event).line
        return f"line {line}" if self.is_here(function) else f"line {line} of {self.path_of(function)}"

    # -- functions -----------------------------------------------------------------------------------------------

    def resolver(self, function: FunctionGraph) -> Resolver:
        """Give the resolver of a function."""
        return self.unit_of(function).resolver(function)

    def named(self, name: str) -> Resolver:
        """Give the resolver of a function by its identity, or of one of this file by its qualified name.

        Of several with one name it is the last.
        """
        function = self.project.link.function(name if ":" in name else identity(self.unit.name, name))
        assert function is not None, f"there is a function {name}"
        return self.resolver(function)

    def facts(self, resolver: Resolver) -> FunctionFacts:
        """Give the outcome of the freshness analysis of a function, with what all its callers hold held."""
        return self.analyses.facts(resolver)

    def summary(self, function: FunctionGraph) -> Summary:
        """Give what callers have to know of a function."""
        return self.analyses.summary(function)

    def property_at(self, resolver: Resolver, location: Location) -> FunctionGraph | None:
        """Give the getter if a location is a property of a class of the program."""
        parent = location.parent
        step = location.steps[-1] if location.steps else None
        if parent is None or not isinstance(step, AttributeStep):
            return None
        typed = resolver.type_of(parent).name or ""
        if not typed.startswith("class:"):
            return None
        return self.project.link.find_property(typed.removeprefix("class:"), step.name)

    # -- state ---------------------------------------------------------------------------------------------------

    def changes(self, resolver: Resolver, location: Location) -> bool:
        """Tell whether a location is written after construction and import, as far as its reader can notice.

        What only some stranger writes cannot make a finding here: that takes a write of the reader's own, or of what it
        calls, and these stand in the modules of the object's family or in those that the reader's module imports.
        """
        if location.root is Root.FRESH or location.root is Root.RESULT:
            return False
        cached = (resolver.module.name, location)
        known = self._changes.get(cached)
        if known is None:
            key = resolver.key_of(location)
            owner = resolver.owner_of(location)
            asked = (resolver.module.name, owner, key)
            if asked not in self._changing:
                self._changing[asked] = self._is_changed(*asked)
            known = self._changes[cached] = self._changing[asked]
        return known

    def _is_changed(self, module: str, owner: str | None, key: Location) -> bool:
        keys = _keys_around(key)
        neighbours = self.project.neighbours(module, owner, word_of(key))
        return any(_changing(unit.writers, keys) for unit in neighbours) or any(
            _changing(self.handed.writers(unit), keys) for unit in self.project.family(module, owner)
        )

    def changing_writers(self, resolver: Resolver, location: Location) -> Iterator[Rival]:
        """Give the writes of a state, or of its contents, outside construction and import, in the whole program.

        Parameters: `location` is the state in the terms of `resolver`'s function.
        """
        key = resolver.key_of(location)
        where = (key, resolver.owner_of(location), resolver.function.module)
        if where not in self._writers:
            keys, units = _keys_around(key), self._units(resolver, location, key)
            each = (writers for unit in units for writers in (unit.writers, self.handed.writers(unit)))
            self._writers[where] = tuple(rival for writers in each for rival in _changing(writers, keys))
        return iter(self._writers[where])

    def _units(self, resolver: Resolver, location: Location, key: Location) -> tuple[Unit, ...]:
        owner = resolver.owner_of(location)
        if owner is None:
            return self.units_knowing(key)
        if any(isinstance(step, AttributeStep) for step in key.steps):
            return self.project.related(owner, word_of(key))
        return (self.unit_of(resolver.function),)

    def resolvers_knowing(self, key: Location) -> list[Resolver]:
        """Give the functions of the program that can touch a state or lock: those that mention it."""
        word = word_of(key)
        return [each for unit in self.units_knowing(key) for each in unit.resolvers if word in each.words]

    def writers_at(self, key: Location) -> Iterator[Rival]:
        """Give every write of what the program knows under a name, construction included."""
        for unit in self.units_knowing(key):
            yield from unit.writers.get(key, ())
            yield from self.handed.writers(unit).get(key, ())

    def units_knowing(self, key: Location) -> tuple[Unit, ...]:
        """Give the modules that can touch a state or lock, by the name under which the program knows it."""
        if key.root in {Root.SELF, Root.CLASS} and any(isinstance(step, AttributeStep) for step in key.steps):
            return self.project.related(key.owner, word_of(key))
        if key.root is Root.GLOBAL:
            found = self.project.concerned(key.owner, key.name)
            if found is not None:
                return found
        unit = self.project.unit(key.owner if key.root is Root.GLOBAL else module_of(key.owner))
        return (unit,) if unit is not None else ()

    # -- locks ---------------------------------------------------------------------------------------------------

    def locks_of(self, resolver: Resolver, manager: Operand) -> tuple[Lock, ...]:
        """Give the protecting locks that a with-statement on `manager` holds."""
        return self.takes.by_manager(resolver, manager)

    def lock_words(self, resolver: Resolver, event: object) -> bool:
        """Tell whether an event reads a lock."""
        if not isinstance(event, Read):
            return False
        return lock_of(resolver, event.id) is not None

    def is_plain_lock(self, resolver: Resolver, manager: Operand) -> bool:
        """Tell whether the manager itself is the lock, so that leaving it never suspends."""
        return any(lock.type is not UNKNOWN_LOCK for lock in self.locks_of(resolver, manager))

    def lock_calls(self, resolver: Resolver, event: Call) -> list[tuple[Lock, bool]]:
        """Give the locks that a call takes (True) or gives back: ``acquire``, ``release``, ``enter_async_context``."""
        return self.takes.by_call(resolver, event)

    def locks_left_by(self, resolver: Resolver, event: Call) -> list[Lock]:
        """Give the locks that a function of the program has taken by hand, and not given back, when a call returns."""
        return self.takes.left_by(resolver, event)

    def effective_calls(self, resolver: Resolver, event: Suspend) -> tuple[AwaitedCall, ...]:
        """Give the calls of the program that run while the function waits; what a lock does to itself is left out."""
        managing = {SuspendWhy.ASYNC_ENTER, SuspendWhy.ASYNC_EXIT}
        if event.why in managing and event.awaited is not None and self.locks_of(resolver, event.awaited):
            return ()
        return awaited_calls(resolver, event)

    def may_suspend(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether other tasks may run at a suspension point."""
        return self.suspension.at(resolver, event)

    def serialised(self, function: FunctionGraph) -> str | None:
        """Give the decorator that lets only one call of a function run at a time, if there is one."""
        if id(function) not in self._serialised:
            self._serialised[id(function)] = serialising_decorator(self, function)
        return self._serialised[id(function)]


def word_of(key: Location) -> str:
    """Give the word that whoever touches a state has to say: its first attribute, or the variable."""
    first = next((step for step in key.steps if isinstance(step, AttributeStep)), None)
    return first.name if key.root in {Root.SELF, Root.CLASS} and first is not None else key.name


def _keys_around(key: Location) -> tuple[Location, ...]:
    """Give a state, its contents, and what it is an entry of, if it is one: the names of what changes it."""
    around = key.parent if key.is_entry else None
    return (key, key.item(ANY_ITEM)) if around is None else (key, key.item(ANY_ITEM), around)


def _changing(writers: Mapping[Location, list[Rival]], keys: tuple[Location, ...]) -> list[Rival]:
    """Give the writes in one module of a state, or of its contents, outside construction and import.

    Parameters: `keys` are what `_keys_around` gives.
    """
    found: list[Rival] = []
    for index, wanted in enumerate(keys):
        for resolver, access in writers.get(wanted, ()):
            if index == 2 and access.change not in CONTENTS and access.change is not Change.RESET:
                continue
            if not _is_alone(resolver, access) and not _is_before_closures(resolver, access):
                found.append((resolver, access))
    return found


def _is_alone(resolver: Resolver, access: Access) -> bool:
    """Tell whether a write is made before anybody else has the object, or when nobody has it any more."""
    own = access.location.root is Root.SELF
    return is_construction(resolver.function) or (own and is_destruction(resolver.function))


def _is_before_closures(resolver: Resolver, access: Access) -> bool:
    """Tell whether a function sets a variable of its closures before any of them exists."""
    function = resolver.function
    if access.location.root is not Root.CLOSURE or access.location.owner != function.id:
        return False
    made = [event.id for event in function.events if isinstance(event, Compute) and event.operator in _CLOSURES]
    return access.event < min(made, default=0) and not in_loop(resolver, access.event)


_CLOSURES = frozenset({"function", "lambda", "class"})


def build(
    source: SourceText,
    tree: ast.Module | None = None,
    conventions: Conventions = STANDARD,
    project: Project | None = None,
) -> Program:
    """Build the facts of one file, as a part of its project or alone.

    Parameters:
        source: the file's text.
        tree: its parsed module, if there is one already.
        conventions: what the configuration adds to the tables, if the file is alone.
        project: where to look up what it imports; None for nowhere.

    Raises:
        awaitomic.source.text.Unreadable: if the text does not parse.
        awaitomic.flow.lower.UnsupportedSyntax: for syntax that this release does not know.
    """
    if project is None:
        project = Project(SourceTree.nowhere(), conventions=conventions)
    unit = project.add(project.tree.name_of(source.path), source, tree)
    return Program(project, unit)
