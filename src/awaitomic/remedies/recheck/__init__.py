"""Recheck: the write after the await happens only if the state is still what it was, as in ``if self.ws is ws:``.

Closing and cleaning up got this cure in ten of twelve real fixes: the None must not hit a replacement that another
task has stored meanwhile. Only for writes that carry no news; an increment would drop the caller's own update.
"""

from __future__ import annotations

import ast

from awaitomic.flow.reach import reach_after
from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.event import Call, Const, Read, Write
from awaitomic.model.finding import Applicability
from awaitomic.model.location import AttributeStep, ItemStep
from awaitomic.model.plan import InsertStatements, Plan, ReplaceExpression, WrapStatements
from awaitomic.program.accesses import Change
from awaitomic.remedies.recheck.alias import bindings_of, earliest_use, is_bound_at, local_of, waits_above
from awaitomic.remedies.recheck.fill import propose_fill
from awaitomic.remedies.recheck.identity import is_object
from awaitomic.remedies.recheck.second_test import propose_second_test
from awaitomic.remedies.recheck.together import left_beside, resets_beside, target_of
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.above import check_above
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.names import name_for_state
from awaitomic.remedies.shared.plain_attribute import stays_plain
from awaitomic.remedies.shared.shown import is_shown_as_code
from awaitomic.remedies.shared.siblings import Block, common_block, names_in
from awaitomic.remedies.shared.state_reads import in_while_test, replaced, state_reads


@or_refusal
def propose(case: Case) -> Proposal:
    """Put the late write under a test that the state is still the one that was used.

    Refusal codes: ``write-in-callee``, ``carries-news``, ``no-identity``, ``written-between``, ``recheck-shape``,
    ``closure-reads``, ``keyed-fill``, ``stores-constant``, ``no-second-test``.
    """
    if case.finding.rule == "AWA102":
        return propose_fill(case)
    if case.finding.rule == "AWA201" and case.finding.span.guards:
        return propose_second_test(case)
    return _propose(case)


def _propose(case: Case) -> Proposal:
    fact = case.fact
    if fact.via is not None:
        raise Declined("write-in-callee", f"the write is made by `{fact.via.write.function}`, which has other callers")
    state = _written_expression(case)
    if not is_object(case):
        raise Declined("no-identity", f"what `{case.finding.state}` holds may be a plain value, which has no identity")
    read = case.finding.span.reads[0]
    path = case.path(fact.event)
    block = common_block(case, [case.path(read), path])
    is_claim = isinstance(case.function.events[read], Write)
    alias = _claimed(case, read) if is_claim else local_of(case, block, read, state)
    edits: tuple[InsertStatements | ReplaceExpression, ...] = ()
    early: list[str] = []
    first = block.index_of(case.path(read)) + _is_set_by_call(case, read)
    if alias is None:
        first = earliest_use(case, block, first)
        alias, edits, early = _take_alias(case, block, first, state)
        _refuse_use_of_news(case, block, first)
    _refuse_new_key(case, block, first, state)
    header = f"if {_current(state, case)} is {alias}"
    first_reset, count = resets_beside(case, path, state)
    plan = Plan((*edits, WrapStatements(first_reset, count, header)))
    title = f"`{case.finding.state}` is only reset if it still is what was used"
    doubts = [*early, *_doubts(case, block, first, alias), *left_beside(case, path, state)]
    if doubts:
        return Proposal(plan, Applicability.UNSAFE, title, tuple(doubts))
    because = f"for one task `{case.finding.state}` still is `{alias}`, so nothing changes; a replacement is left alone"
    if count > 1:
        because += ", and so is what goes with it"
    return Proposal(plan, Applicability.SAFE, title, (because,))


def _written_expression(case: Case) -> ast.expr:
    """Give the state as the write names it.

    Raises:
        Declined: if the write says something new, or is no statement of its own.
    """
    change = case.fact.access.change
    if change not in {Change.RESET, Change.DELETE}:
        raise Declined("carries-news", "the write is no mere reset: skipping it would lose this task's own update")
    statement = case.statement(case.path(case.fact.event))
    if change is Change.RESET:
        event = case.function.events[case.fact.access.value] if case.fact.access.value is not None else None
        if not isinstance(event, Const) or event.value is not None:
            raise Declined("no-identity", "only a reset to None can be told from what another task has stored")
        if isinstance(statement, ast.Assign):
            return target_of(case, statement)
    elif isinstance(statement, ast.Delete) and len(statement.targets) == 1:
        if isinstance(statement.targets[0], ast.Subscript):
            return statement.targets[0]
        raise Declined("recheck-shape", "an attribute that is deleted cannot be compared afterwards")
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        if isinstance(call.func, ast.Attribute) and call.func.attr == "pop" and call.args:
            return ast.copy_location(ast.Subscript(call.func.value, call.args[0], ast.Load()), call)
    raise Declined("recheck-shape", "the write is part of a larger statement")


def _current(state: ast.expr, case: Case) -> str:
    """Give the expression that looks up what is stored now, without raising."""
    if not isinstance(state, ast.Subscript):
        return case.text(state)
    location = case.fact.access.location
    parent = location.parent
    kind = case.resolver.type_of(parent).name if parent is not None else None
    if kind not in MAPPINGS:
        raise Declined("recheck-shape", f"it is not known whether `{ast.unparse(state.value)}` is a mapping")
    return f"{case.text(state.value)}.get({case.text(state.slice)})"


def _is_set_by_call(case: Case, event: int) -> bool:
    """Tell whether a call puts the state there that is used behind it: what was there before it is another thing."""
    location = case.fact.access.location
    return isinstance(case.function.events[event], Call) and bool(touches(case, [event], [location]).news)


def _claimed(case: Case, event: int) -> str:
    """Give the local that the state was set to before the await.

    Raises:
        Declined: if it was set to something that has no name.
    """
    write = case.function.events[event]
    assert isinstance(write, Write)
    value = case.function.events[write.value] if write.value is not None else None
    if isinstance(value, Read) and not isinstance(case.node(value.id), ast.Attribute | ast.Subscript):
        name = case.text(case.node(value.id))
        bindings = bindings_of(case, name)
        if name.isidentifier() and len(bindings) <= 1:
            if all(is_bound_at(case, binding, case.path(case.fact.event)) for binding in bindings):
                return name
            raise Declined("recheck-shape", f"where the reset is made, `{name}` may not be bound")
    raise Declined("no-identity", f"what `{case.finding.state}` was set to has no name of its own to compare with")


def _take_alias(
    case: Case, block: Block, first: int, state: ast.expr
) -> tuple[str, tuple[InsertStatements | ReplaceExpression, ...], list[str]]:
    """Put what is stored into a local in front of its first use, and use that; and say what speaks against it."""
    location = case.fact.access.location
    last = block.index_of(case.path(case.fact.event))
    reads = [read for read in state_reads(case, block, first, last, location) if not _is_the_write(case, read.node)]
    if not reads or any(in_while_test(block, read) for read in reads):
        raise Declined("recheck-shape", "what was used is not read by a plain expression in front of the write")
    if isinstance(block.statements[first], ast.For | ast.AsyncFor | ast.While):
        raise Declined("recheck-shape", "what was used is read in a loop, and may be another object each time round")
    check_above(case, block, first, reads[0].node, "recheck-shape")
    used = {id(read.node) for read in reads}
    if any(is_shown_as_code(each, lambda node: id(node) in used) for each in block.statements[first : last + 1]):
        raise Declined("recheck-shape", "a text shows the code that reads what was used, which would be another one")
    name = name_for_state(case, state)
    text = case.text(reads[0].node)
    where = "before" if hasattr(block.statements[first], "body") else "above"
    insert = InsertStatements(block.path(first), where, f"{name} = {text}")
    return name, (insert, *replaced(case, block, reads, name)), [*waits_above(case, block, first, reads)]


def _refuse_use_of_news(case: Case, block: Block, first: int) -> None:
    """Refuse if the task itself stores something on the way, and uses that: a local from before would not have it."""
    location, graph = case.fact.access.location, case.function
    last = block.index_of(case.path(case.fact.event))
    reads = [read for read in state_reads(case, block, first, last, location) if not _is_the_write(case, read.node)]
    used = {event for read in reads for event in _events_of(case, read.node)}
    for event in block.events(first, last):
        if not isinstance(graph.events[event], Write) and not used.isdisjoint(reach_after(graph, event).events):
            for sentence in touches(case, [event], [location]).news:
                raise Declined("written-between", f"{sentence}, and what it stores is used behind it")


def _events_of(case: Case, node: ast.expr) -> list[int]:
    return [event for event, found in enumerate(case.function.nodes) if found is node]


def _is_the_write(case: Case, node: ast.expr) -> bool:
    statement = case.statement(case.path(case.fact.event))
    return any(inner is node for inner in ast.walk(statement))


def _refuse_new_key(case: Case, block: Block, first: int, state: ast.expr) -> None:
    """Refuse if the key, or the object that has the attribute, is another one at the write."""
    last = block.index_of(case.path(case.fact.event))
    names = names_in(state)
    for event in block.events(first, last):
        write = case.function.events[event]
        node = case.node(event)
        if isinstance(write, Write) and isinstance(node, ast.Name) and node.id in names and node is not state:
            text = f"`{node.id}`, which `{ast.unparse(state)}` is looked up by, changes on the way"
            raise Declined("recheck-shape", text)


def _doubts(case: Case, block: Block, first: int, alias: str) -> list[str]:
    """Give the reasons why one task alone may notice the difference.

    Raises:
        Declined: ``written-between`` if the function itself stores something new on the way.
    """
    fact, location = case.fact, case.fact.access.location
    last = block.index_of(case.path(fact.event))
    read = case.finding.span.reads[0]
    copies = {event for event, node in enumerate(case.function.nodes) if node is case.node(fact.event)}
    events = [event for event in block.events(first, last) if event not in copies and event != read]
    own = {event.id for event in case.function.events if isinstance(event, Write)}
    with_alias = {case.path(binding.id) for binding in bindings_of(case, alias)}
    others = [event for event in events if event in own and event > read and case.path(event) not in with_alias]
    if touches(case, others, [location]).news:
        raise Declined("written-between", f"`{case.finding.state}` is set again before it is reset")
    found = touches(case, [event for event in events if event not in own], [location])
    doubts = [f"{sentence} while it is awaited, and that now stays" for sentence in found.news]
    doubts.extend([*found.unknown, *hands_out(case, events)])
    step = location.steps[-1] if location.steps else None
    if isinstance(step, AttributeStep) and not stays_plain(case.program, case.resolver, location):
        doubts.append(f"`{case.finding.state}` may be a property, which is read once more")
    if isinstance(step, ItemStep) and fact.access.change is Change.DELETE:
        removed = [sentence for sentence in found.writes if sentence not in found.news]
        doubts.extend(f"{sentence} while it is awaited: removing it again raised an error" for sentence in removed)
    return list(dict.fromkeys(doubts))


REMEDY = Remedy(
    name="recheck",
    summary="write after the await only if the state still is what was read before it",
    conditions=(
        "The write resets to None or removes an entry, what it throws away is an object (its methods are called, or it "
        "is awaited), and it was read, or can be read, into a local before the await. For lazy initialisation: a "
        "second test before the store. What is reset beside it goes along, where it is only set and reset together "
        "with it. For a test that stands outside of the lock (AWA201): the same test again under "
        "it, where it has no effect and decides nothing but what is done there."
    ),
    safety=(
        "Safe for closing and cleaning up: for one task the state still is what was read. Two tasks may both close the "
        "same object, as before. Unsafe if something that is set with the state is written in one step with the reset, "
        "but without the test, if the local would be bound above a wait that came before the read, if awaited code "
        "that is not known gets the object that has the state, or if the state is a property; unsafe for lazy "
        "initialisation, where the loser's resource is never closed. A second test under the lock is safe if all who "
        "write the state take the lock."
    ),
    propose=propose,
)
