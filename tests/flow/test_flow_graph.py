"""The shape of event graphs: ways out of `try`, `with` and loops, and what is known of each function."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.event import Block, Call, Compute, Enter, Guard, Leave, Raise, Return, Write
from awaitomic.model.position import BlockStep
from flow.reading import body, function, lowered, spell, spelled

if TYPE_CHECKING:
    from awaitomic.flow.graph import FunctionGraph


def _block(graph: FunctionGraph, text: str) -> Block:
    """Give the one block that holds the event that is spelled so."""
    (found,) = {graph.owners[event.id] for event in graph.events if spell(graph, event) == text}
    return graph.blocks[found]


def _ways(graph: FunctionGraph, *wanted: type) -> list[tuple[list[str], str]]:
    """List every way from the entry to an exit that takes no edge twice: the events of some kinds, and the exit."""
    found = []

    def walk(index: int, seen: frozenset[tuple[int, int]], texts: tuple[str, ...]) -> None:
        block = graph.blocks[index]
        if index in {graph.exit, graph.raises}:
            found.append((list(texts), "returns" if index == graph.exit else "raises"))
            return
        texts += tuple(spell(graph, event) for event in block.events if isinstance(event, wanted))
        ways = block.successors
        if block.events and isinstance(block.events[-1], Raise):
            ways = block.handlers
        for target in ways:
            if (index, target) not in seen:
                walk(target, seen | {(index, target)}, texts)

    walk(graph.entry, frozenset(), ())
    return found


def test_every_kind_of_function_has_its_graph_in_source_order() -> None:
    graphs = lowered("""
        @deco(lambda: 0)
        class Outer:
            class Inner:
                async def method(self, a, /, b, *args, c, **kwargs):
                    async def helper(): yield
                    return lambda x: x
            key = lambda self: self
        def function():
            class Local:
                def method(self): pass
    """).functions
    assert [(graph.qualname, graph.class_name, graph.enclosing) for graph in graphs] == [
        ("<module>", None, None),
        ("<lambda>", None, 0),
        ("Outer.<body>", "Outer", 0),
        ("Outer.Inner.<body>", "Outer.Inner", 2),
        ("Outer.Inner.method", "Outer.Inner", 3),
        ("Outer.Inner.method.helper", None, 4),
        ("Outer.Inner.method.<lambda>", None, 4),
        ("Outer.<lambda>", "Outer", 2),
        ("function", None, 0),
        ("function.Local.<body>", "function.Local", 8),
        ("function.Local.method", "function.Local", 9),
    ]
    assert graphs[4].parameters == ("self", "a", "b", "args", "c", "kwargs")
    assert [(graph.is_async, graph.is_generator) for graph in graphs[4:7]] == [
        (True, False),
        (True, True),
        (False,) * 2,
    ]
    assert graphs[4].path == (BlockStep("body", 0), BlockStep("body", 0), BlockStep("body", 0))
    assert graphs[6].path == (*graphs[4].path, BlockStep("body", 1))


def test_statement_paths_name_the_blocks_of_ast() -> None:
    graph = function("""
        def f():
            try: a
            except b: c
            else: d
            finally: e
            match g:
                case h.i if j: k
                case _: l
            if m: n
            elif o: p
            else: q
    """)
    found = {}
    for event in graph.events:
        node = graph.nodes[event.id]
        if isinstance(node, ast.Name):
            found[node.id] = "/".join(f"{step.block}:{step.index}" for step in graph.statements[event.id][1:])
    assert found == {
        "a": "body:0/body:0",
        "b": "body:0",
        "c": "body:0/handlers.0:0",
        "d": "body:0/orelse:0",
        "e": "body:0/finalbody:0",
        "g": "body:1",
        "h": "body:1",
        "j": "body:1",
        "k": "body:1/cases.0:0",
        "l": "body:1/cases.1:0",
        "m": "body:2",
        "n": "body:2/body:0",
        "o": "body:2/orelse:0",
        "p": "body:2/orelse:0/body:0",
        "q": "body:2/orelse:0/orelse:0",
    }


def test_a_finally_body_runs_on_every_way_out() -> None:
    graph = body("""
        for x in y:
            try:
                if a: return one()
                if b: break
                if c: continue
                if d: raise two()
                three()
            finally:
                last()
        end()
    """)
    ways = _ways(graph, Call, Return)
    assert (["call one()", "call last()", "return"], "returns") in ways
    assert (["call last()", "call end()", "return"], "returns") in ways
    assert (["call two()", "call last()"], "raises") in ways
    assert (["call three()", "call last()", "call end()", "return"], "returns") in ways
    assert all("call last()" in calls for calls, _ in ways if calls != ["call end()", "return"])
    assert len([event for event in graph.events if spell(graph, event) == "call last()"]) == 5


def test_a_return_in_finally_ends_every_way_out() -> None:
    ways = _ways(body("try:\n    raise a()\nfinally:\n    return b()"), Call, Return)
    assert ways == [(["call a()", "call b()", "return"], "returns")]


def test_handlers_are_tried_in_turn_and_the_rest_goes_on() -> None:
    ways = _ways(
        body("""
        try:
            raise a()
        except B:
            b()
        except C as c:
            c()
        else:
            d()
    """),
        Call,
        Guard,
        Write,
    )
    first, second = "guard except ExceptHandler", "guard except ExceptHandler"
    assert ways == [
        (["call a()", first, "call b()"], "returns"),
        (["call a()", first, second, "bind c", "call c()", "delete c"], "returns"),
        (["call a()", first, second], "raises"),
    ]


@pytest.mark.parametrize("clause", ["except:", "except BaseException:"])
def test_a_handler_that_catches_everything_lets_nothing_through(clause: str) -> None:
    ways = _ways(body(f"try:\n    raise a()\n{clause}\n    b()"), Call)
    assert ways == [(["call a()", "call b()"], "returns")]


def test_handlers_of_groups_may_all_run() -> None:
    ways = _ways(body("try:\n    raise a()\nexcept* B:\n    b()\nexcept* C:\n    c()"), Call)
    assert {(tuple(calls[1:]), end) for calls, end in ways} == {
        (calls, end)
        for calls in ((), ("call b()",), ("call c()",), ("call b()", "call c()"))
        for end in ("returns", "raises")
    }


def test_what_a_handler_of_a_group_raises_waits_for_the_next_handler() -> None:
    graph = body("try:\n    a()\nexcept* B:\n    b()\nexcept* C:\n    c()")
    ways = {graph.raises}
    test_of_c = _block(graph, "read C")
    (handler,) = _block(graph, "call b()").handlers
    while handler not in ways and handler != test_of_c.index:
        (handler,) = graph.blocks[handler].successors
    assert handler == test_of_c.index


def test_a_with_block_is_left_on_every_way_out() -> None:
    graph = body("""
        async with a as x, b:
            if x: return one()
            raise two()
    """)
    assert _ways(graph, Call, Enter, Leave, Return) == [
        (["enter a", "enter b", "call one()", "leave b", "leave a", "return"], "returns"),
        (["enter a", "enter b", "call two()", "leave b", "leave a"], "raises"),
    ]


def test_nothing_can_raise_into_a_leave_before_the_manager_is_entered() -> None:
    graph = body("async with self.lock:\n    f()")
    entering = _block(graph, "enter self.lock")
    assert isinstance(entering.events[-1], Enter)
    assert entering.handlers == [graph.raises]
    (handler,) = _block(graph, "call f()").handlers
    assert isinstance(graph.blocks[handler].events[0], Leave)


@pytest.mark.parametrize("manager", ["suppress(E)", "contextlib.suppress(E)", "pytest.raises(E)", "move_on_after(5)"])
def test_a_manager_that_swallows_lets_control_go_on(manager: str) -> None:
    ways = _ways(body(f"with {manager}:\n    raise a()\nb()"), Call)
    assert {end for _, end in ways} == {"returns", "raises"}
    assert {end for _, end in _ways(body("with timeout(5):\n    raise a()\nb()"), Call)} == {"raises"}


def test_break_skips_the_else_of_a_loop() -> None:
    ways = _ways(body("while a:\n    if b: break\n    continue\nelse:\n    c()\nd()"), Call)
    assert {tuple(calls) for calls, _ in ways} == {("call d()",), ("call c()", "call d()")}


def test_unreachable_code_has_events_in_blocks_that_nothing_leads_to() -> None:
    graph = body("return a()\nb()\nself.x = 1")
    dead = _block(graph, "call b()")
    assert graph.predecessors()[dead.index] == []
    assert "assign self.x" in spelled(graph)


def test_captures_are_bound_when_the_whole_pattern_has_matched() -> None:
    graph = function("""
        def f(x):
            match x:
                case [C(a, k=b), {"p": c, **rest}] | (a, b, c, rest) if g(): pass
    """)
    written = [event for event in graph.events if isinstance(event, Write)]
    assert [spell(graph, event) for event in written] == ["bind a", "bind b", "bind c", "bind rest"]
    last_test = max(event.id for event in graph.events if isinstance(event, Guard) and event.kind == "match")
    assert all(event.id < last_test for event in written)
    call = next(event for event in graph.events if isinstance(event, Call))
    assert all(event.id < call.id for event in written)
    read = next(event for event in graph.events if spell(graph, event) == "read MatchAs")
    assert "k" in str(read)


def test_a_generator_expression_is_a_loop_in_place() -> None:
    graph = body("x = any(f(y) for y in z)")
    assert "generator" in spelled(graph)
    loop = next(event for event in graph.events if isinstance(event, Guard))
    assert loop.kind == "for"
    nexts = next(event for event in graph.events if isinstance(event, Compute) and event.operator == "next")
    assert loop.test == nexts.id


def test_a_function_defined_in_a_finally_body_has_one_graph() -> None:
    source = "def f():\n  try: return a\n  finally:\n    def g(): pass\n"
    assert [graph.qualname for graph in lowered(source).functions] == ["<module>", "f", "f.g"]


def test_positions_of_events_are_known() -> None:
    graph = body("with a: return b")
    for event in graph.events:
        block, position = graph.position_of(event.id)
        assert graph.blocks[block].events[position] is event
