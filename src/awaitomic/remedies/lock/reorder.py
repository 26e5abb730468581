"""Reorder: a side that takes two locks at once takes them in the order of the other side.

Only where nothing stands between the two acquisitions does it not matter to the task itself which comes first, and only
where the second lock is named by a path that never changes is it the same lock when it comes first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from awaitomic.model.event import Enter, Name, Read, Scope
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location
from awaitomic.model.plan import Plan, ReplaceExpression
from awaitomic.program.locks.edges import Edge
from awaitomic.program.locks.order import Circle
from awaitomic.remedies.lock.asked import who_asks
from awaitomic.remedies.lock.reorder_waits import others_waiting
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.declined import Declined, check_here, or_refusal
from awaitomic.remedies.shared.plain_attribute import is_plain_attribute

_OF_BOTH = re.compile(r"\b(?:both|two|noqa|nosec|pragma|pylint|type:)", re.IGNORECASE)
"""What a comment says that is right in either order."""

_PAIR = (
    "the two are of one kind, and which comes first is for the objects to say; by hand: sort them by a key that never "
    "changes (`first, second = sorted((a, b), key=...)`) and take `first` and then `second`"
)


@or_refusal
def propose(case: Case) -> Proposal:
    """Let the two acquisitions of one side change places.

    Refusal codes: ``between-locks``, ``taken-by-call``, ``names-change``, ``pair-order``, ``other-file``.
    """
    found = _circle_of(case)
    if found is None:
        raise Declined("pair-order", f"`{case.finding.state}`: {_PAIR}")
    circle, reported = found
    first: Declined | None = None
    for index in range(len(circle.steps)):
        step = circle.steps[(reported + index) % len(circle.steps)]
        try:
            return _turned(case, step)
        except Declined as declined:
            first = first or declined
    assert first is not None, "a circle has at least two steps"
    raise first


def _circle_of(case: Case) -> tuple[Circle, int] | None:
    """Give the circle that a finding is about, and which of its steps it is reported at."""
    span = case.finding.span
    for circle in case.program.lock_order.circles(case.program.unit):
        for index, step in enumerate(circle.steps):
            for edge in step:
                at = edge.event if edge.site is None else edge.site
                if edge.within.function is case.function and at == span.write and str(edge.held) in case.finding.state:
                    return circle, index
    return None


def _turned(case: Case, step: Iterable[Edge]) -> Proposal:
    """Let every place that takes the two in this order take them in the other one."""
    edits: dict[tuple[int, int], ReplaceExpression] = {}
    places, doubts = [], list[str]()
    for edge in step:
        check_here(case.program, edge.holder.function)
        outer, inner = _managers(case, edge)
        for old, new, at in ((outer, inner, edge.held_at), (inner, outer, edge.event)):
            extent = case.extent(old)
            path = edge.holder.function.statements[at]
            edits[extent.line, extent.column] = ReplaceExpression(path, extent, case.text(old), case.text(new))
        places.append(f"`{edge.holder.function.qualname}`")
        doubts.extend((*_asked(case, edge), *others_waiting(case.program, edge), *_spoken_of(case, outer, inner)))
    title = f"{' and '.join(dict.fromkeys(places))}: take the two locks in the order of the other side"
    if doubts:
        return Proposal(Plan(tuple(edits.values())), Applicability.UNSAFE, title, tuple(dict.fromkeys(doubts)))
    because = ("nothing is done between the two acquisitions, so it does not matter to the task which comes first",)
    return Proposal(Plan(tuple(edits.values())), Applicability.SAFE, title, because)


def _managers(case: Case, edge: Edge) -> tuple[ast.expr, ast.expr]:
    """Give the two expressions that stand in one ``async with``, or in two of which one is all that the other holds."""
    line = case.program.extent(edge.holder.function, edge.event).line
    name = edge.holder.function.qualname
    if edge.site is not None:
        message = f"`{name}` takes what it is handed (line {line}): by hand, hand the two over in one order everywhere"
        raise Declined("taken-by-call", message)
    if edge.acquisition is not None:
        raise Declined("taken-by-call", f"`{name}` does not take both locks itself: on line {line}, a call takes one")
    events = edge.holder.function.events
    both = [events[edge.held_at], events[edge.event]]
    nodes = [edge.holder.function.nodes[each.manager] for each in both if isinstance(each, Enter)]
    outer, inner = (_with_of(case, edge, event) for event in (edge.held_at, edge.event))
    if len(nodes) < len(both) or outer is None or inner is None or not _side_by_side(outer, inner, nodes):
        raise Declined("between-locks", f"something stands between the two acquisitions in `{name}` (line {line})")
    for node, lock in zip(nodes, (edge.held, edge.taken), strict=True):
        if not _is_the_same_always(case, edge, node, lock.location):
            text = ast.unparse(node) if isinstance(node, ast.expr) else str(lock)
            message = f"`{text}` (line {line}) may be another lock when it is named before the first one is held"
            raise Declined("names-change", message)
    one, other = nodes
    assert isinstance(one, ast.expr)
    assert isinstance(other, ast.expr)
    return one, other


def _with_of(case: Case, edge: Edge, event: int) -> ast.AsyncWith | None:
    statement = case.statement(edge.holder.function.statements[event])
    return statement if isinstance(statement, ast.AsyncWith) else None


def _side_by_side(outer: ast.AsyncWith, inner: ast.AsyncWith, nodes: list[ast.AST]) -> bool:
    named = [item for statement in (outer, inner) for item in statement.items]
    if any(item.optional_vars is not None for item in named):
        return False
    if outer is inner:
        at = [index for index, item in enumerate(outer.items) if item.context_expr in nodes]
        return len(at) == len(nodes) and at[1] == at[0] + 1
    return (
        outer.body == [inner] and outer.items[-1].context_expr is nodes[0] and inner.items[0].context_expr is nodes[1]
    )


def _is_the_same_always(case: Case, edge: Edge, node: ast.AST, location: Location) -> bool:
    """Tell whether naming a lock runs no code, and names the same lock whenever it is done."""
    inner = node
    while isinstance(inner, ast.Attribute):
        inner = inner.value
    if not isinstance(inner, ast.Name):
        return False
    resolver, part = edge.holder, location
    while part.steps:
        if not is_plain_attribute(case.program, resolver, part) or case.program.changes(resolver, part):
            return False
        assert part.parent is not None
        part = part.parent
    reads = (event for event in resolver.function.events if isinstance(event, Read) and isinstance(event.place, Name))
    local = any(e.place.name == inner.id and e.place.scope is Scope.LOCAL for e in reads if isinstance(e.place, Name))
    return local or not case.program.changes(resolver, part)


def _spoken_of(case: Case, outer: ast.expr, inner: ast.expr) -> Iterable[str]:
    """Say where a comment beside or between two locks would stand with the other one."""
    for line in range(case.extent(outer).line, case.extent(inner).end_line + 1):
        comment = case.program.positions.line(line).partition("#")[2]
        if comment and not _OF_BOTH.search(comment):
            yield f"the comment on line {line} would speak of the other lock"
            return


def _asked(case: Case, edge: Edge) -> Iterable[str]:
    """Give who asks whether one of the two is held: it is now held while the other one is waited for."""
    for key in edge.ends:
        for resolver, event in who_asks(case.program, key):
            place = case.program.place(resolver.function, event)
            yield f"`{resolver.function.qualname}` asks on {place} whether one of the two is held"


REMEDY = Remedy(
    name="lock",
    summary="let one side take two locks in the order of the other side",
    conditions=(
        "All places that take the two in one of the orders do so at once: in one `async with`, or in two directly "
        "inside each other, by paths that always name the same lock. Refused where something stands between the two, "
        "where a call takes the second one, and for two objects of a kind, whose order is for people to choose."
    ),
    safety=(
        "Safe: nothing is done between the two acquisitions. Unsafe where somebody asks by `locked()` whether one of "
        "the two is held, where who holds the one that is taken second now waits for somebody else, and where a "
        "comment beside or between the two may speak of one of them."
    ),
    propose=propose,
)
