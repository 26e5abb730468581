"""``match``: patterns as tests from left to right (PEP 634; ``compiler_pattern`` in Python/compile.c).

CPython binds the captures of a pattern only when all of it has matched, and evaluates the guard after that.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from awaitomic.flow.dispatch import UnsupportedSyntax, lower_body, lower_value, lowers_statement
from awaitomic.flow.lower_tests import lower_test
from awaitomic.model.event import Attribute, Block, Const, Merge, Operand, WriteHow

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.flow.builder import Builder

Captures = dict[str, tuple[Operand, ast.pattern]]
"""What the names of a pattern will be bound to, and the pattern that binds each."""


@lowers_statement(ast.Match)
def _match(builder: Builder, node: ast.Match) -> None:
    subject = lower_value(builder, node.subject)
    after = builder.new_block()
    for index, case in enumerate(node.cases):
        further = builder.new_block()
        captures: Captures = {}
        lower_pattern(builder, case.pattern, subject, further, captures)
        for name, (value, pattern) in captures.items():
            builder.write(builder.scope.resolve(name), value, WriteHow.BIND, pattern)
        if case.guard is not None:
            chosen = builder.new_block()
            lower_test(builder, case.guard, "match", chosen, further)
            builder.start(chosen)
        lower_body(builder, case.body, f"cases.{index}")
        builder.jump(after)
        builder.start(further)
    builder.jump(after)
    builder.start(after)


def lower_pattern(builder: Builder, node: ast.pattern, subject: Operand, fails: Block, captures: Captures) -> None:
    """Lower the tests of a pattern; control goes on if they hold, else to `fails`.

    `subject` is the value that is matched; `captures` takes what the pattern's names will be bound to.
    Raises UnsupportedSyntax for a pattern that is not known.
    """
    lowering = PATTERNS.get(type(node))
    if lowering is None:
        raise UnsupportedSyntax(node)
    lowering(builder, node, subject, fails, captures)


def _test(builder: Builder, test: Operand, fails: Block, node: ast.pattern) -> None:
    matched = builder.new_block()
    builder.branch(test, "match", matched, fails, node)
    builder.start(matched)


def _value(builder: Builder, node: ast.MatchValue, subject: Operand, fails: Block, captures: Captures) -> None:
    del captures
    value = lower_value(builder, node.value)
    _test(builder, builder.compute("==", (subject, value), node), fails, node)


def _singleton(builder: Builder, node: ast.MatchSingleton, subject: Operand, fails: Block, captures: Captures) -> None:
    del captures
    value = builder.add(Const(builder.next_id, node.value), node)
    _test(builder, builder.compute("is", (subject, value), node), fails, node)


def _sequence(builder: Builder, node: ast.MatchSequence, subject: Operand, fails: Block, captures: Captures) -> None:
    _test(builder, builder.compute("match", (subject,), node), fails, node)
    pieces = [builder.compute("unpack", (subject,), part) for part in node.patterns]
    for part, piece in zip(node.patterns, pieces, strict=True):
        lower_pattern(builder, part, piece, fails, captures)


def _mapping(builder: Builder, node: ast.MatchMapping, subject: Operand, fails: Block, captures: Captures) -> None:
    _test(builder, builder.compute("match", (subject,), node), fails, node)
    if node.keys:
        keys = [lower_value(builder, key) for key in node.keys]
        _test(builder, builder.compute("match", (subject, *keys), node), fails, node)
        pieces = [builder.compute("unpack", (subject, key), node) for key in keys]
        for part, piece in zip(node.patterns, pieces, strict=True):
            lower_pattern(builder, part, piece, fails, captures)
    if node.rest is not None:
        captures[node.rest] = (builder.compute("unpack", (subject,), node), node)


def _class(builder: Builder, node: ast.MatchClass, subject: Operand, fails: Block, captures: Captures) -> None:
    kind = lower_value(builder, node.cls)
    _test(builder, builder.compute("match", (subject, kind), node), fails, node)
    parts = [*node.patterns, *node.kwd_patterns]
    if not parts:
        return
    # Which attributes the positional patterns read stands in the class (``__match_args__``).
    pieces = [builder.compute("unpack", (subject, kind), part) for part in node.patterns]
    pieces += [
        builder.read(Attribute(subject, name), part)
        for name, part in zip(node.kwd_attrs, node.kwd_patterns, strict=True)
    ]
    # The pattern fails, too, if an attribute is missing.
    _test(builder, builder.compute("match", (subject, *pieces), node), fails, node)
    for part, piece in zip(parts, pieces, strict=True):
        lower_pattern(builder, part, piece, fails, captures)


def _star(builder: Builder, node: ast.MatchStar, subject: Operand, fails: Block, captures: Captures) -> None:
    del builder, fails
    if node.name is not None:
        captures[node.name] = (subject, node)


def _as(builder: Builder, node: ast.MatchAs, subject: Operand, fails: Block, captures: Captures) -> None:
    if node.pattern is not None:
        lower_pattern(builder, node.pattern, subject, fails, captures)
    if node.name is not None:
        captures[node.name] = (subject, node)


def _or(builder: Builder, node: ast.MatchOr, subject: Operand, fails: Block, captures: Captures) -> None:
    join = builder.new_block()
    found: list[Captures] = []
    for index, alternative in enumerate(node.patterns):
        further = builder.new_block() if index < len(node.patterns) - 1 else fails
        found.append({})
        lower_pattern(builder, alternative, subject, further, found[-1])
        builder.jump(join)
        builder.start(further)
    builder.start(join)
    # CPython demands that all alternatives bind the same names.
    for name, (value, pattern) in found[0].items():
        values = tuple(dict.fromkeys(captured[name][0] for captured in found if name in captured))
        merged = builder.add(Merge(builder.next_id, values), pattern) if len(values) > 1 else value
        captures[name] = (merged, pattern)


PATTERNS: dict[type[ast.AST], Callable[[Builder, Any, Operand, Block, Captures], None]] = {
    ast.MatchValue: _value,
    ast.MatchSingleton: _singleton,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
    ast.MatchStar: _star,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
}
