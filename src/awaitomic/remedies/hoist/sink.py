"""Sink: ``current = balance`` moves below the await that stood between it and ``balance = current + 1``.

What is computed from the read without an effect goes along. Where other code looks at the old value in between, that
code keeps its read, and the value is read again below the await.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.knowledge.logs import LOGS
from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability
from awaitomic.model.location import AttributeStep, Location
from awaitomic.model.plan import InsertStatements, MoveStatement, Plan
from awaitomic.program.names import last_name
from awaitomic.remedies.hoist.gone import gone_meanwhile
from awaitomic.remedies.hoist.meanwhile import changed_meanwhile
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.contents import changed_contents, looks_at_locals
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import may_change, read_by_calls, touches, written_here
from awaitomic.remedies.shared.plain_attribute import stays_plain
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.siblings import (
    Block,
    bound_names,
    common_block,
    depends_on_read,
    flush_left,
    in_one_go,
    loaded_names,
    not_siblings,
)

_ELSEWHERE = ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Match
"""Statements inside which a write is not simply later than what stands above them."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where everything stands in the block; `chain` are the statements that read or compute the value."""

    block: Block
    write: int
    last_await: int
    chain: tuple[int, ...]
    carried: frozenset[str]
    """The locals that the chain binds."""


def sink(case: Case) -> Proposal:
    """Move the read, and what is computed from it, below the last suspension before the write.

    Raises:
        Declined: if that would change what a single task does, or if the statements are no siblings.
    """
    shape = _shape(case)
    keep = _is_needed_above(case, shape)
    after = _new_place(case, shape)
    doubts = _doubts(case, shape, after, keep=keep)
    block = shape.block
    anchor = block.path(after)
    state = case.finding.state
    plan: Plan
    if keep:
        margin = block.margin()
        texts = [flush_left(case, block.statements[index], margin) for index in shape.chain]
        plan = Plan((InsertStatements(anchor, "after", "\n".join(texts)),))
        title = f"`{state}` is read again after the await"
    else:
        plan = Plan(tuple(MoveStatement(block.path(index), anchor) for index in shape.chain))
        title = f"`{state}` is read after the await"
    if doubts:
        return Proposal(plan, Applicability.UNSAFE, title, tuple(doubts))
    return Proposal(plan, Applicability.SAFE, title, (in_one_go(case),))


def _shape(case: Case) -> _Shape:
    write_path = case.path(case.fact.event)
    read_paths = {case.path(read) for read in case.finding.span.reads}
    block = common_block(case, [*read_paths, write_path])
    reads = sorted(block.index_of(path) for path in read_paths)
    if any(len(path) != len(block.parent) + 1 for path in read_paths):
        raise not_siblings()
    write = block.index_of(write_path)
    if reads[-1] >= write:
        raise Declined("hoist-shape", "the write reads the state itself as well")
    if isinstance(block.statements[write], _ELSEWHERE):
        raise not_siblings()
    awaits = [index for index in range(reads[0], write + 1) if block.suspends(index)]
    if write in awaits and len(write_path) > len(block.parent) + 1:
        raise not_siblings()
    if write in awaits:
        raise Declined("hoist-shape", "the await stands in the statement that writes, and the read in another")
    if not awaits:
        raise not_siblings()
    chain = _chain(case, block, reads, write, awaits[-1])
    carried = frozenset(name for index in chain for name in bound_names(block.statements[index]))
    return _Shape(block, write, awaits[-1], chain, carried)


def _chain(case: Case, block: Block, reads: list[int], write: int, last_await: int) -> tuple[int, ...]:
    """Give the statements above the last await that the written value comes from, back to the reads."""
    needed = loaded_names(block.statements[write])
    used: set[int] = set()
    for index in range(write - 1, reads[0] - 1, -1):
        bound = bound_names(block.statements[index])
        if bound & needed:
            used.add(index)
            needed |= loaded_names(block.statements[index])
    carried: set[str] = set()
    chain: list[int] = []
    for index in range(reads[0], last_await + 1):
        statement = block.statements[index]
        if index not in reads and not (loaded_names(statement) & carried and index in used):
            continue
        _check_link(case, block, index)
        chain.append(index)
        carried |= bound_names(statement)
    return tuple(chain)


def _check_link(case: Case, block: Block, index: int) -> None:
    statement = block.statements[index]
    if block.suspends(index):
        raise depends_on_read()
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign) or statement.value is None:
        raise Declined("hoist-order", "the value is not computed by a plain assignment, which could move")
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if not all(_is_local_target(case, target) for target in targets):
        raise Declined("hoist-order", "what is read is also stored elsewhere on the way")
    quality, reason = Purity(case).judge(statement.value)
    if quality is Quality.EFFECT:
        raise Declined("hoist-order", f"{reason}, and it runs before the await")


def _is_local_target(case: Case, target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_is_local_target(case, element) for element in target.elts)
    function = case.function
    declared = function.global_names | function.nonlocal_names | case.resolver.captured
    return isinstance(target, ast.Name) and target.id not in declared


def _is_needed_above(case: Case, shape: _Shape) -> bool:
    """Tell whether anything but the chain, and what follows the await in the block, uses the value.

    A line of a log may show the old value; whatever else uses it would go on with another value than the write.

    Raises:
        Declined: ``depends-on-read`` if that is what is awaited, ``used-elsewhere`` if it is no log that uses it.
    """
    if looks_at_locals(case.function):
        raise Declined("used-elsewhere", "the function looks its own locals up by name")
    block, chain = shape.block, {id(shape.block.statements[index]) for index in shape.chain}
    later = {id(node) for statement in block.statements[shape.last_await + 1 :] for node in ast.walk(statement)}
    needed = False
    stack: list[ast.AST] = [case.function.node]
    while stack:
        node = stack.pop()
        if id(node) in chain or id(node) in later:
            continue
        if isinstance(node, ast.Name) and node.id in shape.carried and isinstance(node.ctx, ast.Load):
            raise Declined(
                "used-elsewhere", f"`{node.id}` is used on line {node.lineno}, too, with the value of before"
            )
        if _is_log(case, node):
            needed = needed or bool(loaded_names(node) & shape.carried)
            continue
        if isinstance(node, ast.Await) and loaded_names(node) & shape.carried and _is_between(shape, node):
            raise depends_on_read()
        stack.extend(ast.iter_child_nodes(node))
    for index in range(shape.chain[0], shape.write):
        rebound = bound_names(block.statements[index]) & shape.carried
        if rebound and index not in shape.chain and index <= shape.last_await:
            raise Declined("hoist-order", f"`{min(rebound)}` is given another value on the way")
    _refuse_comparisons(case, shape)
    return needed


def _refuse_comparisons(case: Case, shape: _Shape) -> None:
    """See that the old value is not held against the new one: ``changed = self.total != before`` would never be true.

    Raises:
        Declined: ``used-elsewhere``.
    """
    location, block = case.fact.access.location, shape.block
    for index in range(shape.last_await + 1, shape.write):
        if not loaded_names(block.statements[index]) & shape.carried:
            continue
        for event in block.events(index, index):
            read = case.function.events[event]
            if isinstance(read, Read) and case.resolver.place(read.place) == location:
                text = f"line {block.statements[index].lineno} holds `{location}` against what was read before"
                raise Declined("used-elsewhere", text)


def _is_log(case: Case, node: ast.AST) -> bool:
    """Tell whether a statement only shows something: ``print(…)``, ``log.debug(…)``, and not ``print(take(x))``."""
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return False
    shown = [*node.value.args, *(keyword.value for keyword in node.value.keywords)]
    purity = Purity(case)
    return last_name(node.value.func) in LOGS and all(purity.judge(one)[0] is not Quality.EFFECT for one in shown)


def _is_between(shape: _Shape, node: ast.AST) -> bool:
    between = shape.block.statements[shape.chain[0] : shape.last_await + 1]
    return any(inner is node for statement in between for inner in ast.walk(statement))


def _new_place(case: Case, shape: _Shape) -> int:
    """Give the statement after which the read goes: as near to its first use as nothing in between speaks against."""
    block = shape.block
    first_use = next(
        index
        for index in range(shape.last_await + 1, shape.write + 1)
        if index == shape.write or loaded_names(block.statements[index]) & shape.carried
    )
    between = block.events(shape.last_await + 1, first_use - 1)
    bound: set[str] = set()
    for statement in block.statements[shape.last_await + 1 : first_use]:
        bound |= bound_names(statement)
    inputs = {name for index in shape.chain for name in loaded_names(block.statements[index])}
    if bound & (inputs | shape.carried) or touches(case, between, _states(case, shape)).may_write:
        return shape.last_await
    return first_use - 1


def _doubts(case: Case, shape: _Shape, after: int, *, keep: bool) -> list[str]:
    """Give the reasons why the result is not surely the same for one task.

    Raises:
        Declined: if it surely is not.
    """
    block = shape.block
    rest = [index for index in range(shape.chain[0], after + 1) if index not in shape.chain]
    inputs = {name for index in shape.chain for name in loaded_names(block.statements[index])}
    rebound = inputs & {name for index in rest for name in bound_names(block.statements[index])}
    if rebound - shape.carried:
        raise Declined("hoist-order", f"`{min(rebound)}`, which the value is computed from, changes on the way")
    events = [event for index in rest for event in block.events(index, index)]
    moved = [event for index in shape.chain for event in block.events(index, index)]
    found = touches(case, events, _states(case, shape), read_by_calls(case, moved))
    if found.writes:
        raise Declined("written-between", f"{found.writes[0]} between the read and the write, in the same task")
    doubts = [*found.unknown, *written_here(case, _states(case, shape))]
    values = [block.statements[index] for index in shape.chain]
    doubts.extend(changed_contents(case, values, [block.statements[index] for index in rest]))
    doubts.extend([*gone_meanwhile(case, values), *changed_meanwhile(case, moved, events), *hands_out(case, events)])
    for index in shape.chain:
        value = getattr(block.statements[index], "value", None)
        quality, reason = Purity(case).judge(value) if isinstance(value, ast.expr) else (Quality.PLAIN, "")
        if isinstance(value, ast.expr) and quality is Quality.PLAIN and _takes_apart(block.statements[index]):
            quality, reason = Purity(case).unpacks_none(value)
        if quality is Quality.MAY_RAISE and not keep:
            doubts.append(f"{reason}: then the await has already run")
    return [*doubts, *(_read_twice(case, values) if keep else ())]


def _read_twice(case: Case, values: list[ast.stmt]) -> Iterator[str]:
    """Say which attributes are read once more, where that may run code."""
    inside = {id(inner) for value in values for inner in ast.walk(value) if isinstance(inner, ast.Attribute)}
    for event, node in zip(case.function.events, case.function.nodes, strict=True):
        location = case.resolver.place(event.place) if isinstance(event, Read) and id(node) in inside else None
        if location is None or not isinstance(location.steps[-1] if location.steps else None, AttributeStep):
            continue
        if not stays_plain(case.program, case.resolver, location):
            yield f"`{case.text(node)}` may be a property, which is read once more"


def _takes_apart(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Tuple | ast.List) for target in targets)


def _states(case: Case, shape: _Shape) -> set[Location]:
    """Give the state that is read later than before."""
    found = {case.fact.access.location}
    for index in shape.chain:
        for event in shape.block.events(index, index):
            read = case.function.events[event]
            location = case.resolver.place(read.place) or case.resolver.value(event) if isinstance(read, Read) else None
            if location is not None and may_change(case, location):
                found.add(location)
    return found
