"""Who calls whom: which locks every caller holds, and where a function is started as a task.

What a module calls is found once for the module; who calls a function is asked of the modules that can know it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.model.location import Location, Root
from awaitomic.program.inherited import at_all, on_every_way
from awaitomic.program.lent import only_awaits
from awaitomic.program.locks import Lock
from awaitomic.program.locks.contracts import Basis, Contract, contract_of
from awaitomic.program.locks.goes_along import left_to_task
from awaitomic.program.markers import decorators_of
from awaitomic.program.module_calls import ModuleCalls, Site, Spawn
from awaitomic.program.names import is_special
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import How
from awaitomic.program.unit import Unit

if TYPE_CHECKING:
    from awaitomic.program import Program


class Callers:
    """Answers who calls, starts and mentions a function, in the modules that can know it."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._modules: dict[str, ModuleCalls] = {}
        self._units: dict[int, tuple[Unit, ...]] = {}
        self._asked: dict[int, list[ModuleCalls]] = {}
        self._everybody: set[int] = set()
        """Functions that too many modules mention to be looked into."""
        self._mentioned: dict[int, bool] = {}
        self._seen: dict[int, bool] = {}
        self._loans: dict[int, list[Site]] = {}
        self._only: dict[int, list[Site] | None] = {}
        self._held: dict[int, frozenset[Lock]] = {}
        self._locks: dict[int, frozenset[Lock]] = {}
        self._contracts: dict[int, Contract | None] = {}

    def sites(self, function: FunctionGraph) -> list[Site]:
        """Give every call of a function that is awaited, or (of a plain function) made."""
        return [site for calls in self._calls(function) for site in calls.sites.get(id(function), ())]

    def spawns(self, function: FunctionGraph) -> list[Spawn]:
        """Give every place where a task is made of a function."""
        return [spawn for calls in self._calls(function) for spawn in calls.spawns.get(id(function), ())]

    def in_module(self, unit: Unit) -> ModuleCalls:
        """Give what one module calls."""
        if unit.name not in self._modules:
            self._modules[unit.name] = ModuleCalls(unit.resolvers)
        return self._modules[unit.name]

    def _calls(self, function: FunctionGraph) -> list[ModuleCalls]:
        key = id(function)
        if key not in self._asked:
            self._asked[key] = [self.in_module(unit) for unit in self.concerned(function)]
        return self._asked[key]

    def concerned(self, function: FunctionGraph) -> tuple[Unit, ...]:
        """Give the modules that can refer to a function: its own one, and those that know it and mention its name."""
        key = id(function)
        if key not in self._units:
            own = self._program.unit_of(function)
            name = getattr(function.node, "name", "")
            if not name or is_nested(function):
                self._units[key] = (own,)
            elif function.class_id is not None:
                self._units[key] = self._program.project.naming(function.class_id, name)
            else:
                found = self._program.project.concerned(own.name, name)
                self._units[key] = found or (own,)
                if found is None:
                    self._everybody.add(key)
        return self._units[key]

    def is_everybodys(self, function: FunctionGraph) -> bool:
        """Tell whether too many modules know a function for all of its uses to be seen."""
        self.concerned(function)
        return id(function) in self._everybody

    def is_mentioned(self, function: FunctionGraph) -> bool:
        """Tell whether the function is handed around as a value, or called in a way that is not understood."""
        key = id(function)
        if key not in self._mentioned:
            self._mentioned[key] = self._is_mentioned(function)
        return self._mentioned[key]

    def _is_mentioned(self, function: FunctionGraph) -> bool:
        return self._is_told(function, lambda calls: calls.mentioned)

    def _is_told(self, function: FunctionGraph, by: Callable[[ModuleCalls], set[int]]) -> bool:
        """Tell whether a module has a function among some of its own, or may have it without knowing its class."""
        units = self.concerned(function)
        if id(function) in self._everybody or any(id(function) in by(self.in_module(unit)) for unit in units):
            return True
        return self.may_be_read_elsewhere(function)

    def may_be_read_elsewhere(self, function: FunctionGraph) -> bool:
        """Tell whether another module reads an attribute of a method's name off what may be an object of its class."""
        name = getattr(function.node, "name", "")
        others = (self.in_module(unit) for unit in self.concerned(function) if unit.name != function.module)
        return function.class_id is not None and any(calls.reads_of_stranger(name) for calls in others)

    def are_all_seen(self, function: FunctionGraph) -> bool:
        """Tell whether the calls that are seen are all that there are: of a method of a class of the project alone.

        Not if the function is handed around, nor if a file that does not know the class reads an attribute of its name.
        """
        key = id(function)
        if key not in self._seen:
            self._seen[key] = self._are_all_seen(function)
        return self._seen[key]

    def _are_all_seen(self, function: FunctionGraph) -> bool:
        name, owner = getattr(function.node, "name", ""), function.class_id
        if owner is None or self._is_decorated(function) or self.is_mentioned(function):
            return False
        callers = [site.resolver.function for site in self.sites(function)]
        callers.extend(spawn.resolver.function for spawn in self.spawns(function))
        if not callers or any(is_dunder(caller) for caller in callers):
            return False  # what syntax calls is not seen by its name
        if not self._program.makers.is_internal(owner):
            return False
        return not self._program.project.says_elsewhere(name, (unit.name for unit in self.concerned(function)))

    def _is_decorated(self, function: FunctionGraph) -> bool:
        return bool(decorators_of(function, self._program.unit_of(function).module))

    def loans(self, function: FunctionGraph) -> list[Site]:
        """Give the places where a private function is lent to what calls it and waits for it, if it is only lent.

        It runs there as if the caller called it, and waited.
        """
        key = id(function)
        if key not in self._loans:
            self._loans[key] = []  # in a recursion
            self._loans[key] = self._loans_of(function)
        return self._loans[key]

    def _loans_of(self, function: FunctionGraph) -> list[Site]:
        name, nested = getattr(function.node, "name", ""), is_nested(function)
        private = nested or (name.startswith("_") and not name.endswith("__"))
        if not private or not function.is_async or self._is_decorated(function):
            return []
        found = [loan for calls in self._calls(function) for loan in calls.loans.get(id(function), ())]
        if not found or self._is_told(function, lambda calls: calls.loose):
            return []
        is_only_awaited = all(only_awaits(self._program, *each) for loan in found for each in loan.helpers)
        return [loan.site for loan in found] if is_only_awaited else []

    def waited_for(self, function: FunctionGraph) -> list[Site]:
        """Give the calls of a private function, by itself or by whom it is lent to, if nothing else can reach it."""
        loans = self.loans(function)
        if not loans or self.spawns(function):
            return self.only_awaited_here(function) or []
        return [*self.sites(function), *loans]

    def only_awaited_here(self, function: FunctionGraph) -> list[Site] | None:
        """Give the call sites if nothing else can reach a function: it is private and never handed out as a value."""
        key = id(function)
        if key not in self._only:
            self._only[key] = self._only_awaited_here(function)
        return self._only[key]

    def _only_awaited_here(self, function: FunctionGraph) -> list[Site] | None:
        name = getattr(function.node, "name", "")
        nested = is_nested(function)
        private = nested or (name.startswith("_") and not name.endswith("__"))
        if not private or (not nested and self._is_decorated(function)):
            return None
        if self.is_mentioned(function) or self.spawns(function):
            return None
        return self.sites(function) or None

    def locks_at_entry(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the locks that every caller of a private function holds when it calls (caller must hold).

        What a decorator holds around each call counts as held by all callers.
        """
        key = id(function)
        if key not in self._locks:
            self._locks[key] = frozenset()  # a recursion adds no caller from outside
            shared = self._common(function, self._locks_before) | self._by_decorator(function)
            self._locks[key] = shared | self._by_contract(function) | self._from_starters(function)
        return self._locks[key]

    def contract(self, function: FunctionGraph) -> Contract | None:
        """Give the lock that a function leaves to its callers, if it plainly does."""
        key = id(function)
        if key not in self._contracts:
            self._contracts[key] = None  # in a recursion
            self._contracts[key] = contract_of(self._program, self._program.resolver(function))
        return self._contracts[key]

    def _by_contract(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the lock that callers have to hold: who does not is in the wrong, and not the function."""
        found = self.contract(function)
        if found is None or found.basis is Basis.NAMED or self.spawns(function):
            return frozenset()
        return frozenset({found.lock})

    def _from_starters(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the locks that all who start a private function as a task, which nobody calls, leave to that task."""
        spawns = self.spawns(function)
        name = getattr(function.node, "name", "")
        private = is_nested(function) or (name.startswith("_") and not name.endswith("__"))
        if not spawns or not private or self.sites(function) or self.is_mentioned(function):
            return frozenset()

        def left(site: Site) -> frozenset[Lock]:
            return left_to_task(self._program, site, self._locks_before(site))

        sites = [Site(each.resolver, each.event, How.DIRECT, each.target) for each in spawns]
        return at_all(sites, left, (id(function),))

    def _by_decorator(self, function: FunctionGraph) -> frozenset[Lock]:
        name = self._program.serialised(function)
        return frozenset({Lock(Location(Root.RESULT, function.id, f"@{name}"), UNKNOWN_LOCK)} if name else ())

    def held_at_entry(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the locks that every caller of a private function holds, and the claims that all of them have made."""
        key = id(function)
        if key not in self._held:
            claims = on_every_way(self._program, function, self._claims_before)
            self._held[key] = self.locks_at_entry(function) | claims
        return self._held[key]

    def _common(self, function: FunctionGraph, before: Callable[[Site], frozenset[Lock]]) -> frozenset[Lock]:
        return at_all(self.waited_for(function), before, (id(function),))

    def _locks_before(self, site: Site) -> frozenset[Lock]:
        return self._program.suspension.held_before(site.resolver, site.event, self.locks_at_entry)

    def _claims_before(self, site: Site) -> frozenset[Lock]:
        state = self._program.analyses.facts_for_summary(site.resolver).solution.before_event(site.event)
        return frozenset(lock for lock in state.held if lock.is_claim) if state is not None else frozenset()


def is_dunder(function: FunctionGraph) -> bool:
    """Tell whether a function is one that Python itself calls: ``__aenter__``, ``__call__``."""
    return is_special(getattr(function.node, "name", ""))


def is_nested(function: FunctionGraph) -> bool:
    """Tell whether a function stands in another function (a method does not)."""
    return function.enclosing is not None and function.class_name is None and "." in function.qualname


def in_loop(resolver: Resolver, event: int) -> bool:
    """Tell whether an event can happen again in one run of its function: its block reaches itself."""
    graph = resolver.function
    start = graph.owners[event]
    seen: set[int] = set()
    stack = list(graph.blocks[start].successors)
    while stack:
        index = stack.pop()
        if index == start:
            return True
        if index not in seen:
            seen.add(index)
            stack.extend(graph.blocks[index].successors)
    return False
