"""All syntax lowers: every node type is known, and whatever compiles gives a graph that keeps the invariants."""

from __future__ import annotations

import ast
import sys
import textwrap
import warnings
from pathlib import Path

import hypothesmith
import pytest
from hypothesis import HealthCheck, given, settings

from awaitomic.flow.dispatch import EXPRESSIONS, STATEMENTS, UnsupportedSyntax
from awaitomic.flow.lower import lower_module
from awaitomic.flow.lower_patterns import PATTERNS
from flow import invariants
from flow.reading import function, lowered

LIBRARY = Path(ast.__file__).parent


def _all_kinds(base: type[ast.AST]) -> set[type[ast.AST]]:
    """List the node types that the parser of the running Python can produce."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old = {getattr(ast, name, None) for name in ("Num", "Str", "Bytes", "NameConstant", "Ellipsis")}
    return {kind for kind in base.__subclasses__() if kind.__module__ in {"ast", "_ast"}} - old


@pytest.mark.parametrize(("base", "table"), [(ast.stmt, STATEMENTS), (ast.expr, EXPRESSIONS), (ast.pattern, PATTERNS)])
def test_every_node_type_of_the_running_python_is_lowered(
    base: type[ast.AST], table: dict[type[ast.AST], object]
) -> None:
    assert _all_kinds(base) - table.keys() == set()


class FutureStatement(ast.stmt):
    pass


class FutureExpression(ast.expr):
    pass


class FuturePattern(ast.pattern):
    pass


def test_an_unknown_statement_is_refused_by_name_and_line() -> None:
    tree = ast.parse("def f():\n    pass\n")
    node = FutureStatement(lineno=2, col_offset=4)
    assert isinstance(tree.body[0], ast.FunctionDef)
    tree.body[0].body.append(node)
    with pytest.raises(UnsupportedSyntax, match=r"unknown syntax: FutureStatement, line 2") as raised:
        lower_module(tree)
    assert (raised.value.node, raised.value.line) == (node, 2)


def test_an_unknown_expression_is_refused_by_name_and_line() -> None:
    tree = ast.parse("x = 1")
    assert isinstance(tree.body[0], ast.Assign)
    tree.body[0].value = FutureExpression(lineno=7, col_offset=0)
    with pytest.raises(UnsupportedSyntax, match=r"unknown syntax: FutureExpression, line 7"):
        lower_module(tree)


def test_an_unknown_pattern_is_refused_by_name_and_line() -> None:
    tree = ast.parse("match x:\n  case 1: pass")
    assert isinstance(tree.body[0], ast.Match)
    tree.body[0].cases[0].pattern = FuturePattern(lineno=2, col_offset=0, end_lineno=2, end_col_offset=0)
    with pytest.raises(UnsupportedSyntax, match=r"unknown syntax: FuturePattern, line 2"):
        lower_module(tree)


def test_what_is_no_target_is_refused() -> None:
    tree = ast.parse("x = 1")
    assert isinstance(tree.body[0], ast.Assign)
    tree.body[0].targets = [ast.Constant(value=1, lineno=1, col_offset=0)]
    with pytest.raises(UnsupportedSyntax, match=r"not a target: Constant, line 1"):
        lower_module(tree)


def test_code_that_is_nested_too_deeply_is_refused() -> None:
    tree = ast.parse("x = 1")
    assert isinstance(tree.body[0], ast.Assign)
    for _ in range(100_000):
        tree.body[0].value = ast.UnaryOp(op=ast.Not(), operand=tree.body[0].value)
    try:
        with pytest.raises(UnsupportedSyntax, match="nested too deeply"):
            lower_module(tree)
    finally:
        # Freeing the tree must not recurse either.
        while isinstance(tree.body[0].value, ast.UnaryOp):
            tree.body[0].value = tree.body[0].value.operand


def test_a_long_chain_of_operators_is_no_deep_nest() -> None:
    tree = ast.parse("x = " + " + ".join(["a"] * 800))
    graph = lower_module(tree).module
    assert len(graph.events) == 800 + 799 + 2


def test_a_long_chain_of_elif_is_no_deep_nest() -> None:
    source = "if a: pass\n" + "elif a: pass\n" * 300
    assert len([step for step in lowered(source).module.statements if len(step) == 301]) == 2


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(hypothesmith.from_grammar())
def test_generated_modules_keep_the_invariants(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(source, "<generated>", "exec", dont_inherit=True)
        tree = ast.parse(source)
    invariants.check(tree, lower_module(tree))


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(hypothesmith.from_node())
def test_generated_trees_keep_the_invariants(source: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    invariants.check(tree, lower_module(tree))


@pytest.mark.parametrize(
    "name",
    [
        "asyncio/locks.py",
        "asyncio/queues.py",
        "asyncio/staggered.py",
        "contextlib.py",
        "dataclasses.py",
        "typing.py",
        "ast.py",
    ],
)
def test_the_standard_library_keeps_the_invariants(name: str) -> None:
    tree = ast.parse((LIBRARY / name).read_bytes())
    invariants.check(tree, lower_module(tree))


def test_ids_are_the_same_in_every_run() -> None:
    source = (LIBRARY / "asyncio" / "locks.py").read_text(encoding="utf-8")
    first, second = lowered(source), lowered(source)
    assert [graph.events for graph in first.functions] == [graph.events for graph in second.functions]
    assert [graph.blocks for graph in first.functions] == [graph.blocks for graph in second.functions]


if sys.version_info >= (3, 12):

    def test_type_parameters_live_in_a_scope_of_their_own() -> None:
        source = textwrap.dedent("""
            type Pair[T] = tuple[T, T]
            def f[T: (int, str), *Ts, **P](a: T, b: Callable[P, T]) -> T:
                x: T = a
                return [T, lambda: T, Ts, P]
            class C[T](Base[T]):
                y: T
                def m[S](self, a: S, b: T) -> T: return T
        """)
        tree = ast.parse(source)
        graphs = lower_module(tree)
        invariants.check(tree, graphs)
        assert graphs.module.local_names == {"Pair", "f", "C"}
        assert function(source).parameters == ("a", "b")
