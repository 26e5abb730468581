"""Locals whose *contents* are looked at later than before: ``len(rows)`` after ``rows.append(…)`` is another number.

A local that is rebound in between is easy to see. Here the name stays, and the object behind it changes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.containers import CONTAINERS, VIEWS
from awaitomic.model.event import Name as NamePlace
from awaitomic.model.event import Read
from awaitomic.remedies.remedy import Case

_ONLY_LOOK = frozenset("print len isinstance id repr str bool type int float".split())
_BY_NAME = frozenset("locals eval exec vars dir".split())


def changed_contents(case: Case, late: Sequence[ast.AST], passed: Sequence[ast.AST]) -> list[str]:
    """Give a sentence for each local whose contents are read in `late`, and may be changed in `passed`.

    Parameters:
        case: the case; both are code of its function.
        late: what is evaluated later than before.
        passed: what now runs first.
    """
    read = {name for node in late for name in _contents(case, node)}
    if not read:
        return []
    touched = {name for node in passed for name in _touched(node)}
    if any(isinstance(inner, ast.Call | ast.Await) for node in passed for inner in ast.walk(node)):
        touched |= _shared(case)
    for node in ast.walk(case.function.node):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name):
            names = {node.value.id, *(target.id for target in node.targets if isinstance(target, ast.Name))}
            touched |= names if names & touched else set()  # two names of one object
    return [f"what `{name}` holds may be changed before it is looked at" for name in sorted(read & touched)]


def looks_at_locals(function: FunctionGraph) -> bool:
    """Tell whether a function looks its own variables up by name, as with `locals` or `eval`."""
    return any(isinstance(node.func, ast.Name) and node.func.id in _BY_NAME for node in function.kinds.of(ast.Call))


def _contents(case: Case, root: ast.AST) -> Iterator[str]:
    """Give the locals in a piece of syntax of which more than the identity counts."""
    for node in ast.walk(root):
        parts: list[ast.expr] = []
        if isinstance(node, ast.Call):
            plain = isinstance(node.func, ast.Attribute) and node.func.attr in {*VIEWS, "get"}  # these take a key
            parts = [] if plain else [*node.args, *(keyword.value for keyword in node.keywords)]
            if isinstance(node.func, ast.Attribute):
                parts.append(node.func.value)
        elif isinstance(node, ast.Compare):
            parts = node.comparators
        elif isinstance(node, ast.BinOp | ast.BoolOp | ast.IfExp | ast.UnaryOp):
            parts = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr) and _is_kept(case, part)]
        elif isinstance(node, ast.Starred | ast.Subscript | ast.FormattedValue | ast.Attribute):
            parts = [node.value]
        elif isinstance(node, ast.comprehension):
            parts = [node.iter]
        yield from (part.id for part in parts if isinstance(part, ast.Name) and part.id not in {"self", "cls"})


def _is_kept(case: Case, node: ast.expr) -> bool:
    """Tell whether a name stands for a container."""
    if not isinstance(node, ast.Name):
        return False
    for event, found in zip(case.function.events, case.function.nodes, strict=True):
        if found is node and isinstance(event, Read):
            return case.resolver.operand_type(event.id).name in CONTAINERS
    return False


def _touched(root: ast.AST) -> Iterator[str]:
    """Give the names whose objects a piece of syntax may change: those that it calls, hands on, or writes into."""
    for node in ast.walk(root):
        parts: Iterable[ast.expr | None] = ()
        if isinstance(node, ast.Call):
            only_looks = isinstance(node.func, ast.Name) and node.func.id in _ONLY_LOOK
            parts = [] if only_looks else [*node.args, *(keyword.value for keyword in node.keywords)]
            if isinstance(node.func, ast.Attribute) and node.func.attr not in {*VIEWS, "get"}:
                parts = [*parts, node.func.value]
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            parts = [node.value]
        elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
            parts = [node.iter]  # an iterator is used up
        elif isinstance(node, ast.AugAssign):
            parts = [node.target]
        elif isinstance(node, ast.Await | ast.Assign | ast.Starred):
            parts = [node.value]  # another name for it
        for part in parts:
            for inner in ast.walk(part) if isinstance(part, ast.expr) else ():
                if isinstance(inner, ast.Name):
                    yield inner.id


def _shared(case: Case) -> set[str]:
    """Give the locals that nested functions use."""
    own = case.function
    nested = [r.function for r in case.program.resolvers if r.function.qualname.startswith(f"{own.qualname}.")]
    return {
        event.place.name
        for function in nested
        for event in function.events
        if isinstance(event, Read) and isinstance(event.place, NamePlace)
    } - {"self", "cls"}
