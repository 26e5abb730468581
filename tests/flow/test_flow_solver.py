"""The solver: fixpoints over loops and branches, what reaches handlers, and an end in every case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from awaitomic.flow.solver import NoFixpointError, reverse_postorder, solve
from awaitomic.model.event import Call, Const, Enter, Event, Guard, Leave, Name, Read, Suspend, Write
from flow.reading import body, spell

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph

States = frozenset[str]


@dataclass(frozen=True)
class Happened:
    """What may have happened: the calls, suspensions and writes, and which guards held."""

    graph: FunctionGraph

    def initial(self) -> States:
        return frozenset()

    def join(self, a: States, b: States) -> States:
        return a if a >= b else a | b

    def transfer(self, event: Event, state: States) -> States:
        if isinstance(event, Call | Suspend | Write):
            return state | {spell(self.graph, event)}
        return state

    def branch(self, guard: Guard, holds: bool, state: States) -> States:
        return state | {f"{spell(self.graph, guard).split()[-1]} is {holds}"}


@dataclass(frozen=True)
class Held:
    """How many managers are held, at least and at most."""

    def initial(self) -> tuple[int, int]:
        return 0, 0

    def join(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return min(a[0], b[0]), max(a[1], b[1])

    def transfer(self, event: Event, state: tuple[int, int]) -> tuple[int, int]:
        change = isinstance(event, Enter) - isinstance(event, Leave)
        return (state[0] + change, state[1] + change) if change else state

    def branch(self, guard: Guard, holds: bool, state: tuple[int, int]) -> tuple[int, int]:
        return state


def _before(source: str, call: str) -> set[str] | None:
    """Give what may have happened before the first call of that name."""
    graph = body(source)
    event = next(event for event in graph.events if spell(graph, event) == f"read {call}")
    state = solve(graph, Happened(graph)).before_event(event.id)
    return None if state is None else set(state)


def test_branches_are_told_apart_and_joined() -> None:
    assert _before("if a: f()\nelse: g()", "g") == {"a is False"}
    assert _before("if a: f()\nelse: g()\nh()", "h") == {"a is True", "a is False", "call f()", "call g()"}


def test_a_loop_feeds_its_own_head() -> None:
    source = "while a:\n    f()\n    await g()\nh()"
    assert _before(source, "f") == {"call f()", "call g()", "suspend await", "a is True"}


def test_what_cannot_be_reached_has_no_state() -> None:
    assert _before("return\nf()", "f") is None
    assert _before("while True: f()\ng()", "g") is None
    graph = body("while True: f()")
    assert solve(graph, Happened(graph)).before_block(graph.exit) is None


def test_an_exception_carries_the_state_before_and_after_each_event() -> None:
    source = "try:\n    f()\n    await g()\nexcept E:\n    h()"
    assert _before(source, "h") is not None
    graph = body(source)
    solution = solve(graph, Held())
    assert solution.before_block(graph.raises) == (0, 0)
    # A call may fail after it has had its effect, even if it is the last event.
    assert "call f()" in (_before("try: f()\nexcept E: h()", "h") or ())


def test_a_write_that_fails_has_not_happened() -> None:
    assert "assign self.x" not in (_before("try: self.x = 1\nexcept E: h()", "h") or ())


def test_a_suspension_that_raises_has_suspended() -> None:
    assert "suspend await" in (_before("try: await a\nexcept E: h()", "h") or ())


def test_a_manager_is_held_exactly_inside_its_block() -> None:
    graph = body("""
        try:
            async with a:
                async with b:
                    f()
                    if c: return g()
                h()
        except E:
            i()
        finally:
            j()
    """)
    solution = solve(graph, Held())
    held: dict[str, set[tuple[int, int]]] = {}
    for block in graph.blocks:
        for event, state in solution.states(block.index):
            if isinstance(event, Read) and isinstance(event.place, Name) and event.place.name in "fghij":
                held.setdefault(event.place.name, set()).add(state)
    assert held == {"f": {(2, 2)}, "g": {(2, 2)}, "h": {(1, 1)}, "i": {(0, 0)}, "j": {(0, 0)}}
    assert solution.before_block(graph.exit) == solution.before_block(graph.raises) == (0, 0)


def test_without_raises_only_exceptions_on_purpose_leave_the_function() -> None:
    quiet, loud = body("f()"), body("f()\nif a: raise b()")
    assert solve(quiet, Happened(quiet), raises=False).before_block(quiet.raises) is None
    assert solve(quiet, Happened(quiet)).before_block(quiet.raises) == frozenset({"call f()"})
    expected = frozenset({"call f()", "call b()", "a is True"})
    assert solve(loud, Happened(loud), raises=False).before_block(loud.raises) == expected


@dataclass(frozen=True)
class Counting:
    """Not a dataflow problem: the states never stop growing."""

    def initial(self) -> int:
        return 0

    def join(self, a: int, b: int) -> int:
        return max(a, b)

    def transfer(self, event: Event, state: int) -> int:
        return state + isinstance(event, Const)

    def branch(self, guard: Guard, holds: bool, state: int) -> int:
        return state


def test_a_problem_without_a_fixpoint_ends_with_an_error() -> None:
    graph = body("while a:\n    f(1)")
    with pytest.raises(NoFixpointError, match=r"Counting in f: block \d+ has changed more than \d+ times"):
        solve(graph, Counting())
    with pytest.raises(NoFixpointError, match="more than 7 times"):
        solve(graph, Counting(), height=7)


def test_blocks_come_before_what_they_lead_to() -> None:
    graph = body("if a: f()\nelse: g()\ntry: h()\nfinally: i()")
    order = reverse_postorder(graph)
    rank = {index: position for position, index in enumerate(order)}
    for index in order:
        for target in graph.blocks[index].successors:
            assert rank[index] < rank[target]


def test_states_are_replayed_event_by_event() -> None:
    graph = body("f()\ng()")
    states = [state for _, state in solve(graph, Happened(graph)).states(graph.entry)]
    assert states == [set(), set(), {"call f()"}, {"call f()"}, {"call f()", "call g()"}]
