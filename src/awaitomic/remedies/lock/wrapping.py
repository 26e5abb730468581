"""From what is to be covered to edits: wrapped runs, and methods that become a public one and a variant."""

from __future__ import annotations

from awaitomic.model.plan import Edit, WrapStatements
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import lock_expression
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split import takers
from awaitomic.remedies.split.delegation import delegate
from awaitomic.remedies.split.regions import Taker
from awaitomic.remedies.split.takers import HeldAt


def edits_of(coverage: Coverage, name: str) -> tuple[list[Edit], list[tuple[str, str]], list[str]]:
    """Give the edits that put everything under the lock, the functions that they rename, and what is not sure.

    Parameters:
        coverage: settled.
        name: the lock's attribute or variable.

    Raises:
        Declined: if a method cannot be split as the coverage needs it.
    """
    edits: list[Edit] = []
    renames: list[tuple[str, str]] = []
    because: list[str] = []
    held: HeldAt = lambda resolver, event, _target: coverage.held(resolver, event)  # noqa: E731 - a protocol in one line
    for key, resolver in coverage.functions.items():
        header = f"async with {lock_expression(coverage.program, coverage.home, name, resolver.function)}"
        if key in coverage.delegating:
            made, pair = delegate(coverage.program, resolver.function, header, name, held)
            edits.extend(made)
            renames.append(pair)
        else:
            edits.extend(WrapStatements(run.first, run.count, header) for run in coverage.runs.get(key, ()))
    for function in coverage.existing.values():
        event = coverage.takes_already(function)
        if event is None or coverage.guardian is None:
            continue
        lock = coverage.guardian.lock
        if not lock.self_deadlocks:
            raise Declined("self-deadlock", f"`{function.qualname}` would take the lock again")
        resolved = takers.resolve(coverage.program, Taker(function, event, lock), held)
        edits.extend(edit for edit in resolved.edits if edit not in edits)
        renames.extend(resolved.renames)
        because.extend(resolved.because)
    return edits, renames, because
