"""Who calls whom in the file: which locks every caller holds, and where a function is started as a task."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.spawners import AWAITED_ALONE, RUN_ALONE, SPAWN_ALL, SPAWN_ONE
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Scope, Suspend
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.locks import Lock
from awaitomic.program.names import dotted, last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program import Program


@dataclass(frozen=True, slots=True)
class Site:
    """One place where a function is called: the caller, the event at which its body starts to run, and how."""

    resolver: Resolver
    event: int
    how: How
    target: Target


@dataclass(frozen=True, slots=True)
class Spawn:
    """One place where a task is made of a function; `many` says that several can run at once from this place alone."""

    resolver: Resolver
    event: int
    target: Target
    many: bool
    wrapper: str


class Callers:
    """The call sites of every function of the file, found once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self.sites: dict[int, list[Site]] = {}
        self.spawns: dict[int, list[Spawn]] = {}
        self._mentioned: dict[int, int] = {}
        """How often a function is referred to other than by a call that is understood."""
        self._held: dict[int, frozenset[Lock]] = {}
        for resolver in program.resolvers:
            self._collect(resolver)

    def _collect(self, resolver: Resolver) -> None:
        understood: set[int] = set()
        for event in resolver.function.events:
            if isinstance(event, Suspend):
                for call in awaited_calls(resolver, event):
                    understood.add(call.call)
                    for target in call.targets:
                        self._site(target, Site(resolver, event.id, call.how, target))
            elif isinstance(event, Call):
                understood.update(self._collect_spawns(resolver, event))
        called = {event.function for event in resolver.function.events if isinstance(event, Call)}
        for event in resolver.function.events:
            if isinstance(event, Call):
                targets = targets_of(resolver, event)
                for target in targets:
                    if not target.function.is_async:
                        self._site(target, Site(resolver, event.id, How.DIRECT, target))
                    elif event.id not in understood:
                        self._mention(target.function)
            elif isinstance(event, Read) and event.id not in called:
                self._collect_reference(resolver, event)

    def _site(self, target: Target, site: Site) -> None:
        self.sites.setdefault(id(target.function), []).append(site)

    def _mention(self, function: FunctionGraph) -> None:
        self._mentioned[id(function)] = self._mentioned.get(id(function), 0) + 1

    def _collect_reference(self, resolver: Resolver, event: Read) -> None:
        """Note a function that is read and not called on the spot: it may be called by anybody."""
        function = referenced(resolver, event)
        if function is not None:
            self._mention(function)

    def _collect_spawns(self, resolver: Resolver, event: Call) -> Iterator[int]:
        wrapper = last_name(resolver.function.nodes[event.function])
        if wrapper in SPAWN_ALL:
            per_argument = [list(_coroutines(resolver, argument)) for argument in event.arguments]
            found = [pair for pairs in per_argument for pair in pairs]
            functions = [id(target.function) for _, target, _ in found]
            for call, target, repeated in found:
                many = repeated or functions.count(id(target.function)) > 1
                self._spawn(Spawn(resolver, event.id, target, many, wrapper))
                yield call
        elif wrapper in SPAWN_ONE or dotted(_func(resolver, event), resolver.module.imports) in RUN_ALONE:
            alone = wrapper not in SPAWN_ONE
            for argument in event.arguments if alone else event.arguments[:1]:
                for call, target, repeated in _coroutines(resolver, argument):
                    many = not alone and (repeated or in_loop(resolver, event.id))
                    self._spawn(Spawn(resolver, event.id, target, many, wrapper))
                    yield call

    def _spawn(self, spawn: Spawn) -> None:
        self.spawns.setdefault(id(spawn.target.function), []).append(spawn)

    # -- questions -----------------------------------------------------------------------------------------------

    def is_mentioned(self, function: FunctionGraph) -> bool:
        """Tell whether the function is handed around as a value, or called in a way that is not understood."""
        return bool(self._mentioned.get(id(function)))

    def only_awaited_here(self, function: FunctionGraph) -> list[Site] | None:
        """Give the call sites if nothing else can reach a function: it is private and never handed out as a value."""
        name = getattr(function.node, "name", "")
        nested = function.enclosing is not None and function.class_name is None and "." in function.qualname
        private = nested or (name.startswith("_") and not name.endswith("__"))
        if not private or self.is_mentioned(function) or id(function) in self.spawns:
            return None
        if getattr(function.node, "decorator_list", None) and not nested:
            return None
        return self.sites.get(id(function)) or None

    def held_at_entry(self, function: FunctionGraph) -> frozenset[Lock]:
        """Give the locks that every caller of a private function holds when it calls (caller must hold)."""
        key = id(function)
        if key not in self._held:
            self._held[key] = frozenset()  # a recursion adds no caller from outside
            sites = self.only_awaited_here(function) if self._program.effects.takes_locks else None
            if sites:
                held = [self._held_in_callee(site) for site in sites if site.resolver.function is not function]
                self._held[key] = frozenset.intersection(*held) if held else frozenset()
        return self._held[key]

    def _held_in_callee(self, site: Site) -> frozenset[Lock]:
        if site.how not in {How.DIRECT, How.WAIT_FOR}:
            return frozenset()
        state = self._program.facts(site.resolver).solution.before_event(site.event)
        held = state.held if state is not None else frozenset()
        mine = site.target.receiver
        found = set()
        for lock in held:
            location = lock.location
            if mine is not None and location.steps[: len(mine.steps)] == mine.steps and location.root is mine.root:
                owner = site.target.function.class_name or mine.owner
                steps = location.steps[len(mine.steps) :]
                if all(isinstance(step, AttributeStep) for step in steps) and steps:
                    parameters = site.target.function.parameters
                    location = Location(Root.SELF, owner, parameters[0] if parameters else "self", steps)
            found.add(Lock(location, lock.type))
        return frozenset(found)


def _func(resolver: Resolver, event: Call) -> ast.AST:
    return resolver.function.nodes[event.function]


def _coroutines(resolver: Resolver, operand: Operand) -> Iterator[tuple[int, Target, bool]]:
    """Give (call, target, repeated) for every coroutine of this file that an argument holds.

    A function handed over uncalled (``start_soon(worker, 1)``) counts as called.
    """
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Call):
        targets = targets_of(resolver, event)
        for target in targets:
            yield origin, target, False
        wrapper = last_name(resolver.function.nodes[event.function])
        if not targets and wrapper in SPAWN_ONE | AWAITED_ALONE | {"partial"} and event.arguments:
            yield from _coroutines(resolver, event.arguments[0])
    elif isinstance(event, Compute) and event.operator in {"starred", "generator", "comprehension", "list", "tuple"}:
        for inner in event.operands:
            for call, target, repeated in _coroutines(resolver, inner):
                many = event.operator in {"generator", "comprehension"} or _is_repeated(resolver, origin)
                yield call, target, many or repeated
    elif isinstance(event, Compute) and event.operator == "lambda":
        yield from _in_lambda(resolver, origin)
    elif isinstance(event, Read):
        function = referenced(resolver, event)
        if function is not None and function.is_async:
            receiver = resolver.value(event.place.base) if isinstance(event.place, Attribute) else None
            yield origin, Target(function, receiver), False


def _in_lambda(resolver: Resolver, origin: int) -> Iterator[tuple[int, Target, bool]]:
    """Give the coroutines that a lambda makes: ``start_soon(lambda: self.work())``."""
    node = resolver.function.nodes[origin]
    for function in resolver.module.functions:
        if function.node is node:
            inner = Resolver(resolver.module, function, resolver)
            for event in function.events:
                for target in targets_of(inner, event) if isinstance(event, Call) else ():
                    if target.function.is_async:
                        yield origin, target, False


def _is_repeated(resolver: Resolver, operand: Operand) -> bool:
    node = resolver.function.nodes[operand]
    return isinstance(node, ast.Starred) and isinstance(node.value, ast.GeneratorExp | ast.ListComp)


def referenced(resolver: Resolver, event: Read) -> FunctionGraph | None:
    """Give the function of this file that a name or attribute stands for, if it plainly does."""
    module = resolver.module
    if isinstance(event.place, Name):
        if event.place.scope is Scope.GLOBAL:
            return None if event.place.name in module.globals else module.by_name.get(event.place.name)
        if event.place.scope in {Scope.LOCAL, Scope.CLOSURE}:
            found = module.by_name.get(f"{resolver.function.qualname}.{event.place.name}")
            return found if found is not None and found.class_name != resolver.function.qualname else None
        return None
    if isinstance(event.place, Attribute):
        location = resolver.value(event.place.base)
        typed = resolver.type_of(location).name if location is not None else None
        if typed and typed.startswith("class:"):
            return module.find_method(typed.removeprefix("class:"), event.place.attr)
    return None


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
