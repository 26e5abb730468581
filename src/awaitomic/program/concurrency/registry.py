"""Which functions a framework calls: matched by decorator, by base class and name, by registering call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.frameworks import ALL_METHODS, FRAMEWORKS, REGISTERING_WORDS, Framework, Runs
from awaitomic.knowledge.spawners import AWAITED_ALONE, RUN_ALONE, SPAWN_ALL, starts_one
from awaitomic.knowledge.words import words_of
from awaitomic.model.event import Call, Operand, Read
from awaitomic.model.identity import qualname_of
from awaitomic.program.coroutines import referenced
from awaitomic.program.names import dotted, last_name

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit

_SPAWNS = SPAWN_ALL | AWAITED_ALONE | frozenset(name.rpartition(".")[2] for name in RUN_ALONE) | {"partial"}


@dataclass(frozen=True, slots=True)
class Registration:
    """One way in which something outside the file calls a function. `runs` is None for a callback of unknown use."""

    by: str
    runs: Runs | None
    line: int


class Registry:
    """The entry points of a program: those of a module are found when it is first asked about."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._frameworks: dict[str, list[Framework]] = {}
        self._handed: dict[str, dict[int, list[Registration]]] = {}

    def of(self, function: FunctionGraph) -> list[Registration]:
        """Give the ways in which a framework, or whoever was given it, calls a function."""
        handed = [
            each
            for unit in self._program.callers.concerned(function)
            for each in self._handed_in(unit).get(id(function), ())
        ]
        found = [*self._by_decorator(function), *self._by_base(function), *handed]
        known = [each for each in found if each.runs is not None]
        return known or found

    def _frameworks_of(self, unit: Unit) -> list[Framework]:
        """Give the frameworks that a module imports."""
        if unit.name not in self._frameworks:
            packages = {name.lstrip(".").partition(".")[0] for name in unit.module.imports.values()}
            self._frameworks[unit.name] = [
                framework for framework in FRAMEWORKS if not framework.packages or framework.packages & packages
            ]
        return self._frameworks[unit.name]

    def _handed_in(self, unit: Unit) -> dict[int, list[Registration]]:
        """Give what a module registers, by the function that it hands over."""
        if unit.name not in self._handed:
            self._handed[unit.name] = {}
            for resolver in unit.resolvers:
                for event in resolver.function.events:
                    if isinstance(event, Call):
                        self._collect(unit, resolver, event)
        return self._handed[unit.name]

    # -- by decorator and base -----------------------------------------------------------------------------------

    def _by_decorator(self, function: FunctionGraph) -> Iterator[Registration]:
        line = getattr(function.node, "lineno", 1)
        unit = self._program.unit_of(function)
        for node in getattr(function.node, "decorator_list", []):
            name = last_name(node)
            callee = node.func if isinstance(node, ast.Call) else node
            if self._program.conventions.is_entry_point(dotted(callee, unit.module.imports) or name):
                yield Registration(f"`{name}`", Runs.MANY, line)
            for framework in self._frameworks_of(unit):
                if isinstance(callee, ast.Name) and name in _PLAIN_WORDS:
                    continue  # `@get` without an application is anything
                for names, runs in framework.decorators:
                    if name in names:
                        yield Registration(framework.name, runs, line)

    def _by_base(self, function: FunctionGraph) -> Iterator[Registration]:
        if function.class_id is None or not function.is_async:
            return
        name, line = getattr(function.node, "name", ""), getattr(function.node, "lineno", 1)
        link = self._program.project.link
        lineage = link.lineage(function.class_id)
        bases = [qualname_of(base) for facts in lineage for base in link.bases(facts)]
        last = [base.rpartition(".")[2] for base in bases]
        if any(self._program.conventions.is_entry_point(base) for base in bases) and not name.startswith("_"):
            yield Registration("a configured base class", Runs.MANY, line)
        units = {facts.module: self._program.project.unit(facts.module) for facts in lineage}
        frameworks = [each for unit in units.values() if unit is not None for each in self._frameworks_of(unit)]
        for framework in {id(each): each for each in frameworks}.values():
            found = next(_base_rows(framework, name, last), None)
            if found is not None:
                yield Registration(framework.name, found, line)

    # -- by registering call -------------------------------------------------------------------------------------

    def _collect(self, unit: Unit, resolver: Resolver, event: Call) -> None:
        node = resolver.function.nodes[event.function]
        name = last_name(node)
        if name in _SPAWNS or starts_one(name):
            return
        handed = [function for operand in event.arguments if (function := _function(resolver, operand))]
        named = [(word, function) for word, operand in event.keywords if (function := _function(resolver, operand))]
        if not handed and not named:
            return
        line = self._program.extent(resolver.function, event.id).line
        known = self._registers(unit, name, dotted(node, resolver.module.imports))
        stored = _stores_callbacks(name)
        for function in handed:
            if known is not None or stored:
                self._note(unit, function, known or Registration(f"`{name}`", None, line), line)
        for word, function in named:
            if known is not None or stored or _stores_callbacks(word or ""):
                self._note(unit, function, known or Registration(f"`{name}`", None, line), line)

    def _note(self, unit: Unit, function: FunctionGraph, found: Registration, line: int) -> None:
        self._handed[unit.name].setdefault(id(function), []).append(Registration(found.by, found.runs, line))

    def _registers(self, unit: Unit, name: str, full: str | None) -> Registration | None:
        if self._program.conventions.is_entry_point(full or name):
            return Registration(f"`{name}`", Runs.MANY, 0)
        for framework in self._frameworks_of(unit):
            for names, runs in framework.registrations:
                if name in names:
                    return Registration(framework.name, runs, 0)
        return None


_PLAIN_WORDS = frozenset("get post put delete patch head options on view message func".split())


def _base_rows(framework: Framework, method: str, bases: list[str]) -> Iterator[Runs]:
    for names, methods, runs in framework.bases:
        if not any(fnmatchcase(base, pattern) for base in bases for pattern in names):
            continue
        if methods == ALL_METHODS:
            if not method.startswith("_"):
                yield runs
        elif any(fnmatchcase(method, pattern) for pattern in methods):
            yield runs


def _function(resolver: Resolver, operand: Operand) -> FunctionGraph | None:
    """Give the function of the program that an argument is, also inside ``functools.partial``."""
    event = resolver.function.events[resolver.origin(operand)]
    if isinstance(event, Call):
        name = last_name(resolver.function.nodes[event.function])
        return _function(resolver, event.arguments[0]) if name == "partial" and event.arguments else None
    return referenced(resolver, event) if isinstance(event, Read) else None


def _stores_callbacks(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & REGISTERING_WORDS)
