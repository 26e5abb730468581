"""Whether what is stored is plain data, of which a second copy may be dropped.

A fix asks for more than silence about resources: what loads it has to say that it is data. Where only the container
does, by being called a cache, the fix is unsafe.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.knowledge.awaitables import QUEUES
from awaitomic.knowledge.locks import LOCK_TYPES
from awaitomic.knowledge.resources import gives_data, holds_data, is_a_cache, keeps_resources, leaves_work
from awaitomic.model.event import Return, Suspend
from awaitomic.program.calls import awaited_calls
from awaitomic.program.closings import closings, has_closer
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.rules.shapes import calls_in, fills_with_data, name_of

_PLAIN_TYPES = frozenset("str int float bool bytes tuple list dict set frozenset".split())
_WRAPPERS = frozenset("wait_for shield gather to_thread run_in_executor run_sync".split())
"""What only waits for something else."""


def judge_value(case: Case, fact: WriteFact) -> list[str]:
    """Give what speaks against dropping a second copy of what a store stores.

    Raises:
        Declined: ``not-plain-data`` if it may have to be closed, or nothing says that it is data.
    """
    location = fact.access.location
    name, value = name_of(location), fact.access.value
    if value is None or not fills_with_data(case.program, case.resolver, fact):
        raise _not_data(f"what is stored in `{location}` is not just data that was awaited")
    if keeps_resources(name):
        raise _not_data(f"`{name}` keeps things that may have to be closed: the second one would leak")
    made = [call for call, _ in calls_in(case.resolver, value) if call not in _WRAPPERS]
    for call in [*made, *_made_below(case, fact)]:
        if leaves_work(call):
            raise _not_data(f"`{call}` makes something that may have to be closed: the second one would leak")
    closer = next(_closed(case), None)
    if closer is not None:
        raise _not_data(closer)
    kind = case.resolver.operand_type(value).name or ""
    if kind in LOCK_TYPES or kind in QUEUES or has_closer(case.resolver, kind):
        raise _not_data("what is stored has a method that ends it: the second one would leak")
    if kind in _PLAIN_TYPES or (made and all(gives_data(call) for call in made)):
        return []
    unknown = next((f"`{call}` gives" for call in made if not gives_data(call)), "is awaited")
    if not is_a_cache(name) and not holds_data(name):
        raise _not_data(f"nothing says that what {unknown} is plain data, of which a second copy can be dropped")
    return [f"if what {unknown} has to be closed, the second one is dropped without that"]


def _not_data(message: str) -> Declined:
    return Declined("not-plain-data", message)


def _made_below(case: Case, fact: WriteFact) -> Iterator[str]:
    """Give the calls that make what the awaited functions of the program return."""
    for event in case.function.events[case.finding.span.guards[0] : fact.event]:
        if not isinstance(event, Suspend):
            continue
        for call in awaited_calls(case.resolver, event):
            for target in call.targets:
                callee = case.program.resolver(target.function)
                yield from (name for name in _returned(callee) if name not in _WRAPPERS)


def _returned(callee: Resolver) -> Iterator[str]:
    for event in callee.function.events:
        if isinstance(event, Return) and event.value is not None:
            yield from (name for name, _ in calls_in(callee, event.value))


def _closed(case: Case) -> Iterator[str]:
    """Say where entries of the container are closed or cancelled: then they are no plain data."""
    for closer, method in closings(case.program, case.resolver, case.fact.access.location):
        yield f"`{closer.function.qualname}` calls `{method}()` on what is stored: the second would leak"
