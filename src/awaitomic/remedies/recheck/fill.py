"""Recheck for lazy initialisation: the result is stored only if nobody else has stored one meanwhile."""

from __future__ import annotations

import ast

from awaitomic.knowledge.resources import goes_on
from awaitomic.model.event import Call, Guard
from awaitomic.model.finding import Applicability
from awaitomic.model.location import AttributeStep
from awaitomic.model.plan import InsertStatements, Plan, ReplaceExpression, WrapStatements
from awaitomic.program.accesses import Change
from awaitomic.program.conditions import parts_of
from awaitomic.remedies.remedy import Case, Proposal
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.names import name_for_state
from awaitomic.remedies.shared.region import is_in_cleanup
from awaitomic.remedies.shared.siblings import bound_names, loaded_names
from awaitomic.rules.shapes import calls_in

_LOSER = "two tasks may still both do the work, and what the slower one made is dropped without being closed"


def propose_fill(case: Case) -> Proposal:
    """Test ``self._pool is None`` again before ``self._pool = pool``.

    Raises:
        Declined: ``keyed-fill`` for entries of a mapping, ``carries-news`` and ``recheck-shape`` if this is no lazy
            initialisation of an attribute or variable, ``stores-constant`` if it is a flag, ``goes-on`` if what is
            begun works by itself, ``several-states`` if more than that is initialised, ``ends-here`` if what is stored
            lasts no longer than this call's own ``with``.
    """
    fact = case.fact
    if fact.via is not None:
        raise Declined("write-in-callee", f"the write is made by `{fact.via.write.function}`, which has other callers")
    if fact.access.change is not Change.ASSIGN:
        raise Declined("carries-news", "the write is no lazy initialisation: skipping it would lose an update")
    steps = fact.access.location.steps
    if steps and not isinstance(steps[-1], AttributeStep):
        raise Declined("keyed-fill", "an entry of a mapping is filled: `setdefault` or a lock does that better")
    path = case.path(fact.event)
    statement = case.statement(path)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        raise Declined("recheck-shape", "the store is part of a larger statement")
    if isinstance(statement.value, ast.Constant):
        value = ast.unparse(statement.value)
        raise Declined("stores-constant", f"to store `{value}` twice does no harm: what comes before it was done twice")
    target = statement.targets[0]
    test = _test_of_absence(case, case.text(target))
    title = f"`{case.finding.state}` is only stored if no other task has stored one meanwhile"
    _refuse_turn(case)
    _refuse_more_state(case)
    _refuse_update(case)
    _refuse_what_goes_on(case)
    _refuse_what_ends_here(case, statement.value)
    if not any(isinstance(node, ast.Await) for node in ast.walk(statement.value)):
        return Proposal(Plan((WrapStatements(path, 1, f"if {test}"),)), Applicability.UNSAFE, title, (_LOSER,))
    name = name_for_state(case, target, prefix="new_")
    state = case.text(target)
    edits = (
        ReplaceExpression(path, case.extent(target), state, name),
        InsertStatements(path, "after", f"if {test}:\n    {state} = {name}"),
    )
    return Proposal(Plan(edits), Applicability.UNSAFE, title, (_LOSER,))


def _refuse_more_state(case: Case) -> None:
    """Refuse to store one of several values that belong together, such as a token without its time of expiry."""
    guards = set(case.finding.span.guards)
    for fact in case.program.facts(case.resolver).writes:
        other = fact.access.location != case.fact.access.location and fact.access.location.parent
        if other and other == case.fact.access.location.parent and guards & {g.guard for g in fact.state.guards}:
            raise Declined("several-states", f"`{fact.access.location}` is set by the same test, and belongs to it")


def _refuse_what_goes_on(case: Case) -> None:
    """Refuse to choose between two things that both work by themselves, or two functions that each end one of them.

    Whichever is kept, the other one goes on for ever, as before: ``self._unsubscribe = await subscribe()``.
    """
    value = case.fact.access.value
    begun = [name for name, _ in calls_in(case.resolver, value) if goes_on(name)] if value is not None else []
    if begun:
        message = f"what `{begun[0]}` begins goes on by itself: of two that were begun, nobody would end the second"
        raise Declined("goes-on", message)
    key = case.resolver.key_of(case.fact.access.location)
    for resolver in case.program.resolvers_knowing(key):
        for event in resolver.function.events:
            if not isinstance(event, Call) or event.arguments or event.keywords:
                continue
            called = resolver.value(event.function)
            cleans_up = is_in_cleanup(resolver.function, resolver.function.statements[event.id])
            if called is not None and resolver.key_of(called) == key and cleans_up:
                place = case.program.place(resolver.function, event.id)
                message = (
                    f"`{case.finding.state}` is called at {place} to end what was begun: "
                    "of two that were begun, one would still go on"
                )
                raise Declined("goes-on", message)


def _refuse_what_ends_here(case: Case, value: ast.expr) -> None:
    """Refuse to let others use what is made of something that a ``with`` around the store closes at its end.

    Who finds it there goes on with ``self.stream = stream_of(response)`` of another task, which may be closed by then.
    """
    path, names = case.path(case.fact.event), loaded_names(value)
    for depth in range(len(case.function.path) + 1, len(path)):
        around = case.statement(path[:depth])
        items = around.items if isinstance(around, ast.With | ast.AsyncWith) else []
        bound = {name for item in items if item.optional_vars is not None for name in bound_names(item.optional_vars)}
        if bound & names:
            message = (
                f"what is stored is made of `{min(bound & names)}`, which is closed at the end of the `with` on line "
                f"{around.lineno}, whoever uses it by then"
            )
            raise Declined("ends-here", message)


def _refuse_update(case: Case) -> None:
    """Refuse if what is there already is changed in the other branch: then whoever comes second has an update, too."""
    location, guards = case.fact.access.location, set(case.finding.span.guards)
    taken = {(active.guard, active.holds) for active in case.fact.state.guards if active.guard in guards}
    for fact in case.program.facts(case.resolver).writes:
        others = {(active.guard, not active.holds) for active in fact.state.guards}
        if fact.access.location == location and others & taken:
            raise Declined(
                "carries-news", f"where `{location}` is there already, it is changed: an update would be skipped"
            )


def _refuse_turn(case: Case) -> None:
    """Refuse behind a loop that waits until the state is free: who finds it taken has to wait once more."""
    for active in case.fact.state.guards:
        event = case.function.events[active.guard]
        waits = isinstance(event, Guard) and event.kind == "while" and not active.holds
        if waits and active.guard in case.finding.span.guards:
            raise Declined("recheck-shape", "the loop waits for a turn, and going on without one would be wrong")


def _test_of_absence(case: Case, state: str) -> str:
    """Give the test that holds while nothing is stored: as written, or for an early return its opposite."""
    decides = case.finding.span.guards[0]
    for guard in _parts_of(case, decides):
        node = case.node(guard)
        for text in (f"{state} is None", f"not {state}"):
            if isinstance(node, ast.expr) and ast.unparse(node) == ast.unparse(ast.parse(text, mode="eval").body):
                _refuse_replacement(case, guard, present=False)
                return text
        opposite = {f"{state} is not None": f"{state} is None", state: f"not {state}"}
        found = opposite.get(case.text(node))
        if found is not None:
            _refuse_replacement(case, guard, present=True)
            return found
    raise Declined("recheck-shape", "the test is not simply whether something is stored")


def _parts_of(case: Case, guard: int) -> list[int]:
    """Give the guards of the parts of a test, the one that stands for the whole first."""
    parts = parts_of(case.resolver.function)
    whole = parts[guard].whole if guard in parts else guard
    return [guard, *(each for each, part in sorted(parts.items()) if part.whole == whole and each != guard)]


def _refuse_replacement(case: Case, guard: int, *, present: bool) -> None:
    """Refuse if the whole condition also lets through what is stored: ``if token is None or token.expired``.

    Parameters:
        guard: the part that asks for the state.
        present: what that part comes to while something is stored.
    """
    part = parts_of(case.resolver.function).get(guard)
    if part is None:
        return
    kept_out = part.if_true if present else part.if_false
    outcomes = {active.holds for active in case.fact.state.guards if active.guard == part.whole}
    if kept_out is None or kept_out in outcomes:
        raise Declined("recheck-shape", "what is stored is also replaced, not only what is missing added")
