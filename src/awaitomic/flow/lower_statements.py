"""Simple statements, conditions and loops."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.dispatch import kinds_named, lower_body, lower_value, lowers_statement
from awaitomic.flow.lower_comprehensions import lower_loop_head
from awaitomic.flow.lower_targets import lower_place, lower_target
from awaitomic.flow.lower_tests import lower_test
from awaitomic.model.event import Block, Const, Raise, Return, WriteHow
from awaitomic.model.position import BlockStep

if TYPE_CHECKING:
    from awaitomic.flow.builder import Builder


@lowers_statement(ast.Expr)
def _expression(builder: Builder, node: ast.Expr) -> None:
    lower_value(builder, node.value)


@lowers_statement(ast.Pass, ast.Global, ast.Nonlocal)
def _nothing(builder: Builder, node: ast.stmt) -> None:
    """Add no event: nothing runs. Declarations are read by `FunctionScope.collect`."""


@lowers_statement(ast.Return)
def _return(builder: Builder, node: ast.Return) -> None:
    value = None
    if node.value is not None:
        value = lower_value(builder, node.value)
    elif builder.has_cleanups:
        value = builder.add(Const(builder.next_id, None), node)

    def finish() -> None:
        builder.add(Return(builder.next_id, value), node)
        builder.jump(builder.exit)

    builder.unwind(0, finish)


@lowers_statement(ast.Break)
def _break(builder: Builder, node: ast.Break) -> None:
    del node
    builder.exit_loop(again=False)


@lowers_statement(ast.Continue)
def _continue(builder: Builder, node: ast.Continue) -> None:
    del node
    builder.exit_loop(again=True)


@lowers_statement(ast.Raise)
def _raise(builder: Builder, node: ast.Raise) -> None:
    operands = [lower_value(builder, part) for part in (node.exc, node.cause) if part is not None]
    builder.add(Raise(builder.next_id, tuple(operands)), node)
    builder.stop()


@lowers_statement(ast.Assert)
def _assert(builder: Builder, node: ast.Assert) -> None:
    after, failed = builder.new_block(), builder.new_block()
    lower_test(builder, node.test, "assert", after, failed)
    builder.start(failed)
    operands = (lower_value(builder, node.msg),) if node.msg is not None else ()
    builder.add(Raise(builder.next_id, operands), node)
    builder.stop()
    builder.start(after)


@lowers_statement(ast.Import)
def _import(builder: Builder, node: ast.Import) -> None:
    for alias in node.names:
        module = builder.compute("import", (), alias)
        name = alias.asname or alias.name.partition(".")[0]
        builder.write(builder.scope.resolve(name), module, WriteHow.BIND, alias)


@lowers_statement(ast.ImportFrom)
def _import_from(builder: Builder, node: ast.ImportFrom) -> None:
    for alias in node.names:
        value = builder.compute("import", (), alias)
        if alias.name != "*":
            builder.write(builder.scope.resolve(alias.asname or alias.name), value, WriteHow.BIND, alias)


@lowers_statement(*kinds_named("TypeAlias"))
def _type_alias(builder: Builder, node: ast.stmt) -> None:
    # PEP 695: the value is evaluated when somebody asks for it; nothing is known of it here.
    target: ast.expr = getattr(node, "name")  # noqa: B009 - the type exists since 3.12 only
    builder.write(lower_place(builder, target), None, WriteHow.BIND, target)


@lowers_statement(ast.If)
def _if(builder: Builder, node: ast.If) -> None:
    after = builder.new_block()
    path = builder.path
    # A long chain of ``elif`` is nested in the tree: no recursion here.
    while True:
        chosen = builder.new_block()
        other = builder.new_block() if node.orelse else after
        lower_test(builder, node.test, "if", chosen, other)
        builder.start(chosen)
        lower_body(builder, node.body, "body")
        builder.jump(after)
        if not node.orelse:
            break
        builder.start(other)
        follower = node.orelse[0]
        if len(node.orelse) > 1 or not isinstance(follower, ast.If):
            lower_body(builder, node.orelse, "orelse")
            builder.jump(after)
            break
        builder.path = (*builder.path, BlockStep("orelse", 0))
        node = follower
    builder.path = path
    builder.start(after)


@lowers_statement(ast.While)
def _while(builder: Builder, node: ast.While) -> None:
    head, body, ended, after = (builder.new_block() for _ in range(4))
    builder.jump(head)
    builder.start(head)
    lower_test(builder, node.test, "while", body, ended)
    builder.start(body)
    _lower_loop(builder, node, head, ended, after)


@lowers_statement(ast.For, ast.AsyncFor)
def _for(builder: Builder, node: ast.For | ast.AsyncFor) -> None:
    iterator = builder.compute("iter", (lower_value(builder, node.iter),), node.iter)
    head, body, ended, after = (builder.new_block() for _ in range(4))
    builder.jump(head)
    builder.start(head)
    asynchronous = isinstance(node, ast.AsyncFor)
    item = lower_loop_head(builder, iterator, body, ended, node.iter, asynchronous=asynchronous)
    builder.start(body)
    lower_target(builder, node.target, item, WriteHow.BIND)
    _lower_loop(builder, node, head, ended, after)


def _lower_loop(
    builder: Builder, node: ast.For | ast.AsyncFor | ast.While, head: Block, ended: Block, after: Block
) -> None:
    """Lower the body, at whose start we are, and the ``else`` of a loop."""
    builder.enter_loop(after, head)
    lower_body(builder, node.body, "body")
    builder.leave_loop()
    builder.jump(head)
    builder.start(ended)
    lower_body(builder, node.orelse, "orelse")
    builder.jump(after)
    builder.start(after)
