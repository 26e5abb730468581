"""What the answer of a call that was waited for tells: it is built from what was given, and says nothing about it.

``answer = await ask(self.state)`` and ``async with ask(self.state) as answer``: who tests the answer has not tested the
state, and who stores it stores what was made of an old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.model.event import Call, Compute, Enter, Read
from awaitomic.program.calls import targets_of
from awaitomic.program.state import NOTHING, Tokens

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver


def answered(resolver: Resolver, event: Compute, tokens: Tokens) -> Tokens:
    """Mark what is known of the answer of an awaited call.

    Of a coroutine of the program it is known what its result tells about (the tokens are as fresh as its return).
    """
    awaited = resolver.function.events[resolver.origin(event.operands[0])]
    if isinstance(awaited, Read):
        return NOTHING  # what a future is given in the end was never read from where the future is kept
    if isinstance(awaited, Call) and not targets_of(resolver, awaited):
        return frozenset(t._replace(answered=True) for t in tokens)
    return frozenset(t._replace(answered=True) if t.is_stale else t for t in tokens)


def is_request(resolver: Resolver, event: Compute) -> bool:
    """Tell whether a call is made and waited for by entering it: ``async with session.get(self.url) as answer``."""
    events = resolver.function.events
    entered = events[event.id - 1]
    if event.operator != "entered" or not isinstance(entered, Enter) or not entered.asynchronous:
        return False
    return isinstance(events[resolver.origin(event.operands[0])], Call)
