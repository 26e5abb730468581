"""The way from who holds a lock to where it is taken again, as a list of places, one for each function on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call, Return, Suspend
from awaitomic.program.calls import is_awaited
from awaitomic.program.locks.acquisitions import Acquisition
from awaitomic.program.locks.deadlines import deadline, longest
from awaitomic.program.locks.taken import AROUND
from awaitomic.program.names import last_name
from awaitomic.program.target import Target

if TYPE_CHECKING:
    from awaitomic.program import Program
    from awaitomic.program.resolve import Resolver


class Frame(NamedTuple):
    """A function, and where it calls the next one; in the last, where it takes the lock."""

    function: FunctionGraph
    event: int
    is_plumbing: bool = False
    """Whether it only takes locks for others: a context manager, a step of an iterator, a decorator."""


def frames_of(program: Program, resolver: Resolver, event: int, target: Target, taken: Acquisition) -> list[Frame]:
    """Give the way from a call to an acquisition; a decorated function stands for its decorator's part of it."""
    frames = [Frame(resolver.function, event)]
    function, plumbing = target.function, is_manager(target.function)
    for name, at, _ in taken.chain:
        if at != AROUND:
            frames.append(Frame(function, at, plumbing))
        function = program.named(name).function
        plumbing = at == AROUND or is_manager(function)
    return [*frames, Frame(function, taken.event, plumbing)]


def is_manager(function: FunctionGraph) -> bool:
    """Tell whether a function is run by a with-statement or a loop, and not by its name."""
    name = getattr(function.node, "name", "")
    decorators = getattr(function.node, "decorator_list", ())
    return name in _RUN_BY_STATEMENTS or any(last_name(each) == "asynccontextmanager" for each in decorators)


_RUN_BY_STATEMENTS = frozenset({"__aenter__", "__aexit__", "__aiter__", "__anext__"})


def shown_frame(frames: list[Frame]) -> Frame:
    """Give the place that is to blame: the last one that is not only there to take locks for others."""
    return next((frame for frame in reversed(frames) if not frame.is_plumbing), frames[0])


def is_limited(program: Program, frame: Frame) -> bool:
    """Tell whether a wait ends by itself: it is given to ``wait_for``, or a block around it has a deadline."""
    resolver = program.resolver(frame.function)
    event = frame.function.events[frame.event]
    if deadline(frame.function, resolver.module, frame.event) is not None:
        return True
    operand = event.awaited if isinstance(event, Suspend) else event.value if isinstance(event, Return) else None
    if operand is not None:
        return longest(resolver, event.id, operand) is not None
    if not isinstance(event, Call) or not is_awaited(resolver, event.id):
        return False
    return any(
        isinstance(each, Call)
        and any(resolver.origin(argument) == event.id for argument in each.arguments)
        and longest(resolver, each.id, each.id) is not None
        for each in frame.function.events
    )
