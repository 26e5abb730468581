"""What one module calls, starts as tasks, and hands around: found once for the module.

Who calls a function is asked of the modules that can know it, in `awaitomic.program.callers`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.spawners import RUN_ALONE, SPAWN_ALL, starts_one
from awaitomic.model.event import Attribute, Call, Operand, Read, Suspend, Write
from awaitomic.model.location import Root
from awaitomic.program.calls import awaited_calls, functions_at, targets_of
from awaitomic.program.coroutines import are_side_by_side, coroutines, is_made_beside_itself, referenced
from awaitomic.program.module import is_setter
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver
from awaitomic.program.spawning import called_as, is_waited_for, made_into_tasks
from awaitomic.program.target import AwaitedCall, How, Target


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
    """What the functions of one module, or some of them, call, start as tasks, and hand around."""

    def __init__(self, resolvers: Sequence[Resolver]) -> None:
        self.sites: dict[int, list[Site]] = {}
        self.spawns: dict[int, list[Spawn]] = {}
        self.loans: dict[int, list[Loan]] = {}
        self._mentioned: set[int] = set()
        self._loose: set[int] = set()
        self._strangers: dict[str, bool] = {}
        self._resolvers = resolvers
        self._pending: list[tuple[Resolver, set[int], set[int]]] = []
        """Functions with what they call and is understood, and what they lend: what else they read is asked later."""
        for resolver in resolvers:
            self._collect(resolver)

    @property
    def mentioned(self) -> set[int]:
        """Functions that are referred to other than by a call that is understood."""
        self._find_mentions()
        return self._mentioned

    @property
    def loose(self) -> set[int]:
        """Those of the mentioned that are not only handed to a function which the caller waits for."""
        self._find_mentions()
        return self._loose

    def reads_of_stranger(self, name: str) -> bool:
        """Tell whether an attribute of that name is read off an object of which nothing is known."""
        if name not in self._strangers:
            bases = self._read.get(name, ())
            self._strangers[name] = any(resolver.operand_type(base).name is None for resolver, base in bases)
        return self._strangers[name]

    @cached_property
    def _read(self) -> dict[str, list[tuple[Resolver, Operand]]]:
        """What attributes are read off, by their names."""
        found: dict[str, list[tuple[Resolver, Operand]]] = {}
        for resolver in self._resolvers:
            for event in resolver.function.events:
                if isinstance(event, Read) and isinstance(event.place, Attribute):
                    found.setdefault(event.place.attr, []).append((resolver, event.place.base))
        return found

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
        self._collect_plain(resolver, understood)
        self._pending.append((resolver, understood, lent))

    def _collect_plain(self, resolver: Resolver, understood: set[int]) -> None:
        """Note the plain functions that are called, and the coroutines that are called and not awaited."""
        for event in resolver.function.events:
            for target in targets_of(resolver, event) if isinstance(event, Call) else ():
                if not target.function.is_async:
                    self._site(target, Site(resolver, event.id, How.DIRECT, target))
                elif event.id not in understood:
                    self._mention(target.function)

    def _find_mentions(self) -> None:
        """Note the functions that are read and not called on the spot: they may be called by anybody."""
        pending, self._pending = self._pending, []
        for resolver, understood, lent in pending:
            events = resolver.function.events
            called = {event.function for event in events if isinstance(event, Call)} | understood
            for event in events:
                found = referenced(resolver, event) if isinstance(event, Read) and event.id not in called else None
                if found is not None:
                    self._mention(found, loose=event.id not in lent)

    def _mention(self, function: FunctionGraph, *, loose: bool = True) -> None:
        self._mentioned.add(id(function))
        if loose:
            self._loose.add(id(function))

    def _site(self, target: Target, site: Site) -> None:
        self.sites.setdefault(id(target.function), []).append(site)

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
        wrapper = called_as(resolver, event)
        if wrapper in SPAWN_ALL:
            found = [made for argument in event.arguments for made in coroutines(resolver, argument)]
            for made in found:
                many = made.repeated or any(are_side_by_side(resolver, made, other) for other in found)
                if many or not made.started:  # a task that is only waited for here is counted where it is made
                    self._spawn(Spawn(resolver, event.id, made.target, many, wrapper))
                yield made.call
        elif dotted(_func(resolver, event), resolver.module.imports) in RUN_ALONE and not starts_one(wrapper):
            for argument in event.arguments:
                for made in coroutines(resolver, argument):
                    self._spawn(Spawn(resolver, event.id, made.target, False, wrapper))
                    yield made.call
        else:
            for argument in made_into_tasks(resolver, event):
                for made in coroutines(resolver, argument):
                    again = is_made_beside_itself(resolver, event) and not is_waited_for(resolver, event)
                    self._spawn(Spawn(resolver, event.id, made.target, made.repeated or again, wrapper))
                    yield made.call

    def _spawn(self, spawn: Spawn) -> None:
        self.spawns.setdefault(id(spawn.target.function), []).append(spawn)


def _func(resolver: Resolver, event: Call) -> ast.AST:
    return resolver.function.nodes[event.function]
