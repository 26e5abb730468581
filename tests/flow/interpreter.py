"""Runs an event graph: each event does with real values what it says, along the way that the guards decide.

If a graph does to recording values just what CPython does when it runs the source, then the events stand in the right
order, on the right ways, with the right operands.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from awaitomic.model.event import (
    Attribute,
    Block,
    Call,
    Compute,
    Const,
    Enter,
    Event,
    Guard,
    Item,
    Leave,
    Merge,
    Name,
    Operand,
    Place,
    Raise,
    Read,
    Return,
    Scope,
    Suspend,
    SuspendWhy,
    Write,
    WriteHow,
    Yield,
)
from flow.computing import Computing
from flow.raising import InFlight

if TYPE_CHECKING:
    from collections.abc import Generator

    from awaitomic.flow.graph import FunctionGraph
    from flow.recording import World


class Interpreter(Computing):
    """One run of one graph. `run` is a generator that yields wherever the source would hand control to the loop."""

    def __init__(
        self, graph: FunctionGraph, world: World, variables: dict[str, object], module: dict[str, object]
    ) -> None:
        super().__init__(graph)
        self.world = world
        self.variables = variables
        self.module = module
        self.in_flight = InFlight(graph)
        self.returned: object = None
        self.holds = False

    def run(self) -> Generator[None, None, object]:
        index = self.graph.entry
        while index not in {self.graph.exit, self.graph.raises}:
            block = self.graph.blocks[index]
            try:
                for event in block.events:
                    self.values[event.id] = yield from self._execute(event)
                    self.remember(event)
            except BaseException as error:  # noqa: BLE001 - whatever is raised goes where the graph says
                assert len(block.handlers) == 1
                index = block.handlers[0]
                self.in_flight.enter(index, error)
            else:
                index = self._follow(block)
        if index == self.graph.raises:
            raise self.in_flight.current
        return self.returned

    def _follow(self, block: Block) -> int:
        last = block.events[-1] if block.events else None
        if isinstance(last, Guard):
            assert len(block.successors) == 2
            target = block.successors[0 if self.holds else 1]
        else:
            (target,) = block.successors
        self.in_flight.follow(block.index, target)
        return target

    def _execute(self, event: Event) -> Generator[None, None, object]:
        if isinstance(event, Suspend):
            return (yield from self._suspend(event))
        return self._evaluate(event)

    def _evaluate(self, event: Event) -> object:
        match event:
            case Const():
                return event.value
            case Read():
                return self._read(event.place)
            case Compute():
                return self.compute(event)
            case Merge():
                # The way that was taken is the one whose operand was evaluated last.
                return self.values[max(event.operands, key=lambda operand: self.stamps.get(operand, 0))]
            case Call():
                return self._call(event)
        self._run(event)
        return None

    def _run(self, event: Event) -> None:
        """Execute an event that has no value."""
        match event:
            case Write():
                self._write(event)
            case Guard():
                self.holds = self._decide(event)
            case Enter():
                if not event.asynchronous:
                    self.entered[event.manager] = special(self.values[event.manager], "__enter__", "__exit__")()
            case Leave():
                if not event.asynchronous:
                    self._leave(event)
            case Raise():
                raise self.raised(event)
            case Return():
                self.returned = self.values[event.value] if event.value is not None else None
            case Yield():
                self.yielded = self.values[event.value] if event.value is not None else None
            case _:
                raise AssertionError(event)

    # Places

    def _names(self, name: Name) -> dict[str, object]:
        return self.module if name.scope is Scope.GLOBAL else self.variables

    def _read(self, place: Place) -> object:
        match place:
            case Name():
                names = self._names(place)
                if place.name not in names:
                    raise NameError if place.scope is Scope.GLOBAL else UnboundLocalError
                return names[place.name]
            case Attribute():
                return getattr(self.values[place.base], place.attr)
            case Item():
                return operator.getitem(self._any(place.base), self.values[place.key])

    def _write(self, event: Write) -> None:
        deletes = event.how is WriteHow.DELETE
        value = self.values[event.value] if event.value is not None else None
        node = self.graph.nodes[event.id]
        if isinstance(node, ast.ExceptHandler) and not deletes:
            value = self.in_flight.bound(node)
        match event.place:
            case Name():
                names = self._names(event.place)
                if not deletes:
                    names[event.place.name] = value
                elif names.pop(event.place.name, self) is self and not isinstance(node, ast.ExceptHandler):
                    raise NameError if event.place.scope is Scope.GLOBAL else UnboundLocalError
            case Attribute():
                base = self.values[event.place.base]
                if deletes:
                    delattr(base, event.place.attr)
                else:
                    setattr(base, event.place.attr, value)
            case Item():
                base, key = self._any(event.place.base), self.values[event.place.key]
                if deletes:
                    del base[key]
                else:
                    base[key] = value

    def _any(self, operand: Operand) -> Any:  # noqa: ANN401 - the operation on it decides what it must be
        return self.values[operand]

    def _call(self, event: Call) -> object:
        arguments: list[object] = []
        for operand in event.arguments:
            if self.is_starred(operand):
                arguments += self._any(operand)
            else:
                arguments.append(self.values[operand])
        keywords: dict[str, object] = {}
        for name, operand in event.keywords:
            if name is None:
                keywords.update({key: self._any(operand)[key] for key in self._any(operand).keys()})  # noqa: SIM118 - the protocol of ``**``
            else:
                keywords[name] = self.values[operand]
        return self._any(event.function)(*arguments, **keywords)

    # Control

    def _decide(self, event: Guard) -> bool:
        node = self.graph.nodes[event.id]
        if event.kind == "for":
            return self.has_item
        if event.kind == "match":
            return self.matches(event)
        if event.kind == "except":
            return self._catches(node)
        return bool(self.values[event.test])

    def _catches(self, node: ast.AST) -> bool:
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            return self.in_flight.catches(node, self.by_node[node.type])
        if isinstance(node, ast.TryStar):
            return self.in_flight.all_caught(node)
        return self.in_flight.swallowed(node, holds=self.swallows)

    def raised(self, event: Raise) -> BaseException:
        """Make the exception that a ``raise`` or a failed assertion raises."""
        node = self.graph.nodes[event.id]
        values = [self.values[operand] for operand in event.operands]
        if isinstance(node, ast.Assert):
            return AssertionError(*values)
        if not values:
            return self.in_flight.handled(node)
        error = values[0]() if isinstance(values[0], type) else values[0]
        if not isinstance(error, BaseException):
            return TypeError("exceptions must derive from BaseException")
        return error

    def _suspend(self, event: Suspend) -> Generator[None, None, object]:
        match event.why:
            case SuspendWhy.AWAIT:
                assert event.awaited is not None
                self.awaited[event.awaited] = yield from special(self.values[event.awaited], "__await__")()
            case SuspendWhy.YIELD:
                self.world.note("yield", self.yielded)
                self.sent = self.world.value()
            case SuspendWhy.ASYNC_FOR:
                assert event.awaited is not None
                self.has_item = True
                try:
                    self.item = yield from self._any(event.awaited).__anext__().__await__()
                except StopAsyncIteration:
                    self.has_item = False
            case SuspendWhy.ASYNC_ENTER:
                assert event.awaited is not None
                enter = special(self.values[event.awaited], "__aenter__", "__aexit__")
                self.entered[event.awaited] = yield from enter().__await__()
            case SuspendWhy.ASYNC_EXIT:
                assert event.awaited is not None
                error = self.in_flight.current if self.in_flight.leaves_by_error(event.id - 1) else None
                leave = special(self.values[event.awaited], "__aexit__")
                yield from leave(type(error) if error else None, error, None).__await__()
        return None

    def _leave(self, event: Leave) -> None:
        error = self.in_flight.current if self.in_flight.leaves_by_error(event.id) else None
        leave = special(self.values[event.manager], "__exit__")
        self.swallows = bool(leave(type(error) if error else None, error, None)) and error is not None


def special(value: object, name: str, *others: str) -> Any:  # noqa: ANN401 - a method of a protocol
    """Look special methods up as CPython does, on the type; give the first, bound. Raises TypeError."""
    for wanted in (name, *others):
        if not hasattr(type(value), wanted):
            raise TypeError(wanted)
    return getattr(type(value), name).__get__(value)
