"""What an object that is made on the spot was given: ``async with Turn(self.lock):`` is about ``self.lock``."""

from __future__ import annotations

from awaitomic.model.event import Attribute, Call, Name, Operand, Read, Scope, Write
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.calls import targets_of, translate
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target


def in_caller(resolver: Resolver, target: Target, location: Location) -> Location | None:
    """Say in the caller's terms which location of the callee is meant, also of an object that the caller has just made.

    Of such an object only what its constructor keeps of its arguments has a name there.
    """
    made = target.receiver_made
    if made is None or location.root is not Root.SELF:
        return translate(resolver, target, location)
    first = location.steps[0] if location.steps else None
    operand = given_for(resolver, made, first.name) if isinstance(first, AttributeStep) else None
    base = resolver.value(operand) if operand is not None else None
    for step in location.steps[1:]:
        if base is None or not isinstance(step, AttributeStep):
            return None
        base = base.attribute(step.name)
    return base


def given_for(resolver: Resolver, made: Operand, attribute: str) -> Operand | None:
    """Give the argument that a constructor keeps as an attribute."""
    event = resolver.function.events[made]
    targets = targets_of(resolver, event) if isinstance(event, Call) else ()
    if len(targets) != 1:
        return None
    events = targets[0].function.events
    kept = [each for each in events if isinstance(each, Write) and _is_of_self(targets[0], each, attribute)]
    value = events[kept[0].value] if len(kept) == 1 and kept[0].value is not None else None
    if not isinstance(value, Read) or not isinstance(value.place, Name) or value.place.scope is not Scope.PARAMETER:
        return None
    return dict(targets[0].arguments).get(value.place.name)


def _is_of_self(target: Target, event: Write, attribute: str) -> bool:
    if not isinstance(event.place, Attribute) or event.place.attr != attribute:
        return False
    base = target.function.events[event.place.base]
    return isinstance(base, Read) and isinstance(base.place, Name) and base.place.name == target.function.parameters[0]
