"""Which locks a with-statement or a call takes: the places where everything else about locks begins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import CONFIGURED_LOCK, LOCK_TYPES, PERMISSIVE, STACKING, UNKNOWN_LOCK, Exclusion
from awaitomic.model.event import Call, Compute, Merge, Operand
from awaitomic.model.finding import Confidence
from awaitomic.model.location import ANY_ITEM, Location
from awaitomic.program.calls import is_awaited, targets_of, translate
from awaitomic.program.locks import Cause, Each, Flaw, Lock, as_held, lock_of, typed_lock, unnamed
from awaitomic.program.locks.advisory import advisory_lock
from awaitomic.program.locks.by_origin import lock_by_origin
from awaitomic.program.locks.getters import returned_entry
from awaitomic.program.locks.made_anew import made_for_each
from awaitomic.program.locks.managers import held_in_body
from awaitomic.program.locks.per_instance import one_for_each
from awaitomic.program.locks.removals import find_removal
from awaitomic.program.locks.sizes import size_by_parameter
from awaitomic.program.module import is_construction
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver
    from awaitomic.program.target import Target


class Takes:
    """The locks that are taken in a program, found when something asks for them."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._managers: dict[tuple[int, Operand], tuple[Lock, ...]] = {}
        self._removals: dict[tuple[str, Location], Flaw | None] = {}
        self._each: dict[tuple[str, Location], Each | None] = {}

    def by_manager(self, resolver: Resolver, manager: Operand) -> tuple[Lock, ...]:
        """Give the protecting locks that a with-statement on `manager` holds."""
        key = (id(resolver), manager)
        if key not in self._managers:
            self._managers[key] = ()  # a helper that enters itself holds what it holds anyway
            self._managers[key] = tuple(self._find_locks(resolver, manager))
        return self._managers[key]

    def _find_locks(self, resolver: Resolver, manager: Operand) -> Iterator[Lock]:
        flaw = made_for_each(self._program, resolver, manager)
        if flaw is not None:
            yield Lock(unnamed(resolver, manager), UNKNOWN_LOCK, flaw)
            return
        if resolver.operand_type(manager).name == CONFIGURED_LOCK:  # whatever its body does
            yield Lock(resolver.value(manager) or unnamed(resolver, manager), UNKNOWN_LOCK)
            return
        event = resolver.function.events[resolver.origin(manager)]
        if isinstance(event, Compute) and event.operator == "awaited":  # `async with await self.lock_of(key):`
            event = resolver.function.events[resolver.origin(event.operands[0])]
        if isinstance(event, Merge) and isinstance(resolver.function.nodes[event.id], ast.BoolOp):
            yield from self._find_locks(resolver, event.operands[0])  # `self.lock or nullcontext()`: if there is one
            return
        if isinstance(event, Call):
            given = self._given(resolver, event)
            if given is not None:
                yield given
                return
            targets = targets_of(resolver, event)
            if targets and not any(is_construction(target.function) for target in targets):
                for target in targets:
                    entry = returned_entry(self._program.resolver(target.function), resolver, target)
                    if entry is not None:
                        yield self._entry(resolver, target, entry)
                    else:
                        yield from held_in_body(self._program, resolver, target.function)
                return
        lock = self._lock(resolver, manager)
        if lock is not None:
            yield self._as_kept(resolver, self._as_sized(resolver, manager, lock))

    def _given(self, resolver: Resolver, event: Call) -> Lock | None:
        """Give the lock that a getter returns, if that is one attribute or variable which is a lock by its type."""
        location = resolver.value(event.id)
        known = typed_lock(resolver, location) if location is not None and not location.is_entry else None
        return self._as_kept(resolver, known) if known is not None else None

    def _lock(self, resolver: Resolver, operand: Operand) -> Lock | None:
        """Give the lock that a value is by its type, by its name, or by where it comes from."""
        return lock_of(resolver, operand) or lock_by_origin(self._program, resolver, operand)

    def _entry(self, resolver: Resolver, target: Target, entry: Location) -> Lock:
        """Give the lock of a key that a getter finds or makes; how it excludes is known if all that is stored tells.

        Of a key that the getter makes up nobody knows by its name whose lock it is.
        """
        vague = Lock(entry, UNKNOWN_LOCK)
        kept = self._as_kept(resolver, vague)
        returned = resolver.module.link.returned(target.function)
        is_named = returned is not None and translate(resolver, target, returned) == entry
        known = typed_lock(resolver, entry) if is_named and kept == vague and ANY_ITEM not in entry.steps else None
        return known or kept

    def _as_sized(self, resolver: Resolver, operand: Operand, lock: Lock) -> Lock:
        """Give what holding a lock means; a semaphore whose size is a parameter lets in as many as that says."""
        known = LOCK_TYPES.get(resolver.operand_type(operand).name or "")
        if known is None or known.exclusion is not Exclusion.COUNTING or lock.type.exclusion is not Exclusion.UNKNOWN:
            return as_held(resolver, operand, lock)
        size = size_by_parameter(self._program, resolver, lock.location)
        if size is None:
            return lock
        says = f"{size.most} tasks can hold it at once"
        says += "" if size.sure is Confidence.CERTAIN else f", unless `{size.parameter}` is given as 1"
        return replace(lock, type=PERMISSIVE, flaw=Flaw(Cause.LETS_IN, "", 0, says=says, sure=size.sure))

    def _as_kept(self, resolver: Resolver, lock: Lock) -> Lock:
        """Give a lock with what is known of how long it stays in its table."""
        key = (resolver.function.id, lock.location)
        if key not in self._removals:
            self._removals[key] = find_removal(self._program, resolver, lock.location)
            self._each[key] = one_for_each(self._program, resolver, lock.location)
        removal = self._removals[key]
        if removal is not None and lock.flaw is None:
            return replace(lock, flaw=removal)
        return replace(lock, each=self._each[key]) if self._each[key] is not None else lock

    def by_call(self, resolver: Resolver, event: Call) -> list[tuple[Lock, bool]]:
        """Give the locks that a call takes (True) or gives back: ``acquire``, ``release``, ``enter_async_context``."""
        advisory = advisory_lock(resolver, event)
        if advisory is not None:
            return [advisory]
        called = method_of(resolver.function, event)
        if called is None:
            return []
        method, base = called.attr, called.base
        if method in {"acquire", "release"}:
            lock = self._lock(resolver, base)
            if lock is not None and method == "acquire" and lock.type.hangs and not is_awaited(resolver, event.id):
                return []  # a task of its own waits for it, or nobody
        elif method in STACKING and event.arguments:
            base = event.arguments[0]
            lock = self._lock(resolver, base)
        else:
            return []
        if lock is None:
            return []
        flaw = made_for_each(self._program, resolver, base)
        if flaw is not None:
            return [(replace(lock, flaw=flaw), method != "release")]
        return [(self._as_kept(resolver, self._as_sized(resolver, base, lock)), method != "release")]

    def left_by(self, resolver: Resolver, event: Call) -> list[Lock]:
        """Give the locks that a function of the program has taken by hand, and not given back, when a call returns."""
        found: list[Lock] = []
        for target in targets_of(resolver, event):
            for lock in self._program.suspension.left_held(target.function):
                location = translate(resolver, target, lock.location)
                if location is not None and (is_awaited(resolver, event.id) or not target.function.is_async):
                    found.append(replace(lock, location=location))
        return found
