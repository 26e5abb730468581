"""Which functions a framework calls: matched by decorator, by base class and name, by registering call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.frameworks import ALL_METHODS, FRAMEWORKS, REGISTERING_WORDS, Framework, Runs
from awaitomic.knowledge.spawners import AWAITED_ALONE, FROM_OTHER_THREADS, RUN_ALONE, SPAWN_ALL, starts_one
from awaitomic.knowledge.words import words_of
from awaitomic.model.event import Call, Compute, Operand, Read
from awaitomic.model.identity import qualname_of
from awaitomic.program.concurrency.belonging import is_base_of, may_be_of
from awaitomic.program.coroutines import referenced
from awaitomic.program.markers import is_marker
from awaitomic.program.names import dotted, last_name
from awaitomic.source.syntax import walk

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
            self._listed(unit)
        return self._handed[unit.name]

    # -- by decorator and base -----------------------------------------------------------------------------------

    def _by_decorator(self, function: FunctionGraph) -> Iterator[Registration]:
        line = getattr(function.node, "lineno", 1)
        unit = self._program.unit_of(function)
        around = self._program.resolver(function).outer or unit.resolvers[0]
        for node in getattr(function.node, "decorator_list", []):
            name = last_name(node)
            callee = node.func if isinstance(node, ast.Call) else node
            full = dotted(callee, unit.module.imports) or name
            if self._program.conventions.is_entry_point(full):
                yield Registration(f"`{name}`", Runs.MANY, line)
            for framework in self._frameworks_of(unit):
                its_own = full.partition(".")[0] in framework.packages
                if isinstance(callee, ast.Name) and name in _PLAIN_WORDS and not its_own:
                    continue  # `@get` without an application is anything
                if name not in framework.names or not may_be_of(self._program, framework, around, callee):
                    continue
                if name in framework.hooks:
                    yield Registration(framework.name, Runs.SETUP, line)
                for names, runs in framework.decorators:
                    if name in names:
                        yield Registration(framework.name, _switched(framework, node, runs), line)

    def _by_base(self, function: FunctionGraph) -> Iterator[Registration]:
        if function.class_id is None or not function.is_async:
            return
        name, line = getattr(function.node, "name", ""), getattr(function.node, "lineno", 1)
        link = self._program.project.link
        lineage = link.lineage(function.class_id)
        bases = [base for facts in lineage for base in link.bases(facts)]
        if any(self._program.conventions.is_entry_point(qualname_of(base)) for base in bases) and not name.startswith(
            "_"
        ):
            yield Registration("a configured base class", Runs.MANY, line)
        units = {facts.module: self._program.project.unit(facts.module) for facts in lineage}
        frameworks = [each for unit in units.values() if unit is not None for each in self._frameworks_of(unit)]
        for framework in {id(each): each for each in frameworks}.values():
            found = next(_base_rows(self._program, framework, function, bases), None)
            if found is not None:
                yield Registration(framework.name, found, line)

    # -- by registering call -------------------------------------------------------------------------------------

    def _collect(self, unit: Unit, resolver: Resolver, event: Call) -> None:
        node = resolver.function.nodes[event.function]
        name = last_name(node)
        if name in _SPAWNS or starts_one(name) or _is_marked(resolver, event):
            return
        handed = [function for operand in event.arguments if (function := _function(resolver, operand))]
        named = [(word, function) for word, operand in event.keywords if (function := _function(resolver, operand))]
        if not handed and not named:
            return
        line = self._program.extent(resolver.function, event.id).line
        known = self._registers(unit, resolver, event)
        stored = _stores_callbacks(name) or name == FROM_OTHER_THREADS
        for function in handed:
            if known is not None or stored:
                self._note(unit, function, known or Registration(f"`{name}`", None, line), line)
        for word, function in named:
            if known is not None or stored or _stores_callbacks(word or ""):
                self._note(unit, function, known or Registration(f"`{name}`", None, line), line)

    def _note(self, unit: Unit, function: FunctionGraph, found: Registration, line: int) -> None:
        self._handed[unit.name].setdefault(id(function), []).append(Registration(found.by, found.runs, line))

    def _registers(self, unit: Unit, resolver: Resolver, event: Call) -> Registration | None:
        node = resolver.function.nodes[event.function]
        name = last_name(node)
        if self._program.conventions.is_entry_point(dotted(node, resolver.module.imports) or name):
            return Registration(f"`{name}`", Runs.MANY, 0)
        hooked = last_name(node.value) if isinstance(node, ast.Attribute) else ""
        for framework in self._frameworks_of(unit):
            if framework.names.isdisjoint({hooked, name}) or not may_be_of(self._program, framework, resolver, node):
                continue
            if hooked in framework.hooks:
                return Registration(framework.name, Runs.SETUP, 0)
            for names, runs in framework.registrations:
                if name in names:
                    found = _switched(framework, resolver.function.nodes[event.id], runs)
                    beside = found is Runs.SERIAL and framework.side_by_side and self._is_told(unit, framework)
                    return Registration(framework.name, Runs.MANY if beside else found, 0)
        return None

    def _is_told(self, unit: Unit, framework: Framework) -> bool:
        """Tell whether a module has an application run side by side what it would run one by one."""
        calls = (node for node in walk(unit.module.tree) if isinstance(node, ast.Call))
        return any(
            last_name(call.func) in framework.side_by_side and call.args and _is_on(call.args[0]) for call in calls
        )

    def _listed(self, unit: Unit) -> None:
        """Note the functions in the lists of a worker's settings: ``functions = [resize, send]``."""
        lists = {name: each.name for each in self._frameworks_of(unit) for name in each.lists}
        for node in walk(unit.module.tree) if lists else ():
            for name, value in _named_lists(node):
                for element in value.elts if name in lists else ():
                    found = unit.module.link.find_decorator(element, unit.module)
                    if found is not None:
                        line = getattr(element, "lineno", 1)
                        self._note(unit, found, Registration(lists[name], Runs.MANY, line), line)


def _is_marked(resolver: Resolver, event: Call) -> bool:
    """Tell whether a call is that of a decorator which only notes something on what it is given."""
    node = resolver.function.nodes[event.id]
    return isinstance(node, ast.Name | ast.Attribute) and is_marker(node, resolver.module)


def _named_lists(node: ast.AST) -> Iterator[tuple[str, ast.List | ast.Tuple]]:
    """Give the lists that an assignment, a keyword or a dictionary gives a name."""
    named: list[tuple[str, ast.expr | None]] = []
    if isinstance(node, ast.Assign):
        named = [(last_name(target), node.value) for target in node.targets]
    elif isinstance(node, ast.AnnAssign):
        named = [(last_name(node.target), node.value)]
    elif isinstance(node, ast.keyword) and node.arg is not None:
        named = [(node.arg, node.value)]
    elif isinstance(node, ast.Dict):
        keys = (key.value if isinstance(key, ast.Constant) else None for key in node.keys)
        named = [(key, value) for key, value in zip(keys, node.values, strict=True) if isinstance(key, str)]
    yield from ((name, value) for name, value in named if isinstance(value, ast.List | ast.Tuple))


def _switched(framework: Framework, node: ast.AST, runs: Runs) -> Runs:
    """Give how a framework runs a function that is decorated or registered with certain arguments."""
    for keyword in node.keywords if isinstance(node, ast.Call) else ():
        for switch in framework.switches:
            if keyword.arg == switch.keyword and _is_on(keyword.value) is switch.on:
                return switch.runs
    return runs


def _is_on(node: ast.expr) -> bool:
    """Tell whether an argument is true, or more than one; what is worked out is taken to be."""
    if not isinstance(node, ast.Constant):
        return True
    return node.value is True or (node.value not in {False, None, 1})


_PLAIN_WORDS = frozenset("get post put delete patch head options on view message func".split())


def _base_rows(program: Program, framework: Framework, function: FunctionGraph, bases: list[str]) -> Iterator[Runs]:
    method = getattr(function.node, "name", "")
    for name, parameters, runs in framework.signatures:
        if method == name and function.parameters[1:] == parameters:
            yield runs
    for names, methods, runs in framework.bases:
        named = [(base, pattern) for base in bases for pattern in names if fnmatchcase(_last_of(base), pattern)]
        if not any(is_base_of(program, framework, base, pattern) for base, pattern in named):
            continue
        if methods == ALL_METHODS:
            if not method.startswith("_"):
                yield runs
        elif any(fnmatchcase(method, pattern) for pattern in methods):
            yield runs


def _last_of(base: str) -> str:
    return qualname_of(base).rpartition(".")[2]


def _function(resolver: Resolver, operand: Operand) -> FunctionGraph | None:
    """Give the function of the program that an argument is, also inside ``functools.partial``."""
    event = resolver.function.events[resolver.origin(operand)]
    if isinstance(event, Call):
        name = last_name(resolver.function.nodes[event.function])
        return _function(resolver, event.arguments[0]) if name == "partial" and event.arguments else None
    if isinstance(event, Compute) and event.operator in {"lambda", "function"}:
        node = resolver.function.nodes[event.id]
        return next((each for each in resolver.module.functions if each.node is node), None)
    return referenced(resolver, event) if isinstance(event, Read) else None


def _stores_callbacks(name: str) -> bool:
    words = set(words_of(name))
    return bool(words & REGISTERING_WORDS)
