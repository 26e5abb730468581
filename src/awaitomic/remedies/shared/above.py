"""Whether what is used somewhere inside a statement can be read above it, where it is put into a local.

``if k in self.conns and self.conns[k].ready:`` looks the entry up only if there is one, and so does what stands in the
body of an ``if`` or a ``try``. Read above it, it would raise where nothing was read before.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Read
from awaitomic.remedies.remedy import Case
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.nothing import may_be_none
from awaitomic.remedies.shared.plain_attribute import may_be_absent
from awaitomic.remedies.shared.siblings import Block

_LOOPS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def check_above(case: Case, block: Block, first: int, node: ast.expr, code: str) -> None:
    """See that an expression can be read in front of the statement that has it.

    Raises:
        Declined: with `code` if the statement may do without it, and reading it may raise.
    """
    statement = block.statements[first]
    nested = all(case.path(event) != block.path(first) for event in _events_of(case, node))
    if not nested and not any(_decides(part, node) for part in ast.walk(statement)):
        return
    at = min(block.events(first, first))
    for part in _links(node):
        if isinstance(part, ast.Subscript):
            raise Declined(code, f"`{case.text(node)}` would be read where it may be missing")
        if _may_be_absent(case, part):
            raise Declined(code, f"`{case.text(node)}` would be read where it may not be there yet")
        for event in _events_of(case, part.value):
            if isinstance(case.function.events[event], Read) and may_be_none(case.program, case.resolver, event, at):
                text = f"`{case.text(node)}` would be read where `{case.text(part.value)}` may be None"
                raise Declined(code, text)


def _may_be_absent(case: Case, node: ast.Attribute) -> bool:
    for event in _events_of(case, node):
        read = case.function.events[event]
        location = case.resolver.place(read.place) if isinstance(read, Read) else None
        if location is not None and may_be_absent(case.program, case.resolver, location):
            return True
    return False


def _links(node: ast.expr) -> Iterator[ast.Attribute | ast.Subscript]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        yield node
        node = node.value


def _events_of(case: Case, node: ast.expr) -> list[int]:
    return [event for event, found in enumerate(case.function.nodes) if found is node]


def _decides(part: ast.AST, node: ast.expr) -> bool:
    """Tell whether a part of a statement decides by itself whether an expression in it is evaluated."""
    if isinstance(part, ast.BoolOp):
        perhaps: list[ast.AST] = [*part.values[1:]]
    elif isinstance(part, ast.IfExp):
        perhaps = [part.body, part.orelse]
    elif isinstance(part, ast.Compare):
        perhaps = [*part.comparators[1:]]
    elif isinstance(part, _LOOPS):
        perhaps = [part]
    else:
        return False
    return any(inner is node for each in perhaps for inner in ast.walk(each))
