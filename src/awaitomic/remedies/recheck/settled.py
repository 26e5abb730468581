"""Recheck for futures: ``if not answer.done():`` right before ``answer.set_result(…)``, as everybody writes it.

A future is settled once; who comes second gets `InvalidStateError`. A lock would keep the others waiting for nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.finding import Applicability
from awaitomic.model.plan import Plan, ReplaceExpression, WrapStatements
from awaitomic.model.position import StatementPath
from awaitomic.program.accesses import Change
from awaitomic.program.conditions import whole_test
from awaitomic.program.facts import WriteFact
from awaitomic.program.settling import found_open
from awaitomic.remedies.recheck.behind import goes_on_behind
from awaitomic.remedies.remedy import Case, Proposal, Remedy
from awaitomic.remedies.shared.consumers import hands_out
from awaitomic.remedies.shared.declined import Declined, or_refusal
from awaitomic.remedies.shared.effects import touches
from awaitomic.remedies.shared.purity import Purity, Quality
from awaitomic.remedies.shared.width import widest
from awaitomic.rules.rule import has_fresh_guard

_LOOSER = ast.IfExp | ast.Lambda | ast.NamedExpr
"""What binds less than ``and`` does, beside ``or``."""

_SETTLES = frozenset({"set_result", "set_exception"})


def is_settled(case: Case) -> bool:
    """Tell whether the write of a finding settles a future."""
    node = case.node(case.fact.event) if case.fact.via is None else None
    return case.fact.access.change is Change.SETTLE and isinstance(node, ast.Call) and _name_of(node) in _SETTLES


@or_refusal
def propose(case: Case) -> Proposal:
    """Ask each time again whether the future is settled before it is settled on the strength of an old test.

    Refusal codes: ``recheck-shape``, ``written-between``.
    """
    settled = [fact for fact in case.program.facts(case.resolver).writes if _is_alike(case, fact)]
    wraps = tuple(_test(case, fact) for fact in settled)
    unknown = [*_untold(case, settled), *_touched(case, {fact.event for fact in settled})]
    unknown += goes_on_behind(case, [case.path(fact.event) for fact in settled])
    kept = f"whoever settles `{case.finding.state.removesuffix('.done()')}` first has settled it, as before"
    because = ("for one task the future still is what the first test has found", kept)
    applicability = Applicability.UNSAFE if unknown else Applicability.SAFE
    title = f"`{case.finding.state}` is asked again right before it is settled"
    return Proposal(Plan(wraps), applicability, title, tuple(unknown) or because)


def _is_alike(case: Case, fact: WriteFact) -> bool:
    """Tell whether a write settles the same future on the strength of a test that is out of date."""
    if fact.event == case.fact.event:
        return True
    same = fact.via is None and fact.access.location == case.fact.access.location
    if not same or fact.access.change is not Change.SETTLE or has_fresh_guard(fact):
        return False
    return any(
        fact.is_stale(token)
        for guard in fact.state.guards
        for token in guard.tokens
        if fact.about(token) and found_open(case.resolver, guard) is not False
    )


def _untold(case: Case, settled: list[WriteFact]) -> Iterator[str]:
    """Say where it is not known whether the future was open: who settled it twice raised, and would do nothing now."""
    for fact in settled:
        guards = [guard for guard in fact.state.guards if any(map(fact.about, guard.tokens))]
        if guards and not any(found_open(case.resolver, guard) for guard in guards):
            test = whole_test(case.function, guards[0].guard)
            yield f"`{ast.unparse(test)}` may have found that it is settled: that raised, and would be passed over"
            return


def _test(case: Case, fact: WriteFact) -> WrapStatements | ReplaceExpression:
    """Put one statement that settles the future under the test.

    Raises:
        Declined: ``recheck-shape`` if it does more than that, or waits for what it stores.
    """
    path = case.path(fact.event)
    statement, node = case.statement(path), case.node(fact.event)
    if not isinstance(statement, ast.Expr) or statement.value is not node or not isinstance(node, ast.Call):
        raise Declined("recheck-shape", "the future is settled as a part of a larger statement")
    if any(isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom) for inner in ast.walk(node)):
        raise Declined("recheck-shape", "what the future is settled with is waited for only there")
    assert isinstance(node.func, ast.Attribute)
    future = node.func.value
    if Purity(case).judge(future)[0] is Quality.EFFECT:
        raise Declined("recheck-shape", f"`{case.text(future)}` cannot be asked twice")
    asked = f"not {case.text(future)}.done()"
    return _joined(case, path, asked) or WrapStatements(path, 1, f"if {asked}")


def _joined(case: Case, path: StatementPath, asked: str) -> ReplaceExpression | None:
    """Ask it in the test of an ``if`` that does nothing else; None if there is none, or no room on the line."""
    around = case.statement(path[:-1]) if len(path) > 1 else None
    if not isinstance(around, ast.If) or len(around.body) != 1 or around.orelse or path[-1].block != "body":
        return None
    old = case.text(around.test)
    alternatives = isinstance(around.test, ast.BoolOp) and isinstance(around.test.op, ast.Or)
    new = f"({old})" if alternatives or isinstance(around.test, _LOOSER) else old
    new += f" and {asked}"
    line = case.program.positions.line(around.lineno)
    if "\n" in old or len(line.rstrip()) + len(new) - len(old) > widest(case.program):
        return None
    return ReplaceExpression(path[:-1], case.extent(around.test), old, new)


def _touched(case: Case, settles: set[int]) -> list[str]:
    """See that the task itself settles the future nowhere else on the way, and give what is not known of that.

    Raises:
        Declined: ``written-between`` if it does.
    """
    guard, end = case.finding.span.guards[0], case.fact.event
    between = [event.id for event in case.function.events[guard + 1 : end] if event.id not in settles]
    found = touches(case, between, [case.fact.access.location])
    if found.writes:
        raise Declined("written-between", f"{found.writes[0]} between the test and the write, in the same task")
    return [*found.unknown, *hands_out(case, between)]


def _name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


REMEDY = Remedy(
    name="recheck",
    summary="ask whether the future is settled right before it is settled",
    conditions=(
        "A future is settled (`set_result`, `set_exception`) by a statement of its own because a test before the await "
        "said that it was not. All such statements of the function get the test."
    ),
    safety=(
        "Safe: for one task the future still is what the test has found, and who comes second got `InvalidStateError` "
        "before. Unsafe if awaited code that is not known gets the future, or if the function goes on behind it: who "
        "comes second did not get there."
    ),
    propose=propose,
)
