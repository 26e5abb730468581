"""Comprehensions, as loops in place.

A generator expression is lowered in the same way, as if it were consumed where it stands. That is an approximation:
CPython evaluates only the first iterable there and the rest when somebody asks. Nearly all are arguments of a call that
consumes them at once (``any``, ``sum``, ``join``); of the others only the order of events is wrong, none is lost.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.dispatch import lower_value, lowers_expression
from awaitomic.flow.lower_targets import lower_target
from awaitomic.flow.lower_tests import lower_test
from awaitomic.flow.scopes import InnerScope, target_names
from awaitomic.model.event import Block, Operand, SuspendWhy, WriteHow

if TYPE_CHECKING:
    from awaitomic.flow.builder import Builder


def lower_loop_head(
    builder: Builder, iterator: Operand, body: Block, after: Block, source: ast.expr, *, asynchronous: bool
) -> Operand:
    """Lower the head of a loop: take the next item or leave; the current block ends with a `Guard` ``for``.

    `iterator` is the ``iter`` event, `source` the expression that is iterated over (the node of the events). Returns
    the ``next`` event.
    """
    if asynchronous:
        builder.suspend(SuspendWhy.ASYNC_FOR, iterator, source)
    item = builder.compute("next", (iterator,), source)
    builder.branch(item, "for", body, after, source)
    return item


@lowers_expression(ast.ListComp, ast.SetComp)
def _comprehension(builder: Builder, node: ast.ListComp | ast.SetComp) -> Operand:
    return _lower(builder, node, node.generators, (node.elt,), "comprehension")


@lowers_expression(ast.DictComp)
def _dict_comprehension(builder: Builder, node: ast.DictComp) -> Operand:
    return _lower(builder, node, node.generators, (node.key, node.value), "comprehension")


@lowers_expression(ast.GeneratorExp)
def _generator(builder: Builder, node: ast.GeneratorExp) -> Operand:
    return _lower(builder, node, node.generators, (node.elt,), "generator")


def _lower(
    builder: Builder,
    node: ast.expr,
    generators: list[ast.comprehension],
    elements: tuple[ast.expr, ...],
    operator: str,
) -> Operand:
    outside = builder.scope
    first = lower_value(builder, generators[0].iter)
    builder.scope = InnerScope(outside, [name for generator in generators for name in target_names(generator.target)])
    after: Block | None = None
    repeat: Block | None = None
    for index, generator in enumerate(generators):
        source = first if index == 0 else lower_value(builder, generator.iter)
        iterator = builder.compute("iter", (source,), generator.iter)
        # The loop inside goes on with the next item of the loop around it.
        head, body, ended = builder.new_block(), builder.new_block(), repeat or builder.new_block()
        builder.jump(head)
        builder.start(head)
        item = lower_loop_head(builder, iterator, body, ended, generator.iter, asynchronous=bool(generator.is_async))
        builder.start(body)
        lower_target(builder, generator.target, item, WriteHow.BIND)
        for condition in generator.ifs:
            accepted = builder.new_block()
            lower_test(builder, condition, "filter", accepted, head)
            builder.start(accepted)
        after, repeat = after or ended, head
    operands = tuple([lower_value(builder, element) for element in elements])
    builder.scope = outside
    if after is not None and repeat is not None:
        builder.jump(repeat)
        builder.start(after)
    return builder.compute(operator, operands, node)
