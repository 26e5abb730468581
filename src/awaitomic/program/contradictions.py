"""Holds the authors' comments about owners and locks against the code: a comment is believed, so it has to be true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.finding import Role
from awaitomic.model.identity import identity, qualname_of
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.annotations import Subject
from awaitomic.program.concurrency.entries import entries
from awaitomic.program.concurrency.table import Start
from awaitomic.source.comments import Annotation

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A comment, and an event of the code that speaks against it."""

    annotation: Annotation
    resolver: Resolver
    event: int
    role: Role
    because: str


def contradictions(program: Program) -> Iterator[Contradiction]:
    """Give the comments of the file that do not hold, each with the first place that shows it."""
    for annotation, subjects in program.unit.annotations.applied:
        check = _unguarded if annotation.verb == "guarded-by" else _shared
        found = next((each for subject in subjects for each in check(program, annotation, subject)), None)
        if found is not None:
            yield found


def _unguarded(program: Program, annotation: Annotation, subject: Subject) -> Iterator[Contradiction]:
    """Give the writes of a state that are made without the lock that a comment names."""
    lock = program.unit.annotations.lock_of(subject)
    state = _location(program, subject)
    if lock is None or state is None:
        return
    for resolver, access in program.writers_at(state):
        if getattr(resolver.function.node, "name", "") in CONSTRUCTION or resolver.is_module:
            continue
        before = program.facts(resolver).solution.before_event(access.event)
        if before is None or any(held.is_private for held in before.held):
            continue
        if all(resolver.key_of(held.location) != lock for held in before.held):
            place = program.place(resolver.function, access.event)
            because = f"`{access.location}` is written at {place} without it"
            yield Contradiction(annotation, resolver, access.event, Role.WRITE, because)


def _shared(program: Program, annotation: Annotation, subject: Subject) -> Iterator[Contradiction]:
    """Give the places where several tasks are started on what is said to belong to one task: an object, or a state."""
    owner, attribute = subject
    state = _location(program, subject)
    location = state or Location(Root.SELF, identity(program.unit.name, owner), "self")
    for resolver in _using(program, location) if attribute else program.resolvers:
        if not resolver.function.is_async or (not attribute and resolver.function.class_id != location.owner):
            continue
        for entry in entries(program, resolver.function, location, shared=None):
            if entry.start is Start.MANY and entry.spawner:
                spawner = program.named(entry.spawner)
                place = program.place(spawner.function, entry.event)
                because = f"several tasks that run `{qualname_of(entry.function)}` are started at {place}"
                yield Contradiction(annotation, spawner, entry.event, Role.CALL, because)


def _using(program: Program, state: Location) -> Iterator[Resolver]:
    """Give the functions that write a state, each once, when others may have it already."""
    seen: set[int] = set()
    for resolver, _ in program.writers_at(state):
        is_new = getattr(resolver.function.node, "name", "") in CONSTRUCTION or resolver.is_module
        if not is_new and id(resolver.function) not in seen:
            seen.add(id(resolver.function))
            yield resolver


def _location(program: Program, subject: Subject) -> Location | None:
    """Give a state as the program knows it."""
    owner, attribute = subject
    if not attribute:
        return None  # a guard of a whole class: what of it is guarded, nobody says
    if not owner:
        return Location(Root.GLOBAL, program.unit.name, attribute)
    declaring = program.module.link.declaring(identity(program.unit.name, owner), attribute)
    return Location(Root.SELF, declaring, "self", (AttributeStep(attribute),))
