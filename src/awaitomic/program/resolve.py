"""Resolves the operands of one function's events to locations: which state ``acct.balance`` means here.

Locals are looked through when every binding of theirs (None aside) stands for one path, so that ``acct =
self._accounts[i]`` makes ``acct.balance`` the state ``self._accounts[i].balance``. This is flow-insensitive on purpose:
what is not plainly one path is not tracked at all, and never reported.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.locks import sounds_like_a_lock
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Const,
    Event,
    Item,
    Merge,
    Name,
    Operand,
    Place,
    Read,
    Scope,
)
from awaitomic.model.identity import qualname_of
from awaitomic.model.location import ANY_ITEM, AttributeStep, ItemStep, Location, Root
from awaitomic.program.elements import element_of
from awaitomic.program.identities import Identities
from awaitomic.program.library_values import class_of, value_of_call
from awaitomic.program.link import Definition
from awaitomic.program.module import ModuleFacts
from awaitomic.program.names import dotted
from awaitomic.program.target import Target
from awaitomic.program.types import UNKNOWN, Typed

if TYPE_CHECKING:
    from awaitomic.program.escape import Publication
    from awaitomic.program.usage import Usage

_MAX_DEPTH = 12


class Resolver(Identities):
    """Answers, for one function, which location an event's value or an event's place stands for."""

    outer: Resolver | None

    def __init__(self, module: ModuleFacts, function: FunctionGraph, outer: Resolver | None) -> None:
        super().__init__(module, function, outer)
        self._values: dict[int, Location | None] = {}
        self._depth = 0
        self.targets: dict[int, tuple[Target, ...]] = {}
        """What `awaitomic.program.calls.targets_of` has found for each call."""
        self._getters: Callable[[Resolver, Read | Call], Location | None] | None = None
        self.captured = frozenset[str]()
        """Locals of this function that nested functions rebind: shared state of the closure (set by `Program`)."""
        self.made_locks: dict[Location, bool] = outer.made_locks if outer is not None else {}
        """Which state holds locks by how it is made, for all functions of the module (see `locks.tables`)."""
        self.usage: Usage | None = outer.usage if outer is not None else None
        """How the functions of the module use what they touch (set by `Unit`)."""
        self.published: dict[int, Publication] = {}
        """What this function has made and others come to have (see `awaitomic.program.escape`)."""

    def publish(self, found: dict[int, Publication]) -> None:
        """Let objects that this function makes be known by the paths through which others reach them."""
        self.published = found

    def look_through(self, getters: Callable[[Resolver, Read | Call], Location | None]) -> None:
        """Let calls of getters, and properties, stand for what they return (see `awaitomic.program.getters`)."""
        self._getters = getters
        self.forget_values()

    def forget_values(self) -> None:
        """Forget what values were known as, after new facts."""
        self._values.clear()
        self.targets.clear()

    # -- names ---------------------------------------------------------------------------------------------------

    def name_value(self, place: Name) -> Location | None:
        """Give what the object in a variable is known as."""
        name = place.name
        if self.is_of_module(place):
            return self.global_value(name)
        if place.scope is Scope.LOCAL:
            return self.local_value(name)
        if place.scope is Scope.PARAMETER:
            receiver = self.receiver()
            if receiver is not None and name == receiver.name and not self.is_bound(name):
                return receiver
            if self.is_bound(name):
                return None
            return Location(Root.PARAMETER, self.function.id, name)
        if place.scope is Scope.CLOSURE:
            return self._closure_value(name)
        return self.global_value(name)

    def local_value(self, name: str) -> Location | None:
        """Give what the object in a local variable is known as."""
        if name in self.captured:
            return Location(Root.CLOSURE, self.function.id, name)
        value = self.binding(name)
        if value is None:
            return self._agreed_value(name)
        event = self.function.events[value]
        if isinstance(event, Compute) and event.operator in {"next", "unpack"}:
            return element_of(self, event, name)
        found = self.value(value)
        if found is not None and found.root is Root.FRESH and not found.steps:
            return Location(Root.FRESH, self.function.id, name)
        return found

    def _agreed_value(self, name: str) -> Location | None:
        """Give the path that all values of a local (None aside) stand for: looked up, or made and stored there."""
        values = self.values_of(name)
        if not self.published or len(values) < len(self.bindings.get(name, [])):
            return None
        events = [(value, self.function.events[value]) for value in values]
        found = {self.value(value) for value, event in events if not isinstance(event, Const) or event.value}
        return found.pop() if len(found) == 1 else None

    def _closure_value(self, name: str) -> Location | None:
        outer = self.outer
        while outer is not None:
            if name in outer.captured:
                return Location(Root.CLOSURE, outer.function.id, name)
            if name in outer.function.parameters:
                return outer.name_value(Name(name, Scope.PARAMETER))
            if outer.is_bound(name):
                return outer.local_value(name) or Location(Root.CLOSURE, outer.function.id, name)
            outer = outer.outer
        return None

    def global_value(self, name: str) -> Location | None:
        """Give what the object under a name of the module is known as; under its own name if it comes from another."""
        class_id = self.module.class_named(name)
        if class_id is not None:
            return Location(Root.CLASS, class_id, name)
        if name in self.module.globals:
            return Location(Root.GLOBAL, self.module.name, name)
        if name not in self.module.imports and not self.module.stars:
            return None
        found = self.module.definition(name)
        if found is not None and found.kind == "variable":
            return Location(Root.GLOBAL, found.module, found.name)
        return Location(Root.GLOBAL, self.module.name, name) if name in self.module.imports else None

    # -- places and values ---------------------------------------------------------------------------------------

    def place(self, place: Place) -> Location | None:
        """Give the location of a place that is read or written, or None if it is nobody else's or unknown."""
        if isinstance(place, Attribute):
            return self._of_module(place) or self._attribute(place)
        if isinstance(place, Item):
            base = self.value(place.base)
            return base.item(self.key(place.key)) if base is not None else None
        return self.variable(place)

    def _attribute(self, place: Attribute) -> Location | None:
        base = self.value(place.base)
        if base is not None and place.attr == "__class__":
            return class_of(base)
        return self.attribute_of(base, place.attr) if base is not None else None

    def attribute_of(self, base: Location, attribute: str) -> Location:
        """Give the location of an attribute of what is stored at one."""
        return self._of_class(base, attribute) or base.attribute(attribute)

    def _of_class(self, base: Location, attribute: str) -> Location | None:
        """Give the lock that all instances of a class share, whichever of them, or the class, is asked for it."""
        own = base.root in {Root.SELF, Root.CLASS} and not base.steps
        if not own and not sounds_like_a_lock(attribute):
            return None  # the type of whatever is looked into is not asked for each attribute of it
        of_class = base.owner if own else (self.type_of(base).name or "").removeprefix("class:")
        owner = self.module.link.class_locks.owner_of(of_class, attribute) if of_class else None
        if owner is None:
            return None
        lock = Location(Root.CLASS, owner, qualname_of(owner)).attribute(attribute)
        return lock.said_as(str(base.attribute(attribute)))

    def is_class_lock(self, location: Location) -> bool:
        """Tell whether a location is that of the one lock which a class has for all its instances."""
        step = location.steps[0] if location.root is Root.CLASS and len(location.steps) == 1 else None
        owner = location.owner
        return isinstance(step, AttributeStep) and self.module.link.class_locks.owner_of(owner, step.name) == owner

    def _of_module(self, place: Attribute) -> Location | None:
        """Give the variable or class of another module that ``module.name`` stands for."""
        found = self.definition_of(place)
        if found is None or found.kind not in {"variable", "class"}:
            return None
        root = Root.GLOBAL if found.kind == "variable" else Root.CLASS
        return Location(root, found.module if found.kind == "variable" else found.id, found.name)

    def definition_of(self, place: Place) -> Definition | None:
        """Give what a name of the module, or an attribute of an imported module, stands for in the program."""
        if isinstance(place, Name):
            return self.module.definition(place.name) if self.is_of_module(place) else None
        if not isinstance(place, Attribute):
            return None
        base = self.function.events[place.base]
        if not isinstance(base, Read):
            return None
        named = base.place if isinstance(base.place, Name) else None
        if named is not None and not (self.is_of_module(named) and named.name in self.module.imports):
            return None
        outer = self.definition_of(base.place)
        if outer is not None:
            return self.module.link.member(outer.module, place.attr) if outer.kind == "module" else None
        name = dotted(self.function.nodes[place.base], self.module.imports)
        return self.module.link.find(f"{name}.{place.attr}", self.module.name) if name is not None else None

    def variable(self, place: Name) -> Location | None:
        """Give the location of a variable that other functions can rebind."""
        if place.scope is Scope.LOCAL and not self.is_module:
            if place.name in self.captured:
                return Location(Root.CLOSURE, self.function.id, place.name)
            return None
        if place.scope is Scope.PARAMETER:
            return None
        if place.scope is Scope.CLOSURE:
            outer = self.outer
            while outer is not None:
                if place.name in outer.captured:
                    return Location(Root.CLOSURE, outer.function.id, place.name)
                if outer.is_bound(place.name) or place.name in outer.function.parameters:
                    return None
                outer = outer.outer
            return None
        return Location(Root.GLOBAL, self.module.name, place.name) if place.name in self.module.globals else None

    def value(self, operand: Operand) -> Location | None:
        """Give the location through which others can reach the object that an event yields, or None."""
        if operand in self._values:
            return self._values[operand]
        if self._depth > _MAX_DEPTH:
            return None
        self._depth += 1
        self._values[operand] = None  # a cycle of aliases stands for nothing
        try:
            found = self._value(self.function.events[operand])
        finally:
            self._depth -= 1
        self._values[operand] = found
        return found

    def _value(self, event: Event) -> Location | None:
        published = self.published.get(event.id)
        if published is not None:
            return published.location
        if isinstance(event, Read):
            if isinstance(event.place, Name):
                return self.name_value(event.place)
            return self._got(event) or self.place(event.place)
        if isinstance(event, Call):
            return value_of_call(self, event) or self._got(event)
        if isinstance(event, Merge):
            found = [
                self.value(operand)
                for operand in event.operands
                if not isinstance(self.function.events[operand], Const)
            ]
            return found[0] if found and all(location == found[0] for location in found) else None
        if isinstance(event, Compute) and event.operator in {"list", "dict", "set", "tuple", "comprehension"}:
            return Location(Root.FRESH, self.function.id, f"<{event.id}>")
        return None

    def _got(self, event: Read | Call) -> Location | None:
        return self._getters(self, event) if self._getters is not None else None

    def key(self, operand: Operand) -> ItemStep:
        """Give the step of a key: its text, as written."""
        event = self.function.events[operand]
        if isinstance(event, Compute) and event.operator == "slice":
            return ANY_ITEM
        if isinstance(event, Const):
            return ItemStep(repr(event.value))
        node = self.function.nodes[operand]
        return ItemStep(ast.unparse(node)) if isinstance(node, ast.expr) else ANY_ITEM

    # -- types ---------------------------------------------------------------------------------------------------

    def operand_type(self, operand: Operand) -> Typed:
        """Give the type of the object that an event yields."""
        location = self.value(operand)
        if location is not None:
            typed = self.type_of(location)
            if typed.name is not None or typed.foreign:
                return typed
        node = self.function.nodes[self.origin(operand)]
        return self.made_by(node) if isinstance(node, ast.expr) else UNKNOWN
