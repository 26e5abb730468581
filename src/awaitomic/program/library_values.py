"""What a call of the language itself stands for: an entry that is looked up, an attribute by its name, a new object.

Functions of the program are another matter (`awaitomic.program.getters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.event import Attribute, Call, Const, Name, Operand, Read, Return, Write
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Location, Root
from awaitomic.program.module import is_of_class

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.program.resolve import Resolver

_ENTRY_GETTERS = frozenset({"get", "setdefault"})
_SAME_OBJECT = frozenset({"cast", "typing.cast"})


def value_of_call(resolver: Resolver, event: Call) -> Location | None:
    """Give the location through which others can reach what a call gives, or None."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read):
        return None
    if isinstance(callee.place, Name):
        return _of_name(resolver, event, callee.place)
    if isinstance(callee.place, Attribute) and event.arguments:
        base = resolver.value(callee.place.base)
        if base is not None and callee.place.attr in _ENTRY_GETTERS and _is_mapping(resolver, base):
            return base.item(resolver.key(event.arguments[0]))
    if isinstance(callee.place, Attribute) and _is_other_constructor(resolver, callee.place):
        return Location(Root.FRESH, resolver.function.id, f"<{event.id}>")
    return None


def _is_other_constructor(resolver: Resolver, callee: Attribute) -> bool:
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


def _of_name(resolver: Resolver, event: Call, callee: Name) -> Location | None:
    name = resolver.module.imports.get(callee.name, callee.name)
    if name == "getattr" and len(event.arguments) >= 2:
        attribute = resolver.function.events[event.arguments[1]]
        base = resolver.value(event.arguments[0])
        if base is not None and isinstance(attribute, Const) and isinstance(attribute.value, str):
            return base.attribute(attribute.value)
        return None
    if name in _SAME_OBJECT and len(event.arguments) == 2:
        return resolver.value(event.arguments[1])
    if name == "super" and resolver.function.class_name is not None:
        return resolver.receiver()
    if name == "type" and len(event.arguments) == 1:
        base = resolver.value(event.arguments[0])
        return class_of(base) if base is not None else None
    made = resolver.module.class_named(callee.name) is not None
    if made or resolver.is_own_class(resolver.function.nodes[event.function]):
        return Location(Root.FRESH, resolver.function.id, f"<{event.id}>")
    return None


def class_of(location: Location) -> Location | None:
    """Give the class of an object, as ``type(self)`` and ``self.__class__`` do."""
    if location.root is not Root.SELF or location.steps:
        return None
    return Location(Root.CLASS, location.owner, qualname_of(location.owner))


def _is_mapping(resolver: Resolver, location: Location) -> bool:
    name = resolver.type_of(location).name
    return name in MAPPINGS or name is None
