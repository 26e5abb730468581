"""What a new acquisition changes for callers: a function may wait where it never did, or while cleaning up."""

from __future__ import annotations

from collections.abc import Iterator

from awaitomic.flow.graph import FunctionGraph
from awaitomic.knowledge.resources import is_cleanup_name
from awaitomic.program.facts import WriteFact
from awaitomic.program.resolve import Resolver
from awaitomic.program.state import Token
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import is_in_cleanup
from awaitomic.remedies.split.takers import line_of


def judge_callers(coverage: Coverage) -> list[str]:
    """Give what speaks against trusting the plan on account of the callers of the functions that take the lock.

    Raises:
        Declined: ``new-suspension`` if a caller relies on a function never giving way to other tasks.
    """
    found: list[str] = []
    for resolver in coverage.functions.values():
        function = resolver.function
        found.extend(_own_cleanup(coverage, function))
        if not coverage.program.suspension.suspends(function):
            found.extend(_first_suspension(coverage, function))
    return found


def _own_cleanup(coverage: Coverage, function: FunctionGraph) -> Iterator[str]:
    program = coverage.program
    runs = coverage.runs.get(id(function), [])
    if is_cleanup_name(getattr(function.node, "name", "")) or any(is_in_cleanup(function, run.first) for run in runs):
        yield f"`{function.qualname}` cleans up, and would wait for the lock first"
        return
    for site in program.callers.sites(function):
        caller = site.resolver.function
        if is_in_cleanup(caller, caller.statements[site.event]):
            line = line_of(program, caller, site.event)
            name = function.qualname
            yield f"`{caller.qualname}` calls `{name}` on line {line} to clean up, and would wait for the lock first"
            return


def _first_suspension(coverage: Coverage, function: FunctionGraph) -> Iterator[str]:
    """Give a reason if a coroutine never gave way to others: whoever awaits it may have relied on that."""
    program = coverage.program
    pending, seen = [function], {id(function)}
    while pending:
        current = pending.pop()
        name = getattr(current.node, "name", "")
        private = name.startswith("_") and not name.endswith("__")
        if not private or program.callers.is_mentioned(current):
            yield f"`{current.qualname}` never gave way to other tasks, and now may: not all of its callers are known"
            pending.clear()
        for site in program.callers.sites(current):
            caller = site.resolver
            _check_straddle(coverage, caller, site.event, current)
            if id(caller.function) not in seen and not program.suspension.suspends(caller.function):
                seen.add(id(caller.function))
                pending.append(caller.function)


def _check_straddle(coverage: Coverage, caller: Resolver, event: int, callee: FunctionGraph) -> None:
    """Refuse if state is read before the call and written after it, which was right as long as nobody could run."""
    if coverage.held(caller, event):
        return
    for fact in coverage.program.facts(caller).writes:
        if fact.event <= event:
            continue
        for token in _fresh(fact):
            if token.read < event:
                line = line_of(coverage.program, caller.function, event)
                message = (
                    f"`{caller.function.qualname}` relies on `{callee.qualname}` (awaited on line {line}) "
                    f"never giving way to other tasks: `{token.location}` is read before and written after it"
                )
                raise Declined("new-suspension", message)


def _fresh(fact: WriteFact) -> Iterator[Token]:
    tokens = [*fact.value, *(token for guard in fact.state.guards for token in guard.tokens)]
    return (token for token in tokens if fact.about(token) and not token.is_stale and not token.locks)
