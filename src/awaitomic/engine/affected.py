"""In which other files an edit may have changed what is found: those are analysed again before it is taken.

To analyse the whole project again after each fix would be sound and too slow. What the rules know of another file is
what its calls lead to, who calls it and under which locks, and who else writes the state that it looks at. So these are
followed from the functions whose text has changed: to their callers, on and on as long as something that a caller can
notice of a call has become different (whether it suspends, what it writes and when, which locks it takes); to what they
call; and to whoever touches the state that they write or lock.
"""

from __future__ import annotations

import ast
from collections import Counter
from typing import TYPE_CHECKING

from awaitomic.model.event import Enter
from awaitomic.program.module import is_construction
from awaitomic.source.prefilter import may_matter
from awaitomic.source.text import split_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from awaitomic.flow.graph import FunctionGraph
    from awaitomic.model.location import Location
    from awaitomic.program import Program
    from awaitomic.program.unit import Unit


def affected(before: Program, after: Program) -> tuple[str, ...]:
    """Give the names of the modules, other than those that were edited, whose findings may differ; in order.

    Parameters: two states of one project.
    """
    edited = _edited(before, after)
    changed = [_changed(before, after, name) for name in edited]
    was = [function for pair in changed for function in pair[0]]
    now = [function for pair in changed for function in pair[1]]
    reached = _called(before, was) | _called(after, now) | _touching(before, was) | _touching(after, now)
    reached |= _callers(before, after, was, now)
    project = after.project
    return tuple(sorted(name for name in reached - set(edited) if may_matter(project.tree.raw(name))))


def _edited(before: Program, after: Program) -> list[str]:
    was, now = before.project.tree, after.project.tree
    return sorted(name for name in {*was.overlay, *now.overlay, after.unit.name} if was.raw(name) != now.raw(name))


def _changed(before: Program, after: Program, name: str) -> tuple[list[FunctionGraph], list[FunctionGraph]]:
    """Give the functions of a module that only one of two states has, by their names and texts: old ones, new ones.

    Constructors do not count: they never wait, and what they write nobody else has yet.
    """
    old, new = _by_text(before.project.unit(name)), _by_text(after.project.unit(name))
    gone = Counter(key for key, _ in old) - Counter(key for key, _ in new)
    come = Counter(key for key, _ in new) - Counter(key for key, _ in old)
    return [graph for key, graph in old if key in gone], [graph for key, graph in new if key in come]


def _by_text(unit: Unit | None) -> list[tuple[tuple[str, str], FunctionGraph]]:
    found: list[tuple[tuple[str, str], FunctionGraph]] = []
    lines = split_lines(unit.source.text) if unit is not None else []
    for function in unit.module.functions if unit is not None else ():
        node = function.node
        if not is_construction(function) and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            found.append(((function.qualname, text), function))
    return found


def _called(program: Program, functions: list[FunctionGraph]) -> set[str]:
    """Give the modules of what some functions call: who holds which lock there is known of all callers together."""
    return {callee.module for function in functions for callee in program.analyses.callees(function)}


def _touching(program: Program, functions: list[FunctionGraph]) -> set[str]:
    """Give the modules that touch the state that some functions write, or the locks that they take."""
    mine = {id(function) for function in functions}
    keys: set[Location] = set()
    for unit in {unit.name: unit for unit in map(program.unit_of, functions)}.values():
        for writers in (unit.writers, program.handed.writers(unit)):
            keys.update(key for key, found in writers.items() if any(id(r.function) in mine for r, _ in found))
    for function in functions:
        resolver = program.resolver(function)
        managers = [event.manager for event in function.events if isinstance(event, Enter)]
        keys.update(resolver.key_of(lock.location) for each in managers for lock in program.locks_of(resolver, each))
    return {unit.name for key in keys for unit in program.units_knowing(key)}


def _callers(before: Program, after: Program, was: list[FunctionGraph], now: list[FunctionGraph]) -> set[str]:
    """Give the modules that call some functions, or call those who notice that there something is different."""
    found: set[str] = set()
    pending = [*_calling(before, was), *_calling(after, now)]
    known = {id(function) for function in (*was, *now)}
    while pending:
        caller = pending.pop()
        if id(caller) in known:
            continue
        known.add(id(caller))
        found.add(caller.module)
        if _seen_from_outside(before, caller) != _seen_from_outside(after, caller):
            pending += [*_calling(before, [caller]), *_calling(after, [caller])]
    return found


def _calling(program: Program, functions: list[FunctionGraph]) -> Iterator[FunctionGraph]:
    for function in functions:
        if _is_in(program, function):
            sites = (*program.callers.sites(function), *program.callers.loans(function))
            yield from (site.resolver.function for site in sites)
            yield from (spawn.resolver.function for spawn in program.callers.spawns(function))


def _is_in(program: Program, function: FunctionGraph) -> bool:
    """Tell whether a program has this very function: graphs are shared by the states in which a text is the same."""
    unit = program.project.unit(function.module)
    return unit is not None and any(each is function for each in unit.module.functions)


def _seen_from_outside(program: Program, function: FunctionGraph) -> object:
    """Give what the callers of a function can notice of it, without where in the text it happens."""
    if not _is_in(program, function):
        return None
    summary = program.summary(function)
    writes = {
        (each.location, each.change, each.late, each.guarded, each.decided, each.consumed, each.function)
        for each in summary.writes
    }
    taken = {(each.lock.location, each.function) for each in program.acquisitions.of(function)}
    suspends = function.is_async and program.suspension.suspends(function)
    told = (summary.returns, summary.outdated, summary.settled, summary.claims, summary.claims_if_true, summary.pieces)
    return suspends, writes, taken, told
