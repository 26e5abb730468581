"""Whether a lock that is there already is there soon enough: some are None until a method makes them.

Whoever takes such a lock today knows when he runs; who is to take it now may run before it is made, and fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.location import Location
from awaitomic.program.accesses import Access, Change
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import events_in


def check_made(coverage: Coverage, key: Location) -> None:
    """See that the lock `key` has been made wherever it is to be taken.

    Raises:
        Declined: ``other-lock`` if a function that makes it would take it before, or if nothing but such a function
            makes it and somebody would take it who does not take it today.
    """
    writes = [(resolver, access) for resolver, access in coverage.program.writers_at(key) if access.location.steps]
    late = [(resolver, access) for resolver, access in writes if _makes(resolver, access) and not _is_early(resolver)]
    if not late:
        return
    early = any(_makes(resolver, access) and _is_early(resolver) for resolver, access in writes)
    for user in coverage.functions.values():
        for maker, access in late:
            takes = coverage.takes_already(user.function) is not None
            own = user.function.id == maker.function.id
            if (not early and not takes) or (own and any(first < access.event for first in _begins(coverage, user))):
                raise Declined("other-lock", _told(coverage, user, maker, access))


def _told(coverage: Coverage, user: Resolver, maker: Resolver, access: Access) -> str:
    made = f"`{maker.function.qualname}` ({coverage.program.place(maker.function, access.event)}) makes the lock"
    if user.function.id == maker.function.id:
        return f"{made} `{access.location}` only behind what it would have to cover"
    return f"{made} `{access.location}`, which may not be there yet in `{user.function.qualname}`"


def _makes(resolver: Resolver, access: Access) -> bool:
    node = resolver.function.nodes[access.value] if access.value is not None else None
    is_none = isinstance(node, ast.Constant) and node.value is None
    return access.change not in {Change.RESET, Change.DELETE} and not is_none


def _is_early(resolver: Resolver) -> bool:
    return is_construction(resolver.function)


def _begins(coverage: Coverage, user: Resolver) -> Iterator[int]:
    """Give the first event of each run of a function that goes under the lock."""
    for run in coverage.runs.get(id(user.function), ()):
        yield min(events_in(user.function, run), default=0)
