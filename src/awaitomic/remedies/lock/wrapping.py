"""From what is to be covered to edits: wrapped runs, and methods that become a public one and a variant."""

from __future__ import annotations

from dataclasses import dataclass, field

from awaitomic.model.plan import Edit, Plan, WrapStatements
from awaitomic.program import Program
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import lock_expression
from awaitomic.remedies.lock.reached import OWN, check_presence
from awaitomic.remedies.shared.attribute import Creation
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.split import takers
from awaitomic.remedies.split.delegation import delegate
from awaitomic.remedies.split.takers import HeldAt, Taker


@dataclass(frozen=True, slots=True)
class Edits:
    """What puts everything under the lock: `here` in the file of the bug, `elsewhere` by the modules of other files."""

    here: list[Edit] = field(default_factory=list)
    elsewhere: dict[str, list[Edit]] = field(default_factory=dict)
    renames: list[tuple[str, str]] = field(default_factory=list)
    because: list[str] = field(default_factory=list)
    """What is not sure about it."""

    def in_module(self, program: Program, module: str) -> list[Edit]:
        """Give the list to which the edits of one file are added."""
        return self.here if module in {"", program.unit.name} else self.elsewhere.setdefault(module, [])

    def plan(self, program: Program, creation: Creation) -> Plan:
        """Give all of them together with those that make the lock, which come first."""
        self.in_module(program, creation.module)[:0] = creation.edits
        others = ((module, Plan(tuple(edits))) for module, edits in sorted(self.elsewhere.items()))
        return Plan(tuple(self.here), tuple(self.renames), tuple(others))


def edits_of(coverage: Coverage, name: str) -> Edits:
    """Give the edits that put everything under the lock.

    Parameters:
        coverage: settled.
        name: the lock's attribute or variable.

    Raises:
        Declined: if a method cannot be split as the coverage needs it.
    """
    found = Edits()
    held: HeldAt = lambda resolver, event, _target: coverage.held(resolver, event)  # noqa: E731 - a protocol in one line
    for key, resolver in coverage.functions.items():
        owner = coverage.owners.get(key, OWN)
        said = lock_expression(coverage.program, coverage.home, name, resolver.function, owner)
        header = f"async with {said}"
        for run in coverage.runs.get(key, ()) if owner != OWN else ():
            check_presence(resolver, owner, run)
        if key in coverage.delegating:
            if owner != OWN:
                raise Declined(
                    "foreign-state", f"`{resolver.function.qualname}` would be split for a lock of `{owner}`"
                )
            made, pair = delegate(coverage.program, resolver.function, header, name, held)
            found.here.extend(made)
            found.renames.append(pair)
        else:
            edits = found.in_module(coverage.program, resolver.function.module)
            edits.extend(WrapStatements(run.first, run.count, header) for run in coverage.runs.get(key, ()))
    for function in coverage.existing.values():
        event = coverage.takes_already(function)
        if event is None or coverage.guardian is None:
            continue
        lock = coverage.guardian.lock
        if not lock.self_deadlocks:
            raise Declined("self-deadlock", f"`{function.qualname}` would take the lock again")
        resolved = takers.resolve(coverage.program, Taker(function, event, lock), held)
        found.here.extend(edit for edit in resolved.edits if edit not in found.here)
        found.renames.extend(resolved.renames)
        found.because.extend(resolved.because)
    return found
