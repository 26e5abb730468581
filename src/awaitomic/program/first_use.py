"""Who comes to a method first: often the very function that makes the object, before anybody else has it.

``client = Client(); await client.connect(); return client`` finds nothing there and makes it; whoever has the client
afterwards finds it made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.location import Root
from awaitomic.program.target import How

if TYPE_CHECKING:
    from awaitomic.program import Program

_IN_TURN = frozenset({How.DIRECT, How.WAIT_FOR})
_HOPS = 4
"""So far up the object's own methods are followed."""


def is_used_by_maker(program: Program, function: FunctionGraph) -> bool:
    """Tell whether a method is called on an object that its caller has just made, also by way of its others."""
    seen = {id(function)}
    level = [function]
    for _ in range(_HOPS):
        above: list[FunctionGraph] = []
        for current in level:
            sites = program.callers.sites(current)
            spawning = [site.resolver for site in sites if site.how not in _IN_TURN]
            for site in sites:
                receiver, caller = site.target.receiver, site.resolver.function
                if site.resolver in spawning:
                    continue  # there it is run in tasks of their own, too
                if site.on_new_object and caller.class_id != function.class_id:
                    return True
                own = receiver is not None and receiver.root is Root.SELF and not receiver.steps
                if own and id(caller) not in seen:
                    seen.add(id(caller))
                    above.append(caller)
        level = above
    return False
