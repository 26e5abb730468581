"""What an object was given when it was made, and keeps: of ``self.part = Part(self.lock)`` the lock is ``self.lock``.

That holds where ``self.part = Part(self.lock)`` is all that is ever stored there, and what its constructor was given is
all that the part ever keeps under that name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.event import Call
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.constructed import given_for
from awaitomic.program.module import is_construction

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver

_MOST = 4
"""So many times in a row one path is shortened: an owner's part's owner's part."""


def shortest(program: Program, resolver: Resolver, location: Location) -> Location:
    """Give a path without the detours over objects that were given what they lead back to."""
    for _ in range(_MOST):
        found = _shortened(program, resolver, location)
        if found is None:
            return location
        location = found
    return location


def _shortened(program: Program, resolver: Resolver, location: Location) -> Location | None:
    steps = location.steps
    if (
        location.root is not Root.SELF
        or len(steps) < 2
        or not all(isinstance(each, AttributeStep) for each in steps[:2])
    ):
        return None
    part = Location(location.root, location.owner, location.name, steps[:1])
    given = _given(program, resolver, part, steps[1])
    return None if given is None else Location(location.root, location.owner, location.name, (*given.steps, *steps[2:]))


def _given(program: Program, resolver: Resolver, part: Location, step: object) -> Location | None:
    """Give what of its maker an object keeps as an attribute, in the maker's terms."""
    made = list(program.writers_at(resolver.key_of(part)))
    if len(made) != 1 or not isinstance(step, AttributeStep):
        return None
    maker, access = made[0]
    value = maker.origin(access.value) if access.value is not None else None
    if value is None or not is_construction(maker.function) or not isinstance(maker.function.events[value], Call):
        return None
    if access.location.root is not Root.SELF or len(access.location.steps) != 1:
        return None
    if len(list(program.writers_at(resolver.key_of(part.attribute(step.name))))) != 1:
        return None
    operand = given_for(maker, value, step.name)
    given = maker.value(operand) if operand is not None else None
    if given is None or given.root is not Root.SELF or len(given.steps) > 1:
        return None
    if given.steps and len(list(program.writers_at(maker.key_of(given)))) != 1:
        return None
    return given
