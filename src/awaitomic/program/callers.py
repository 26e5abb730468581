"""Who calls whom: which locks every caller holds, and where a function is started as a task.

What a module calls is found once for the module; who calls a function is asked of the modules that can know it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import UNKNOWN_LOCK
from awaitomic.knowledge.spawners import RUN_ALONE, SPAWN_ALL, starts_one
from awaitomic.model.event import Attribute, Call, Read, Suspend, Write
from awaitomic.model.location import Location, Root
from awaitomic.program.calls import awaited_calls, functions_at, targets_of
from awaitomic.program.coroutines import are_side_by_side, coroutines, is_made_beside_itself, referenced
from awaitomic.program.inherited import at_all, on_every_way
from awaitomic.program.lent import only_awaits
from awaitomic.program.locks import Lock
from awaitomic.program.locks.contracts import Basis, Contract, contract_of
from awaitomic.program.module import is_setter
from awaitomic.program.names import dotted, last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, How, Target
from awaitomic.program.unit import Unit

if TYPE_CHECKING:
    from awaitomic.program import Program


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a function is called: the caller, the event at which its body starts to run, and how."""

    resolver: Resolver
    event: int
    how: How
    target: Target

    @property
    def on_new_object(self) -> bool:
        """Whether it is a method of an object that the caller has just made, and nobody else has."""
        return self.target.receiver is not None and self.target.receiver.root is Root.FRESH


@dataclass(frozen=True, slots=True)
class Spawn:
    """One place where a task is made of a function; `many` says that several can run at once from this place alone."""

    resolver: Resolver
    event: int
    target: Target
    many: bool
    wrapper: str


@dataclass(frozen=True, slots=True)
class Loan:
    """One place where a function is handed to others that the caller waits for: each of them as one of its parameters.

    `site` is as if the caller called the function itself, with arguments that are not known.
    """

    site: Site
    helpers: tuple[tuple[FunctionGraph, str], ...]


class ModuleCalls:
    """What one module calls, starts as tasks, and hands around."""

    def __init__(self, unit: Unit) -> None:
        self.sites: dict[int, list[Site]] = {}
        self.spawns: dict[int, list[Spawn]] = {}
        self.mentioned: set[int] = set()
        """Functions that are referred to other than by a call that is understood."""
        self.loans: dict[int, list[Loan]] = {}
        self.loose: set[int] = set()
        """Those of the mentioned that are not only handed to a function which the caller waits for."""
        self.strangers: set[str] = set()
        """Names of attributes that are read off objects of which nothing is known."""
        for resolver in unit.resolvers:
            self._collect(resolver)

    @cached_property
    def by_caller(self) -> dict[int, list[FunctionGraph]]:
        """The functions that are called, by the function that calls them; a task is not a call."""
        found: dict[int, list[FunctionGraph]] = {}
        for sites in self.sites.values():
            for site in sites:
                found.setdefault(id(site.resolver.function), []).append(site.target.function)
        return found

    def _collect(self, resolver: Resolver) -> None:
        understood: set[int] = set()
        lent: set[int] = set()
        for event in resolver.function.events:
            if isinstance(event, Suspend):
                for call in awaited_calls(resolver, event):
                    understood.add(call.call)
                    lent.update(self._collect_loans(resolver, event, call))
                    for target in call.targets:
                        self._site(target, Site(resolver, event.id, call.how, target))
            elif isinstance(event, Call):
                understood.update(self._collect_spawns(resolver, event))
        self._collect_setters(resolver)
        self._collect_mentions(resolver, understood, lent)

    def _collect_mentions(self, resolver: Resolver, understood: set[int], lent: set[int]) -> None:
        """Note the plain functions that are called, and what is read and not called, or called and not awaited."""
        called = {event.function for event in resolver.function.events if isinstance(event, Call)}
        for event in resolver.function.events:
            if isinstance(event, Call):
                for target in targets_of(resolver, event):
                    if not target.function.is_async:
                        self._site(target, Site(resolver, event.id, How.DIRECT, target))
                    elif event.id not in understood:
                        self._mention(target.function)
            elif isinstance(event, Read):
                found = self._collect_reference(resolver, event)
                if found is not None and event.id not in called and event.id not in understood:
                    self._mention(found, loose=event.id not in lent)

    def _mention(self, function: FunctionGraph, *, loose: bool = True) -> None:
        self.mentioned.add(id(function))
        if loose:
            self.loose.add(id(function))

    def _site(self, target: Target, site: Site) -> None:
        self.sites.setdefault(id(target.function), []).append(site)

    def _collect_reference(self, resolver: Resolver, event: Read) -> FunctionGraph | None:
        """Give the function that is read: if it is not called on the spot, it may be called by anybody."""
        place = event.place
        if isinstance(place, Attribute) and resolver.operand_type(place.base).name is None:
            self.strangers.add(place.attr)
        return referenced(resolver, event)

    def _collect_loans(self, resolver: Resolver, event: Suspend, call: AwaitedCall) -> Iterator[int]:
        """Note the functions that a call is handed which is waited for, and give where they are named."""
        handed = [(operand, target.function, name) for target in call.targets for name, operand in target.arguments]
        for operand in dict.fromkeys(operand for operand, _, _ in handed):
            helpers = tuple((function, name) for each, function, name in handed if each == operand)
            read = resolver.function.events[operand]
            if len(helpers) == len(call.targets) and isinstance(read, Read):
                for function, receiver in functions_at(resolver, operand):
                    site = Site(resolver, event.id, call.how, Target(function, receiver, open=True))
                    self.loans.setdefault(id(function), []).append(Loan(site, helpers))
                    yield operand

    def _collect_setters(self, resolver: Resolver) -> None:
        """Note the assignments that run the setter of a property."""
        for event in resolver.function.events:
            if not isinstance(event, Write) or not isinstance(event.place, Attribute):
                continue
            kind, _, owner = (resolver.operand_type(event.place.base).name or "").partition(":")
            setter = resolver.module.find_method(owner, event.place.attr) if kind == "class" else None
            if setter is not None and is_setter(setter):
                target = Target(setter, resolver.value(event.place.base))
                self._site(target, Site(resolver, event.id, How.DIRECT, target))

    def _collect_spawns(self, resolver: Resolver, event: Call) -> Iterator[int]:
        wrapper = last_name(resolver.function.nodes[event.function])
        if wrapper in SPAWN_ALL:
            found = [made for argument in event.arguments for made in coroutines(resolver, argument)]
            for made in found:
                many = made.repeated or any(are_side_by_side(resolver, made, other) for other in found)
                if many or not made.started:  # a task that is only waited for here is counted where it is made
                    self._spawn(Spawn(resolver, event.id, made.target, many, wrapper))
                yield made.call
        elif starts_one(wrapper) or dotted(_func(resolver, event), resolver.module.imports) in RUN_ALONE:
            alone = not starts_one(wrapper)
            for argument in event.arguments if alone else event.arguments[:1]:
                for made in coroutines(resolver, argument):
                    many = not alone and (made.repeated or is_made_beside_itself(resolver, event))
                    self._spawn(Spawn(resolver, event.id, made.target, many, wrapper))
                    yield made.call

    def _spawn(self, spawn: Spawn) -> None:
        self.spawns.setdefault(id(spawn.target.function), []).append(spawn)


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
            self._modules[unit.name] = ModuleCalls(unit)
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
                self._units[key] = self._program.project.related(function.class_id, name)
            else:
                found = self._program.project.concerned(own.name, name)
                self._units[key] = found or (own,)
                if found is None:
                    self._everybody.add(key)
        return self._units[key]

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
        name = getattr(function.node, "name", "")
        if id(function) in self._everybody or any(id(function) in by(self.in_module(unit)) for unit in units):
            return True
        others = (self.in_module(unit) for unit in units if unit.name != function.module)
        return function.class_id is not None and any(name in calls.strangers for calls in others)

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
        if owner is None or getattr(function.node, "decorator_list", None) or self.is_mentioned(function):
            return False
        callers = [site.resolver.function for site in self.sites(function)]
        callers.extend(spawn.resolver.function for spawn in self.spawns(function))
        if not callers or any(is_dunder(caller) for caller in callers):
            return False  # what syntax calls is not seen by its name
        if not self._program.makers.is_internal(owner):
            return False
        return not self._program.project.says_elsewhere(name, (unit.name for unit in self.concerned(function)))

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
        if not private or not function.is_async or getattr(function.node, "decorator_list", None):
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
        if not private or (getattr(function.node, "decorator_list", None) and not nested):
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
            self._locks[key] = shared | self._by_contract(function)
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
    name = getattr(function.node, "name", "")
    return name.startswith("__") and name.endswith("__")


def is_nested(function: FunctionGraph) -> bool:
    """Tell whether a function stands in another function (a method does not)."""
    return function.enclosing is not None and function.class_name is None and "." in function.qualname


def _func(resolver: Resolver, event: Call) -> ast.AST:
    return resolver.function.nodes[event.function]


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
