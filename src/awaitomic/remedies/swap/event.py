"""Swap for events: ``ev.clear()`` directly after ``await ev.wait()``, so that no wake-up during the work is lost."""

from __future__ import annotations

import ast

from awaitomic.model.event import Read
from awaitomic.model.finding import Applicability
from awaitomic.model.plan import Edit, InsertStatements, MoveStatement, Plan, ReplaceStatement
from awaitomic.remedies.remedy import Case, Proposal, statement_at
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.siblings import Block, block_at, common_block, leaves, not_siblings

_STAYS_SET = "if what follows fails, the event used to stay set; now it is cleared, and the next wait really waits"


def propose_event(case: Case) -> Proposal:
    """Move the clearing of an event directly behind the wait for it.

    Raises:
        Declined: if wait and clearing are not of one block (or the clearing of the ``finally`` right behind).
    """
    wait_path, clear_path = case.path(case.finding.span.reads[0]), case.path(case.fact.event)
    block = common_block(case, [wait_path, clear_path])
    wait, clear = block.index_of(wait_path), block.index_of(clear_path)
    if len(wait_path) != len(block.parent) + 1 or wait >= clear:
        raise not_siblings()
    statement = case.statement(clear_path)
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        raise Declined("swap-shape", "the event is cleared inside a larger statement")
    title = f"`{case.finding.state}` is cleared right after the wait"
    between = [event for index in range(wait + 1, clear + 1) for event in block.events(index, index)]
    own = {event for event, node in enumerate(case.function.nodes) if node is case.node(case.fact.event)}
    found = touches(case, [event for event in between if event not in own], [case.fact.access.location])
    unsure = [*(f"{sentence} during the work, which now counts" for sentence in found.news), *found.unknown]
    unsure += [f"{sentence} during the work, and would find the event cleared" for sentence in found.reads]
    unsure += [*_asked(case, between, statement), *hands_out(case, between)]
    if len(clear_path) == len(block.parent) + 1:
        doubts = [_STAYS_SET, *unsure]
        if any(leaves(block.statements[index]) for index in range(wait, clear)):
            doubts.append("the ways out in between used to leave the event set")
        plan = Plan((MoveStatement(clear_path, wait_path),))
        return Proposal(plan, Applicability.UNSAFE, title, tuple(doubts))
    if len(clear_path) != len(block.parent) + 2 or clear_path[-1].block != "finalbody":
        raise not_siblings()
    edits = _out_of_finally(case, block, wait, clear)
    if wait + 1 == clear and not unsure:
        because = ("the event is cleared whether the work succeeds or fails, as before; only a later `set` now counts",)
        return Proposal(Plan(edits), Applicability.SAFE, title, because)
    doubts = unsure if wait + 1 == clear else [_STAYS_SET, *unsure]
    return Proposal(Plan(edits), Applicability.UNSAFE, title, tuple(doubts))


def _asked(case: Case, events: list[int], clearing: ast.stmt) -> list[str]:
    """Say where the work itself looks at the event, or waits for it, beside clearing it."""
    inside = {id(node) for node in ast.walk(clearing)}
    found: dict[str, None] = {}
    for each in events:
        event, node = case.function.events[each], case.node(each)
        used = isinstance(event, Read) and case.resolver.place(event.place) == case.fact.access.location
        if used and id(node) not in inside:
            found[f"the event is used on line {getattr(node, 'lineno', 0)}, and would be cleared by then"] = None
    return list(found)


def _out_of_finally(case: Case, block: Block, wait: int, clear: int) -> tuple[Edit, ...]:
    """Move the clearing out of the ``finally``; one that becomes empty goes."""
    clear_path = case.path(case.fact.event)
    inner = block_at(case, clear_path)
    if len(inner.statements) > 1:
        return (MoveStatement(clear_path, block.path(wait)),)
    node = statement_at(case.program.module.tree, block.path(clear))
    assert isinstance(node, ast.Try)
    insert = InsertStatements(block.path(wait), "after", case.text(inner.statements[0]))
    return (insert, ReplaceStatement(block.path(clear), _without_finally(case, block, node)))


def _without_finally(case: Case, block: Block, node: ast.Try) -> str:
    """Give a ``try`` without its ``finally``: its body alone if nothing else is left of it.

    Raises:
        Declined: ``swap-shape`` if comments would be lost, or strings re-indented.
    """
    parts = [*node.body, *(s for handler in node.handlers for s in handler.body), *node.orelse]
    positions = case.program.positions
    end = case.extent(parts[-1]).end_line
    rest = [positions.line(number) for number in range(end + 1, case.extent(node).end_line + 1)]
    if any("#" in line for line in rest) or any("\n" in text for text in _strings(node)):
        raise Declined("swap-shape", "comments or strings stand in the way of taking the `finally` away")
    if node.handlers:
        first, margin = case.extent(node).line, block.margin()
    else:
        first = case.extent(node.body[0]).line
        line = positions.line(first)
        margin = line[: len(line) - len(line.lstrip())]
    text = "\n".join(positions.line(number).removeprefix(margin) for number in range(first, end + 1))
    expected = node.body if not node.handlers else [_cut(node)]
    if [ast.dump(s) for s in _parsed(text)] != [ast.dump(s) for s in expected]:
        raise Declined("swap-shape", "the `finally` cannot be taken away without rewriting what it belongs to")
    return text


def _cut(node: ast.Try) -> ast.Try:
    return type(node)(node.body, node.handlers, node.orelse, [])


def _parsed(text: str) -> list[ast.stmt]:
    """Parse statements of a coroutine, in a loop, so that ``await``, ``return`` and ``break`` are at home."""
    body = "\n".join(f"  {line}" for line in text.split("\n"))
    try:
        tree = ast.parse(f"async def f():\n while 1:\n{body}")
    except SyntaxError:
        return []
    function = tree.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    loop = function.body[0]
    assert isinstance(loop, ast.While)
    return loop.body


def _strings(node: ast.AST) -> list[str]:
    return [i.value for i in ast.walk(node) if isinstance(i, ast.Constant) and isinstance(i.value, str)]
