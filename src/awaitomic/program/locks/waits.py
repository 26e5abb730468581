"""Waits that let others in although a lock is held before and after: ``await condition.wait()``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import RELEASING_WAITS
from awaitomic.model.event import Suspend
from awaitomic.program.operands import method_of

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.locks import Lock
    from awaitomic.program.resolve import Resolver


def released_by(program: Program, resolver: Resolver, event: Suspend) -> frozenset[Lock]:
    """Give the locks that are given back while a function waits at a suspension, and taken again behind it."""
    events = resolver.function.events
    call = events[resolver.origin(event.awaited)] if event.awaited is not None else None
    method = method_of(resolver.function, call) if call is not None else None
    if method is None or method.attr not in RELEASING_WAITS:
        return frozenset()
    return frozenset(program.locks_of(resolver, method.base))
