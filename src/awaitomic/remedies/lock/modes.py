"""A flag that says for the time of a wait that somebody is inside: a lock would let in one at a time instead.

Two who are inside at once need a count, so that the first who leaves does not say that nobody is there. A lock around
the whole stay mends the flag, and makes the second wait until the first has left: for as long as a connection lasts.
"""

from __future__ import annotations

from awaitomic.model.event import Const, Write
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined


def check_mode(case: Case) -> None:
    """See that the state is no flag that is set to a constant before the wait and to another one after it, untested.

    Raises:
        Declined: ``mode-flag``.
    """
    span, events = case.finding.span, case.function.events
    first, last = (events[event] for event in (span.reads[0] if span.reads else span.write, span.write))
    if case.finding.rule != "AWA103" or not isinstance(first, Write) or not isinstance(last, Write):
        return
    values = [events[write.value] if write.value is not None else None for write in (first, last)]
    said = [value.value for value in values if isinstance(value, Const)]
    if len(said) == 2 and all(isinstance(value, bool) for value in said) and said[0] is not said[1]:
        message = (
            f"`{case.finding.state}` only says that `{case.function.qualname}` is at work, and under a lock "
            "only one call at a time could be"
        )
        raise Declined("mode-flag", message)
