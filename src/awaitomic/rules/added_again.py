"""A part of AWA201: what was looked for in a store under a lock, and is added to it when the lock has been free.

``async with self._lock: row = await db.get_row(table, name)``, ``if row: return``, and then the same lock around
``await db.insert(table, name)``: two tasks that both found nothing add it one after the other. What is stored is behind
calls of the store's own, so no other query sees it; that look and addition belong together is told by the store, by
what both are given, by the test in between, and by the lock, which is the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.flow.statements import LEAVES, block_of, statement_at
from awaitomic.knowledge.stores import ABOUT_THE_CALL, adds_to_a_store, asks_a_store, kind_of_thing
from awaitomic.model.event import Call, Compute, Event, Operand, Suspend, SuspendWhy
from awaitomic.model.location import Location, Root
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Hint, Judgement, judge
from awaitomic.program.locks import Lock
from awaitomic.program.locks.covering import locks_at, taken_at
from awaitomic.program.looks import asks_for, guards_of
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver

_NONE: frozenset[str] = frozenset()
_HOPS = 2
"""So many bindings are followed back from what is looked for to what it was made of."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A call of a store that is awaited under a lock. `event` is the call, `waits` the await of it."""

    event: int
    waits: int
    store: Location
    thing: tuple[str, ...]
    """The kind of thing that the method is about, by its name."""
    given: frozenset[str]
    """The arguments, as they are written."""
    within: frozenset[str]
    """The arguments, and the parts that they are made of."""
    made_of: dict[str, frozenset[str]]
    """The variables that a local among the arguments was made of, as it was bound last."""
    lock: Lock
    taken: int
    """Where the lock is taken."""


@dataclass(frozen=True, slots=True)
class AddedAgain:
    """An addition to a store under a lock that was free since the store was asked. `found` is the local tested."""

    asked: Asked
    added: Asked
    found: str
    judgement: Judgement


def find_added_again(program: Program, resolver: Resolver) -> Iterator[AddedAgain]:
    """Find such additions in one function."""
    function = resolver.function
    awaited = [each for each in function.events if isinstance(each, Suspend) and each.why is SuspendWhy.AWAIT]
    named = {each.id: _method_name(resolver, each) for each in awaited}
    if not any(map(adds_to_a_store, named.values())) or not any(map(asks_a_store, named.values())):
        return
    asking = [each for wait in awaited if asks_a_store(named[wait.id]) for each in _calls(program, resolver, wait)]
    for wait in awaited:
        for added in _calls(program, resolver, wait) if adds_to_a_store(named[wait.id]) else ():
            same = [each for each in asking if _is_same(each, added)]
            if any(added.taken < each.event < added.event for each in same) or _is_caught(resolver, added.event):
                continue
            earlier = (each for each in same if each.event < added.taken and each.taken != added.taken)
            once = (each for each in earlier if not _is_looked_for_again(resolver, each, added))
            tested = ((each, _tested(resolver, each, added.event)) for each in once)
            asked, found = next(((each, name) for each, name in tested if name is not None), (None, None))
            judgement = _judge(program, resolver, added) if found is not None else None
            if asked is not None and found is not None and judgement is not None:
                yield AddedAgain(asked, added, found, judgement)


def _method_name(resolver: Resolver, wait: Suspend) -> str:
    method = method_of(resolver.function, resolver.function.events[wait.awaited]) if wait.awaited is not None else None
    return method.attr if method is not None else ""


def _calls(program: Program, resolver: Resolver, wait: Suspend) -> Iterator[Asked]:
    """Give an awaited call of a method of something that others have, too, once for each lock that is held."""
    event = resolver.function.events[wait.awaited] if wait.awaited is not None else None
    method = method_of(resolver.function, event) if isinstance(event, Call) else None
    store = resolver.value(method.base) if method is not None else None
    if not isinstance(event, Call) or store is None or store.root is Root.FRESH:
        return
    keywords = (value for name, value in event.keywords if name not in ABOUT_THE_CALL)
    nodes = (resolver.function.nodes[operand] for operand in (*event.arguments, *keywords))
    told = [node for node in nodes if not _is_plain_constant(node)]
    given = frozenset(ast.unparse(node) for node in told)
    within = frozenset(part for node in told for part in _parts(node))
    made_of = {
        node.id: frozenset(_made_of(resolver, node.id, event.id, _HOPS)) for node in told if isinstance(node, ast.Name)
    }
    thing = kind_of_thing(method.attr) if method is not None else ()
    for lock in sorted(locks_at(program, resolver, event.id, store), key=str):
        taken = taken_at(program, resolver, lock, event.id)
        if taken is not None and lock.flaw is None:
            yield Asked(event.id, wait.id, store, thing, given, within, made_of, lock, taken)


def _is_plain_constant(node: ast.AST) -> bool:
    """Tell whether an argument is a number or the like, which any two calls may have in common; a name is none."""
    return isinstance(node, ast.Constant) and not isinstance(node.value, str)


def _parts(node: ast.AST) -> Iterator[str]:
    """Give an expression and those that it is made of, as they are written."""
    yield from (ast.unparse(each) for each in ast.walk(node) if isinstance(each, ast.expr))


def _made_of(resolver: Resolver, name: str, event: int, hops: int) -> Iterator[str]:
    """Give the variables that a local was made of, over so many bindings: ``match = {"id": item.id}`` of ``item``."""
    bound = max((value for value in resolver.values_of(name) if value < event), default=None)
    if bound is None:
        return
    for node in ast.walk(resolver.function.nodes[bound]):
        if isinstance(node, ast.Name) and node.id != "self":
            yield node.id
            if hops > 1:
                yield from _made_of(resolver, node.id, bound, hops - 1)


def _is_same(asked: Asked, added: Asked) -> bool:
    """Tell whether both are about one thing: of one store and one kind, and by all that is given to look for it.

    What is constant (the name of a table) names no single thing, but has to be the same, too. A local that says what to
    look for may be made of what is added, or of a part of it.
    """
    same = asked.store == added.store and asked.lock.location == added.lock.location and asked.thing == added.thing
    told = (each in added.within or not asked.made_of.get(each, _NONE).isdisjoint(added.within) for each in asked.given)
    return same and bool(_names(asked)) and all(told)


def _names(asked: Asked) -> set[str]:
    """Give the arguments of a look that are no constants."""
    return {each for each in asked.given if not isinstance(ast.parse(each, mode="eval").body, ast.Constant)}


def _is_looked_for_again(resolver: Resolver, asked: Asked, added: Asked) -> bool:
    """Tell whether a test asks again behind the second acquisition: by a helper, or of other state, of the same."""
    function, names = resolver.function, _names(asked)
    region = statement_at(resolver.module.tree, function.statements[added.taken])
    behind = {id(node) for node in ast.walk(region)} if isinstance(region, ast.AsyncWith | ast.With) else None
    waits = [
        each
        for each in function.events[added.taken + 1 : added.event]
        if isinstance(each, Suspend)
        and each.why is SuspendWhy.AWAIT
        and not names.isdisjoint(_parts(function.nodes[each.id]))
    ]
    return any(
        any(asks_for(resolver, wait, test) for wait in waits)
        or (behind is not None and id(test) in behind and not names.isdisjoint(_parts(test)))
        for test in guards_of(resolver, added.event)
    )


def _is_caught(resolver: Resolver, event: int) -> bool:
    """Tell whether the function sees to it that an addition fails: because the thing is there, it may be."""
    return any(
        isinstance(node, ast.Try | ast.TryStar) and bool(node.handlers) and step.block == "body"
        for node, step in resolver.function.around(event)
    )


def _tested(resolver: Resolver, asked: Asked, added: int) -> str | None:
    """Give the local with the answer of the store of which a test says that it is empty where something is added."""
    for node, step in resolver.function.around(added):
        if isinstance(node, ast.If):
            name, present = _presence(node.test)
            if name and present == (step.block == "orelse") and _answers(resolver, name, asked):
                return name
        for before in block_of(node, step.block)[: step.index]:
            if isinstance(before, ast.If) and isinstance(before.body[-1], LEAVES):
                name, present = _presence(before.test)
                if name and present and _answers(resolver, name, asked):
                    return name
    return None


def _presence(test: ast.expr) -> tuple[str, bool]:
    """Give the local of which a test asks whether it is there, and whether it holds if so; no name if it does not."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        name, present = _presence(test.operand)
        return name, not present
    if isinstance(test, ast.Name):
        return test.id, True
    if isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and len(test.ops) == 1:
        other = test.comparators[0]
        if isinstance(other, ast.Constant) and other.value is None and isinstance(test.ops[0], ast.Is | ast.IsNot):
            return test.left.id, isinstance(test.ops[0], ast.IsNot)
    return "", False


def _answers(resolver: Resolver, name: str, asked: Asked) -> bool:
    return any(_comes_from(resolver, value, asked.event) for value in resolver.values_of(name))


def _comes_from(resolver: Resolver, value: Operand, call: int) -> bool:
    event: Event = resolver.function.events[resolver.origin(value)]
    if isinstance(event, Compute) and event.operator == "awaited":
        return resolver.origin(event.operands[0]) == call
    return event.id == call


def _judge(program: Program, resolver: Resolver, added: Asked) -> Judgement | None:
    itself = [(resolver, Access(added.event, added.lock.location, Change.ADD, None))]
    hint = Hint(f"`{added.lock}` is taken for the look as for the addition, so several tasks are meant")
    return judge(program, resolver, added.lock.location, itself, hint, does="adds to the store")
