"""A part of AWA102: what was found to be there is used after a suspension, when another task may have taken it away.

``if self._proc is not None: await grace(); self._proc.kill()``: nothing is written, but the attribute is read anew
after the await, and where another task sets it to None meanwhile, the use raises. A query of its own, since all others
look at writes; `awaitomic.rules.check_then_act` reports what it finds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from awaitomic.model.event import Attribute, Const, Event, Guard, Item, Name, Read
from awaitomic.model.location import NAMED_BY_SEVERAL, AttributeStep, Location
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.concurrency import Judgement, Rival, judge
from awaitomic.program.conditions import whole_test
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import NOTHING, ActiveGuard, State
from awaitomic.rules.forgiving import is_caught
from awaitomic.rules.rule import concerns, has_fresh_guard, in_the_span, is_validated

_CAUGHT = frozenset({"AttributeError", "TypeError", "Exception", "BaseException"})


@dataclass(frozen=True, slots=True)
class StaleUse:
    """A use of a reference that a test has found, with a suspension between. `fact` stands for the use."""

    fact: WriteFact
    guard: ActiveGuard
    judgement: Judgement


def find_uses(program: Program, resolver: Resolver, *, locked: bool = False) -> Iterator[StaleUse]:
    """Find uses of tested references that another task may have replaced by None; one for each test and reference."""
    candidates = dict(_candidates(program, resolver))
    if not candidates:
        return
    seen: set[tuple[int, Location]] = set()
    facts = program.facts(resolver)
    for index in sorted({resolver.function.owners[event] for event in candidates}):
        if facts.solution.before_block(index) is None:
            continue
        for event, state in facts.solution.states(index):
            if event.id not in candidates or not state.guards:
                continue
            read, location = candidates[event.id]
            guard = _stale_guard(resolver, state, read, location)
            if guard is None or (guard.guard, location) in seen or is_caught(resolver, event.id, _CAUGHT):
                continue
            fact = _as_fact(event.id, location, state)
            if has_fresh_guard(fact) or is_validated(fact) or location in state.own:
                continue
            if not concerns(resolver, fact, locked=locked):
                continue
            stale = [token for token in guard.tokens if token.location == location and token.is_stale]
            removals = in_the_span(program, resolver, fact, stale, _removals(program, resolver, location))
            judgement = judge(program, resolver, location, removals)
            if judgement is not None:
                seen.add((guard.guard, location))
                yield StaleUse(fact, guard, judgement)


def use_at(program: Program, resolver: Resolver, event: int) -> WriteFact | None:
    """Give what stands for the use of a reference at an event, as if it were a write; None if it is no use.

    The reference is read anew there, or a local has it.
    """
    found = resolver.function.events[event]
    used = dereferenced(resolver, found)
    location = used[1] if used is not None else None
    if isinstance(found, Read) and isinstance(found.place, Name):
        location = resolver.value(event)
    state = program.facts(resolver).solution.before_event(event)
    return None if location is None or state is None else _as_fact(event, location, state)


def _as_fact(event: int, location: Location, state: State) -> WriteFact:
    return WriteFact(event, Access(event, location, Change.READY, None), NOTHING, state)


def _candidates(program: Program, resolver: Resolver) -> Iterator[tuple[int, tuple[Read, Location]]]:
    """Give the uses of references that somebody sets to None, where the function tests anything at all."""
    if not any(isinstance(event, Guard) and event.kind != "for" for event in resolver.function.events):
        return
    removed: dict[Location, bool] = {}
    for event in resolver.function.events:
        used = dereferenced(resolver, event)
        if used is None:
            continue
        location = used[1]
        if location not in removed:
            removed[location] = any(True for _ in _removals(program, resolver, location))
        if removed[location]:
            yield event.id, used


def dereferenced(resolver: Resolver, event: Event) -> tuple[Read, Location] | None:
    """Give the read of an attribute or a variable of the module whose value an event takes an attribute or entry of."""
    if not isinstance(event, Read) or not isinstance(event.place, Attribute | Item):
        return None
    base = resolver.function.events[event.place.base]
    if not isinstance(base, Read) or isinstance(base.place, Item):
        return None
    location = resolver.variable(base.place) if isinstance(base.place, Name) else resolver.place(base.place)
    if location is None or location.root not in NAMED_BY_SEVERAL:
        return None
    return (base, location) if all(isinstance(step, AttributeStep) for step in location.steps) else None


def _stale_guard(resolver: Resolver, state: State, read: Read, location: Location) -> ActiveGuard | None:
    """Give the first test that has found the reference there, before a suspension."""
    text = ast.unparse(resolver.function.nodes[read.id])
    found = [
        guard
        for guard in state.guards
        if any(token.location == location and token.is_stale for token in guard.tokens)
        and _is_decision(resolver, guard)
        and _finds(whole_test(resolver.function, guard.guard), text, holds=guard.holds)
    ]
    return min(found, key=lambda guard: (guard.guard, guard.holds), default=None)


def _is_decision(resolver: Resolver, guard: ActiveGuard) -> bool:
    """Tell whether a test is one that the code acts upon: an assertion only states what the author knows."""
    event = resolver.function.events[guard.guard]
    return isinstance(event, Guard) and event.kind != "assert"


def _finds(test: ast.AST, text: str, *, holds: bool) -> bool:
    """Tell whether an outcome of a test says that the expression `text` is not None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _finds(test.operand, text, holds=not holds)
    if isinstance(test, ast.BoolOp):
        return holds is isinstance(test.op, ast.And) and any(_finds(v, text, holds=holds) for v in test.values)
    if isinstance(test, ast.Compare):
        nothing = isinstance(test.comparators[0], ast.Constant) and test.comparators[0].value is None
        present = isinstance(test.ops[0], ast.IsNot | ast.NotEq)
        absent = isinstance(test.ops[0], ast.Is | ast.Eq)
        return nothing and ast.unparse(test.left) == text and ((present and holds) or (absent and not holds))
    return holds and isinstance(test, ast.expr) and ast.unparse(test) == text


def _removals(program: Program, resolver: Resolver, location: Location) -> Iterator[Rival]:
    """Give the writes that put None there, or delete the attribute."""
    for rival, access in program.changing_writers(resolver, location):
        if access.location.steps[-1:] != location.steps[-1:]:
            continue
        value = rival.function.events[access.value] if access.value is not None else None
        if access.change is Change.DELETE or (isinstance(value, Const) and value.value is None):
            yield rival, access
