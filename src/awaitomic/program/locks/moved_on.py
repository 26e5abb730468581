"""Locks that are held by a path which leads to another lock now: the lock was replaced, or the key or object moved on.

``self._lock = asyncio.Lock()``, ``self._reset()`` that does so, ``key += 1`` where the lock of a key is held. Who takes
the lock by that path then takes another one, and does not wait for himself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Attribute, Call, Event, Name, Suspend, SuspendWhy, Write
from awaitomic.model.location import AttributeStep, ItemStep, Location
from awaitomic.program.accesses import CONTENTS
from awaitomic.program.calls import awaited_calls, targets_of, translate
from awaitomic.program.module import is_construction
from awaitomic.program.summaries import SummaryWrite
from awaitomic.program.target import Target
from awaitomic.program.written_words import last_word

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_WORD = re.compile(r"\w+")
_ATTRIBUTE = re.compile(r"\.\s*([^\W\d]\w*)")


def leads_through(lock: Location, place: Location) -> bool:
    """Tell whether a path goes through a place, or ends there."""
    same = (lock.root, lock.owner, lock.name) == (place.root, place.owner, place.name)
    return same and lock.steps[: len(place.steps)] == place.steps


def moved_on(program: Program, resolver: Resolver, event: Event, held: Iterable[Location]) -> Iterator[Location]:
    """Give those of some locks whose paths lead to another lock behind an event, by what it writes or runs.

    Parameters:
        program: the facts of the file.
        resolver: the function of the event.
        event: any event.
        held: the paths of locks that are held before it.
    """
    if isinstance(event, Write):
        yield from _written(resolver, event, held)
    elif isinstance(event, Call | Suspend):
        targets = list(_run_by(resolver, event))
        for lock in held if targets else ():
            if any(_replaces(program, resolver, target, lock) for target in targets):
                yield lock


def moving_keys(lock: Location) -> frozenset[str]:
    """Give the attributes by which the keys in a path are found: who writes them makes it the path of another lock."""
    texts = (step.text for step in lock.steps if isinstance(step, ItemStep) and not step.is_literal)
    return frozenset(name for text in texts for name in _ATTRIBUTE.findall(text))


def key_moves(program: Program, resolver: Resolver, lock: Location) -> bool:
    """Tell whether a key in the path of a lock is found by an attribute that is written after construction."""
    for name in moving_keys(lock):
        for unit in program.project.neighbours(resolver.module.name, resolver.function.class_id, name):
            writers = (writer for key, writes in unit.writers.items() if _ends_in(key, name) for writer, _ in writes)
            if any(not is_construction(writer.function) for writer in writers):
                return True
    return False


def _ends_in(place: Location, name: str) -> bool:
    last = place.steps[-1] if place.steps else None
    return isinstance(last, AttributeStep) and last.name == name


def binds_key(function: FunctionGraph, lock: Location, after: int, before: int) -> bool:
    """Tell whether a name by which the key of a lock is said is bound anew between two events."""
    names = _words(lock)
    events = function.events[after + 1 : before]
    return any(isinstance(each, Write) and isinstance(each.place, Name) and each.place.name in names for each in events)


def _written(resolver: Resolver, event: Write, held: Iterable[Location]) -> Iterator[Location]:
    if isinstance(event.place, Name):
        name = event.place.name
        yield from (lock for lock in held if name in _words(lock))
        return
    place = resolver.place(event.place)
    moved = event.place.attr if isinstance(event.place, Attribute) else None
    for lock in held:
        if (place is not None and leads_through(lock, place)) or moved in moving_keys(lock):
            yield lock


def _makes_what_is_missing(program: Program, written: SummaryWrite) -> bool:
    """Tell whether a write stands behind a test of what it writes: ``if self._lock is None: self._lock = Lock()``."""
    name = last_word(written.location)
    around = program.named(written.function).function.around(written.event)
    tests = [node.test for node, _ in around if isinstance(node, ast.If)]
    return any(name in {getattr(each, "attr", getattr(each, "id", "")) for each in ast.walk(test)} for test in tests)


def _words(lock: Location) -> set[str]:
    return {word for step in lock.steps if isinstance(step, ItemStep) for word in _WORD.findall(step.text)}


def _run_by(resolver: Resolver, event: Call | Suspend) -> Iterator[Target]:
    """Give what runs, and is over, with an event."""
    if isinstance(event, Call):
        yield from (each for each in targets_of(resolver, event) if not each.function.is_async)
    elif event.why is SuspendWhy.AWAIT:
        for call in awaited_calls(resolver, event):
            yield from (each for each in call.targets if each.function.is_async and not each.function.is_generator)


def _replaces(program: Program, resolver: Resolver, target: Target, lock: Location) -> bool:
    """Tell whether a function writes where a lock is found, other than to make it where there was none."""
    keys = moving_keys(lock)
    for written in program.summary(target.function).writes:
        if written.change in CONTENTS or _makes_what_is_missing(program, written):
            continue
        if any(_ends_in(written.location, name) for name in keys):
            return True
        place = translate(resolver, target, written.location)
        if place is not None and leads_through(lock, place):
            return True
    return False
