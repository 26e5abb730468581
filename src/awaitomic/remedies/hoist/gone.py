"""What a hoist looks up later than before may be gone by then, where it surely was there when it was looked up first.

``self.accounts[k].total += await price()`` has the account before it waits, whoever removes it meanwhile. Behind the
await it would be looked up anew, and fail.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from awaitomic.model.event import Read
from awaitomic.model.location import Location
from awaitomic.program.accesses import FORGETS, Change
from awaitomic.program.module import is_construction
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.purity import Purity


def gone_meanwhile(case: Case, nodes: Sequence[ast.AST]) -> list[str]:
    """Say which entries that some code looks up are removed by others.

    Parameters:
        case: the case.
        nodes: the syntax of what is evaluated later than before.
    """
    inside = {id(inner) for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Subscript)}
    found: dict[str, None] = {}
    purity = Purity(case)
    for event, node in zip(case.function.events, case.function.nodes, strict=True):
        if not isinstance(event, Read) or id(node) not in inside or not isinstance(node, ast.Subscript):
            continue
        location = case.resolver.place(event.place)
        if location is None or purity.is_permanent(node, location):
            continue
        for name in _removers(case, location):
            found[
                f"`{name}` may take `{case.text(node)}` away during the await, and then it is not found behind it"
            ] = None
    return list(found)


def _removers(case: Case, location: Location) -> Iterator[str]:
    """Give the functions that take an entry out of its container, empty that, or put another in its place."""
    places = [location] if location.parent is None else [location, location.parent]
    for place in places:
        for resolver, access in case.program.writers_at(case.resolver.key_of(place)):
            goes = access.change in FORGETS or (place != location and access.change in {Change.ASSIGN, Change.TAKE})
            if goes and not is_construction(resolver.function):
                yield resolver.function.qualname
                return
