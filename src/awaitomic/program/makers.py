"""Where the project makes the instances of a class, and what becomes of them: who can have one at all.

A class that the project makes itself and shows to nobody is called by those callers that are seen; one that each user
of a package makes can be called by anybody. And an instance that never leaves the function that made it is its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Call, Compute, Merge, Name, Operand, Read, Return, Scope, Write, Yield
from awaitomic.model.identity import module_of, qualname_of
from awaitomic.program.callers import Callers
from awaitomic.program.module import is_of_class
from awaitomic.source.project import is_test

if TYPE_CHECKING:
    from awaitomic.program.project import Project
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.unit import Unit

_SAME = frozenset({"awaited", "entered", "tuple", "list", "set", "dict", "starred"})
_ROOTS = frozenset({"object", "ABC", "Generic", "Protocol", "Enum", "Exception", "NamedTuple", "TypedDict"})
_HOPS = 2


class Fate(enum.Enum):
    """What becomes of an object in the function that makes it."""

    KEPT = "stored where it outlives the call, or handed to another call"
    GIVEN = "returned by a method of something else, and nobody is seen to take it"
    USED = "used on the spot, by the function that made it"


class Makers:
    """Answers where the instances of the classes of one project come from."""

    def __init__(self, project: Project, callers: Callers) -> None:
        self._project = project
        self._callers = callers
        self._fates: dict[str, frozenset[Fate] | None] = {}
        self._internal: dict[str, bool] = {}
        self._made: dict[Unit, _Made] = {}

    def fates(self, class_id: str) -> frozenset[Fate] | None:
        """Give what becomes of the instances of a class and of its subclasses; None if too many know the class."""
        if class_id not in self._fates:
            self._fates[class_id] = self._find_fates(class_id)
        return self._fates[class_id]

    def is_internal(self, class_id: str) -> bool:
        """Tell whether only the project has instances of a class: it makes them, and no package offers the class.

        Not if a base class is a stranger's, who may call what it inherits.
        """
        if class_id not in self._internal:
            self._internal[class_id] = bool(self.fates(class_id)) and not self._is_offered(class_id)
        return self._internal[class_id]

    def constructions(self, class_id: str) -> list[tuple[Resolver, Call]] | None:
        """Give the calls that make an instance of a class or of a subclass; None if too many know the class."""
        found: list[tuple[Resolver, Call]] = []
        family = [class_id, *(each.id for each in self._project.link.below(class_id))]
        for each in family:
            names = self._names(each)
            units = self._concerned(each, names)
            if units is None:
                return None
            for unit in units:
                if not is_test(unit.name):
                    if unit not in self._made:
                        self._made[unit] = _Made(unit)
                    found.extend(self._made[unit].of(each, names))
        return found

    def _concerned(self, class_id: str, names: tuple[str, ...]) -> dict[Unit, None] | None:
        """Give the modules that may mean a class by one of its names; None if too many know the first."""
        found: dict[Unit, None] = {}
        for name in names:
            units = self._project.concerned(module_of(class_id), name)
            if units is None and name == names[0]:
                return None
            found.update(dict.fromkeys(units or ()))
        return found

    def _find_fates(self, class_id: str) -> frozenset[Fate] | None:
        made = self.constructions(class_id)
        if made is None:
            return None
        return frozenset(fate for resolver, event in made for fate in self._fate(resolver, event.id, _HOPS))

    def _fate(self, resolver: Resolver, made: Operand, hops: int) -> Iterator[Fate]:
        fate = Fate.KEPT if resolver.is_module else _fate_here(resolver, made, self._words_below(resolver))
        sites = self._callers.sites(resolver.function) if fate is Fate.GIVEN and hops else []
        if not sites:
            by_factory = fate is Fate.GIVEN and (resolver.function.class_id is None or is_of_class(resolver.function))
            yield Fate.KEPT if by_factory else fate
        for site in sites:
            result = _result_at(site.resolver, site.event)
            if result is not None:
                yield from self._fate(site.resolver, result, hops - 1)

    def _words_below(self, resolver: Resolver) -> frozenset[str]:
        """Give what the functions inside a function mention."""
        unit = self._project.unit(resolver.module.name)
        prefix = resolver.function.qualname + "."
        inside = [each for each in unit.resolvers if each.function.qualname.startswith(prefix)] if unit else []
        return frozenset().union(*(each.words for each in inside))

    def _is_offered(self, class_id: str) -> bool:
        link, module = self._project.link, module_of(class_id)
        lineage = link.lineage(class_id)
        bases = {base for facts in lineage for base in link.bases(facts) if ":" not in base}
        if any(base.rpartition(".")[2].partition("[")[0] not in _ROOTS for base in bases):
            return True
        words = [name.encode() for name in self._names(class_id)]
        return any(
            any(word in raw for word in words) or b"import *" in raw
            for name in (module, *self._project.importers(module))
            if name.endswith("__init__.py")
            for raw in (self._project.tree.raw(name),)
        )

    def _names(self, class_id: str) -> tuple[str, ...]:
        """Give the name of a class, and those under which it goes elsewhere."""
        name = qualname_of(class_id).rpartition(".")[2]
        return (name, *sorted(self._project.also_called(name)))


class _Made:
    """The calls of one module that make an instance, by class.

    Only functions that mention a class by its name are looked into for it, but all methods, which have it as ``cls``.
    These are looked into once for all classes: a module with a thousand classes has thousands of methods.
    """

    def __init__(self, unit: Unit) -> None:
        self._mentioning: dict[str, list[int]] = {}
        self._by_methods: dict[str, list[tuple[int, Call]]] = {}
        self._resolvers = unit.resolvers
        for index, resolver in enumerate(self._resolvers):
            if resolver.function.class_id is not None and resolver.function.parameters:
                for event, made in _makings(resolver):
                    self._by_methods.setdefault(made, []).append((index, event))
            else:
                for word in resolver.words:
                    self._mentioning.setdefault(word, []).append(index)

    def of(self, class_id: str, names: tuple[str, ...]) -> list[tuple[Resolver, Call]]:
        """Give the calls that make an instance of exactly this class, by whatever name, in the order of the text."""
        found = list(self._by_methods.get(class_id, ()))
        mentioning = (self._mentioning.get(name, ()) for name in names)
        for index in dict.fromkeys(chain.from_iterable(mentioning)):
            found.extend((index, event) for event, made in _makings(self._resolvers[index]) if made == class_id)
        return [(self._resolvers[index], event) for index, event in sorted(found, key=lambda each: each[0])]


def _makings(resolver: Resolver) -> Iterator[tuple[Call, str]]:
    """Give the calls of a function that make an instance, each with the class."""
    for event in resolver.function.events:
        if isinstance(event, Call) and (made := _class_made(resolver, event)) is not None:
            yield event, made


def _class_made(resolver: Resolver, event: Call) -> str | None:
    """Give the class of which a call makes an instance: ``Pool()``, ``module.Pool()``, ``cls()``."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read):
        return None
    place = callee.place
    if isinstance(place, Name) and place.scope is Scope.PARAMETER:
        own = resolver.is_own_class(resolver.function.nodes[event.function])
        return resolver.function.class_id if own else None
    found = resolver.definition_of(place) if isinstance(place, Name | Attribute) else None
    return found.id if found is not None and found.kind == "class" else None


def _fate_here(resolver: Resolver, made: Operand, below: frozenset[str]) -> Fate:
    same, names = {made}, set[str]()
    given = False
    for event in resolver.function.events:
        if isinstance(event, Compute | Merge):
            if not same.isdisjoint(event.operands) and (isinstance(event, Merge) or event.operator in _SAME):
                same.add(event.id)
        elif isinstance(event, Read) and isinstance(event.place, Name) and event.place.name in names:
            same.add(event.id)
        elif isinstance(event, Write) and event.value in same:
            if not isinstance(event.place, Name) or event.place.scope is not Scope.LOCAL:
                return Fate.KEPT
            if event.place.name in resolver.captured:
                return Fate.KEPT
            names.add(event.place.name)
        elif isinstance(event, Call) and not same.isdisjoint((*event.arguments, *(v for _, v in event.keywords))):
            return Fate.KEPT
        elif isinstance(event, Return | Yield) and event.value in same:
            given = True
    if names & below:
        return Fate.KEPT
    return Fate.GIVEN if given else Fate.USED


def _result_at(resolver: Resolver, event: int) -> Operand | None:
    """Give the operand that holds what a call gave: the call itself, or what awaiting it gave."""
    found = resolver.function.events[event]
    if isinstance(found, Call):
        return found.id
    awaited = (
        each.id
        for each in resolver.function.events
        if isinstance(each, Compute) and each.operator == "awaited" and each.id > event
    )
    return next(awaited, None)
