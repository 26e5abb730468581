"""From what is to be covered to edits: wrapped runs, and methods that become a public one and a variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from awaitomic.model.plan import Edit, InsertStatements, WrapStatements
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import lock_expression
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run
from awaitomic.remedies.split import takers
from awaitomic.remedies.split.delegation import delegate
from awaitomic.remedies.split.takers import HeldAt, Taker


@dataclass(frozen=True, slots=True)
class Taken:
    """How the functions take the lock."""

    name: str
    """Its attribute or variable, or that of the table of locks."""
    by_key: Mapping[tuple[int, Run], str] = field(default_factory=dict)
    """For a table: the lock that each run of a function takes."""

    first: Mapping[int, str] = field(default_factory=dict)
    """What each function has to do before it takes the lock."""

    def __str__(self) -> str:
        return f"`{self.name}`, one for each key," if self.by_key else f"`{self.name}`"

    def header(self, coverage: Coverage, resolver: Resolver, run: Run | None = None) -> str:
        """Give the ``async with`` by which a run, or else a whole function, is put under the lock."""
        own = self.by_key.get((id(resolver.function), run)) if run is not None else None
        said = own or lock_expression(coverage.program, coverage.home, self.name, resolver.function)
        return f"async with {said}"


def edits_of(coverage: Coverage, taken: Taken) -> tuple[list[Edit], list[tuple[str, str]], list[str]]:
    """Give the edits that put everything under the lock, the functions that they rename, and what is not sure.

    Parameters:
        coverage: settled.
        taken: the lock.

    Raises:
        Declined: if a method cannot be split as the coverage needs it.
    """
    edits: list[Edit] = []
    renames: list[tuple[str, str]] = []
    because: list[str] = []
    held: HeldAt = lambda resolver, event, _target: coverage.held(resolver, event)  # noqa: E731 - a protocol in one line
    for key, resolver in coverage.functions.items():
        if key in coverage.delegating:
            header = taken.header(coverage, resolver)
            made, pair = delegate(coverage.program, resolver.function, header, taken.name, held)
            edits.extend(made)
            renames.append(pair)
        else:
            runs = coverage.runs.get(key, ())
            first = taken.first.get(key)
            edits.extend(InsertStatements(run.first, "before", first) for run in runs if first is not None)
            edits.extend(WrapStatements(run.first, run.count, taken.header(coverage, resolver, run)) for run in runs)
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
