"""Where the project makes the instances of a class, and what becomes of them: who can have one at all.

A class that the project makes itself and shows to nobody is called by those callers that are seen; one that each user
of a package makes can be called by anybody. And an instance that never leaves the function that made it is its own.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Call, Compute, Merge, Name, Operand, Read, Return, Scope, Write, Yield
from awaitomic.model.identity import module_of, qualname_of
from awaitomic.program.callers import Callers
from awaitomic.program.module import is_of_class
from awaitomic.source.project import is_test

if TYPE_CHECKING:
    from awaitomic.program.project import Project
    from awaitomic.program.resolve import Resolver

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
        family = [class_id, *(facts.id for facts in self._project.link.descendants(class_id))]
        for each in family:
            units = self._project.concerned(module_of(each), qualname_of(each).rpartition(".")[2])
            if units is None:
                return None
            for unit in units:
                if not is_test(unit.name):
                    found.extend(made for resolver in unit.resolvers for made in _made_by(resolver, each))
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
        word = qualname_of(class_id).rpartition(".")[2].encode()
        return any(
            word in (raw := self._project.tree.raw(name)) or b"import *" in raw
            for name in (module, *self._project.importers(module))
            if name.endswith("__init__.py")
        )


def _made_by(resolver: Resolver, class_id: str) -> Iterator[tuple[Resolver, Call]]:
    if qualname_of(class_id).rpartition(".")[2] not in resolver.words and not _is_cls(resolver):
        return
    for event in resolver.function.events:
        if isinstance(event, Call) and _makes(resolver, event, class_id):
            yield resolver, event


def _is_cls(resolver: Resolver) -> bool:
    return resolver.function.class_id is not None and bool(resolver.function.parameters)


def _makes(resolver: Resolver, event: Call, class_id: str) -> bool:
    """Tell whether a call makes an instance of exactly this class: ``Pool()``, ``module.Pool()``, ``cls()``."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read):
        return False
    place = callee.place
    if isinstance(place, Name) and place.scope is Scope.PARAMETER:
        return resolver.is_own_class(resolver.function.nodes[event.function]) and resolver.function.class_id == class_id
    found = resolver.definition_of(place) if isinstance(place, Name | Attribute) else None
    return found is not None and found.kind == "class" and found.id == class_id


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
