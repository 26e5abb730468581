"""Tables of locks that are there already: taken the way the other functions take them, and never undone.

A project that has a lock for each key lets work for different keys run side by side. One lock for all of them, around
the `async with` of a lock of a key, would put an end to that.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.knowledge.containers import DEFAULTING
from awaitomic.model.event import Enter, Event, Suspend
from awaitomic.model.location import ANY_ITEM, ItemStep, Location
from awaitomic.program import Program
from awaitomic.program.locks import Lock
from awaitomic.program.locks.acquisitions import own_acquisitions
from awaitomic.program.locks.guarded_by import GuardedBy
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Guardian, receiver_of
from awaitomic.remedies.lock.keyed import Table
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split.takers import held_before, line_of


@dataclass(frozen=True, slots=True)
class LockTable:
    """A table of locks of the file, and how one of its functions takes the lock of a key."""

    guardian: Guardian
    said: ast.expr
    """What stands in its ``async with``."""
    key: str
    """The key in it."""
    receiver: str | None
    module: str
    """The module of the file that it is said in."""
    always: bool = True
    """Whether that gives the lock of any key, also of one for which none was made so far."""

    def expression(self, program: Program, resolver: Resolver, key: str) -> str:
        """Give the lock of a key as a function of the file says it.

        Raises:
            Declined: ``other-lock`` if it has another name for the object, or there may be no lock of that key yet.
        """
        function = resolver.function
        if not self.always:
            line = getattr(function.node, "lineno", 1)
            message = f"where `{function.qualname}` (line {line}) would take it, there may be no lock of `{key}` yet"
            raise Declined("other-lock", message)
        if receiver_of(program, function) != self.receiver or function.module != self.module:
            line = getattr(function.node, "lineno", 1)
            message = f"`{function.qualname}` (line {line}) has no name for the table `{self.guardian.name}`"
            raise Declined("other-lock", message)
        return ast.unparse(_Renamed(self.key, key).visit(ast.parse(ast.unparse(self.said), mode="eval").body))


class _Renamed(ast.NodeTransformer):
    """Puts one key in the place of another."""

    def __init__(self, old: str, new: str) -> None:
        self._old = old
        self._new = ast.parse(new, mode="eval").body

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and ast.unparse(node) == self._old:
            return self._new
        return self.generic_visit(node)


def lock_table(program: Program, resolver: Resolver, table: Table) -> LockTable | None:
    """Give the table of locks of which other functions hold one, with the same key, where they write an entry."""
    _, held = GuardedBy(program).majority(table.home.keys, resolver.function)
    keys = [key for key in held if key.steps and key.steps[-1] == ANY_ITEM and key.owner == table.home.key.owner]
    for key in sorted(keys, key=lambda each: (-held[each], str(each))):
        if not _is_of_same_key(program, table, key):
            continue
        found = next(_said(program, key), None)
        if found is not None:
            return found
    return None


def own_table(program: Program, resolver: Resolver, table: Table, lock: Lock, state: Location) -> LockTable | None:
    """Give the table of locks of which a function holds one, for the key of an entry, over a part of a span.

    Parameters:
        program: the facts of the file.
        resolver: the function with the bug.
        table: the container that the state is an entry of.
        lock: the lock, in the function's terms.
        state: the entry, in its terms.
    """
    key, step = resolver.key_of(lock.location), table.key_in(state)
    of_entry = step is not None and lock.location.steps[-1:] == (step,) and key.owner == table.home.key.owner
    if step is None or not of_entry or not _is_of_same_key(program, table, key):
        return None
    name, receiver = _name(lock), receiver_of(program, resolver.function)
    unsaid = ast.Name(name)
    alone = LockTable(Guardian(lock, name, key), unsaid, step.text, receiver, resolver.function.module, always=False)
    return next(_said(program, key), alone)


def _said(program: Program, key: Location) -> Iterator[LockTable]:
    """Give a table of locks by how its functions take the lock of a key."""
    for resolver, lock, said in _taken(program, key):
        step = lock.location.steps[-1]
        text = step.text if isinstance(step, ItemStep) else ""
        if any(isinstance(node, ast.expr) and ast.unparse(node) == text for node in ast.walk(said)):
            receiver = receiver_of(program, resolver.function)
            yield LockTable(Guardian(lock, _name(lock), key), said, text, receiver, resolver.function.module)


def _name(lock: Lock) -> str:
    return str(lock.location.parent).partition(".")[2] or str(lock.location.parent)


def check_side_by_side(coverage: Coverage) -> None:
    """See that nobody waits for the lock of a key, or for anything else with it in hand, under one lock for all keys.

    Raises:
        Declined: ``locked-by-key``.
    """
    for resolver in coverage.functions.values():
        for event in resolver.function.events:
            if not coverage.held(resolver, event.id) or coverage.held_already(resolver, event.id):
                continue
            for lock in _kept_or_taken(coverage.program, resolver, event):
                if lock.location.is_entry:
                    line = line_of(coverage.program, resolver.function, event.id)
                    message = (
                        f"`{resolver.function.qualname}` has the lock `{lock.location}` of one key on line {line}: "
                        "under one lock for all keys, none would go on beside another"
                    )
                    raise Declined("locked-by-key", message)


def _kept_or_taken(program: Program, resolver: Resolver, event: Event) -> Iterator[Lock]:
    """Give the locks that an event takes, or keeps over a suspension."""
    yield from own_acquisitions(program, resolver, event)
    if isinstance(event, Suspend) and program.may_suspend(resolver, event):
        yield from (lock for lock in held_before(program, resolver, event.id) if not lock.is_claim)


def _taken(program: Program, key: Location) -> Iterator[tuple[Resolver, Lock, ast.expr]]:
    for resolver in program.resolvers:
        for event in resolver.function.events:
            if not isinstance(event, Enter):
                continue
            for lock in program.locks_of(resolver, event.manager):
                node = resolver.function.nodes[event.manager]
                if resolver.key_of(lock.location) != key or not isinstance(node, ast.expr) or lock.flaw is not None:
                    continue
                if _is_always_there(resolver, lock, node):
                    yield resolver, lock, node


def _is_always_there(resolver: Resolver, lock: Lock, said: ast.expr) -> bool:
    """Tell whether an expression gives the lock of any key, of one for which none was made so far, too."""
    table = lock.location.parent
    is_looked_up = isinstance(said, ast.Subscript) or (
        isinstance(said, ast.Call) and isinstance(said.func, ast.Attribute) and said.func.attr == "get"
    )
    return not is_looked_up or (
        isinstance(said, ast.Subscript) and table is not None and resolver.type_of(table).name in DEFAULTING
    )


def _is_of_same_key(program: Program, table: Table, key: Location) -> bool:
    """Tell whether who holds a lock of the table, where an entry is written, holds that of the entry's key."""
    return all(
        lock.location.steps[-1] == table.key_in(access.location)
        for resolver, access in table.home.writers(program)
        for lock in held_before(program, resolver, access.event)
        if resolver.key_of(lock.location) == key
    )
