"""What a function is handed and awaits: ``await callback()``, ``return await job``. Its callers know what that is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.knowledge.spawners import AWAITED_ALONE
from awaitomic.model.event import Call, Name, Operand, Read, Scope, Suspend, SuspendWhy
from awaitomic.program.callables import reached
from awaitomic.program.calls import unwrapped
from awaitomic.program.names import last_name
from awaitomic.program.target import How, Target

if TYPE_CHECKING:
    from awaitomic.program.resolve import Resolver


@dataclass(frozen=True, slots=True)
class Deferred:
    """A parameter that is awaited, here or further down the calls."""

    parameter: str
    called: bool
    """Whether it is called first, or is a coroutine already."""
    event: int
    """The suspension, in the function at the end of the chain."""
    how: How
    chain: tuple[tuple[str, int, How], ...] = ()

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others of the same function."""
        return self.parameter, self.event

    def in_caller(self, resolver: Resolver, target: Target, hop: tuple[str, int, How]) -> Deferred | None:
        """Give the same for a caller that only hands on what it was handed itself."""
        operand = dict(target.arguments).get(self.parameter)
        name = _parameter(resolver, operand) if operand is not None else None
        if name is None or any(function == hop[0] for function, _, _ in self.chain):
            return None
        return Deferred(name, self.called, self.event, self.how, (hop, *self.chain))


def awaited_parameters(resolver: Resolver) -> Iterator[Deferred]:
    """Give the parameters that a function awaits itself."""
    events = resolver.function.events
    for event in events if resolver.function.is_async else ():
        if not isinstance(event, Suspend) or event.why is not SuspendWhy.AWAIT or event.awaited is None:
            continue
        operand, how = event.awaited, How.DIRECT
        call = events[resolver.origin(operand)]
        if isinstance(call, Call) and call.arguments:
            wrapper = last_name(resolver.function.nodes[call.function])
            if wrapper in AWAITED_ALONE:
                operand = call.arguments[0]
                how = {"wait_for": How.WAIT_FOR, "shield": How.SHIELD}.get(wrapper, How.TASK)
        call = events[resolver.origin(operand)]
        name = _parameter(resolver, call.function if isinstance(call, Call) else operand)
        if name is not None and how is not How.TASK:
            yield Deferred(name, isinstance(call, Call), event.id, how)


def handed_on(resolver: Resolver, target: Target) -> Iterator[Target]:
    """Give the functions that a call is handed as values, and those of which it is handed a coroutine."""
    for _, operand in target.arguments:
        yield from reached(resolver, operand)
        for call in unwrapped(resolver, operand, How.DIRECT):
            yield from call.targets


def _parameter(resolver: Resolver, operand: Operand) -> str | None:
    """Give the parameter that an operand is, if the function never binds it anew."""
    event = resolver.function.events[resolver.origin(operand)]
    if not isinstance(event, Read) or not isinstance(event.place, Name) or event.place.scope is not Scope.PARAMETER:
        return None
    name, receiver = event.place.name, resolver.receiver()
    return None if resolver.is_bound(name) or (receiver is not None and receiver.name == name) else name
