"""Spells event graphs for tests, and follows statement paths."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

from awaitomic.flow.lower import lower_module
from awaitomic.model.event import (
    Compute,
    Const,
    Event,
    Guard,
    Name,
    Raise,
    Read,
    Return,
    Suspend,
    Write,
    Yield,
)

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph, ModuleGraph
    from awaitomic.model.position import StatementPath


def lowered(source: str) -> ModuleGraph:
    """Lower a module that is written with any indentation."""
    return lower_module(ast.parse(textwrap.dedent(source)))


def function(source: str, qualname: str = "f") -> FunctionGraph:
    """Lower a module and give the graph of one function."""
    (found,) = (graph for graph in lowered(source).functions if graph.qualname == qualname)
    return found


def body(source: str) -> FunctionGraph:
    """Lower the body of an asynchronous method ``f(self)``."""
    return function("async def f(self):\n" + textwrap.indent(textwrap.dedent(source), "    "))


def spell(graph: FunctionGraph, event: Event) -> str:
    """Spell an event: what it does, and to which part of the source."""
    node = graph.nodes[event.id]
    text = ast.unparse(node) if isinstance(node, ast.expr) else type(node).__name__
    match event:
        case Const():
            return f"const {event.value!r}"
        case Write(place=Name(name=name)):
            return f"{event.how.value} {name}"
        case Write():
            return f"{event.how.value} {text}"
        case Compute():
            return event.operator
        case Guard():
            return f"guard {event.kind} {text}"
        case Suspend():
            return f"suspend {event.why.value}"
        case Return() | Raise() | Yield():
            return type(event).__name__.lower()
    return f"{type(event).__name__.lower()} {text}"


def spelled(graph: FunctionGraph, *kinds: type[Event]) -> list[str]:
    """Spell the events of these kinds (all, if none is named) in the order of their ids."""
    return [spell(graph, event) for event in graph.events if not kinds or isinstance(event, kinds)]


def accesses(source: str) -> list[str]:
    """Spell what the body of ``f(self)`` does to shared state, and where it suspends.

    Reads of plain names are left out, as is what a call does.
    """
    graph = body(source)
    return [
        spell(graph, event)
        for event in graph.events
        if isinstance(event, Suspend) or (isinstance(event, Read | Write) and not isinstance(event.place, Name))
    ]


def followed(tree: ast.Module, path: StatementPath) -> ast.stmt:
    """Give the statement to which a path leads."""
    node: ast.AST = tree
    for step in path:
        field, _, number = step.block.partition(".")
        found = getattr(node, field)
        node = (found[int(number)].body if number else found)[step.index]
    assert isinstance(node, ast.stmt)
    return node
