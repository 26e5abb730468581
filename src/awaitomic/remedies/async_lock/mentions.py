"""Every mention of a lock of threads: where it is made, where it is taken, and what cannot be told of it."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import statement_at
from awaitomic.model.event import Attribute, Call, Compute, Const, Enter, Event, Leave, Name, Read, Write
from awaitomic.model.location import Location, Root
from awaitomic.model.position import StatementPath
from awaitomic.program import Program, word_of
from awaitomic.program.operands import operands_of
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.shared.declined import Declined


class How(enum.Enum):
    """What is done with the lock."""

    WITH = "with"
    ACQUIRE = "acquire"
    OTHER = "release"
    """It is given back, or asked if somebody holds it: said the same way of a lock of tasks."""


@dataclass(frozen=True, slots=True)
class Use:
    """One place at which a function does something with the lock."""

    resolver: Resolver
    event: int
    how: How

    @property
    def path(self) -> StatementPath:
        """The statement."""
        return self.resolver.function.statements[self.event]


@dataclass(frozen=True, slots=True)
class Making:
    """Where the lock is made: the expression that is stored under its name, and its statement."""

    path: StatementPath
    value: ast.expr


class Mentions:
    """What a file says about one lock of its own."""

    def __init__(self, program: Program, key: Location) -> None:
        self._program = program
        self._key = key
        self.word = word_of(key)
        self.makings: list[Making] = []
        self.uses: list[Use] = []
        self._check_alone()
        for resolver in program.resolvers:
            if self.word in resolver.words:
                self._collect(resolver)

    def _check_alone(self) -> None:
        for unit in self._program.units_knowing(self._key):
            if unit.name != self._program.unit.name and any(self.word in each.words for each in unit.resolvers):
                where = self._program.project.shown(unit.name)
                raise Declined(
                    "other-file", f"`{self.word}` is used in {where}, too, which would have to change with it"
                )

    def _collect(self, resolver: Resolver) -> None:
        for event in resolver.function.events:
            if isinstance(event, Const) and event.value == self.word:
                raise self._passed_on(resolver, event.id, "may be looked up by its name")
            if isinstance(event, Read | Write) and self._is_it(resolver, event):
                if isinstance(event, Write):
                    self._made(resolver, event)
                else:
                    self.uses.extend(self._used(resolver, event.id))

    def _is_it(self, resolver: Resolver, event: Read | Write) -> bool:
        place = event.place
        if isinstance(place, Name):
            if self._key.root is Root.GLOBAL:
                named = place.name == self.word and resolver.global_value(place.name) == self._key
                return named and (resolver.is_module or resolver.name_value(place) == self._key)
            in_body = isinstance(resolver.function.node, ast.ClassDef) and isinstance(event, Write)
            return in_body and place.name == self.word and self._is_of_family(resolver)
        if not isinstance(place, Attribute) or place.attr != self.word or self._key.root is Root.GLOBAL:
            return False
        location = resolver.place(place)
        if location is None or resolver.key_of(location).root not in {Root.SELF, Root.CLASS}:
            raise self._passed_on(resolver, event.id, "is an attribute of something that is not known")
        known = resolver.key_of(location)
        return (known.owner, known.steps) == (self._key.owner, self._key.steps)

    def _is_of_family(self, resolver: Resolver) -> bool:
        owner = resolver.function.class_id
        return owner is not None and resolver.module.can_be_one(owner, self._key.owner)

    def _made(self, resolver: Resolver, event: Write) -> None:
        path = resolver.function.statements[event.id]
        statement = statement_at(resolver.module.tree, path)
        value = getattr(statement, "value", None)
        plain = isinstance(statement, ast.Assign) and len(statement.targets) == 1
        if value is None or not (plain or isinstance(statement, ast.AnnAssign)):
            raise self._passed_on(resolver, event.id, "is set in a way that is not understood")
        self.makings.append(Making(path, value))

    def _used(self, resolver: Resolver, read: int) -> Iterator[Use]:
        for event in resolver.function.events:
            if read in operands_of(event):
                use = self._use(resolver, event)
                if use is not None:
                    yield use

    def _use(self, resolver: Resolver, event: Event) -> Use | None:
        if isinstance(event, Enter):
            return Use(resolver, event.id, How.WITH)
        if isinstance(event, Leave) or (isinstance(event, Compute) and event.operator == "entered"):
            return None  # of the same block
        if isinstance(event, Read) and isinstance(event.place, Attribute):
            how = {"acquire": How.ACQUIRE, "release": How.OTHER, "locked": How.OTHER}.get(event.place.attr)
            called = any(isinstance(e, Call) and e.function == event.id for e in resolver.function.events)
            if how is not None and called:
                return Use(resolver, event.id, how)
        raise self._passed_on(resolver, event.id, "is given to somebody else")

    def _passed_on(self, resolver: Resolver, event: int, why: str) -> Declined:
        place = self._program.place(resolver.function, event)
        return Declined("lock-passed-on", f"`{self.word}` {why} ({place}), who may use it in another thread")
