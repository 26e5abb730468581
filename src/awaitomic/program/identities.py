"""Of which type a location is, and under which name all functions of the program know it."""

from __future__ import annotations

import ast

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Name, Scope
from awaitomic.model.location import AttributeStep, ItemStep, Location, Root, Step
from awaitomic.program.module import ModuleFacts, is_of_class
from awaitomic.program.types import UNKNOWN, Typed
from awaitomic.program.variables import Variables


class Identities(Variables):
    """Answers, for locations in the terms of one function, what they are and what others call them."""

    outer: Identities | None
    """The function around this one, if there is one."""

    def __init__(self, module: ModuleFacts, function: FunctionGraph, outer: Identities | None) -> None:
        super().__init__(function)
        self.module = module
        self.outer = outer
        self._keys: dict[Location, Location] = {}
        self._owners: dict[Location, str | None] = {}

    # -- types ---------------------------------------------------------------------------------------------------

    def type_of(self, location: Location) -> Typed:
        """Give the type of what is stored at a location, from initialisers and annotations."""
        typed = self._root_type(location)
        for index, step in enumerate(location.steps):
            typed = self._inside(typed, step)
            if typed.name is None:
                return typed if index == len(location.steps) - 1 else UNKNOWN
        return typed

    def _inside(self, typed: Typed, step: Step) -> Typed:
        """Give the type of an attribute or an entry of something of a type."""
        if isinstance(step, ItemStep):
            return typed.item if typed.item is not None else UNKNOWN
        if typed.name is None or not typed.name.startswith("class:"):
            return UNKNOWN
        return self.module.attribute_type(typed.name.removeprefix("class:"), step.name)

    def _root_type(self, location: Location) -> Typed:
        if location.root in {Root.SELF, Root.CLASS}:
            return Typed(f"class:{location.owner}")
        if location.root is Root.GLOBAL:
            return self.module.link.variable_type(location.owner, location.name)
        if location.root is Root.PARAMETER:
            return self.module.link.parameter_type(location.owner, location.name)
        if location.root in {Root.CLOSURE, Root.FRESH}:
            return self._variable_type(location)
        return UNKNOWN

    def _variable_type(self, location: Location) -> Typed:
        """Give the type of a local or closure variable from what it is bound to where it lives."""
        scope: Identities | None = self
        while scope is not None and scope.function.id != location.owner:
            scope = scope.outer
        if scope is None:
            return UNKNOWN
        value = scope.binding(location.name)
        node = scope.function.nodes[value] if value is not None else None
        return self.made_by(node) if isinstance(node, ast.expr) else UNKNOWN

    def made_by(self, node: ast.expr) -> Typed:
        """Give the type of what an expression of this module makes."""
        value = node.value if isinstance(node, ast.Await) else node
        if isinstance(value, ast.Call) and self.is_own_class(value.func):
            return Typed(f"class:{self.function.class_id}")
        return self.module.resolve(self.module.types.of_value(node))

    def is_of_module(self, place: Name) -> bool:
        """Tell whether a name means what it means at the top level of the module: an import in a function does, too."""
        if place.scope is Scope.GLOBAL or self.is_module:
            return True
        if place.name not in self.module.imports or place.scope is Scope.PARAMETER:
            return False
        scope: Identities | None = self if place.scope is Scope.LOCAL else self.outer
        while scope is not None and not scope.is_bound(place.name):
            scope = scope.outer
        return scope is not None and scope.is_only_imported(place.name)

    def is_own_class(self, node: ast.AST) -> bool:
        """Tell whether an expression is the class that a class method is called on: ``cls``."""
        if not isinstance(node, ast.Name) or self.function.class_id is None or self.is_bound(node.id):
            return False
        return self.function.parameters[:1] == (node.id,) and is_of_class(self.function)

    # -- identity across functions -------------------------------------------------------------------------------

    def owner_of(self, location: Location) -> str | None:
        """Give the class whose instance a location is an attribute (or an entry of an attribute) of, if it is known."""
        if location not in self._owners:
            self._owners[location] = self._owner_of(location)
        return self._owners[location]

    def _owner_of(self, location: Location) -> str | None:
        typed, found = self._root_type(location), None
        for step in location.steps:
            if typed.name is None:
                break
            if isinstance(step, AttributeStep):
                if not typed.name.startswith("class:"):
                    break
                found = typed.name.removeprefix("class:")
            typed = self._inside(typed, step)
        return found

    def key_of(self, location: Location) -> Location:
        """Give the name under which all functions of the program know a location: by class, keys left open.

        ``self.bank.total`` with ``bank: Bank`` is ``Bank``'s ``self.total``; a subclass's state is that of the topmost
        class that speaks of it.
        """
        known = self._keys.get(location)
        if known is None:
            known = self._keys[location] = self._key_of(location.anywhere())
        return known

    def _key_of(self, location: Location) -> Location:
        typed = self._root_type(location)
        for index, step in enumerate(location.steps):
            if typed.name is None:
                break
            if isinstance(step, AttributeStep) and typed.name.startswith("class:"):
                owner = typed.name.removeprefix("class:")
                if index > 0 or location.root not in {Root.SELF, Root.CLASS}:
                    return self._key_of(Location(Root.SELF, owner, "self", location.steps[index:]))
            typed = self._inside(typed, step)
        if location.root in {Root.SELF, Root.CLASS}:
            first = location.steps[0] if location.steps else None
            owner = location.owner
            if isinstance(first, AttributeStep):
                owner = self.module.link.declaring(owner, first.name)
            location = Location(location.root, owner, "self", location.steps)
        return location
