"""A worklist solver for forward dataflow problems over an event graph.

A rule or a summary says what one event does to its state and how states of several ways join; loops, branches and
exceptions are the solver's business. The algorithm is Kildall's (*A unified approach to global program optimization*,
POPL 1973) in the iterative form of Kam and Ullman (*Global data flow analysis and iterative algorithms*, JACM 23,
1976): blocks are visited in reverse postorder until no state changes. If `transfer` and `branch` are monotone and the
lattice has no infinite ascending chain, the result is the least fixpoint.

Exceptions. An event may raise before it has done anything, and many may raise after they have done something: a call
changes state and then fails; a suspension lets other tasks run and then throws the cancellation in. So the states
before *and* after each event of a block flow to the block's handlers. The states between two events are those after the
one and before the other, so whatever state holds when control arrives in a handler, it has been joined in. Four
kinds of events are better known, and the difference matters to locks:

- `Enter` and `Write` raise before they take effect or not at all: a lock whose acquisition fails is not held.
- `Leave` counts as done even if it raises: no manager keeps its lock because its exit failed.
- `Const`, `Merge` and `Return` never raise.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from awaitomic.model.event import Const, Enter, Guard, Leave, Merge, Raise, Return, Write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.model.event import Block, Event

S = TypeVar("S")

_NEVER_BEFORE = frozenset((Const, Merge, Return, Leave))
"""Events that never raise before they have taken effect."""
_NEVER_AFTER = frozenset((Const, Merge, Return, Enter, Write))
"""Events that never raise once they have taken effect."""


class Problem(Protocol[S]):
    """What is asked of a function. States are immutable values that are compared with ``==``; None is not a state.

    `join` must be commutative, associative and idempotent; a method that changes nothing should return the very
    object that it was given, which the solver notices without comparing.
    """

    def initial(self) -> S:
        """Give the state at the function's entry."""
        ...

    def join(self, a: S, b: S) -> S:
        """Give the state where two ways meet."""
        ...

    def transfer(self, event: Event, state: S) -> S:
        """Give the state after an event (guards included, before `branch`)."""
        ...

    def branch(self, guard: Guard, holds: bool, state: S) -> S:
        """Give the state on the way that is taken if the guard's test holds, or if it does not."""
        ...


class NoFixpointError(Exception):
    """The states went on changing: a problem is not monotone, or its lattice has no finite height."""


class Solution(Generic[S]):
    """The states at all places of a function."""

    def __init__(self, graph: FunctionGraph, problem: Problem[S], before: list[S | None]) -> None:
        self._graph = graph
        self._problem = problem
        self._before = before
        self._replayed: tuple[int, dict[int, S]] = (-1, {})
        """The block that was asked about last, and the states before its events: who asks goes on in the same one."""

    def before_block(self, index: int) -> S | None:
        """Give the state at the top of a block; None if no way leads there from the entry."""
        return self._before[index]

    def states(self, index: int) -> Iterator[tuple[Event, S]]:
        """Give each event of a block with the state before it; nothing for a block that is not reachable."""
        state = self._before[index]
        if state is None:
            return
        transfer = self._problem.transfer
        for event in self._graph.blocks[index].events:
            yield event, state
            state = transfer(event, state)

    def before_event(self, event: int) -> S | None:
        """Give the state before the event with this id; None if no way leads there from the entry."""
        block = self._graph.owners[event]
        if self._replayed[0] != block:
            self._replayed = (block, {found.id: state for found, state in self.states(block)})
        return self._replayed[1].get(event)

    def after_event(self, event: int) -> S | None:
        """Give the state behind the event with this id (of a guard: before its ways part); None as above."""
        state = self.before_event(event)
        return None if state is None else self._problem.transfer(self._graph.events[event], state)


def solve(graph: FunctionGraph, problem: Problem[S], *, raises: bool = True, height: int | None = None) -> Solution[S]:
    """Solve a forward problem to its least fixpoint.

    `raises` says whether any event may lead out of the function by an exception. Without it only ``raise`` and failed
    assertions flow to `FunctionGraph.raises`, which spares joining the states of every event. `height` is the
    greatest number of times that the state at the top of one block can change; if it is not given, four times the
    number of events and a hundred more are allowed, which is ample for sets of events or of names.

    Returns the states. Raises NoFixpointError instead of going on forever.
    """
    return _Run(graph, problem, raises=raises, height=height).solution()


def reverse_postorder(graph: FunctionGraph) -> list[int]:
    """List the blocks that control can reach from the entry, each before its successors except along back edges."""
    order: list[int] = []
    seen = {graph.entry}
    waiting = [(graph.entry, iter(_ways_out(graph.blocks[graph.entry])))]
    while waiting:
        index, targets = waiting[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                waiting.append((target, iter(_ways_out(graph.blocks[target]))))
                break
        else:
            order.append(index)
            waiting.pop()
    order.reverse()
    return order


def _ways_out(block: Block) -> list[int]:
    return block.successors + block.handlers if block.events else block.successors


class _Run(Generic[S]):
    def __init__(self, graph: FunctionGraph, problem: Problem[S], *, raises: bool, height: int | None) -> None:
        self._graph = graph
        self._problem = problem
        order = reverse_postorder(graph)
        self._order = order
        self._rank = {index: rank for rank, index in enumerate(order)}
        self._ignored = -1 if raises else graph.raises
        self._height = height if height is not None else 4 * len(graph.events) + 100
        self._changes = [0] * len(graph.blocks)
        self._before: list[S | None] = [None] * len(graph.blocks)
        self._queue: list[int] = []
        self._queued: set[int] = set()

    def solution(self) -> Solution[S]:
        self._flow(self._graph.entry, self._problem.initial())
        while self._queue:
            rank = heapq.heappop(self._queue)
            self._queued.discard(rank)
            self._visit(self._graph.blocks[self._order[rank]])
        return Solution(self._graph, self._problem, self._before)

    def _flow(self, target: int, state: S) -> None:
        """Let a state arrive at the top of a block."""
        old = self._before[target]
        if old is state:
            return
        if old is not None:
            state = self._problem.join(old, state)
            if state is old or state == old:
                return
        self._before[target] = state
        self._changes[target] += 1
        if self._changes[target] > self._height:
            problem, function = type(self._problem).__name__, self._graph.qualname
            raise NoFixpointError(f"{problem} in {function}: block {target} has changed more than {self._height} times")
        rank = self._rank[target]
        if rank not in self._queued:
            self._queued.add(rank)
            heapq.heappush(self._queue, rank)

    def _visit(self, block: Block) -> None:
        state = self._before[block.index]
        if state is None:  # nothing is queued before a state has arrived
            return
        last = block.events[-1] if block.events else None
        if self._ignored in block.handlers:
            transfer = self._problem.transfer
            for event in block.events:
                state = transfer(event, state)
            if isinstance(last, Raise):
                self._flow(self._ignored, state)
        else:
            state, raised = self._through(block, state)
            if raised is not None:
                for handler in block.handlers:
                    self._flow(handler, raised)
        if isinstance(last, Guard):
            for target, holds in zip(block.successors, (True, False), strict=True):
                self._flow(target, self._problem.branch(last, holds, state))
        else:
            for target in block.successors:
                self._flow(target, state)

    def _through(self, block: Block, state: S) -> tuple[S, S | None]:
        """Give the state at the end of a block, and the join of the states in which one of its events may raise."""
        transfer, join = self._problem.transfer, self._problem.join
        raised: S | None = None
        newest: S | None = None
        for event in block.events:
            kind = type(event)
            if state is not newest and kind not in _NEVER_BEFORE:
                raised = state if raised is None else join(raised, state)
                newest = state
            state = transfer(event, state)
            if state is not newest and kind not in _NEVER_AFTER:
                raised = state if raised is None else join(raised, state)
                newest = state
        return state, raised
