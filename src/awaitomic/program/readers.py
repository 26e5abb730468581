"""Who reads what is in a container: who looks something up, goes over it, copies it, or hands the container out.

To ask whether it is empty or how much is in it, to show it in a log, and to put something in, is not to read it in this
sense: none of these goes wrong because some of the contents are missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from awaitomic.knowledge.containers import ASKS_HOW_MANY, READ_BY_CHANGE, WRITE_ONLY
from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Attribute, Call, Compute, Event, Guard, Item, Merge, Name, Operand, Read, Scope, Write
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program import Program
from awaitomic.program.module import is_construction
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import operands_of
from awaitomic.program.resolve import Resolver
from awaitomic.source.project import is_test

_ONLY_ASKS = frozenset({"not", "is", "is not", "==", "!=", "f-string"})
_MOST_STRANGERS = 20
"""An attribute that more modules name is too common a word to tell whose it is."""


@dataclass(frozen=True, slots=True)
class ContentRead:
    """One read of what is in a container. `by_parameter` says that it looks up what its caller asks for."""

    resolver: Resolver
    event: int
    by_parameter: bool


def content_reads(program: Program, resolver: Resolver, location: Location) -> Iterator[ContentRead]:
    """Give the reads of what is in a container, in the whole program outside construction.

    Parameters: `location` is the container in the terms of `resolver`'s function.
    """
    key = resolver.key_of(location)
    for reader in program.resolvers_knowing(key):
        if is_construction(reader.function):
            continue
        uses = Uses(reader)
        for event in reader.function.events:
            if isinstance(event, Read) and _is_at(reader, event, key) and uses.reads_contents(event.id):
                yield ContentRead(reader, event.id, uses.looks_up_parameter(event.id))
    yield from _by_holders(program, key)


def _is_at(resolver: Resolver, event: Read, key: Location) -> bool:
    location = resolver.place(event.place) if not isinstance(event.place, Item) else None
    return location is not None and resolver.key_of(location) == key


class Uses:
    """What one function does with the values that it has read."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    @cached_property
    def _users(self) -> dict[Operand, list[Event]]:
        found: dict[Operand, list[Event]] = {}
        for event in self._resolver.function.events:
            for operand in operands_of(event):
                found.setdefault(operand, []).append(event)
        return found

    def reads_contents(self, operand: Operand) -> bool:
        """Tell whether a container is used for what is in it."""
        return any(self._reads(user, operand) for user in self._users.get(operand, ()))

    def _reads(self, user: Event, operand: Operand) -> bool:
        if isinstance(user, Read):
            return self._reads_through(user)
        if isinstance(user, Write):  # stored somewhere else, or the receiver of a write
            return user.value == operand
        if isinstance(user, Guard):
            return False
        if isinstance(user, Merge) or (isinstance(user, Compute) and user.operator == "not"):
            return self.reads_contents(user.id)
        if isinstance(user, Compute):
            return user.operator not in _ONLY_ASKS
        return not isinstance(user, Call) or not self._only_shows(user)

    def _reads_through(self, user: Read) -> bool:
        if not isinstance(user.place, Attribute) or user.place.attr not in WRITE_ONLY | READ_BY_CHANGE:
            return True
        calls = [call for call in self._users.get(user.id, ()) if isinstance(call, Call)]
        return user.place.attr in READ_BY_CHANGE and any(self._users.get(call.id) for call in calls)

    def _only_shows(self, call: Call) -> bool:
        callee = self._resolver.function.nodes[call.function]
        return dotted(callee, self._resolver.module.imports) in ASKS_HOW_MANY or last_name(callee) in LOGS

    def looks_up_parameter(self, operand: Operand) -> bool:
        """Tell whether an entry is looked up under a key that a parameter gives: for whoever calls."""
        return any(self._is_parameter(key) for user in self._users.get(operand, ()) for key in self._keys(user))

    def _keys(self, user: Event) -> tuple[Operand, ...]:
        if isinstance(user, Read) and isinstance(user.place, Item):
            return (user.place.key,)
        if isinstance(user, Compute) and user.operator in {"in", "not in"}:
            return user.operands[:1]
        if isinstance(user, Read):
            return tuple(c.arguments[0] for c in self._users.get(user.id, ()) if isinstance(c, Call) and c.arguments)
        return ()

    def _is_parameter(self, operand: Operand) -> bool:
        event = self._resolver.function.events[self._resolver.origin(operand)]
        return isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.PARAMETER


# -- readers that only names lead to ----------------------------------------------------------------------------------


def _by_holders(program: Program, key: Location) -> Iterator[ContentRead]:
    """Give reads through objects of unknown type that name both the container and what its object is kept as.

    ``self.app.store.data.entries`` is a read of a `Data`'s public `entries` if some class keeps a `Data` as ``data``.
    """
    step = key.steps[-1] if key.steps else None
    if key.root is not Root.SELF or len(key.steps) != 1 or not isinstance(step, AttributeStep):
        return
    holders = _holders(program, key) if not step.name.startswith("_") else frozenset()
    if not holders:
        return
    names = "|".join(sorted(holders))
    pattern = re.compile(rf"\b(?:{names})\s*\.\s*{step.name}\b".encode())
    tree = program.project.tree
    named = sorted(name for name in tree.files if not is_test(name) and pattern.search(tree.raw(name)))
    for name in named if len(named) <= _MOST_STRANGERS else ():
        unit = program.project.unit(name)
        for reader in unit.resolvers if unit is not None else ():
            yield from _in_stranger(reader, step.name, holders)


def _holders(program: Program, key: Location) -> frozenset[str]:
    """Give the attributes under which classes that know a class keep an instance of it."""
    wanted = f"class:{key.owner}"
    known = program.project.related(key.owner, qualname_of(key.owner).rpartition(".")[2])
    return frozenset(
        name
        for unit in known
        for facts in unit.module.classes.values()
        for name in facts.attributes
        if unit.module.attribute_type(facts.id, name).name == wanted
    )


def _in_stranger(reader: Resolver, attribute: str, holders: frozenset[str]) -> Iterator[ContentRead]:
    if attribute not in reader.words or is_construction(reader.function):
        return
    uses = Uses(reader)
    for event in reader.function.events:
        if not isinstance(event, Read) or not isinstance(event.place, Attribute) or event.place.attr != attribute:
            continue
        base = reader.function.events[event.place.base]
        held = isinstance(base, Read) and isinstance(base.place, Attribute) and base.place.attr in holders
        if held and reader.operand_type(base.id).name is None and uses.reads_contents(event.id):
            yield ContentRead(reader, event.id, uses.looks_up_parameter(event.id))
