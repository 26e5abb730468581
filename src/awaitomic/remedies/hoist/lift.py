"""Lift: ``self.total += await price(item)`` reads the total before it awaits; the awaited operand gets its own line.

Everything with an effect that the statement evaluates before its last await is lifted too, in order, so that what
happens, and in which order, stays the same. Plain reads stay: they are what has to come later.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location
from awaitomic.model.plan import InsertStatements, Plan, ReplaceExpression
from awaitomic.model.position import Extent
from awaitomic.remedies.hoist.gone import gone_meanwhile
from awaitomic.remedies.hoist.layout import joined, lifted_text
from awaitomic.remedies.hoist.marks import speaking_of_line
from awaitomic.remedies.hoist.meanwhile import changed_meanwhile
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.remedies.shared.contents import changed_contents
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import may_change, read_by_calls, touches, written_here
from awaitomic.remedies.shared.names import name_for_awaited
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.shown import is_shown_as_code
from awaitomic.remedies.shared.siblings import (
    block_at,
    bound_names,
    depends_on_read,
    in_one_go,
    loaded_names,
)

_WHOLE = ast.IfExp | ast.BoolOp | ast.ListComp | ast.SetComp | ast.DictComp
"""What decides by itself what it evaluates, and how often: if it awaits, it goes above the statement as a whole."""


def lift(case: Case, reading: ast.stmt | None = None) -> Proposal:
    """Put the awaits of the statement that writes into statements of their own, above it.

    If the statement directly before it does the reading (`reading`), they go above that one.

    Raises:
        Declined: if that would change the order of effects, or what is evaluated at all.
    """
    path = case.path(case.fact.event)
    statement = case.statement(path)
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
        raise Declined("hoist-shape", "the await stands in a statement that is no assignment")
    lifting = _Lifting(case, statement)
    if reading is not None:
        lifting.pass_over(reading)
    lifted = lifting.collect()
    lifting.check_names(lifted)
    block = block_at(case, path)
    names: list[str] = []
    texts: list[str] = []
    edits: list[ReplaceExpression] = []
    for node in lifted:
        name = lifting.own_name(node) or name_for_awaited(case, _said(node), names)
        names.append(name)
        texts.append(lifted_text(case, block, node, name))
        extent = without_parentheses(case, case.extent(node.value if isinstance(node, ast.Starred) else node))
        edits.append(ReplaceExpression(path, extent, case.program.positions.snippet(extent), name))
    one_line = joined(case, path, statement.value, edits) if statement.value is not None else None
    edits = [one_line] if one_line is not None else edits
    above = path if reading is None else block.path(block.index_of(path) - 1)
    insert = InsertStatements(above, "before", "\n".join(texts))
    because = lifting.doubts(lifted)
    moved = "the await runs" if len(texts) == 1 else "the awaits run"
    if not because:
        return Proposal(Plan((insert, *edits)), Applicability.SAFE, _title(case, moved), (in_one_go(case),))
    return Proposal(Plan((insert, *edits)), Applicability.UNSAFE, _title(case, moved), tuple(because))


def _said(node: ast.expr) -> ast.expr:
    """Give the expression that a lifted one is named after."""
    while isinstance(node, ast.Await | ast.Starred | ast.NamedExpr):
        node = node.value
    return node


def _title(case: Case, moved: str) -> str:
    return f"{moved} first, then `{case.finding.state}` is read and written in one go"


class _Lifting:
    def __init__(self, case: Case, statement: ast.Assign | ast.AugAssign | ast.AnnAssign) -> None:
        self._case = case
        self._statement = statement
        self._purity = Purity(case)
        self._early: list[ast.expr] = []
        """What stays and was evaluated before the last await."""
        self._doubts: list[str] = []
        self._bound: frozenset[str] = frozenset()
        """What the statement in front, which the awaits pass over, binds."""
        nodes = [case.node(event) for event in range(len(case.function.events))]
        self._stale = {id(nodes[read]) for read in case.finding.span.reads}

    def pass_over(self, reading: ast.stmt) -> None:
        """Let the awaits go above the statement in front, too.

        Raises:
            Declined: if that one does more than read.
        """
        value = reading.value if isinstance(reading, ast.Assign | ast.AnnAssign) else None
        if value is None:
            raise Declined("hoist-shape", "the await stands in the statement that writes, and the read in another")
        quality, reason = self._purity.judge(value)
        if quality is Quality.EFFECT:
            raise Declined("hoist-order", f"{reason}, and it is evaluated before the await")
        if quality is Quality.MAY_RAISE:
            self._doubts.append(f"{reason}: then the await has already run")
        self._early.append(value)
        self._bound = frozenset(bound_names(reading))

    def collect(self) -> list[ast.expr]:
        """Give what has to be lifted, in order of evaluation: the awaits, and what has an effect in front of them."""
        if is_shown_as_code(self._statement, lambda node: isinstance(node, ast.Await)):
            raise Declined("hoist-shape", "the text shows the code that is awaited, which would be another one")
        parts = [part for root in self._roots() for part in self._parts(root)]
        last = max((at for at, part in enumerate(parts) if _waits(part)), default=None)
        if last is None:
            raise Declined("hoist-shape", "there is no await in the statement itself")
        lifted: list[ast.expr] = []
        for part in [piece for early in parts[: last + 1] for piece in self._apart(early)]:
            if _waits(part):
                self._check_await(part)
                lifted.append(part)
                continue
            quality, reason = self._purity.judge(part)
            if quality is Quality.EFFECT:
                if self._reads_state(part):
                    raise Declined("hoist-order", f"{reason}, and it is evaluated before the await")
                lifted.append(part)
                continue
            self._early.append(part)
            if quality is Quality.MAY_RAISE:
                self._doubts.append(f"{reason}: then the await has already run")
        return lifted

    def doubts(self, lifted: list[ast.expr]) -> list[str]:
        """Give the reasons why the result is not surely the same for one task.

        Raises:
            Declined: ``written-between`` if it surely is not.
        """
        case = self._case
        inside = {id(inner) for node in lifted for inner in ast.walk(node)}
        path = case.path(case.fact.event)
        events = [
            event for event, node in enumerate(case.function.nodes) if case.path(event) == path and id(node) in inside
        ]
        early = {id(inner) for node in self._early for inner in ast.walk(node)}
        stays = [event for event, node in enumerate(case.function.nodes) if id(node) in early]
        found = touches(case, events, self._states(), read_by_calls(case, stays))
        if found.writes:
            raise Declined("written-between", f"{found.writes[0]} while it is awaited")
        changed = changed_contents(case, self._early, lifted)
        gone = [*gone_meanwhile(case, self._early), *changed_meanwhile(case, stays, events)]
        marks = speaking_of_line(case, self._statement)
        return [*self._doubts, *found.unknown, *changed, *written_here(case, self._states()), *gone, *marks]

    def _roots(self) -> Iterator[ast.expr]:
        """Give what the statement evaluates before it writes, in order: the target of ``+=`` comes before the value."""
        if isinstance(self._statement, ast.AugAssign):
            yield self._statement.target
        if self._statement.value is not None:
            yield self._statement.value

    def _parts(self, node: ast.expr) -> Iterator[ast.expr]:
        """Give the largest pieces that contain no await, and the awaits, in order of evaluation."""
        if isinstance(node, ast.Await):
            yield node
        elif not any(isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
            if isinstance(node, ast.expr_context):
                return
            yield node
        elif isinstance(node, _WHOLE) and not self._reads_state(node):
            yield node
        elif isinstance(node, _WHOLE | ast.GeneratorExp) or (isinstance(node, ast.Compare) and len(node.ops) > 1):
            raise Declined("hoist-conditional", "the await stands in a condition or a loop of the expression")
        elif isinstance(node, ast.NamedExpr) and self.own_name(node):
            yield node
        elif isinstance(node, ast.Yield | ast.YieldFrom | ast.NamedExpr):
            raise Declined("hoist-shape", "the statement yields or binds a name on the way")
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                yield from self._parts(key) if key is not None else ()
                yield from self._parts(value)
        else:
            for child in ast.iter_child_nodes(node):
                inner = child.value if isinstance(child, ast.keyword) else child
                if isinstance(inner, ast.expr):
                    yield from self._parts(inner)

    def _apart(self, part: ast.expr) -> Iterator[ast.expr]:
        """Take an expression apart whose one operand reads the state and whose other has an effect."""
        joins = isinstance(part, ast.BinOp | ast.UnaryOp | ast.Tuple | ast.List)
        if joins and self._reads_state(part) and self._purity.judge(part)[0] is Quality.EFFECT:
            for child in ast.iter_child_nodes(part):
                if isinstance(child, ast.expr):
                    yield from self._apart(child)
        else:
            yield part

    def _check_await(self, node: ast.expr) -> None:
        if self._reads_state(node) or loaded_names(node) & self._bound:
            raise depends_on_read()

    def own_name(self, node: ast.expr) -> str | None:
        """Give the name that an expression binds on the way, if it means the same in the rest of the statement."""
        if not isinstance(node, ast.NamedExpr):
            return None
        name, resolver = node.target.id, self._case.resolver
        bound = [inner for inner in ast.walk(self._statement) if isinstance(inner, ast.Name) and inner.id == name]
        once = sum(isinstance(inner.ctx, ast.Store) for inner in bound) == 1
        own = name in resolver.function.local_names and name not in resolver.captured
        return name if once and own else None

    def check_names(self, lifted: list[ast.expr]) -> None:
        """See that what goes above the statement binds no name that is read in what stays.

        Raises:
            Declined: ``hoist-order``.
        """
        bound = {name for node in lifted for name in bound_names(node)}
        read = {name for node in self._early for name in loaded_names(node)}
        if bound & read:
            raise Declined("hoist-order", f"`{min(bound & read)}` is bound on the way, behind where it is read")

    def _reads_state(self, node: ast.expr) -> bool:
        return any(id(inner) in self._stale for inner in ast.walk(node))

    def _states(self) -> set[Location]:
        """Give the state that is now read after the awaits, the target's included."""
        case = self._case
        inside = {id(inner) for node in self._early for inner in ast.walk(node)}
        found = {case.fact.access.location}
        for event, node in zip(case.function.events, case.function.nodes, strict=True):
            if isinstance(event, Read) and id(node) in inside:
                location = case.resolver.place(event.place) or case.resolver.value(event.id)
                if location is not None and may_change(case, location):
                    found.add(location)
        return found


def _waits(part: ast.expr) -> bool:
    return any(isinstance(node, ast.Await) for node in ast.walk(part))


def without_parentheses(case: Case, extent: Extent) -> Extent:
    """Widen an extent over parentheses that only group: a name needs none."""
    line = case.program.positions.line
    while extent.column > 1:
        before, after = line(extent.line)[: extent.column - 1], line(extent.end_line)[extent.end_column - 1 :]
        if not before.endswith("(") or not after.startswith(")"):
            break
        ahead = before[:-1].rstrip()
        word = ahead[-1:].isalnum() or ahead[-1:] in {"_", ")", "]", "}", '"', "'"}
        if word and not ahead.endswith((" return", " in", " and", " or", " not", " is", " if", " else")):
            break
        extent = Extent(extent.line, extent.column - 1, extent.end_line, extent.end_column + 1)
    return extent
