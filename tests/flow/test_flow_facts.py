"""Facts about the order of evaluation on which the verdict on real code depends."""

from __future__ import annotations

import pytest

from awaitomic.model.event import Call, Compute, Guard, Read, Suspend, Write, Yield
from flow.reading import accesses, body, function, spelled

AWAIT = "suspend await"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # The old value is read before the await: an update by another task is lost.
        ("self.x += await f()", ["read self.x", AWAIT, "augmented self.x"]),
        # Here it is read after it.
        ("self.x = await f() + self.x", [AWAIT, "read self.x", "assign self.x"]),
        ("self.x = self.x + await f()", ["read self.x", AWAIT, "assign self.x"]),
        # Base and key come before the entry is read.
        ("self.d[await k()] += 1", ["read self.d", AWAIT, "read self.d[await k()]", "augmented self.d[await k()]"]),
        (
            "self.d[self.i] += await v()",
            ["read self.d", "read self.i", "read self.d[self.i]", AWAIT, "augmented self.d[self.i]"],
        ),
        # Of a plain assignment the value comes first, then the base and the key.
        ("self.d[await k()] = await v()", [AWAIT, "read self.d", AWAIT, "assign self.d[await k()]"]),
        ("self.a.b = self.c = await v()", [AWAIT, "read self.a", "assign self.a.b", "assign self.c"]),
        ("self.x: int = await v()", [AWAIT, "assign self.x"]),
        ("a = self.x, await f()", ["read self.x", AWAIT]),
        ("a = await f(), self.x", [AWAIT, "read self.x"]),
        ("self.hi = max(self.hi, await f())", ["read self.hi", AWAIT, "assign self.hi"]),
        ("v = await f(); self.hi = max(self.hi, v)", [AWAIT, "read self.hi", "assign self.hi"]),
        # The receiver and its method are loaded before the arguments.
        ("self.buf.append(await f())", ["read self.buf", "read self.buf.append", AWAIT]),
        ("self.a[await i():self.j]", ["read self.a", AWAIT, "read self.j", "read self.a[await i():self.j]"]),
        ("self.a < await f() < self.b", ["read self.a", AWAIT, "read self.b"]),
        ("x = {self.k: await v(), **self.rest}", ["read self.k", AWAIT, "read self.rest"]),
        ("x = f'{self.a:>{await w()}} {self.b}'", ["read self.a", AWAIT, "read self.b"]),
        ("del self.a, self.d[await k()]", ["delete self.a", "read self.d", AWAIT, "delete self.d[await k()]"]),
        ("return await self.f(self.x)", ["read self.f", "read self.x", AWAIT]),
        ("x = self.a if await f() else self.b", [AWAIT, "read self.a", "read self.b"]),
        ("x = [self.a async for self.b in self.c]", ["read self.c", "suspend async for", "bind self.b", "read self.a"]),
        ("async for self.b in self.c: self.a", ["read self.c", "suspend async for", "bind self.b", "read self.a"]),
        ("for self.b in self.c: self.a", ["read self.c", "bind self.b", "read self.a"]),
        (
            "self.x, self.d[self.i] = await f()",
            [AWAIT, "assign self.x", "read self.d", "read self.i", "assign self.d[self.i]"],
        ),
        ("self.ws, ws = None, self.ws", ["read self.ws", "assign self.ws"]),
        ("raise self.a from await f()", ["read self.a", AWAIT]),
        ("assert self.a, await f()", ["read self.a", AWAIT]),
        ("f(*self.a, k=self.b, **await f())", ["read self.a", "read self.b", AWAIT]),
        ("lambda x=self.a: self.b", ["read self.a"]),
        ("(self.a and await f()) or self.b", ["read self.a", AWAIT, "read self.b"]),
    ],
)
def test_shared_state_is_touched_in_this_order(source: str, expected: list[str]) -> None:
    assert accesses(source) == expected


def test_async_with_suspends_before_it_enters_and_after_it_leaves() -> None:
    graph = body("async with self.lock as x:\n    x")
    assert spelled(graph)[2:6] == ["suspend async with (enter)", "enter self.lock", "entered", "bind x"]
    normal = ["leave self.lock", "suspend async with (exit)"]
    assert spelled(graph)[7:] == [*normal, *normal, "return"]
    assert not [event for event in body("with self.lock as x: x").events if isinstance(event, Suspend)]


def test_what_is_awaited_is_named_by_its_event() -> None:
    graph = body("await f()")
    call, suspend, result = graph.events[1:4]
    assert isinstance(call, Call)
    assert isinstance(suspend, Suspend)
    assert isinstance(result, Compute)
    assert (suspend.awaited, result.operator, result.operands) == (call.id, "awaited", (call.id,))


def test_an_augmented_assignment_evaluates_base_and_key_once() -> None:
    graph = body("self.d[k] += 1")
    assert spelled(graph)[:-1] == [
        "read self",
        "read self.d",
        "read k",
        "read self.d[k]",
        "const 1",
        "+=",
        "augmented self.d[k]",
    ]
    read, write = graph.events[3], graph.events[6]
    assert isinstance(read, Read)
    assert isinstance(write, Write)
    assert read.place == write.place
    assert write.value == 5


def test_a_yield_hands_out_suspends_and_takes_in() -> None:
    graph = function("def f():\n  x = yield 1")
    assert spelled(graph) == ["const 1", "yield", "suspend yield", "sent", "assign x", "return"]
    assert (graph.is_generator, graph.is_async) == (True, False)
    delegating = function("def f():\n  x = yield from g")
    assert spelled(delegating) == ["read g", "iter", "yield", "suspend yield", "sent", "assign x", "return"]
    suspend = next(event for event in delegating.events if isinstance(event, Suspend))
    assert suspend.awaited == 1
    assert next(event for event in graph.events if isinstance(event, Yield)).value == 0


def test_decorators_defaults_and_annotations_come_in_cpython_order() -> None:
    source = "@d1\n@d2\ndef f(a: ta = da, /, b: tb = db, *c: tc, k: tk = dk, **w: tw) -> r: pass"
    assert spelled(function(source, "<module>")) == [
        *(f"read {name}" for name in ("d1", "d2", "da", "db", "dk", "tb", "ta", "tc", "tk", "tw", "r")),
        "function",
        "call d2",
        "call d1",
        "bind f",
        "return",
    ]


def test_annotations_are_not_evaluated_under_pep_563() -> None:
    source = "from __future__ import annotations\ndef f(a: b) -> c: pass\nx: d = e\n"
    assert [text for text in spelled(function(source, "<module>"), Read) if text.startswith("read")] == ["read e"]


def test_annotations_of_variables_are_evaluated_last_and_only_outside_functions() -> None:
    assert spelled(function("x: a = b", "<module>"), Read, Write) == ["read b", "assign x", "read a"]
    assert spelled(function("class C:\n  x: a = b", "C.<body>"), Read, Write) == ["read b", "assign x", "read a"]
    assert spelled(function("def f():\n  x: a = b"), Read, Write) == ["read b", "assign x"]


def test_a_class_statement_evaluates_decorators_bases_and_keywords() -> None:
    assert spelled(function("@d\nclass C(b, metaclass=m): pass", "<module>")) == [
        "read d",
        "read b",
        "read m",
        "class",
        "call d",
        "bind C",
        "return",
    ]


def test_imports_bind_the_name_that_the_language_binds() -> None:
    source = "import a.b, c.d as e\nfrom f import g as h, i\nfrom j import *"
    assert spelled(function(source, "<module>"), Write) == ["bind a", "bind e", "bind h", "bind i"]


def test_a_test_jumps_directly_to_what_it_decides() -> None:
    graph = body("if not (self.a and self.b): f()\ng()")
    assert spelled(graph, Guard) == ["guard if self.a", "guard if self.b"]
    first, second = (graph.block_of(event.id) for event in graph.events if isinstance(event, Guard))
    called, after = (graph.block_of(event.id) for event in graph.events if isinstance(event, Call))
    assert first.successors == [second.index, called.index]
    assert second.successors == [after.index, called.index]


def test_a_false_and_inside_an_or_leads_to_the_other_operand() -> None:
    for source in ("x = (self.a and self.b) or self.c", "x = (self.a or self.b) or self.c"):
        graph = body(source)
        guards = [graph.block_of(event.id) for event in graph.events if isinstance(event, Guard)]
        *_, join = (graph.block_of(event.id) for event in graph.events if isinstance(event, Write))
        (last,) = (block for block in graph.blocks if block.successors == [join.index])
        if " and " in source:
            assert [block.successors for block in guards] == [
                [guards[1].index, last.index],
                [join.index, last.index],
            ]
        else:
            assert [block.successors for block in guards] == [
                [join.index, guards[1].index],
                [join.index, last.index],
            ]


def test_a_constant_test_decides_without_a_guard() -> None:
    graph = body("while True:\n    await f()")
    assert spelled(graph, Guard) == []
    assert not any(graph.exit in block.successors for block in graph.blocks)
    assert spelled(body("if False:\n    f()"), Call) == ["call f()"]
