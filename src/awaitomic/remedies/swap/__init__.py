"""Swap: take what is there and reset, or advance, before the await, so that nothing that comes in is thrown away."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from awaitomic.knowledge.containers import EVENTS
from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability
from awaitomic.model.location import Location
from awaitomic.model.plan import (
    DeleteStatement,
    Edit,
    InsertStatements,
    MoveStatement,
    Plan,
    ReplaceExpression,
    ReplaceStatement,
)
from awaitomic.program.accesses import Change
from awaitomic.program.names import is_none
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.above import check_above
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.names import name_for_state
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import Block, block_at, bound_names, leaves, loaded_names
from awaitomic.remedies.shared.state_reads import StateRead, in_while_test, refuse_closures, replaced, state_reads
from awaitomic.remedies.swap.event import propose_event
from awaitomic.remedies.swap.take import check_position, is_copied, lasting_copy, taking_of

_LOST = "if the await fails or is cancelled, what was taken is lost; before, it stayed for the next call"
_GAP = "if the await fails, the value is skipped: right for identifiers, wrong where there must be no gap"
_FORGOTTEN = "if the await fails, the object is already forgotten; before, it stayed and could be tried again"


@or_refusal
def propose(case: Case) -> Proposal:
    """Move the reset, or the advance, in front of the await.

    Refusal codes: ``write-in-callee``, ``set-before``, ``swap-shape``, ``not-siblings``, ``exits-between``,
    ``depends-on-await``, ``written-between``, ``read-by-callee``, ``read-again``, ``closure-reads``.
    """
    fact = case.fact
    if fact.via is not None:
        raise Declined("write-in-callee", f"the write is made by `{fact.via.write.function}`, which has other callers")
    read = case.finding.span.reads[0]
    if any(use.claim and use.token.read == read for use in fact.state.uses):
        raise Declined("set-before", "the state is set before the await and reset after it: there is nothing to take")
    if case.resolver.type_of(fact.access.location).name in EVENTS:
        return propose_event(case)
    location = _used_location(case, read)
    block = block_at(case, case.path(fact.event))
    write = block.index_of(case.path(fact.event))
    first = block.index_of(case.path(read))
    reads = state_reads(case, block, first, write - 1, location)
    if not reads:
        raise Declined("read-by-callee", "what was used is not read here, but by a function that is called")
    for text in sorted({case.text(read.node) for read in reads}):
        refuse_closures(case, text)
    if fact.access.change is Change.TAKE:
        check_position(case, reads)
    span = _Span(block, first, write, reads)
    if any(read.suspends for read in reads):
        plan, start = _take_first(case, span)
    else:
        plan, start = _move_up(case, span)
    doubts = [_reason(case), *_check(case, span, start)]
    return Proposal(plan, Applicability.UNSAFE, _title(case), tuple(doubts))


@dataclass(frozen=True, slots=True)
class _Span:
    """The statements from the first use (`first`) to the late write (`write`), with the reads of the state in them."""

    block: Block
    first: int
    write: int
    reads: list[StateRead]


def _used_location(case: Case, read: int) -> Location:
    """Give the state that was used: of an element that is removed by position, the element."""
    for use in case.fact.state.uses:
        if use.token.read == read:
            return use.token.location
    return case.fact.access.location


def _title(case: Case) -> str:
    verb = "advanced" if case.fact.access.change is Change.AUGMENTED else "taken and reset"
    return f"`{case.finding.state}` is {verb} before the await"


def _reason(case: Case) -> str:
    change = case.fact.access.change
    if change is Change.AUGMENTED:
        return _GAP
    return _FORGOTTEN if change is Change.DELETE or (change is Change.RESET and _resets_to_none(case)) else _LOST


def _resets_to_none(case: Case) -> bool:
    statement = case.statement(case.path(case.fact.event))
    value = getattr(statement, "value", None)
    return isinstance(value, ast.expr) and is_none(value)


# -- the local is there already ----------------------------------------------------------------------------------


def _move_up(case: Case, span: _Span) -> tuple[Plan, int]:
    """Move the write up to the local that holds what was read. Gives the plan, and where the write goes."""
    block = span.block
    awaits = [index for index in range(span.first, span.write) if block.suspends(index)]
    last = span.reads[-1].index
    if not awaits or last > awaits[0]:
        raise Declined("read-again", f"`{case.finding.state}` is read again after the await")
    here, there = block.path(span.write), block.path(last)
    change = case.fact.access.change
    if change in {Change.DELETE, Change.TAKE}:
        taking = taking_of(case)
        if len(span.reads) > 1:
            raise Declined("read-again", f"`{case.finding.state}` is read more than once before the await")
        take = next(replaced(case, block, span.reads, taking.text))
        return Plan((take, DeleteStatement(here))), last
    edits: list[Edit] = [MoveStatement(here, there)]
    if change is Change.CLEAR:
        edits = [*_copied_aliases(case, span), *_emptied_by_name(case, span), *edits]
    return Plan(tuple(edits)), last


def _copied_aliases(case: Case, span: _Span) -> list[ReplaceExpression]:
    """See that what is emptied in place has been copied before; a mere alias becomes a copy."""
    edits: list[ReplaceExpression] = []
    for read in span.reads:
        statement = span.block.statements[read.index]
        if isinstance(statement, ast.Assign) and statement.value is read.node:
            edits.extend(replaced(case, span.block, [read], lasting_copy(case, case.text(read.node))))
        elif not is_copied(read.node, statement):
            raise Declined("swap-shape", "the container itself, not a copy, is used after it would be emptied")
    return edits


def _emptied_by_name(case: Case, span: _Span) -> list[ReplaceExpression]:
    """See that the container is emptied by its own name: ``batch.clear()`` would empty the copy that `batch` now is."""
    statement = span.block.statements[span.write]
    path = span.block.path(span.write)
    aliases: dict[str, str] = {}
    for read in span.reads:
        holder = span.block.statements[read.index]
        if isinstance(holder, ast.Assign) and holder.value is read.node:
            aliases |= {target.id: case.text(read.node) for target in holder.targets if isinstance(target, ast.Name)}
    return [
        ReplaceExpression(path, case.extent(node), node.id, aliases[node.id])
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id in aliases
    ]


# -- the local has to be made ------------------------------------------------------------------------------------


def _take_first(case: Case, span: _Span) -> tuple[Plan, int]:
    """Take and reset in front of the first statement that waits with the state, and use what was taken instead."""
    block = span.block
    start = next(read.index for read in span.reads if read.suspends)
    reads = [read for read in span.reads if read.index >= start]
    if any(in_while_test(block, read) for read in reads):
        raise Declined("swap-shape", "the state is tested by a `while`, whose condition would never change")
    check_above(case, block, start, reads[0].node, "swap-shape")
    statement = block.statements[span.write]
    taking = taking_of(case, reads, block)
    name = name_for_state(case, taking.named_after)
    here = block.path(span.write)
    edits: list[Edit] = [*replaced(case, block, taking.reads, name)]
    take = taking.statement.format(name=name) if taking.statement else _tuple_form(case, statement, name)
    if _has_comments(case, statement):  # the comments go along if the statement stays, and the others move
        edits.append(ReplaceStatement(here, take))
        edits.extend(MoveStatement(block.path(index), here) for index in range(start, span.write))
    else:
        edits += [InsertStatements(block.path(start), "before", take), DeleteStatement(here)]
    return Plan(tuple(edits)), start


def _tuple_form(case: Case, statement: ast.stmt, name: str) -> str:
    """Turn ``self._buf = []`` into ``buf, self._buf = self._buf, []``."""
    assert isinstance(statement, ast.Assign)
    state = case.text(statement.targets[0])
    return f"{name}, {state} = {state}, {case.text(statement.value)}"


def _has_comments(case: Case, statement: ast.stmt) -> bool:
    """Tell whether a comment stands directly above or beside a statement."""
    extent, line = case.extent(statement), case.program.positions.line
    return line(extent.line - 1).lstrip().startswith("#") or "#" in line(extent.end_line)[extent.end_column - 1 :]


# -- what must hold ----------------------------------------------------------------------------------------------


def _check(case: Case, span: _Span, start: int) -> list[str]:
    """Give further reasons for doubt.

    Raises:
        Declined: if a single task would notice even where nothing fails.
    """
    block, location = span.block, case.fact.access.location
    passed = range(start, span.write)
    statements = [block.statements[index] for index in passed]
    if any(leaves(statement) for statement in statements):
        raise Declined("exits-between", "there is a way out between the use and the reset, which then is not made")
    write = block.statements[span.write]
    late = loaded_names(write) & {name for statement in statements for name in bound_names(statement)}
    if late and not all(read.node is getattr(block.statements[start], "value", None) for read in span.reads):
        raise Declined("depends-on-await", f"the write needs `{min(late)}`, which is only known after the await")
    if isinstance(write, ast.AugAssign) and Purity(case).judge(write.value)[0] is Quality.EFFECT:
        raise Declined("swap-shape", "the advance is computed by a call, which would run earlier")
    events = [event for index in passed for event in block.events(index, index)]
    if case.fact.access.change in {Change.TAKE, Change.DELETE}:
        _refuse_other_looks(case, span, events)
    found = touches(case, events, [location])
    if found.writes:
        raise Declined("written-between", f"{found.writes[0]} between the use and the reset, in the same task")
    if found.reads:
        raise Declined("read-by-callee", f"{found.reads[0]} while it is awaited, and would see the new value")
    return found.unknown


def _refuse_other_looks(case: Case, span: _Span, events: list[int]) -> None:
    """See that nothing but the element is looked up in the container before the await is over: one would be missing.

    Raises:
        Declined: ``read-again``.
    """
    location = case.fact.access.location
    container = location if case.fact.access.change is Change.TAKE else location.parent
    bases = {id(getattr(read.node, "value", None)) for read in span.reads}
    for event in events:
        node = case.node(event)
        looks = isinstance(case.function.events[event], Read) and case.resolver.value(event) == container
        if looks and container is not None and id(node) not in bases:
            line = getattr(node, "lineno", 0)
            raise Declined("read-again", f"`{container}` is looked at on line {line}, too, with the element in it")


REMEDY = Remedy(
    name="swap",
    summary="take and reset, or advance, before the await",
    conditions=(
        "Use, await and reset are statements of one block that cannot be left in between, nothing that is called looks "
        "at the state meanwhile, and the reset needs nothing that the await gives. In place where the original empties "
        "in place or the container is shared, by rebinding where the original rebinds."
    ),
    safety=(
        "Unsafe: if the await fails or is cancelled, what was taken is lost (for counters: a number is skipped). Safe "
        "only for an event that is cleared in `finally` anyway."
    ),
    propose=propose,
)
