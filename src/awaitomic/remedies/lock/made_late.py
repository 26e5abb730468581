"""Whether a lock that is there already is there soon enough: some are None until a method makes them, or for good.

Whoever takes such a lock today knows when he runs, or asks first; who is to take it now may find None, and fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.location import Location
from awaitomic.program.accesses import Access, Change
from awaitomic.program.module import is_construction
from awaitomic.program.names import is_none
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.nothing import is_optional_parameter
from awaitomic.remedies.shared.region import events_in


def check_made(coverage: Coverage, key: Location) -> None:
    """See that the lock `key` has been made wherever it is to be taken.

    Raises:
        Declined: ``other-lock`` if it may be None, if a function that makes it would take it before, or if nothing but
            such a function makes it and somebody would take it who does not take it today.
    """
    writes = [(resolver, access) for resolver, access in coverage.program.writers_at(key) if access.location.steps]
    for resolver, access in writes:
        if _may_leave_none(resolver, access, writes):
            place = coverage.program.place(resolver.function, access.event)
            raise Declined("other-lock", f"`{access.location}` may be None (`{resolver.function.qualname}`, {place})")
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


def _may_leave_none(resolver: Resolver, access: Access, writes: list[tuple[Resolver, Access]]) -> bool:
    """Tell whether a write takes the lock away from an object that is in use, or makes one only for some of them."""
    if not _makes(resolver, access):
        made_there = (other.function.id == resolver.function.id and _makes(other, each) for other, each in writes)
        return not _is_early(resolver) or any(made_there)
    node = resolver.function.nodes[access.value] if access.value is not None else None
    if isinstance(node, ast.IfExp):
        return is_none(node.body) or is_none(node.orelse)
    return isinstance(node, ast.Name) and is_optional_parameter(resolver, node.id)


def _told(coverage: Coverage, user: Resolver, maker: Resolver, access: Access) -> str:
    made = f"`{maker.function.qualname}` ({coverage.program.place(maker.function, access.event)}) makes the lock"
    if user.function.id == maker.function.id:
        return f"{made} `{access.location}` only behind what it would have to cover"
    return f"{made} `{access.location}`, which may not be there yet in `{user.function.qualname}`"


def _makes(resolver: Resolver, access: Access) -> bool:
    node = resolver.function.nodes[access.value] if access.value is not None else None
    return access.change not in {Change.RESET, Change.DELETE} and not (isinstance(node, ast.expr) and is_none(node))


def _is_early(resolver: Resolver) -> bool:
    return is_construction(resolver.function)


def _begins(coverage: Coverage, user: Resolver) -> Iterator[int]:
    """Give the first event of each run of a function that goes under the lock."""
    for run in coverage.runs.get(id(user.function), ()):
        yield min(events_in(user.function, run), default=0)
