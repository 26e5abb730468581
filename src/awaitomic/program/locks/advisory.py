"""Locks that a plain call takes, outside of this process or behind a function: ``await acquire_lock(name)``.

Nothing is known of them but a name or a piece of SQL, and that is enough to believe that they keep others out from
there on, until they are given back. They never make their own holder hang.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.locks import UNKNOWN_LOCK, gives_advisory_lock_back, takes_advisory_lock
from awaitomic.model.event import Call, Const
from awaitomic.model.location import Location, Root
from awaitomic.program.calls import is_awaited
from awaitomic.program.locks import Lock
from awaitomic.program.names import last_name

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver


def advisory_lock(resolver: Resolver, event: Call) -> tuple[Lock, bool] | None:
    """Give the lock that a call takes (True) or gives back (False), if its name or its SQL says that it does."""
    name = last_name(resolver.function.nodes[event.function])
    events = [resolver.function.events[argument] for argument in event.arguments[:1]]
    sql = next((e.value for e in events if isinstance(e, Const) and isinstance(e.value, str)), "")
    lock = Lock(Location(Root.RESULT, resolver.function.id, "advisory lock"), UNKNOWN_LOCK)
    if gives_advisory_lock_back(name, sql):
        return lock, False
    if takes_advisory_lock(name, sql) and is_awaited(resolver, event.id):
        return lock, True
    return None
