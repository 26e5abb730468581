"""What can be known of a whole program (for now: one file) beyond a single function's flow.

`build` makes a `Program`; rules and remedies ask it. Everything expensive is computed when it is asked for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.lower import lower_module
from awaitomic.flow.statements import statement_at
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.knowledge.locks import SERIALISING_DECORATORS, UNKNOWN_LOCK
from awaitomic.model.conventions import STANDARD, Conventions
from awaitomic.model.event import Attribute as AttributePlace
from awaitomic.model.event import Call, Compute, Operand, Read, Suspend, SuspendWhy, Write
from awaitomic.model.location import ANY_ITEM, AttributeStep, ItemStep, Location, Root
from awaitomic.model.position import Extent
from awaitomic.program.accesses import CONTENTS, Access, Change, accesses
from awaitomic.program.annotations import Annotations
from awaitomic.program.callers import Callers, in_loop
from awaitomic.program.calls import awaited_calls, is_awaited, is_property, targets_of
from awaitomic.program.concurrency.registry import Registry
from awaitomic.program.facts import FunctionFacts, analyse, summarise
from awaitomic.program.locks import Lock, lock_of, protects
from awaitomic.program.module import ModuleFacts, module_facts
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.summaries import Effects, Summary
from awaitomic.program.target import AwaitedCall
from awaitomic.source.positions import Located, Positions
from awaitomic.source.text import SourceText

_ASSIGNING = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Delete)


class Program:
    """The facts of one file; `resolvers` stand in source order, one for each function."""

    def __init__(self, source: SourceText, tree: ast.Module, conventions: Conventions = STANDARD) -> None:
        self.source = source
        self.conventions = conventions
        self.positions = Positions(source.text)
        graph = lower_module(tree)
        self.module: ModuleFacts = module_facts(tree, graph)
        self.annotations = Annotations(source.text, self.module)
        self.resolvers: list[Resolver] = []
        self._by_graph: dict[int, Resolver] = {}
        for function in graph.functions:
            outer = self.resolvers[function.enclosing] if function.enclosing is not None else None
            resolver = Resolver(self.module, function, outer)
            self.resolvers.append(resolver)
            self._by_graph[id(function)] = resolver
        self._find_captured()
        self._managers: dict[tuple[int, Operand], tuple[Lock, ...]] = {}
        self._held_at_yield: dict[int, frozenset[Lock]] = {}
        self._facts: dict[int, FunctionFacts] = {}
        self._summaries: dict[int, Summary] = {}
        self._changes: dict[Location, bool] = {}
        self.writers: dict[Location, list[tuple[Resolver, Access]]] = {}
        self._collect_writers()
        self.callers = Callers(self)
        self.registry = Registry(self)
        self.effects = Effects(self)

    # -- construction --------------------------------------------------------------------------------------------

    def _find_captured(self) -> None:
        """Mark the locals that nested functions rebind: they are the closure's state."""
        for resolver in self.resolvers:
            enclosing = resolver.function.enclosing
            for name in resolver.function.nonlocal_names:
                index = enclosing
                while index is not None:
                    outer = self.resolvers[index]
                    if name in outer.function.local_names:
                        outer.captured |= {name}
                        break
                    index = outer.function.enclosing

    def _collect_writers(self) -> None:
        for resolver in self.resolvers:
            for access in accesses(resolver):
                self.writers.setdefault(resolver.key_of(access.location), []).append((resolver, access))

    def extent(self, function: FunctionGraph, event: int) -> Extent:
        """Give where the syntax behind an event stands (a class or function body as a whole: its first line)."""
        node = function.nodes[event]
        if hasattr(node, "lineno"):
            return self.positions.extent(cast("Located", node))
        return Extent(1, 1, 1, 1)

    def write_extent(self, function: FunctionGraph, event: int) -> Extent:
        """Give where a write stands: the whole assignment or deletion, or the expression that writes."""
        path = function.statements[event]
        statement = statement_at(self.module.tree, path) if path else None
        if isinstance(function.events[event], Write) and isinstance(statement, _ASSIGNING):
            return self.positions.extent(statement)
        return self.extent(function, event)

    # -- functions -----------------------------------------------------------------------------------------------

    def resolver(self, function: FunctionGraph) -> Resolver:
        """Give the resolver of a function."""
        return self._by_graph[id(function)]

    def named(self, qualname: str) -> Resolver:
        """Give the resolver of the function with a qualified name (the last, if several have it)."""
        return self._by_graph[id(self.module.by_name[qualname])]

    def facts(self, resolver: Resolver) -> FunctionFacts:
        """Give the outcome of the freshness analysis of a function."""
        key = id(resolver.function)
        if key not in self._facts:
            self._facts[key] = analyse(self, resolver, self.callers.held_at_entry(resolver.function))
        return self._facts[key]

    def summary(self, function: FunctionGraph) -> Summary:
        """Give what callers have to know of a function; inside a recursion, nothing."""
        key = id(function)
        if key not in self._summaries:
            self._summaries[key] = Summary()
            resolver = self._by_graph[key]
            if self._is_relevant(resolver):
                self._summaries[key] = summarise(resolver, self.facts(resolver))
        return self._summaries[key]

    def _is_relevant(self, resolver: Resolver) -> bool:
        """Tell whether a function writes or reads shared state at all, directly or by calls."""
        return any(
            isinstance(event, Call)
            or (isinstance(event, Read) and (found := resolver.place(event.place)) and self.changes(resolver, found))
            for event in resolver.function.events
        ) or any(True for _ in accesses(resolver))

    def property_at(self, resolver: Resolver, location: Location) -> FunctionGraph | None:
        """Give the getter if a location is a property of a class of this file."""
        parent = location.parent
        step = location.steps[-1] if location.steps else None
        if parent is None or not isinstance(step, AttributeStep):
            return None
        typed = resolver.type_of(parent).name or ""
        if not typed.startswith("class:"):
            return None
        method = self.module.find_method(typed.removeprefix("class:"), step.name)
        return method if method is not None and is_property(method) else None

    # -- state ---------------------------------------------------------------------------------------------------

    def changes(self, resolver: Resolver, location: Location) -> bool:
        """Tell whether a location is written anywhere in the file after construction and import."""
        if location.root is Root.FRESH or location.root is Root.RESULT:
            return False
        known = self._changes.get(location)
        if known is None:
            key = resolver.key_of(location)
            known = any(self.changing_writers(key))
            self._changes[location] = known
        return known

    def changing_writers(self, key: Location) -> Iterator[tuple[Resolver, Access]]:
        """Give the writes of a state, or of its contents, outside construction and import."""
        keys = [key, key.item(ANY_ITEM)]
        if key.steps and isinstance(key.steps[-1], ItemStep) and key.parent is not None:
            keys.append(key.parent)
        for index, wanted in enumerate(keys):
            for resolver, access in self.writers.get(wanted, ()):
                if index == 2 and access.change not in CONTENTS and access.change is not Change.RESET:
                    continue
                if not is_construction(resolver.function) and not _is_before_closures(resolver, access):
                    yield resolver, access

    # -- locks ---------------------------------------------------------------------------------------------------

    def locks_of(self, resolver: Resolver, manager: Operand) -> tuple[Lock, ...]:
        """Give the protecting locks that a with-statement on `manager` holds."""
        key = (id(resolver), manager)
        if key not in self._managers:
            self._managers[key] = tuple(self._find_locks(resolver, manager))
        return self._managers[key]

    def _find_locks(self, resolver: Resolver, manager: Operand) -> Iterator[Lock]:
        event = resolver.function.events[resolver.origin(manager)]
        if isinstance(event, Call):
            targets = targets_of(resolver, event)
            if targets and not any(is_construction(target.function) for target in targets):
                for target in targets:
                    yield from self._locks_of_call(resolver, target.function)
                return
        lock = lock_of(resolver, manager)
        if lock is not None and protects(lock):
            yield lock

    def _locks_of_call(self, resolver: Resolver, function: FunctionGraph) -> Iterator[Lock]:
        """Give the lock of a context manager or factory of this file: if it has to do with one, it protects."""
        taken = any(
            self.lock_words(inner, event) for inner in (self._by_graph[id(function)],) for event in function.events
        )
        if taken:
            yield Lock(Location(Root.RESULT, resolver.function.qualname, f"{function.qualname}()"), UNKNOWN_LOCK)

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
        callee = resolver.function.events[event.function]
        if not isinstance(callee, Read) or not isinstance(callee.place, AttributePlace):
            return []
        method = callee.place.attr
        if method in {"acquire", "release"}:
            lock = lock_of(resolver, callee.place.base)
            if lock is not None and method == "acquire" and lock.self_deadlocks and not is_awaited(resolver, event.id):
                return []  # a task of its own waits for it, or nobody
        elif method in {"enter_async_context", "enter_context"} and event.arguments:
            lock = lock_of(resolver, event.arguments[0])
        else:
            return []
        return [(lock, method != "release")] if lock is not None and protects(lock) else []

    def effective_calls(self, resolver: Resolver, event: Suspend) -> tuple[AwaitedCall, ...]:
        """Give the calls of this file that run while the function waits; what a lock does to itself is left out."""
        managing = {SuspendWhy.ASYNC_ENTER, SuspendWhy.ASYNC_EXIT}
        if event.why in managing and event.awaited is not None and self.locks_of(resolver, event.awaited):
            return ()
        return awaited_calls(resolver, event)

    def may_suspend(self, resolver: Resolver, event: Suspend) -> bool:
        """Tell whether other tasks may run at a suspension point."""
        return self.effects.may_suspend(resolver, event)

    def serialised(self, function: FunctionGraph) -> str | None:
        """Give the decorator that lets only one call of a function run at a time, if there is one."""
        for node in getattr(function.node, "decorator_list", []):
            name = last_name(node)
            if name in SERIALISING_DECORATORS:
                return name
            wrapper = self.module.by_name.get(name)
            if wrapper is not None and self._decorator_locks(wrapper):
                return name
        return None

    def _decorator_locks(self, decorator: FunctionGraph) -> bool:
        """Tell whether a decorator of this file takes a lock around what it wraps."""
        prefix = decorator.qualname + "."
        return any(
            self.lock_words(resolver, event)
            for resolver in self.resolvers
            if resolver.function.qualname.startswith(prefix)
            for event in resolver.function.events
        )


def is_construction(function: FunctionGraph) -> bool:
    """Tell whether a function runs before anybody else can have the object, or at import."""
    name = getattr(function.node, "name", "")
    return name in CONSTRUCTION or not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _is_before_closures(resolver: Resolver, access: Access) -> bool:
    """Tell whether a function sets a variable of its closures before any of them exists."""
    function = resolver.function
    if access.location.root is not Root.CLOSURE or access.location.owner != function.qualname:
        return False
    made = [event.id for event in function.events if isinstance(event, Compute) and event.operator in _CLOSURES]
    return access.event < min(made, default=0) and not in_loop(resolver, access.event)


_CLOSURES = frozenset({"function", "lambda", "class"})


def build(source: SourceText, tree: ast.Module, conventions: Conventions = STANDARD) -> Program:
    """Build the facts of one parsed file.

    Parameters:
        source: the file's text.
        tree: its parsed module.
        conventions: what the configuration adds to the tables.

    Raises:
        awaitomic.flow.lower.UnsupportedSyntax: for syntax that this release does not know.
    """
    return Program(source, tree, conventions)
