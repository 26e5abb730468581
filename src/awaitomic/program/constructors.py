"""Class methods that are constructors by another name: ``Pool.from_url(url)`` gives an object that nobody else has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.event import Attribute, Call, Name, Operand, Read, Return, Write
from awaitomic.program.module import is_of_class

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.resolve import Resolver


def makes_instance(resolver: Resolver, callee: Attribute) -> bool:
    """Tell whether a class method of a named class does nothing but make an instance: ``Pool.from_url(url)``."""
    base = resolver.function.events[callee.base]
    found = resolver.definition_of(base.place) if isinstance(base, Read) else None
    method = resolver.module.find_method(found.id, callee.attr) if found is not None and found.kind == "class" else None
    if method is None or method.is_async or not is_of_class(method) or not method.parameters:
        return False
    returned = [event.value for event in method.events if isinstance(event, Return) and event.value is not None]
    made = [method.events[_bound(method, value)] for value in returned]
    return bool(made) and all(isinstance(each, Call) and _calls_parameter(method, each) for each in made)


def _bound(method: FunctionGraph, value: Operand) -> Operand:
    """Look through one local that a class method keeps the new object in."""
    event = method.events[value]
    if not isinstance(event, Read) or not isinstance(event.place, Name):
        return value
    name = event.place.name
    writes = [each for each in method.events if isinstance(each, Write) and isinstance(each.place, Name)]
    bound = [each.value for each in writes if isinstance(each.place, Name) and each.place.name == name]
    return bound[0] if len(bound) == 1 and bound[0] is not None else value


def _calls_parameter(method: FunctionGraph, call: Call) -> bool:
    """Tell whether a class method calls the class that it is given."""
    callee = method.events[call.function]
    return isinstance(callee, Read) and isinstance(callee.place, Name) and callee.place.name == method.parameters[0]
