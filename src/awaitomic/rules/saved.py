"""Finds where a value was saved: the read of a state whose outcome a later write of the same state puts back."""

from __future__ import annotations

import ast

from awaitomic.model.event import Attribute, Call, Compute, Const, Item, Name, Operand, Read, Write
from awaitomic.model.location import Location
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

_COPIERS = frozenset({"copy", "deepcopy", "list", "dict", "set", "tuple"})
_MAX_DEPTH = 8


def saved_read(resolver: Resolver, operand: Operand, location: Location, depth: int = 0) -> int | None:
    """Give the event that read `location` if `operand` is exactly what it gave, or a copy; None if it is anything else.

    Locals are followed, pieces of tuples (``saved = self.a, self.b``), and attributes of locals (``frame.old``).
    """
    if depth > _MAX_DEPTH:
        return None
    origin = resolver.origin(operand)
    event = resolver.function.events[origin]
    if isinstance(event, Call):
        copied = _copied(resolver, event)
        return saved_read(resolver, copied, location, depth + 1) if copied is not None else None
    if isinstance(event, Compute) and event.operator == "unpack":
        piece = _piece(resolver, event.operands[0], _position(resolver, event))
        return saved_read(resolver, piece, location, depth + 1) if piece is not None else None
    if not isinstance(event, Read):
        return None
    if resolver.place(event.place) == location:
        return origin
    if isinstance(event.place, Item):
        key = resolver.function.events[event.place.key]
        if isinstance(key, Const) and isinstance(key.value, int):
            piece = _piece(resolver, event.place.base, key.value)
            return saved_read(resolver, piece, location, depth + 1) if piece is not None else None
    stored = _stored(resolver, event) if not isinstance(event.place, Name) else None
    return saved_read(resolver, stored, location, depth + 1) if stored is not None else None


def _copied(resolver: Resolver, event: Call) -> Operand | None:
    """Give what a call copies: ``list(x)``, ``x.copy()``, ``copy.copy(x)``."""
    if last_name(resolver.function.nodes[event.function]) not in _COPIERS:
        return None
    if event.arguments:
        return event.arguments[0]
    callee = resolver.function.events[event.function]
    return callee.place.base if isinstance(callee, Read) and isinstance(callee.place, Attribute) else None


def _position(resolver: Resolver, event: Compute) -> int:
    """Give which piece of a sequence it is: the pieces are taken one after another, from the same operand."""
    before = 0
    for earlier in reversed(resolver.function.events[: event.id]):
        if not isinstance(earlier, Compute) or earlier.operator != "unpack" or earlier.operands != event.operands:
            break
        before += 1
    return before


def _piece(resolver: Resolver, operand: Operand, index: int) -> Operand | None:
    event = resolver.function.events[resolver.origin(operand)]
    if not isinstance(event, Compute) or event.operator not in {"tuple", "list"}:
        return None
    return event.operands[index] if -len(event.operands) <= index < len(event.operands) else None


def _stored(resolver: Resolver, read: Read) -> Operand | None:
    """Give the one value that the function stores in the place that is read, an attribute or entry of a local."""
    text = _text(resolver, read.id)
    values = [
        event.value
        for event in resolver.function.events
        if isinstance(event, Write) and not isinstance(event.place, Name) and _text(resolver, event.id) == text
    ]
    return values[0] if len(values) == 1 else None


def _text(resolver: Resolver, event: int) -> str:
    node = resolver.function.nodes[event]
    return ast.unparse(node) if isinstance(node, ast.expr) else f"<{event}>"
