"""Numbers that are given out once: ``number = self._next; self._next += 1``.

Whoever takes one so, with no wait in between, has a key that nobody else has had, as long as nobody sets the counter
back, and the number goes into the key as it is: ``self._next % 8`` comes round again.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.event import Event, Read, Suspend, Write
from awaitomic.model.location import AttributeStep, Location, Root
from awaitomic.program.accesses import Access
from awaitomic.program.module import is_construction
from awaitomic.program.names import dotted
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program

_WHOLE = frozenset({"str", "int", "repr", "hex"})
"""Functions that give something else for each number."""


def counter_of(program: Program, resolver: Resolver, read: int, table: Location) -> Location | None:
    """Give the counter whose number a read takes, if that is moved on in the same step; under its program-wide name.

    Parameters:
        program, resolver: the program, and the function.
        read: the event whose value is asked about.
        table: what is to have no two entries under one number: a counter of each object numbers that object's own.
    """
    graph = resolver.function
    event = graph.events[read]
    location = resolver.place(event.place) if isinstance(event, Read) else None
    if location is None or not location.steps or not _counts_for(resolver, location, table):
        return None
    if not _only_counts(program, resolver, location):
        return None
    block = graph.statements[read][:-1]
    moved_on = any(
        isinstance(each, Write)
        and resolver.place(each.place) == location
        and graph.statements[each.id][:-1] == block
        and not _waits_between(graph.events, read, each.id)
        for each in graph.events
    )
    return resolver.key_of(location) if moved_on else None


def _counts_for(resolver: Resolver, counter: Location, table: Location) -> bool:
    """Tell whether one counter numbers all entries of a table: both belong to one object, or there is one counter."""
    if counter.root is Root.SELF:
        return all(_is_of_instance(resolver, each) for each in (counter, table))
    link = resolver.module.link
    if counter.root is Root.CLASS:  # `cls.last += 1` in a subclass counts on for that one alone
        return not link.below(counter.owner) and not link.has_strangers_below(counter.owner)
    return counter.root is Root.GLOBAL


def kept_whole(node: ast.AST) -> Iterator[ast.expr]:
    """Give the names and attributes in a key that differs wherever one of these does: not in ``self.n % 8``."""
    if isinstance(node, ast.Attribute | ast.Name):
        yield node
    elif isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from kept_whole(each)
    elif isinstance(node, ast.JoinedStr):
        for each in node.values:
            if isinstance(each, ast.FormattedValue) and each.format_spec is None:
                yield from kept_whole(each.value)
    elif isinstance(node, ast.Call) and dotted(node.func, {}) in _WHOLE and len(node.args) == 1 and not node.keywords:
        yield from kept_whole(node.args[0])
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = (node.left, node.right)
        if any(isinstance(each, ast.Constant | ast.JoinedStr) or _is_text(each) for each in sides):
            for each in sides:
                yield from kept_whole(each)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func, {}) in _WHOLE - {"int"}


def _is_of_instance(resolver: Resolver, location: Location) -> bool:
    """Tell whether an attribute belongs to one object: what stands in its class may be that of all."""
    key = resolver.key_of(location)
    first = location.steps[0] if location.steps else None
    if location.root is not Root.SELF or key.root is not Root.SELF or not isinstance(first, AttributeStep):
        return False
    return not any(first.name in facts.class_level for facts in resolver.module.link.above(key.owner))


def _only_counts(program: Program, resolver: Resolver, location: Location) -> bool:
    writes = [
        (writer, access)
        for writer, access in program.writers_at(resolver.key_of(location))
        if not is_construction(writer.function)
    ]
    return bool(writes) and all(_counts_up(writer, access) for writer, access in writes)


def _counts_up(resolver: Resolver, access: Access) -> bool:
    event = resolver.function.events[access.event]
    node = resolver.function.nodes[event.value] if isinstance(event, Write) and event.value is not None else None
    if not isinstance(node, ast.AugAssign) or not isinstance(node.op, ast.Add):
        return False
    step = node.value.value if isinstance(node.value, ast.Constant) else None
    return isinstance(step, int) and step > 0


def _waits_between(events: tuple[Event, ...], one: int, other: int) -> bool:
    first, last = sorted((one, other))
    return any(isinstance(event, Suspend) for event in events[first:last])
