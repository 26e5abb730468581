"""What answers tell: those of questions about some state, and those of calls that were waited for.

What was waited for is built from what was given, and says nothing about it.

``answer = await ask(self.state)`` and ``async with ask(self.state) as answer``: who tests the answer has not tested the
state, and who stores it stores what was made of an old one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from awaitomic.knowledge.containers import QUESTIONS
from awaitomic.model.event import Attribute, Call, Compute, Const, Enter, Name, Read
from awaitomic.model.location import Location
from awaitomic.program.accesses import answer_of
from awaitomic.program.calls import targets_of
from awaitomic.program.state import NOTHING, Tokens

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver


def asked(resolver: Resolver, event: Call) -> Location | None:
    """Give the state that a call asks for: ``queue.full()`` one of its own, ``hasattr(self, "x")`` the attribute."""
    callee = resolver.function.events[event.function]
    if not isinstance(callee, Read):
        return None
    if isinstance(callee.place, Attribute) and callee.place.attr in QUESTIONS and not event.arguments:
        location = resolver.value(callee.place.base)
        return answer_of(location, callee.place.attr) if location is not None else None
    if not isinstance(callee.place, Name) or callee.place.name != "hasattr" or len(event.arguments) != 2:
        return None
    base, name = resolver.value(event.arguments[0]), resolver.function.events[event.arguments[1]]
    written = name.value if isinstance(name, Const) else None
    return base.attribute(written) if base is not None and isinstance(written, str) else None


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
