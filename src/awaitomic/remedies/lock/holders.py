"""Who holds the lock already: code that runs for such a holder, while he waits for it, cannot take the lock first.

A lock that guards a whole request is held while its answer is awaited. What handles the answer may write the same state
without the lock, and has to.
"""

from __future__ import annotations

from awaitomic.model.event import Attribute, Call, Read, Suspend
from awaitomic.program.locks.enders import ender_calls, waited_objects
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.polls import check_holder
from awaitomic.remedies.lock.waits import needs_lock
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split.takers import line_of


def check_holders(coverage: Coverage) -> None:
    """See that nobody will wait for a lock whose holder may be waiting for him.

    Raises:
        Declined: ``waits-for-holder`` if a function that is to take the lock asks whether it is held, or ends a wait
            under it, or one that holds it polls the state.
    """
    if coverage.guardian is None:
        return
    for resolver in coverage.functions.values():
        _check_question(coverage, resolver)
    for resolver in coverage.resolvers:
        check_holder(coverage, resolver)
        for event in resolver.function.events:
            if isinstance(event, Suspend) and event.awaited is not None and coverage.held_already(resolver, event.id):
                _check_wait(coverage, resolver, event)


def _check_question(coverage: Coverage, resolver: Resolver) -> None:
    """Refuse a function that goes on, or leaves, by whether the lock is held: it is meant to run while it is."""
    assert coverage.guardian is not None
    for event in resolver.function.events:
        callee = resolver.function.events[event.function] if isinstance(event, Call) else None
        place = callee.place if isinstance(callee, Read) else None
        if not isinstance(place, Attribute) or place.attr != "locked":
            continue
        asked = resolver.value(place.base)
        if asked is not None and resolver.key_of(asked) == coverage.guardian.key:
            line = line_of(coverage.program, resolver.function, event.id)
            name = resolver.function.qualname
            message = f"`{name}` asks on line {line} whether the lock is held: it is meant to run while it is"
            raise Declined("waits-for-holder", message)


def _check_wait(coverage: Coverage, resolver: Resolver, event: Suspend) -> None:
    """Refuse if what ends a wait under the lock would have to take the lock first."""
    assert event.awaited is not None
    for waited in waited_objects(resolver, event.awaited):
        for ender, call in ender_calls(coverage.program, resolver.key_of(waited), event.awaited, resolver):
            already = coverage.held_already(ender, call) or coverage.takes_already(ender.function) is not None
            if needs_lock(coverage, ender, call) and not already:
                line = line_of(coverage.program, resolver.function, event.id)
                message = (
                    f"line {line} waits for `{waited}` with the lock held, and `{ender.function.qualname}`, "
                    "which can end that, would wait for the lock"
                )
                raise Declined("waits-for-holder", message)
