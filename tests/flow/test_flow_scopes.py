"""Names are resolved as CPython's own symbol table resolves them."""

from __future__ import annotations

import ast
import symtable
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from awaitomic.flow.graph import FunctionGraph, source_name
from awaitomic.flow.lower import lower_module
from awaitomic.model.event import Name, Read, Scope, Write
from flow.reading import function, lowered

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBRARY = Path(ast.__file__).parent


def _tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _names(graph: FunctionGraph) -> dict[str, set[Scope]]:
    """List the scopes of the names that a graph uses; names that are renamed belong to comprehensions."""
    found: dict[str, set[Scope]] = {}
    for event in graph.events:
        if isinstance(event, Read | Write) and isinstance(event.place, Name) and "#" not in event.place.name:
            found.setdefault(event.place.name, set()).add(event.place.scope)
    return found


def _expected(symbol: symtable.Symbol, *, in_class: bool) -> Scope:
    if symbol.is_parameter():
        return Scope.PARAMETER
    if symbol.is_free():
        return Scope.CLOSURE
    if symbol.is_local() or (in_class and symbol.is_assigned() and not symbol.is_global()):
        return Scope.LOCAL
    return Scope.GLOBAL


def compare(source: str) -> int:
    """Compare the scope of every name with `symtable`; give the number of names that were compared."""
    tables: dict[tuple[str, int], list[symtable.SymbolTable]] = {}
    for table in _tables(symtable.symtable(source, "<source>", "exec")):
        tables.setdefault((table.get_name(), table.get_lineno()), []).append(table)
    compared = 0
    for graph in lower_module(ast.parse(source)).functions[1:]:
        node = graph.node
        assert not isinstance(node, ast.Module)
        name = "lambda" if isinstance(node, ast.Lambda) else node.name
        # Generic functions have a second table, for their type parameters; several lambdas may stand in one line.
        line = node.lineno if isinstance(node, ast.Lambda) else _first_line(node)
        found = [table for table in tables.get((name, line), ()) if "type param" not in str(table.get_type())]
        if len(found) != 1:
            continue
        symbols = {symbol.get_name(): symbol for symbol in found[0].get_symbols()}
        for used, scopes in _names(graph).items():
            mangled = used.startswith("__") and not used.endswith("__")
            # A name that only a comprehension uses may stand in the comprehension's own table.
            if used in symbols and not mangled:
                expected = _expected(symbols[used], in_class=isinstance(node, ast.ClassDef))
                # A comprehension in a class body does not see the names of the class.
                if not (isinstance(node, ast.ClassDef) and len(scopes) > 1):
                    assert scopes == {expected}, (graph.qualname, line, used)
                    compared += 1
    return compared


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


@pytest.mark.parametrize("name", ["asyncio/base_events.py", "contextlib.py", "functools.py", "unittest/mock.py"])
def test_scopes_agree_with_the_symbol_table(name: str) -> None:
    assert compare((LIBRARY / name).read_text(encoding="utf-8")) > 100


def _scope_of(graph: FunctionGraph, name: str) -> Scope:
    (scope,) = _names(graph)[name]
    return scope


def test_a_nested_function_skips_the_scope_of_a_class() -> None:
    source = """
        def outer(x):
            class C:
                x = 1
                y = 2
                def f(self): return x, y, __class__
            return C
    """
    graph = function(source, "outer.C.f")
    assert [_scope_of(graph, name) for name in ("x", "y", "__class__")] == [Scope.CLOSURE, Scope.GLOBAL, Scope.CLOSURE]
    assert graph.class_name == "outer.C"


def test_global_and_nonlocal_are_honoured() -> None:
    source = """
        def outer():
            global a
            a = b = 0
            def f():
                nonlocal b
                global c
                a, b, c = 1, 2, 3
                return d
            d = f
    """
    graph = function(source, "outer.f")
    assert [_scope_of(graph, name) for name in "abcd"] == [Scope.LOCAL, Scope.CLOSURE, Scope.GLOBAL, Scope.CLOSURE]
    assert graph.local_names == {"a"}
    assert graph.nonlocal_names == {"b"}
    assert graph.global_names == {"c"}
    assert _scope_of(function(source, "outer"), "a") is Scope.GLOBAL


def test_what_an_outer_function_declares_global_is_global_inside() -> None:
    source = "def outer():\n  global a\n  a = 1\n  def f(): return a"
    assert _scope_of(function(source, "outer.f"), "a") is Scope.GLOBAL


def test_an_assignment_expression_makes_a_name_local_even_before_it_stands() -> None:
    source = "def f():\n  g(x)\n  return [(x := y) for y in z]"
    graph = function(source)
    assert _scope_of(graph, "x") is Scope.LOCAL
    assert graph.local_names == {"x"}


def test_targets_of_comprehensions_never_meet_names_of_the_function() -> None:
    source = "def f(x):\n  y = [x for x in x if x]\n  return [lambda: (x, y) for x in y], x"
    graph = function(source)
    renamed = sorted(
        {
            event.place.name
            for event in graph.events
            if isinstance(event, Read | Write) and isinstance(event.place, Name) and event.place.name.startswith("x")
        }
    )
    assert renamed == ["x", "x#1", "x#2"]
    assert {source_name(name) for name in renamed} == {"x"}
    inner = function(source, "f.<lambda>")
    assert _names(inner) == {"y": {Scope.CLOSURE}}
    assert Name("x#2", Scope.CLOSURE) in [event.place for event in inner.events if isinstance(event, Read)]


def test_a_comprehension_in_a_class_body_sees_the_class_only_in_its_first_iterable() -> None:
    graph = function("class C:\n  x = 1\n  y = [x for _ in x]", "C.<body>")
    reads = [event.place for event in graph.events if isinstance(event, Read)]
    assert reads == [Name("x", Scope.LOCAL), Name("x", Scope.GLOBAL)]


def test_numbers_of_inner_names_go_on_in_nested_functions() -> None:
    source = "def f(a):\n  return [lambda: [x for x in b] for b in [c for c in a]]"
    (inner,) = (graph for graph in lowered(source).functions if graph.qualname == "f.<lambda>")
    written = [event.place for event in inner.events if isinstance(event, Write)]
    assert written == [Name("x#3", Scope.LOCAL)]


def test_an_annotation_in_parentheses_binds_nothing() -> None:
    graph = function("def f():\n  (x): int\n  y: int\n  return x, y")
    assert [_scope_of(graph, name) for name in "xy"] == [Scope.GLOBAL, Scope.LOCAL]


if sys.version_info >= (3, 12):

    def test_type_parameters_are_closure_variables_of_the_body() -> None:
        source = "class C[T]:\n  def f[S](self, a: T) -> S:\n    return T, S\n  x: T"
        graph = function(source, "C.f")
        reads = [event.place for event in graph.events if isinstance(event, Read)]
        assert reads == [Name("T#1", Scope.CLOSURE), Name("S#2", Scope.CLOSURE)]
        assert graph.local_names == {"self", "a"}
