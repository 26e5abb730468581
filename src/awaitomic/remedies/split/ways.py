"""On which ways to the second acquisition a variant could be called at all: only where a call names what it runs."""

from __future__ import annotations

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.event import Call
from awaitomic.model.identity import qualname_of
from awaitomic.program import Program
from awaitomic.program.callers import is_dunder
from awaitomic.program.calls import targets_of
from awaitomic.program.locks.acquisitions import Acquisition
from awaitomic.program.locks.frames import frames_of, is_manager
from awaitomic.program.locks.taken import AROUND
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import AwaitedCall, Target
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split.forwarding import forwarders_of


def check_way(program: Program, resolver: Resolver, call: AwaitedCall, target: Target, taken: Acquisition) -> None:
    """Refuse where the lock is taken by what no call names: a manager, a decorator, what is handed on.

    Raises:
        Declined: ``lock-in-manager``, ``lock-in-decorator`` or ``through-callback``.
    """
    name = qualname_of(taken.function)
    if any(at == AROUND for _, at, _ in taken.chain):
        message = f"`{name}`, a decorator's, takes the lock around the function: a variant would have to go around it"
        raise Declined("lock-in-decorator", message)
    if taken.detour:
        message = f"`{name}` takes the lock by another name: that of an object which was given it when it was made"
        raise Declined("through-callback", message)
    frames = frames_of(program, resolver, call.call, target, taken)
    last = frames[-1].function
    managers = (frame.function for frame in frames[1:] if is_manager(frame.function))
    manager = next((each for each in managers if each is not last or not _is_named(each)), None)
    if manager is not None:
        line = getattr(manager.node, "lineno", 1)
        message = f"`{manager.qualname}` (line {line}) takes the lock for a statement, which has no name for a variant"
        raise Declined("lock-in-manager", message)
    event = resolver.function.events[call.call]
    if isinstance(event, Call) and not targets_of(resolver, event):
        line = program.extent(resolver.function, call.call).line
        raise Declined("through-callback", f"line {line} does not name `{name}`, which takes the lock")
    if taken not in program.acquisitions.of(target.function):
        line = program.extent(resolver.function, call.call).line
        message = f"`{target.function.qualname}`, called on line {line}, is handed the lock, or what takes it"
        raise Declined("through-callback", message)
    plain = next((frame.function for frame in frames[1:] if not frame.function.is_async), None)
    if plain is not None and not (plain is frames[1].function and plain in forwarders_of(program, frames[2].function)):
        line = getattr(plain.node, "lineno", 1)
        message = f"`{plain.qualname}` (line {line}) is no coroutine function: it only returns what takes the lock"
        raise Declined("through-callback", message)


def _is_named(manager: FunctionGraph) -> bool:
    """Tell whether a manager is a function that is called by its name, of which there can be a variant."""
    return manager.is_generator and not is_dunder(manager)
