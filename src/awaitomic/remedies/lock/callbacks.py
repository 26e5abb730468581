"""What is called under the lock and was handed in: it may come back for the lock, or be the rest of the work.

``await self.send(event)`` runs what the maker of the object has handed in. Where the project makes the object itself,
it is known what that is: ``Stream(self.stream_send)`` in a protocol whose ``stream_send`` calls ``self.stream.handle``.
"""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Attribute, Call, Compute, Merge, Name, Operand, Read, Return, Scope, Suspend
from awaitomic.program.calls import awaited_calls, targets_of
from awaitomic.program.coroutines import referenced
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.shared.declined import Declined


def check_callback(coverage: Coverage, resolver: Resolver, operand: Operand, place: str) -> None:
    """See that no function that may be behind an awaited attribute takes the lock.

    Raises:
        Declined: ``self-deadlock``.
    """
    callee = _called_attribute(resolver, operand)
    for function in _stored(coverage, resolver, callee) if callee is not None else ():
        if _comes_back(coverage, function, set()):
            message = f"{place} calls what may be `{function.qualname}`, which further on takes the lock"
            raise Declined("self-deadlock", message)


def check_rest(resolver: Resolver, operand: Operand, place: str) -> None:
    """See that no lock is held over the rest of the work: what a function is handed, and whose answer it gives back.

    ``return await handler(request)`` in a middleware: one request at a time would be worked on.

    Raises:
        Declined: ``rest-of-work``.
    """
    events = resolver.function.events
    call = events[resolver.origin(operand)]
    callee = events[resolver.origin(call.function)] if isinstance(call, Call) else None
    if not isinstance(callee, Read) or not isinstance(callee.place, Name) or callee.place.scope is not Scope.PARAMETER:
        return
    if any(isinstance(event, Return) and _gives(resolver, event.value, call.id) for event in events):
        message = (
            f"{place} runs `{callee.place.name}`, whose answer is what the function gives back: "
            "all of that work would be done under the lock, for one caller at a time"
        )
        raise Declined("rest-of-work", message)


def _gives(resolver: Resolver, value: Operand | None, call: int) -> bool:
    """Tell whether a value is what a call, awaited, gives."""
    if value is None:
        return False
    origin = resolver.function.events[resolver.origin(value)]
    if isinstance(origin, Merge):
        return any(_gives(resolver, each, call) for each in origin.operands)
    if not isinstance(origin, Compute) or origin.operator != "awaited":
        return False
    return any(resolver.origin(operand) == call for operand in origin.operands)


def _called_attribute(resolver: Resolver, operand: Operand) -> Read | None:
    call = resolver.function.events[resolver.origin(operand)]
    callee = resolver.function.events[resolver.origin(call.function)] if isinstance(call, Call) else None
    return callee if isinstance(callee, Read) and isinstance(callee.place, Attribute) else None


def _stored(coverage: Coverage, resolver: Resolver, callee: Read) -> Iterator[FunctionGraph]:
    """Give the functions that are stored in an attribute, or handed to who makes its object."""
    location = resolver.value(callee.id)
    if location is None or len(location.steps) != 1 or not isinstance(callee.place, Attribute):
        return
    program, names = coverage.program, {callee.place.attr}
    for writer, access in program.writers_at(resolver.key_of(location)):
        if access.value is not None:
            yield from _functions(writer, access.value)
            value = writer.function.events[writer.origin(access.value)]
            if isinstance(value, Read) and isinstance(value.place, Name) and value.place.scope is Scope.PARAMETER:
                names.add(value.place.name)
    for maker, made in program.makers.constructions(location.owner) or ():
        bound = [pair for target in targets_of(maker, made) for pair in target.arguments]
        for name, value_of in (*bound, *made.keywords):
            if name in names:
                yield from _functions(maker, value_of)


def _functions(resolver: Resolver, operand: Operand) -> Iterator[FunctionGraph]:
    event = resolver.function.events[resolver.origin(operand)]
    found = referenced(resolver, event) if isinstance(event, Read) else None
    if found is not None:
        yield found


def _comes_back(coverage: Coverage, function: FunctionGraph, seen: set[int]) -> bool:
    """Tell whether a function takes the lock further on; of an object of unknown class, the method's name tells."""
    if id(function) in seen:
        return False
    seen.add(id(function))
    if coverage.reaches(function, set()):
        return True
    resolver = coverage.program.resolver(function)
    for event in function.events:
        if not isinstance(event, Suspend) or event.awaited is None:
            continue
        targets = [target for call in awaited_calls(resolver, event) for target in call.targets]
        if any(_comes_back(coverage, target.function, seen) for target in targets):
            return True
        callee = None if targets else _called_attribute(resolver, event.awaited)
        if callee is not None and _may_be_taker(coverage, resolver, callee):
            return True
    return False


def _may_be_taker(coverage: Coverage, resolver: Resolver, callee: Read) -> bool:
    place = callee.place
    if not isinstance(place, Attribute) or resolver.operand_type(place.base).name is not None:
        return False
    owners = {key.owner for key in coverage.home.keys}
    methods = (facts.methods.get(place.attr) for owner in owners for facts in coverage.program.module.family(owner))
    return any(method is not None and coverage.reaches(method, set()) for method in methods)
