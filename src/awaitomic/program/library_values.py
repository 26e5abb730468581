"""What a call of the language itself stands for: an entry that is looked up, an attribute by its name, a new object.

Functions of the program are another matter (`awaitomic.program.getters`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.event import Attribute, Call, Const, Name, Read
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Location, Root
from awaitomic.program.constructors import makes_instance

if TYPE_CHECKING:
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
    if not isinstance(callee.place, Attribute):
        return None
    if _is_class(resolver, callee.place) or makes_instance(resolver, callee.place):
        return Location(Root.FRESH, resolver.function.id, f"<{event.id}>")
    return None


def _is_class(resolver: Resolver, callee: Attribute) -> bool:
    """Tell whether what is called is a class of an imported module, or one inside a class: ``bank.Account()``."""
    found = resolver.definition_of(callee)
    return found is not None and found.kind == "class"


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
        of_another = resolver.value(event.arguments[1]) if len(event.arguments) == 2 else None
        return of_another if event.arguments else resolver.receiver()
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
