"""What holds for every event graph, whatever the source."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.solver import solve
from awaitomic.model.event import (
    Attribute,
    Call,
    Compute,
    Enter,
    Event,
    Guard,
    Item,
    Leave,
    Merge,
    Operand,
    Raise,
    Read,
    Return,
    Suspend,
    Write,
    Yield,
)
from flow.reading import followed

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph, ModuleGraph

_SILENT = (ast.Pass, ast.Global, ast.Nonlocal, ast.Break, ast.Continue)


def check(tree: ast.Module, graphs: ModuleGraph) -> None:
    """Check everything."""
    statements = _innermost_statements(tree)
    covered: set[ast.AST] = set()
    for index, graph in enumerate(graphs.functions):
        assert (graph.enclosing is None) == (index == 0)
        assert graph.enclosing is None or graph.enclosing < index
        _check_blocks(graph)
        _check_uses(graph)
        for event in graph.events:
            node = graph.nodes[event.id]
            if node is tree:
                assert graph.statements[event.id] == ()
                continue
            statement = followed(tree, graph.statements[event.id])
            assert statements[node] is statement, (ast.dump(node), ast.dump(statement))
            covered.add(statement)
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and not _is_silent(node):
            assert node in covered, ast.dump(node)


def _is_silent(statement: ast.stmt) -> bool:
    """Tell whether nothing runs for a statement itself."""
    return (
        isinstance(statement, _SILENT)
        or (isinstance(statement, ast.AnnAssign) and statement.value is None)
        or (isinstance(statement, ast.Try | ast.TryStar) and not statement.handlers)
        or (isinstance(statement, ast.Delete) and not any(map(_is_place, statement.targets)))
        # Outside of a function or a loop CPython rejects it, and control just ends.
        or isinstance(statement, ast.Return)
    )


def _is_place(target: ast.expr) -> bool:
    return any(map(_is_place, target.elts)) if isinstance(target, ast.Tuple | ast.List) else True


def _innermost_statements(tree: ast.Module) -> dict[ast.AST, ast.stmt]:
    found: dict[ast.AST, ast.stmt] = {}

    def walk(node: ast.AST, statement: ast.stmt | None) -> None:
        if isinstance(node, ast.stmt):
            statement = node
        if statement is not None:
            found[node] = statement
        for child in ast.iter_child_nodes(node):
            walk(child, statement)

    walk(tree, None)
    return found


def _check_blocks(graph: FunctionGraph) -> None:
    assert [event.id for event in graph.events] == list(range(len(graph.events)))
    assert len(graph.events) == len(graph.nodes) == len(graph.statements) == len(graph.owners)
    assert sorted(event.id for block in graph.blocks for event in block.events) == list(range(len(graph.events)))
    for index, block in enumerate(graph.blocks):
        assert block.index == index
        assert all(graph.block_of(event.id) is block for event in block.events)
        assert [event.id for event in block.events] == sorted(event.id for event in block.events)
        if index in {graph.exit, graph.raises}:
            assert [block.events, block.successors, block.handlers] == [[], [], []]
            continue
        assert len(block.handlers) == 1
        assert not any(isinstance(event, Guard | Raise | Return) for event in block.events[:-1])
        last = block.events[-1] if block.events else None
        if isinstance(last, Guard):
            assert len(block.successors) == 2
        elif isinstance(last, Raise):
            assert not block.successors
        elif isinstance(last, Return):
            assert block.successors == [graph.exit]
        else:
            assert len(block.successors) <= 1


@dataclass(frozen=True)
class _Defined:
    """Which events have happened on every way."""

    def initial(self) -> frozenset[Operand]:
        return frozenset()

    def join(self, a: frozenset[Operand], b: frozenset[Operand]) -> frozenset[Operand]:
        return a & b

    def transfer(self, event: Event, state: frozenset[Operand]) -> frozenset[Operand]:
        return state | {event.id}

    def branch(self, guard: Guard, holds: bool, state: frozenset[Operand]) -> frozenset[Operand]:
        return state


def _check_uses(graph: FunctionGraph) -> None:
    """Operands are events from before; they have happened on every way, except where ways or rounds are collected."""
    for event in graph.events:
        assert all(operand < event.id for operand in operands(event))
    solution = solve(graph, _Defined())
    for block in graph.blocks:
        for event, defined in solution.states(block.index):
            collects = isinstance(event, Merge) or (
                isinstance(event, Compute) and event.operator in {"comprehension", "generator"}
            )
            assert collects or defined.issuperset(operands(event)), event


def operands(event: Event) -> tuple[Operand, ...]:
    """List the events whose values an event uses."""
    match event:
        case Read(place=place):
            return _of_place(place)
        case Write(place=place, value=value):
            return _of_place(place) + (() if value is None else (value,))
        case Compute() | Merge() | Raise():
            return event.operands
        case Call():
            return (event.function, *event.arguments, *(value for _, value in event.keywords))
        case Guard():
            return (event.test,)
        case Suspend():
            return () if event.awaited is None else (event.awaited,)
        case Enter() | Leave():
            return (event.manager,)
        case Return() | Yield():
            return () if event.value is None else (event.value,)
    return ()


def _of_place(place: object) -> tuple[Operand, ...]:
    match place:
        case Attribute():
            return (place.base,)
        case Item():
            return (place.base, place.key)
    return ()
