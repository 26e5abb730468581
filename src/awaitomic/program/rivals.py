"""Who can spoil what a function does to some state: the writes of others that can come to the very same state.

``self.sessions[uuid4().hex] = session`` cannot put anything in the place of a session that another task works with, so
whoever stores only under keys that have never been used before is no rival of what happens to one entry.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.lifecycle import CONSTRUCTION
from awaitomic.model.event import Attribute, Call, Operand, Read
from awaitomic.model.location import ItemStep, Location, Root
from awaitomic.program.accesses import Access, Change
from awaitomic.program.calls import functions_at
from awaitomic.program.counters import counter_of, kept_whole
from awaitomic.program.module_calls import Site
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver
from awaitomic.program.ways_out import may_go_out

if TYPE_CHECKING:
    from awaitomic.program import Program

_MAKERS = frozenset({"uuid1", "uuid4", "uuid7", "token_bytes", "token_hex", "token_urlsafe", "ObjectId", "ULID"})
_COUNTER = re.compile(r"(^|_)(counter|count|counts|ids?|seq|sequence|serial|numbers?)$")
_HOPS = 3
"""So many names are followed from a key to what it was made of."""
_ENTERS = frozenset({Change.ASSIGN, Change.FILL})


def rivals(program: Program, resolver: Resolver, access: Access) -> Iterator[tuple[Resolver, Access]]:
    """Give the writes that other tasks may make to the state that a function writes.

    Two calls that each write to an object of their own making never meet, unless one is the task that the other has
    made; nor does an entry meet what is stored under keys that are always new, or an object what is done to one that
    nobody else has yet. Numbers of two counters may be the same.
    """
    entry = access.location.is_entry
    numbered: dict[Location, list[tuple[Resolver, Access]]] = {}
    for rival, theirs in program.changing_writers(resolver, access.location):
        if access.own and theirs.own and theirs.task is None:
            continue
        if theirs.location.root is Root.SELF and theirs.task is None and is_of_new(program, rival.function):
            continue
        new = entry and _enters_new(program, rival, theirs)
        if isinstance(new, Location):
            numbered.setdefault(new, []).append((rival, theirs))
        elif not new:
            yield rival, theirs
    for numbers in numbered.values() if len(numbered) > 1 else ():
        yield from numbers


def is_of_new(program: Program, function: FunctionGraph, hops: int = _HOPS) -> bool:
    """Tell whether a private method is only called on objects that its caller has just made, and nobody else has.

    Other methods of the object can call it, too, if that is so of them.
    """
    if function.class_id is None or not hops or lets_itself_out(program, function.class_id):
        return False
    sites = program.callers.only_awaited_here(function)
    return bool(sites) and all(
        site.on_new_object or (_is_own_call(site) and is_of_new(program, site.resolver.function, hops - 1))
        for site in sites or ()
    )


def lets_itself_out(program: Program, class_id: str) -> bool:
    """Tell whether a constructor of a class gives the new object to others: ``registry.add(self)``, ``self.start()``.

    Then others have it as soon as whoever has made it. A task that a constructor makes is one of them.
    """
    built = (
        method
        for facts in program.module.lineage(class_id)
        for name, method in facts.methods.items()
        if name in CONSTRUCTION
    )
    return any(_lets_out(program.resolver(method)) for method in built)


def _lets_out(resolver: Resolver) -> bool:
    """Tell whether a constructor hands its object, one of its methods or a coroutine of it to somebody, or keeps it."""
    own = resolver.receiver()
    return own is not None and any(
        _is_of(resolver, value, own) for event in resolver.function.events for value in may_go_out(resolver, event)
    )


def _is_of(resolver: Resolver, operand: Operand, own: Location) -> bool:
    """Tell whether a value is an object itself, a method of it that is handed around, or a coroutine of one."""
    event = resolver.function.events[resolver.origin(operand)]
    if isinstance(event, Call):
        event = resolver.function.events[event.function]
        return isinstance(event, Read) and any(function.is_async for function, _ in functions_at(resolver, event.id))
    if resolver.value(operand) == own:
        return True
    return isinstance(event, Read) and bool(functions_at(resolver, event.id)) and _is_on(resolver, event, own)


def _is_on(resolver: Resolver, event: Read, own: Location) -> bool:
    return isinstance(event.place, Attribute) and resolver.value(event.place.base) == own


def _is_own_call(site: Site) -> bool:
    receiver = site.target.receiver
    return receiver is not None and receiver.root is Root.SELF and not receiver.steps


def _enters_new(program: Program, resolver: Resolver, access: Access) -> bool | Location:
    """Tell whether a write only makes an entry under a key that has just been made for it, or by which counter."""
    step = access.location.steps[-1] if access.location.steps else None
    if access.change not in _ENTERS or not isinstance(step, ItemStep):
        return False
    try:
        node = ast.parse(step.text, mode="eval").body
    except SyntaxError:
        return False
    return _is_made_new(program, resolver, node, access, access.event, _HOPS)


def _is_made_new(
    program: Program, resolver: Resolver, node: ast.AST, access: Access, event: int, hops: int
) -> bool | Location:
    """Tell whether a value has something in it that no call has made before, or is bound to what has.

    That may also be a number that its object was made with, or the next one of a counter, which is given then.

    Parameters: the value is evaluated by the statement of `event`; it becomes the key of `access`.
    """
    if _has_maker(node):
        return True
    table = access.location.parent
    for read in _reads_of(resolver, node, event) if table is not None else ():
        counter = counter_of(program, resolver, read, table) if table is not None else None
        if counter is not None:
            return counter
    named = node.value if isinstance(node, ast.Attribute) else node
    value = resolver.binding(named.id) if isinstance(named, ast.Name) and hops else None
    bound: ast.AST | None = resolver.function.nodes[value] if value is not None else None
    if value is None or bound is None:
        return False
    if isinstance(node, ast.Attribute):
        keywords = bound.keywords if isinstance(bound, ast.Call) else ()
        given = next((each.value for each in keywords if each.arg == node.attr), None)
        if given is None:
            return _has_maker(bound)
        bound = given
    return _is_made_new(program, resolver, bound, access, value, hops - 1)


def _has_maker(node: ast.AST) -> bool:
    return any(_makes(inner) for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _reads_of(resolver: Resolver, node: ast.AST, event: int) -> Iterator[int]:
    """Give the reads of attributes that go into a key as they are, and that the statement of an event makes."""
    graph = resolver.function
    texts = {ast.unparse(inner) for inner in kept_whole(node) if isinstance(inner, ast.Attribute)}
    for each, syntax in zip(graph.events, graph.nodes, strict=True):
        if not isinstance(each, Read) or graph.statements[each.id] != graph.statements[event]:
            continue
        if isinstance(syntax, ast.Attribute) and ast.unparse(syntax) in texts:
            yield each.id


def _makes(call: ast.Call) -> bool:
    """Tell whether a call gives another value each time: an identifier, or the next number of a counter."""
    if last_name(call.func) == "next" and len(call.args) == 1:
        return _COUNTER.search(last_name(call.args[0]) or "") is not None
    return last_name(call.func) in _MAKERS
