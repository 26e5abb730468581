"""``try`` and ``with``: what runs on which way out.

A ``finally`` body and the exit of a ``with`` are copied for each way out, as CPython does, so that the graph never lets
a return go on behind the statement, or the normal end propagate an exception.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from awaitomic.flow.dispatch import lower_body, lower_value, lowers_statement
from awaitomic.flow.lower_targets import lower_target
from awaitomic.model.event import Block, Enter, Leave, Operand, SuspendWhy, WriteHow

if TYPE_CHECKING:
    from collections.abc import Callable

    from awaitomic.flow.builder import Builder, Protection

SUPPRESSING = frozenset(
    {
        "CancelScope",
        "assertRaises",
        "assertRaisesRegex",
        "move_on_after",
        "move_on_at",
        "open_cancel_scope",
        "raises",
        "suppress",
        "suppressed",
    }
)
"""Last names of the calls whose managers swallow an exception: contextlib, pytest, unittest, and the cancel scopes of
anyio and trio. Any other manager is taken to let exceptions through."""


@lowers_statement(ast.Try, ast.TryStar)
def _try(builder: Builder, node: ast.Try | ast.TryStar) -> None:
    if not node.finalbody:
        _try_except(builder, node)
        return
    path = builder.path

    def cleanup() -> None:
        outside = builder.path
        builder.path = path
        lower_body(builder, node.finalbody, "finalbody")
        builder.path = outside

    frame = builder.protect(cleanup)
    if node.handlers:
        _try_except(builder, node)
    else:
        lower_body(builder, node.body, "body")
    _finish(builder, frame, cleanup)


def _finish(builder: Builder, frame: Protection, cleanup: Callable[[], None], swallows: ast.expr | None = None) -> None:
    """Lower the copies of a cleanup for the normal end and for exceptions; go on at the normal end.

    `swallows` is a manager that may end the exception, too.
    """
    builder.unprotect()
    after = builder.new_block()
    if builder.block is not None:
        cleanup()
        builder.jump(after)
    builder.start(frame.target)
    cleanup()
    if swallows is not None:
        exception = builder.compute("exception", (), swallows)
        builder.branch(exception, "except", after, builder.outside, swallows)
    else:
        builder.jump(builder.outside)
    builder.start(after)


def _try_except(builder: Builder, node: ast.Try | ast.TryStar) -> None:
    after = builder.new_block()
    frame = builder.protect(None)
    lower_body(builder, node.body, "body")
    builder.unprotect()
    lower_body(builder, node.orelse, "orelse")
    builder.jump(after)
    builder.start(frame.target)
    exception = builder.compute("exception", (), node)
    if isinstance(node, ast.TryStar):
        _handlers_of_groups(builder, node, exception, after)
    else:
        _handlers(builder, node, exception, after)
    builder.start(after)


def _handlers(builder: Builder, node: ast.Try, exception: Operand, after: Block) -> None:
    """Lower the handlers of a ``try``: at most one runs. The current block tests the first one."""
    for index, handler in enumerate(node.handlers):
        caught, further = builder.new_block(), builder.new_block()
        if handler.type is not None:
            lower_value(builder, handler.type)
        if handler.type is None or (isinstance(handler.type, ast.Name) and handler.type.id == "BaseException"):
            # Catches everything: no exception goes on, whatever the handlers below say.
            builder.jump(caught)
        else:
            builder.branch(exception, "except", caught, further, handler)
        builder.start(caught)
        _handler_body(builder, handler, index, exception)
        builder.jump(after)
        builder.start(further)
    if builder.block is not None:
        builder.jump(builder.outside)


def _handlers_of_groups(builder: Builder, node: ast.TryStar, exception: Operand, after: Block) -> None:
    """Lower the handlers of a ``try`` … ``except*``: each may run, and what they raise waits until all are done."""
    for index, handler in enumerate(node.handlers):
        caught, further = builder.new_block(), builder.new_block()
        if handler.type is not None:
            lower_value(builder, handler.type)
        builder.branch(exception, "except", caught, further, handler)
        builder.start(caught)
        frame = builder.protect(None)
        _handler_body(builder, handler, index, exception)
        builder.unprotect()
        builder.jump(further)
        builder.start(frame.target)
        builder.jump(further)
        builder.start(further)
    # Whether everything was caught.
    builder.branch(exception, "except", after, builder.outside, node)


def _handler_body(builder: Builder, handler: ast.ExceptHandler, index: int, exception: Operand) -> None:
    field = f"handlers.{index}"
    if handler.name is None:
        lower_body(builder, handler.body, field)
        return
    place = builder.scope.resolve(handler.name)
    path = builder.path
    builder.write(place, exception, WriteHow.BIND, handler)

    def unbind() -> None:
        outside = builder.path
        builder.path = path
        builder.write(place, None, WriteHow.DELETE, handler)
        builder.path = outside

    frame = builder.protect(unbind)
    lower_body(builder, handler.body, field)
    _finish(builder, frame, unbind)


@lowers_statement(ast.With, ast.AsyncWith)
def _with(builder: Builder, node: ast.With | ast.AsyncWith) -> None:
    asynchronous = isinstance(node, ast.AsyncWith)
    entered = [_enter(builder, item, asynchronous=asynchronous) for item in node.items]
    lower_body(builder, node.body, "body")
    for frame, leave, manager in reversed(entered):
        _finish(builder, frame, leave, manager if _swallows(manager) else None)


def _enter(
    builder: Builder, item: ast.withitem, *, asynchronous: bool
) -> tuple[Protection, Callable[[], None], ast.expr]:
    """Lower the start of one item; give its frame, what lowers its exit, and the manager's expression."""
    node = item.context_expr
    path = builder.path
    manager = lower_value(builder, node)
    if asynchronous:
        builder.suspend(SuspendWhy.ASYNC_ENTER, manager, node)
    builder.add(Enter(builder.next_id, manager, asynchronous), node)

    def leave() -> None:
        outside = builder.path
        builder.path = path
        builder.add(Leave(builder.next_id, manager, asynchronous), node)
        if asynchronous:
            builder.suspend(SuspendWhy.ASYNC_EXIT, manager, node)
        builder.path = outside

    frame = builder.protect(leave)
    value = builder.compute("entered", (manager,), node)
    if item.optional_vars is not None:
        lower_target(builder, item.optional_vars, value, WriteHow.BIND)
    return frame, leave, node


def _swallows(manager: ast.expr) -> bool:
    if not isinstance(manager, ast.Call):
        return False
    function = manager.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    return name in SUPPRESSING
