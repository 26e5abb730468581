"""What the text of one function alone tells of its variables: what they are bound to, and where a value comes from."""

from __future__ import annotations

import ast
from functools import cached_property

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Attribute, Compute, Const, Event, Item, Name, Operand, Read, Scope, Write
from awaitomic.model.location import Location, Root

_OWN_NAMES = frozenset({Scope.LOCAL, Scope.PARAMETER})
_MAX_DEPTH = 12


class Variables:
    """The variables of one function."""

    def __init__(self, function: FunctionGraph) -> None:
        self.function = function
        self.bindings: dict[str, list[Operand | None]] = {}
        """The values that each local is bound to; None where nothing is known of one."""
        for event in function.events:
            if isinstance(event, Write) and isinstance(event.place, Name) and event.place.scope in _OWN_NAMES:
                self.bindings.setdefault(event.place.name, []).append(event.value)

    @property
    def is_module(self) -> bool:
        """Whether this is the code at the top level of the module."""
        return self.function.qualname == "<module>"

    @cached_property
    def words(self) -> frozenset[str]:
        """The variables and attributes that the function mentions, and the strings that may name one."""
        found: set[str] = set()
        for event in self.function.events:
            if isinstance(event, Read | Write) and not isinstance(event.place, Item):
                found.add(event.place.attr if isinstance(event.place, Attribute) else event.place.name)
            elif isinstance(event, Const) and isinstance(event.value, str):
                found.add(event.value)
        return frozenset(found)

    def binding(self, name: str) -> Operand | None:
        """Give the event of the one value that a local is ever bound to (None aside), or None if there are several."""
        found: set[Operand] = set()
        for value in self.bindings.get(name, []):
            if value is None:
                return None
            event = self.function.events[value]
            if not (isinstance(event, Const) and event.value is None):
                found.add(value)
        return found.pop() if len(found) == 1 else None

    def values_of(self, name: str) -> list[Operand]:
        """Give every value that a local is bound to, as far as they are known."""
        return [value for value in self.bindings.get(name, []) if value is not None]

    def is_bound(self, name: str) -> bool:
        """Tell whether a local is assigned anywhere in this function."""
        return name in self.bindings

    def origin(self, operand: Operand) -> Operand:
        """Follow once-bound locals, casts and awaits of nothing back to the event that made the value."""
        for _ in range(_MAX_DEPTH):
            event = self.function.events[operand]
            if isinstance(event, Read) and isinstance(event.place, Name) and event.place.scope is Scope.LOCAL:
                value = self.binding(event.place.name)
                if value is None or _is_import(self.function.events[value]):
                    return operand  # what is imported is known by its name
                operand = value
            else:
                return operand
        return operand

    def is_only_imported(self, name: str) -> bool:
        """Tell whether a local is bound by import statements alone."""
        values = self.bindings.get(name, [])
        events = [self.function.events[value] for value in values if value is not None]
        return bool(values) and len(events) == len(values) and all(map(_is_import, events))

    def receiver(self) -> Location | None:
        """Give the location that the first parameter of a method stands for."""
        function = self.function
        if function.class_name is None or not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        decorators = {getattr(node, "id", "") for node in function.node.decorator_list}
        if "staticmethod" in decorators or not function.parameters:
            return None
        by_class = "classmethod" in decorators or function.node.name in {"__new__", "__init_subclass__"}
        root = Root.CLASS if by_class else Root.SELF
        return Location(root, function.class_id or "", function.parameters[0])


def _is_import(event: Event) -> bool:
    return isinstance(event, Compute) and event.operator == "import"
