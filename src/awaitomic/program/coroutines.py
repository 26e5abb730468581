"""Which coroutines a value holds that is handed to what runs it: alone, in a collection, or made by ``map``.

``gather(*map(self.put, keys))`` runs as many tasks of ``put`` as ``gather(*(self.put(key) for key in keys))`` does, and
so does a list that a loop fills before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.spawners import AWAITED_ALONE, MAPPERS, PASS_ITEMS, PUT_IN, starts_one
from awaitomic.model.event import Attribute, Call, Compute, Name, Operand, Read, Scope
from awaitomic.model.location import Root
from awaitomic.program.calls import functions_at, targets_of
from awaitomic.program.joins import ends_of_task
from awaitomic.program.module import is_of_class
from awaitomic.program.names import dotted, last_name
from awaitomic.program.operands import method_of
from awaitomic.program.resolve import Resolver
from awaitomic.program.target import Target

_WRAPPERS = AWAITED_ALONE | {"partial"}
_REPEATING = frozenset({"generator", "comprehension"})
_HOLDING = _REPEATING | {"starred", "list", "tuple", "set", "+"}


@dataclass(frozen=True, slots=True)
class Made:
    """A coroutine of the program that a value holds; `call` is the event that makes it, or that names its function."""

    call: int
    target: Target
    repeated: bool = False
    """Whether there may be several that are made in this one place."""
    started: bool = False
    """Whether a task has been made of it already."""


def coroutines(resolver: Resolver, operand: Operand) -> Iterator[Made]:
    """Give every coroutine of the program that an argument holds.

    A function handed over uncalled (``start_soon(worker, 1)``) counts as called.
    """
    return _Search(resolver).of(operand)


class _Search:
    """One look into a value, and into the collections that it is taken from."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._filled: set[int] = set()
        """The collections that have been looked into: one may hold itself."""

    def of(self, operand: Operand) -> Iterator[Made]:
        resolver = self._resolver
        origin = resolver.origin(operand)
        event = resolver.function.events[origin]
        if isinstance(event, Call):
            yield from self._of_call(event)
        elif isinstance(event, Compute) and event.operator in _HOLDING:
            for inner in event.operands:
                for made in self.of(inner):
                    yield replace(made, repeated=made.repeated or event.operator in _REPEATING)
            if event.operator in {"list", "set"}:
                yield from self._put_in(origin)
        elif isinstance(event, Compute) and event.operator == "lambda":
            yield from _in_lambda(resolver, origin)
        elif isinstance(event, Compute) and event.operator == "function":
            for nested, _ in functions_at(resolver, operand):
                if nested.is_async:
                    yield Made(operand, Target(nested, None))
        elif isinstance(event, Read):
            function = referenced(resolver, event)
            if function is not None and function.is_async:
                receiver = resolver.value(event.place.base) if isinstance(event.place, Attribute) else None
                yield Made(origin, Target(function, receiver, open=True))

    def _of_call(self, event: Call) -> Iterator[Made]:
        """Give the coroutines that a call makes, or passes on."""
        function = self._resolver.function
        targets = targets_of(self._resolver, event)
        for target in targets:
            yield Made(event.id, target)
        if targets:
            return
        wrapper, method = last_name(function.nodes[event.function]), method_of(function, event)
        name = dotted(function.nodes[event.function], self._resolver.module.imports)
        if (starts_one(wrapper) or wrapper in _WRAPPERS) and event.arguments:
            for made in self.of(event.arguments[0]):
                yield replace(made, started=made.started or starts_one(wrapper))
        elif name in MAPPERS and len(event.arguments) > 1:
            yield from self._mapped(event)
        elif name in PASS_ITEMS:
            for argument in event.arguments:
                yield from self.of(argument)
            yield from self._put_in(event.id)
        elif method is not None and method.attr == "values":
            yield from self._in_entries(method.base)

    def _mapped(self, event: Call) -> Iterator[Made]:
        """Give what ``map`` makes: each item calls the function, or is handed to what makes a task of it."""
        first, items = event.arguments[:2]
        maker = last_name(self._resolver.function.nodes[self._resolver.origin(first)])
        if starts_one(maker) or maker in AWAITED_ALONE:
            for made in self.of(items):
                yield replace(made, started=made.started or starts_one(maker))
            return
        for made in self.of(first):
            if not _is_on_the_items(made.target):
                yield replace(made, repeated=True)

    def _in_entries(self, operand: Operand) -> Iterator[Made]:
        """Give what the values of a dictionary are that is made on the spot."""
        event = self._resolver.function.events[self._resolver.origin(operand)]
        if isinstance(event, Compute) and event.operator in {"comprehension", "dict"}:
            for inner in event.operands:
                for made in self.of(inner):
                    yield replace(made, repeated=made.repeated or event.operator == "comprehension")

    def _put_in(self, container: int) -> Iterator[Made]:
        """Give what is put into a collection behind the event that makes it: by ``append``, often in a loop."""
        if container in self._filled:
            return
        self._filled.add(container)
        for event in self._resolver.function.events:
            method = method_of(self._resolver.function, event)
            if method is None or not isinstance(event, Call) or method.attr not in PUT_IN or not event.arguments:
                continue
            if self._resolver.origin(method.base) == container:
                again = happens_again(self._resolver, event.id, {container})
                for made in self.of(event.arguments[-1]):
                    yield replace(made, repeated=made.repeated or again)


def _is_on_the_items(target: Target) -> bool:
    """Tell whether each call is on an object of its own: ``map(Worker.run, workers)``."""
    function, receiver = target.function, target.receiver
    if function.class_name is None or is_of_class(function):
        return False
    return receiver is None or receiver.root in {Root.PARAMETER, Root.CLASS}


def _in_lambda(resolver: Resolver, origin: int) -> Iterator[Made]:
    """Give the coroutines that a lambda makes: ``start_soon(lambda: self.work())``."""
    node = resolver.function.nodes[origin]
    for function in resolver.module.functions:
        if function.node is node:
            inner = Resolver(resolver.module, function, resolver)
            for event in function.events:
                for target in targets_of(inner, event) if isinstance(event, Call) else ():
                    if target.function.is_async:
                        yield Made(origin, target)


def happens_again(resolver: Resolver, event: int, ends: set[int]) -> bool:
    """Tell whether an event can happen again in one run of its function, without one of `ends` in between."""
    return event in reach_after(resolver.function, event, stops=ends - {event}, raises=False).events


def are_side_by_side(resolver: Resolver, made: Made, other: Made) -> bool:
    """Tell whether two of what is run together are runs of one function, and not one or the other of them."""
    if other is made or other.target.function is not made.target.function:
        return False
    return made.call == other.call or any(
        there.call in reach_after(resolver.function, here.call, raises=False).events
        for here, there in ((made, other), (other, made))
    )


def is_made_beside_itself(resolver: Resolver, event: Call) -> bool:
    """Tell whether a place makes another task while the last one may still run: a loop that does not wait for it."""
    return happens_again(resolver, event.id, set()) and (
        happens_again(resolver, event.id, set(ends_of_task(resolver, event)))
    )


def referenced(resolver: Resolver, event: Read) -> FunctionGraph | None:
    """Give the function of the program that a name or attribute stands for, if it plainly does."""
    link = resolver.module.link
    own = isinstance(event.place, Name) and event.place.scope in {Scope.LOCAL, Scope.CLOSURE}
    if isinstance(event.place, Name) and own and not resolver.is_of_module(event.place):
        found = resolver.module.by_name.get(f"{resolver.function.qualname}.{event.place.name}")
        return found if found is not None and found.class_name != resolver.function.qualname else None
    if isinstance(event.place, Attribute):
        location = resolver.value(event.place.base)
        typed = resolver.type_of(location).name if location is not None else None
        if typed and typed.startswith("class:"):
            return link.find_method(typed.removeprefix("class:"), event.place.attr)
    if isinstance(event.place, Name) and event.place.scope is Scope.PARAMETER:
        return None
    found_definition = resolver.definition_of(event.place)
    if found_definition is None or found_definition.kind != "function":
        return None
    return link.function(found_definition.id)
