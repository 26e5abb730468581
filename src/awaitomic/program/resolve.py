"""Resolves the operands of one function's events to locations: which state ``acct.balance`` means here.

Locals are looked through when every binding of theirs (None aside) stands for one path, so that ``acct =
self._accounts[i]`` makes ``acct.balance`` the state ``self._accounts[i].balance``. This is flow-insensitive on purpose:
what is not plainly one path is not tracked at all, and never reported.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import CONTAINERS, MAPPINGS, VIEWS
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
    Write,
)
from awaitomic.model.location import ANY_ITEM, AttributeStep, ItemStep, Location, Root
from awaitomic.program.module import ModuleFacts
from awaitomic.program.target import Target
from awaitomic.program.types import UNKNOWN, Typed

if TYPE_CHECKING:
    from awaitomic.program.escape import Publication

_ENTRY_GETTERS = frozenset({"get", "setdefault"})
_SAME_OBJECT = frozenset({"cast", "typing.cast"})
_OWN_NAMES = frozenset({Scope.LOCAL, Scope.PARAMETER})
_MAX_DEPTH = 12


class Resolver:
    """Answers, for one function, which location an event's value or an event's place stands for."""

    def __init__(self, module: ModuleFacts, function: FunctionGraph, outer: Resolver | None) -> None:
        self.module = module
        self.function = function
        self.outer = outer
        self._bindings: dict[str, list[Operand | None]] = {}
        for event in function.events:
            if isinstance(event, Write) and isinstance(event.place, Name) and event.place.scope in _OWN_NAMES:
                self._bindings.setdefault(event.place.name, []).append(event.value)
        self._values: dict[int, Location | None] = {}
        self._depth = 0
        self.targets: dict[int, tuple[Target, ...]] = {}
        """What `awaitomic.program.calls.targets_of` has found for each call."""
        self.captured = frozenset[str]()
        """Locals of this function that nested functions rebind: shared state of the closure (set by `Program`)."""
        self.made_locks: dict[Location, bool] = outer.made_locks if outer is not None else {}
        """Which state holds locks by how it is made, for all functions of the module (see `lock_tables`)."""
        self.published: dict[int, Publication] = {}
        """What this function has made and others come to have (see `awaitomic.program.escape`)."""

    def publish(self, found: dict[int, Publication]) -> None:
        """Let objects that this function makes be known by the paths through which others reach them."""
        self.published = found

    def forget_values(self) -> None:
        """Forget what values were known as, after new facts."""
        self._values.clear()
        self.targets.clear()

    # -- names ---------------------------------------------------------------------------------------------------

    def binding(self, name: str) -> Operand | None:
        """Give the event of the one value that a local is ever bound to (None aside), or None if there are several."""
        found: set[Operand] = set()
        for value in self._bindings.get(name, []):
            if value is None:
                return None
            event = self.function.events[value]
            if not (isinstance(event, Const) and event.value is None):
                found.add(value)
        return found.pop() if len(found) == 1 else None

    def values_of(self, name: str) -> list[Operand]:
        """Give every value that a local is bound to, as far as they are known."""
        return [value for value in self._bindings.get(name, []) if value is not None]

    def is_bound(self, name: str) -> bool:
        """Tell whether a local is assigned anywhere in this function."""
        return name in self._bindings

    def origin(self, operand: Operand) -> Operand:
        """Follow once-bound locals, casts and awaits of nothing back to the event that made the value."""
        for _ in range(_MAX_DEPTH):
            event = self.function.events[operand]
            if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.LOCAL:
                value = self.binding(event.place.name)
                if value is None:
                    return operand
                operand = value
            else:
                return operand
        return operand

    def _receiver_root(self) -> Location | None:
        """Give the location that the first parameter of a method stands for."""
        function = self.function
        if function.class_name is None or not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        decorators = {getattr(node, "id", "") for node in function.node.decorator_list}
        if "staticmethod" in decorators or not function.parameters:
            return None
        by_class = "classmethod" in decorators or function.node.name in {"__new__", "__init_subclass__"}
        root = Root.CLASS if by_class else Root.SELF
        return Location(root, function.class_name, function.parameters[0])

    def name_value(self, place: Name) -> Location | None:
        """Give what the object in a variable is known as."""
        name = place.name
        if place.scope is Scope.LOCAL and self.function.qualname != "<module>":
            return self.local_value(name)
        if place.scope is Scope.PARAMETER:
            receiver = self._receiver_root()
            if receiver is not None and name == receiver.name and not self.is_bound(name):
                return receiver
            if self.is_bound(name):
                return None
            return Location(Root.PARAMETER, self.function.qualname, name)
        if place.scope is Scope.CLOSURE:
            return self._closure_value(name)
        return self._global_value(name)

    def local_value(self, name: str) -> Location | None:
        """Give what the object in a local variable is known as."""
        if name in self.captured:
            return Location(Root.CLOSURE, self.function.qualname, name)
        value = self.binding(name)
        if value is None:
            return self._agreed_value(name)
        event = self.function.events[value]
        if isinstance(event, Compute) and event.operator == "next":
            return self._element(event, name)
        found = self.value(value)
        if found is not None and found.root is Root.FRESH and not found.steps:
            return Location(Root.FRESH, self.function.qualname, name)
        return found

    def _agreed_value(self, name: str) -> Location | None:
        """Give the path that all values of a local (None aside) stand for: looked up, or made and stored there."""
        values = self.values_of(name)
        if not self.published or len(values) < len(self._bindings.get(name, [])):
            return None
        events = [(value, self.function.events[value]) for value in values]
        found = {self.value(value) for value, event in events if not isinstance(event, Const) or event.value}
        return found.pop() if len(found) == 1 else None

    def _element(self, event: Compute, name: str) -> Location | None:
        """Give the entry that a loop variable stands for: ``for acct in self.accounts.values()``."""
        iterator = self.function.events[event.operands[0]]
        if not isinstance(iterator, Compute) or not iterator.operands:
            return None
        source = self.function.events[self.origin(iterator.operands[0])]
        if isinstance(source, Call) and not source.arguments:
            callee = self.function.events[source.function]
            if isinstance(callee, Read) and isinstance(callee.place, Attribute) and callee.place.attr == "values":
                base = self.value(callee.place.base)
                return base.item(ItemStep(name)) if base else None
            return None
        base = self.value(iterator.operands[0])
        if base is None or self.type_of(base).name in MAPPINGS:
            return None
        return base.item(ItemStep(name))

    def _closure_value(self, name: str) -> Location | None:
        outer = self.outer
        while outer is not None:
            if name in outer.captured:
                return Location(Root.CLOSURE, outer.function.qualname, name)
            if name in outer.function.parameters:
                return outer.name_value(Name(name, Scope.PARAMETER))
            if outer.is_bound(name):
                return outer.local_value(name) or Location(Root.CLOSURE, outer.function.qualname, name)
            outer = outer.outer
        return None

    def _global_value(self, name: str) -> Location | None:
        if name in self.module.classes:
            return Location(Root.CLASS, name, name)
        if name in self.module.globals or name in self.module.imports:
            return Location(Root.GLOBAL, "", name)
        return None

    # -- places and values ---------------------------------------------------------------------------------------

    def place(self, place: Place) -> Location | None:
        """Give the location of a place that is read or written, or None if it is nobody else's or unknown."""
        if isinstance(place, Attribute):
            base = self.value(place.base)
            return base.attribute(place.attr) if base is not None else None
        if isinstance(place, Item):
            base = self.value(place.base)
            return base.item(self.key(place.key)) if base is not None else None
        return self.variable(place)

    def variable(self, place: Name) -> Location | None:
        """Give the location of a variable that other functions can rebind."""
        if place.scope is Scope.LOCAL and self.function.qualname != "<module>":
            if place.name in self.captured:
                return Location(Root.CLOSURE, self.function.qualname, place.name)
            return None
        if place.scope is Scope.PARAMETER:
            return None
        if place.scope is Scope.CLOSURE:
            outer = self.outer
            while outer is not None:
                if place.name in outer.captured:
                    return Location(Root.CLOSURE, outer.function.qualname, place.name)
                if outer.is_bound(place.name) or place.name in outer.function.parameters:
                    return None
                outer = outer.outer
            return None
        return Location(Root.GLOBAL, "", place.name) if place.name in self.module.globals else None

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
            return self.place(event.place)
        if isinstance(event, Call):
            return self._call_value(event)
        if isinstance(event, Merge):
            found = [
                self.value(operand)
                for operand in event.operands
                if not isinstance(self.function.events[operand], Const)
            ]
            return found[0] if found and all(location == found[0] for location in found) else None
        if isinstance(event, Compute) and event.operator in {"list", "dict", "set", "tuple", "comprehension"}:
            return Location(Root.FRESH, self.function.qualname, f"<{event.id}>")
        return None

    def _call_value(self, event: Call) -> Location | None:
        callee = self.function.events[event.function]
        if not isinstance(callee, Read):
            return None
        if isinstance(callee.place, Name):
            return self._plain_call_value(event, callee.place)
        if isinstance(callee.place, Attribute) and event.arguments:
            base = self.value(callee.place.base)
            if base is not None and callee.place.attr in _ENTRY_GETTERS and self._is_mapping(base):
                return base.item(self.key(event.arguments[0]))
        return None

    def _plain_call_value(self, event: Call, callee: Name) -> Location | None:
        dotted = self.module.imports.get(callee.name, callee.name)
        if dotted == "getattr" and len(event.arguments) >= 2:
            attribute = self.function.events[event.arguments[1]]
            base = self.value(event.arguments[0])
            if base is not None and isinstance(attribute, Const) and isinstance(attribute.value, str):
                return base.attribute(attribute.value)
            return None
        if dotted in _SAME_OBJECT and len(event.arguments) == 2:
            return self.value(event.arguments[1])
        if dotted == "super" and self.function.class_name is not None:
            return self._receiver_root()
        if dotted == "type" and len(event.arguments) == 1:
            base = self.value(event.arguments[0])
            return Location(Root.CLASS, base.owner, base.owner) if base and base.root is Root.SELF else None
        if callee.name in self.module.classes:
            return Location(Root.FRESH, self.function.qualname, f"<{event.id}>")
        return None

    def _is_mapping(self, location: Location) -> bool:
        name = self.type_of(location).name
        return name in MAPPINGS or name is None

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

    def type_of(self, location: Location) -> Typed:
        """Give the type of what is stored at a location, from initialisers and annotations."""
        typed = self._root_type(location)
        for step in location.steps:
            if not isinstance(step, AttributeStep) or typed.name is None or not typed.name.startswith("class:"):
                return UNKNOWN
            typed = self.module.attribute_type(typed.name.removeprefix("class:"), step.name)
        return typed

    def _root_type(self, location: Location) -> Typed:
        if location.root in {Root.SELF, Root.CLASS}:
            return Typed(f"class:{location.owner}")
        if location.root is Root.GLOBAL:
            return self.module.globals.get(location.name, UNKNOWN)
        if location.root is Root.PARAMETER:
            return parameter_type(self.module, location.owner, location.name)
        if location.root in {Root.CLOSURE, Root.FRESH}:
            return self._variable_type(location)
        return UNKNOWN

    def _variable_type(self, location: Location) -> Typed:
        """Give the type of a local or closure variable from what it is bound to where it lives."""
        resolver: Resolver | None = self
        while resolver is not None and resolver.function.qualname != location.owner:
            resolver = resolver.outer
        if resolver is None:
            return UNKNOWN
        value = resolver.binding(location.name)
        node = resolver.function.nodes[value] if value is not None else None
        return self.module.types.of_value(node) if isinstance(node, ast.expr) else UNKNOWN

    def operand_type(self, operand: Operand) -> Typed:
        """Give the type of the object that an event yields."""
        location = self.value(operand)
        if location is not None:
            typed = self.type_of(location)
            if typed.name is not None:
                return typed
        node = self.function.nodes[self.origin(operand)]
        return self.module.types.of_value(node) if isinstance(node, ast.expr) else UNKNOWN

    # -- identity across functions -------------------------------------------------------------------------------

    def key_of(self, location: Location) -> Location:
        """Give the name under which all functions of the file know a location: by class, keys left open.

        ``self.bank.total`` with ``bank: Bank`` is ``Bank``'s ``self.total``; a subclass's state is its root class's.
        """
        location = location.anywhere()
        typed = self._root_type(location)
        for index, step in enumerate(location.steps):
            if typed.name is None or not typed.name.startswith("class:"):
                break
            owner = typed.name.removeprefix("class:")
            if location.root in {Root.PARAMETER, Root.GLOBAL, Root.CLOSURE, Root.FRESH} or index > 0:
                location = Location(Root.SELF, owner, "self", location.steps[index:])
                return self.key_of(location)
            if not isinstance(step, AttributeStep):
                break
            typed = self.module.attribute_type(owner, step.name)
        if location.root in {Root.SELF, Root.CLASS}:
            location = Location(location.root, self.module.root_class(location.owner), "self", location.steps)
        return location


def _annotations(node: ast.AST) -> dict[str, ast.expr | None]:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    arguments = node.args
    return {a.arg: a.annotation for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}


def parameter_type(module: ModuleFacts, function: str, name: str) -> Typed:
    """Give the annotated type of a parameter."""
    graph = module.by_name.get(function)
    if graph is None:
        return UNKNOWN
    return module.types.of_annotation(_annotations(graph.node).get(name))


def is_container(typed: Typed) -> bool:
    """Tell whether a type is a container whose contents can change in place."""
    return typed.name in CONTAINERS


def is_view(method: str) -> bool:
    """Tell whether a method gives the contents of a container."""
    return method in VIEWS
