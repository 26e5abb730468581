"""**lock**: the smallest run of statements over the span goes under a lock, and so does every writer it can lose.

A lock in one function protects nothing while another function writes without it; a lock that is taken twice by one task
hangs. So the remedy decides on the whole file: `coverage` says what goes under the lock, `home` which lock it is,
`waits` and `order` what speaks against it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from awaitomic.model.event import Guard
from awaitomic.model.finding import Applicability, Refusal
from awaitomic.model.location import ItemStep
from awaitomic.program import Program, is_construction
from awaitomic.program.accesses import Access, Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock import callers, library, variables
from awaitomic.remedies.lock.conflicts import settle
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Guardian, Home, Kind, guardian, home_of
from awaitomic.remedies.lock.order import check_order
from awaitomic.remedies.lock.reached import OWN, owner_of
from awaitomic.remedies.lock.waits import judge_waits
from awaitomic.remedies.lock.wrapping import edits_of
from awaitomic.remedies.remedy import Case, Proposal, Remedy, statement_at
from awaitomic.remedies.shared import attribute
from awaitomic.remedies.shared.attribute import Creation
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split.takers import line_of


def propose(case: Case) -> Proposal | Refusal:
    """Plan a lock over the span of a finding and over every writer that could be lost in it."""
    try:
        return _propose(case)
    except Declined as declined:
        return declined.refusal


def _propose(case: Case) -> Proposal:
    home = home_of(case.program, case.resolver, case.fact.access.location)
    guard = guardian(case.program, home, case.function)
    try:
        return _with_lock(case, home, guard)
    except Declined as declined:
        if guard is None or guard.sure or declined.refusal.code != "self-deadlock":
            raise
        return _with_lock(case, home, None)


def _with_lock(case: Case, home: Home, guard: Guardian | None) -> Proposal:
    program, resolver, fact = case.program, case.resolver, case.fact
    span = case.finding.span
    fills = all(_only_fills(other, found) for other, found in _late_writes(program, home))

    def tolerates(access: Access) -> bool:
        return fills and access.change in {Change.RESET, Change.DELETE, Change.CLEAR}

    coverage = Coverage(program, home, guard, tolerates)
    coverage.name_owner(resolver, OWN)
    coverage.demand(resolver, span.write, None, (*span.reads, *span.guards, *span.suspends))
    _cover_writers(coverage)
    settle(coverage)
    check_order(coverage)
    _check_size(coverage)
    name, creation = (guard.name, Creation((), ())) if guard is not None else _new_lock(coverage, resolver)
    edits = edits_of(coverage, name)
    because = [
        *judge_waits(coverage),
        *callers.judge_callers(coverage),
        *_tolerated(coverage),
        *_reached(coverage),
        *_shared_by_keys(fact),
        *edits.because,
        *creation.because,
    ]
    verb = "hold" if guard is not None else "add"
    title = f"{verb} `{name}` over {_listed(coverage)}"
    return Proposal(
        edits.plan(program, creation),
        Applicability.UNSAFE if because else Applicability.SAFE,
        title,
        tuple(dict.fromkeys(because)) or _TRUSTED,
    )


_REVIEWABLE_LINES = 60
"""How much code a person can be asked to see under one lock. Longer spans want another design, not a longer lock."""


def _check_size(coverage: Coverage) -> None:
    """See that nobody is offered a lock over a page and more.

    Raises:
        Declined: ``span-too-long``.
    """
    for key, runs in coverage.runs.items():
        function = coverage.functions[key].function
        for run in runs:
            paths = run.paths
            first = statement_at(coverage.tree_of(function), paths[0]).lineno
            last = statement_at(coverage.tree_of(function), paths[-1]).end_lineno or first
            if last - first >= _REVIEWABLE_LINES:
                message = f"in `{function.qualname}` the lock would have to be held from line {first} to line {last}"
                raise Declined("span-too-long", message)


_TRUSTED = (
    "every wait under the lock is short, and nothing in it can come back for the lock",
    "a task alone finds the lock free, and does what it did before",
)


def _cover_writers(coverage: Coverage) -> None:
    """See that everybody who writes the state does so under the lock, together with what he decided on."""
    program = coverage.program
    late = {(id(resolver), fact.event) for resolver, fact in _late_writes(program, coverage.home)}
    for resolver, access in coverage.home.writers(program):
        owner = owner_of(program, coverage.home, resolver, access.event, access.location)
        if access.task is not None:
            line = line_of(program, resolver.function, access.event)
            message = f"the task that `{resolver.function.qualname}` makes on line {line} writes what it is handed"
            raise Declined("foreign-state", message)
        if (id(resolver), access.event) not in late and coverage.tolerates(access):
            coverage.tolerated.append((resolver, access))
        else:
            coverage.name_owner(resolver, owner)
            coverage.demand(resolver, access.event, access)
    for resolver, fact in _late_writes(program, coverage.home):
        if fact.via is not None:
            owner = owner_of(program, coverage.home, resolver, fact.event, fact.access.location)
            coverage.name_owner(resolver, owner)
            coverage.demand(resolver, fact.event, None)


def _late_writes(program: Program, home: Home) -> Iterator[tuple[Resolver, WriteFact]]:
    """Give every write of the state that a suspension separates from what it was decided on or made from."""
    for resolver in _resolvers(program, home):
        if not resolver.function.is_async or is_construction(resolver.function):
            continue
        for fact in program.facts(resolver).writes:
            if resolver.key_of(fact.access.location) not in home.keys:
                continue
            tokens = [*fact.value, *(token for guard in fact.state.guards for token in guard.tokens)]
            uses = [use for use in fact.state.uses if use.token.location == fact.access.location]
            if fact.via is not None and (fact.via.write.guarded or not tokens):
                continue
            if uses or any(fact.about(token) and fact.is_stale(token) for token in tokens):
                yield resolver, fact


def _resolvers(program: Program, home: Home) -> Iterator[Resolver]:
    """Give the functions of the file, and those of other files that can write the state."""
    yield from program.resolvers
    for unit in program.units_knowing(home.key):
        if unit.name != program.unit.name:
            yield from unit.resolvers


def _only_fills(resolver: Resolver, fact: WriteFact) -> bool:
    """Tell whether the span only puts something where its tests have found nothing.

    A plain function that takes away what is not there can come in between: it is as if it had come first.
    """
    if fact.access.change not in {Change.ASSIGN, Change.FILL}:
        return False
    guards = [guard for guard in fact.state.guards if any(fact.about(token) for token in guard.tokens)]
    return bool(guards) and all(
        _asks_absence(resolver.function.nodes[guard.guard], holds=guard.holds)
        for guard in guards
        if isinstance(resolver.function.events[guard.guard], Guard)
    )


def _asks_absence(test: ast.AST, *, holds: bool) -> bool:
    if isinstance(test, ast.ExceptHandler):
        return holds
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _asks_absence(test.operand, holds=not holds)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        absent = isinstance(test.ops[0], ast.Is | ast.Eq) and _is_none(test.comparators[0])
        present = isinstance(test.ops[0], ast.IsNot | ast.NotEq) and _is_none(test.comparators[0])
        if absent or isinstance(test.ops[0], ast.NotIn):
            return holds
        return not holds if present or isinstance(test.ops[0], ast.In) else False
    return not holds if isinstance(test, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.NamedExpr) else False


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _new_lock(coverage: Coverage, resolver: Resolver) -> tuple[str, Creation]:
    program, home = coverage.program, coverage.home
    if home.kind is Kind.MODULE:
        maker, unsure = library.maker_of(program)
        name = variables.module_lock_name(program, home.state)
        creation = variables.create_for_module(program, home.name, name, maker)
    elif home.kind is Kind.CLOSURE:
        maker, unsure = library.maker_of(program)
        name = variables.closure_lock_name(program, home.state)
        owner = program.named(home.owner).function
        creation = variables.create_for_closure(owner, home.state, name, maker)
    else:
        own = [other for key, other in coverage.functions.items() if coverage.owners.get(key, OWN) == OWN]
        users = [other.function.class_id or _method_class(coverage, other) for other in own]
        start = resolver.function.class_id or _method_class(coverage, resolver)
        facts = attribute.owner_class(program, start, home.state, users)
        owner_unit = program.project.unit(facts.module)
        assert owner_unit is not None, "a class that is known stands in a file that was read"
        there = program.at(owner_unit)
        maker, unsure = library.agreed_maker(there, coverage.files())
        name = attribute.attribute_name(there, facts, home.state)
        if home.kind is Kind.CLASS:
            creation = variables.create_for_class(there, facts, home.state, name, maker)
        else:
            creation = attribute.create(there, facts, home.state, name, maker)
        creation = replace(creation, module=facts.module)
    return name, replace(creation, because=(*creation.because, *unsure))


def _method_class(coverage: Coverage, resolver: Resolver) -> str:
    """Give the class of the method that a nested function stands in."""
    functions = coverage.program.unit_of(resolver.function).module.functions
    enclosing = resolver.function.enclosing
    while enclosing:
        outer = functions[enclosing]
        if outer.class_id is not None:
            return outer.class_id
        enclosing = outer.enclosing
    line = getattr(resolver.function.node, "lineno", 1)
    raise Declined("foreign-state", f"`{resolver.function.qualname}` (line {line}) is no method of the state's class")


def _tolerated(coverage: Coverage) -> list[str]:
    found = []
    for resolver, access in coverage.tolerated:
        if coverage.held(resolver, access.event):
            continue
        line = line_of(coverage.program, resolver.function, access.event)
        found.append(
            f"`{resolver.function.qualname}` (line {line}) resets the state without the lock: "
            "while it is being filled, there is nothing to reset"
        )
    return found


def _reached(coverage: Coverage) -> Iterator[str]:
    for key, resolver in coverage.functions.items():
        owner = coverage.owners.get(key, OWN)
        if owner != OWN:
            yield f"`{resolver.function.qualname}` takes the lock of another object, `{owner}`"


def _shared_by_keys(fact: WriteFact) -> Iterator[str]:
    location = fact.access.location
    if any(isinstance(step, ItemStep) for step in location.steps):
        yield f"one lock serves all entries: work for one key of `{location}` waits for that of every other"


def _listed(coverage: Coverage) -> str:
    names = [f"`{resolver.function.qualname}`" for resolver in coverage.functions.values()]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


REMEDY = Remedy(
    name="lock",
    summary="hold a lock over the whole span, and in every other writer that could be lost inside it",
    conditions=(
        "All writers of the state in the file are coroutines (or are called by holders only), and the object that owns "
        "the state can be given a lock. Never over a `yield`, nor over a wait that only code needing the lock can end. "
        "A sibling that is awaited inside and would take the lock again is split in the same fix."
    ),
    safety=(
        "Safe if every wait under the lock is short and runs code of this file, and nothing in it can come back for "
        "the lock. Else unsafe: others wait as long as the span takes."
    ),
    propose=propose,
)
