"""Whether control can get through a function past none of certain events, on the ways that are taken as a rule.

An event graph also has ways that are possible and yet not the rule: into a handler, and past a loop that finds nothing
to do. Some questions are about what a function does as a rule ("does it wait?"), and for them such ways do not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from awaitomic.flow.solver import reverse_postorder
from awaitomic.model.event import Guard

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph

_LOOPS = frozenset({"for", "while"})

Way = tuple[int, int]
"""From one block to one that may follow it."""


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop, and the ways by which its own condition, or the end of what it goes over, leaves it."""

    head: int
    exits: frozenset[Way]


def passage(
    graph: FunctionGraph,
    closed: frozenset[int],
    never: frozenset[Way] = frozenset(),
    given: frozenset[int] = frozenset(),
) -> list[int] | None:
    """Give the blocks of a way from the entry to the normal end, or None if there is none.

    Handlers are not entered, and a loop is left by its own condition only where control can get through its body. Where
    a test asks what the call was given, control goes on only if it can get to the end whatever the answer is.

    Parameters:
        graph: the function.
        closed: the events that the way may not pass.
        never: the ways out of tests that are not taken, beyond that.
        given: the blocks that end with a test of what the call was given, or of how the object was made.
    """
    shut = frozenset(graph.owners[event] for event in closed)
    loops = list(_loops(graph))
    barred = {way for loop in loops for way in loop.exits} | never
    while True:
        opened = [loop for loop in loops if _comes_back(graph, loop.head, shut, barred, given)]
        if not opened:
            break
        barred.difference_update(*(loop.exits - never for loop in opened))
        loops = [loop for loop in loops if loop not in opened]
    passing = _passing(graph, graph.exit, shut, barred, given)
    if graph.entry not in passing:
        return None
    came_from = _walk(graph, graph.entry, frozenset(range(len(graph.blocks))) - passing, barred)
    way = [graph.exit]
    while way[-1] != graph.entry:
        way.append(came_from[way[-1]])
    return way[::-1]


def _comes_back(graph: FunctionGraph, head: int, shut: frozenset[int], barred: set[Way], given: frozenset[int]) -> bool:
    """Tell whether control can get through the body of a loop, back to its head."""
    if head in shut:
        return False
    passing = _passing(graph, head, shut, barred, given)
    return any(target in passing for target in graph.blocks[head].successors if (head, target) not in barred)


def _passing(
    graph: FunctionGraph, goal: int, shut: frozenset[int], barred: set[Way], given: frozenset[int]
) -> frozenset[int]:
    """Give the blocks from which control can get to a goal: on some way, or on every way if a test is given.

    Ways that never lead there, as to a ``raise``, do not count.
    """
    before: list[list[int]] = [[] for _ in graph.blocks]
    for block in graph.blocks:
        for target in block.successors:
            before[target].append(block.index)
    ahead = _backward(before, goal) if given else frozenset()
    passing, waiting = {goal}, [goal]
    while waiting:
        target = waiting.pop()
        for source in before[target]:
            if source in passing or source in shut or (source, target) in barred:
                continue
            ways = graph.blocks[source].successors
            if source in given and not all(each in passing for each in ways if each in ahead):
                continue
            passing.add(source)
            waiting.append(source)
    return frozenset(passing)


def _backward(before: list[list[int]], goal: int) -> frozenset[int]:
    """Give every block from which a way leads to a goal, whatever it passes."""
    found, waiting = {goal}, [goal]
    while waiting:
        for source in before[waiting.pop()]:
            if source not in found:
                found.add(source)
                waiting.append(source)
    return frozenset(found)


def _walk(graph: FunctionGraph, start: int, shut: frozenset[int], barred: set[Way]) -> dict[int, int]:
    """Give every block that is reached behind a block, with the one before it on a way there."""
    came_from: dict[int, int] = {}
    waiting = [start]
    while waiting:
        block = waiting.pop(0)
        if block in shut:
            continue
        for target in graph.blocks[block].successors:
            if target not in came_from and (block, target) not in barred:
                came_from[target] = block
                waiting.append(target)
    return came_from


def _loops(graph: FunctionGraph) -> Iterator[_Loop]:
    bodies = _bodies(graph)
    exits: dict[int, set[Way]] = {head: set() for head in bodies}
    for block in graph.blocks:
        last = block.events[-1] if block.events else None
        if not isinstance(last, Guard) or last.kind not in _LOOPS:
            continue
        around = [head for head, body in bodies.items() if block.index in body]
        inmost = min(around, key=lambda head: len(bodies[head]), default=None)
        if inmost is not None:
            exits[inmost].update((block.index, way) for way in block.successors if way not in bodies[inmost])
        elif last.kind == "for":  # its body never comes back
            yield _Loop(block.index, frozenset({(block.index, block.successors[1])}))
    for head, ways in exits.items():
        yield _Loop(head, frozenset(ways))


def _bodies(graph: FunctionGraph) -> dict[int, set[int]]:
    """Give the blocks of each loop by the block at its head: those from which control can come back to it."""
    rank = {block: at for at, block in enumerate(reverse_postorder(graph))}
    before = graph.predecessors()
    bodies: dict[int, set[int]] = {}
    for block, at in rank.items():
        found = graph.blocks[block]
        for head in (*found.successors, *found.handlers):
            if rank.get(head, at + 1) > at:
                continue
            body = bodies.setdefault(head, {head})
            waiting = [block]
            while waiting:
                each = waiting.pop()
                if each not in body:
                    body.add(each)
                    waiting.extend(source for source in before[each] if source in rank)
    return bodies
