"""From what is to be covered to edits: wrapped runs, and methods that become a public one and a variant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from awaitomic.model.plan import Edit, InsertStatements, Plan, WrapStatements
from awaitomic.program import Program
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.growing import merged_regions
from awaitomic.remedies.lock.home import lock_expression
from awaitomic.remedies.lock.reached import OWN, check_presence
from awaitomic.remedies.lock.useless import private_around, replaced
from awaitomic.remedies.shared.attribute import Creation
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.region import Run
from awaitomic.remedies.split import takers
from awaitomic.remedies.split.delegation import delegate
from awaitomic.remedies.split.regions import Taker
from awaitomic.remedies.split.takers import HeldAt, Placed


@dataclass(frozen=True, slots=True)
class Taken:
    """How the functions take the lock."""

    name: str
    """Its attribute or variable, or that of the table of locks."""
    by_key: Mapping[tuple[int, Run], str] = field(default_factory=dict)
    """For a table: the lock that each run of a function takes."""

    first: Mapping[int, str] = field(default_factory=dict)
    """What each function has to do before it takes the lock."""
    imports: Mapping[str, tuple[Edit, ...]] = field(default_factory=dict)
    """What functions that make a lock need in files where none is made for the class, by their modules."""

    def __str__(self) -> str:
        return f"`{self.name}`, one for each key," if self.by_key else f"`{self.name}`"

    def header(self, coverage: Coverage, resolver: Resolver, run: Run | None = None) -> str:
        """Give the ``async with`` by which a run, or else a whole function, is put under the lock."""
        return f"async with {self.expression(coverage, resolver, run)}"

    def expression(self, coverage: Coverage, resolver: Resolver, run: Run | None = None) -> str:
        """Give how a function says the lock that a run of it takes."""
        own = self.by_key.get((id(resolver.function), run)) if run is not None else None
        return own or said_by(coverage, resolver, self.name)


def said_by(coverage: Coverage, resolver: Resolver, name: str) -> str:
    """Give how a function says a lock, or a table of locks, of the object whose state it writes.

    Raises:
        Declined: ``foreign-state`` if it has no name for that object.
    """
    return lock_expression(coverage.program, coverage.home, name, resolver.function, coverage.owner(resolver.function))


@dataclass(frozen=True, slots=True)
class Edits:
    """What puts everything under the lock: `here` in the file of the bug, `elsewhere` by the modules of other files."""

    here: list[Edit] = field(default_factory=list)
    elsewhere: dict[str, list[Edit]] = field(default_factory=dict)
    renames: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """The functions of each module whose body moves to a variant, with the names of these."""
    because: list[str] = field(default_factory=list)
    """What is not sure about it."""

    def in_module(self, program: Program, module: str) -> list[Edit]:
        """Give the list to which the edits of one file are added."""
        return self.here if module in {"", program.unit.name} else self.elsewhere.setdefault(module, [])

    def plan(self, program: Program, creation: Creation) -> Plan:
        """Give all of them together with those that make the lock, which come first."""
        self.in_module(program, creation.module)[:0] = creation.edits
        names = {module: tuple(pairs) for module, pairs in self.renames.items()}
        others = ((each, Plan(tuple(edits), names.get(each, ()))) for each, edits in sorted(self.elsewhere.items()))
        return Plan(tuple(self.here), names.get(program.unit.name, ()), tuple(others))

    def add(self, program: Program, made: Iterable[Placed], renamed: Iterable[tuple[str, tuple[str, str]]]) -> None:
        """Add what a split changes, each edit once, and the new names that it gives."""
        for module, edit in made:
            edits = self.in_module(program, module)
            if edit not in edits:
                edits.append(edit)
        for module, pair in renamed:
            self.renames.setdefault(module, []).append(pair)


def _taking(coverage: Coverage, taken: Taken, resolver: Resolver, run: Run) -> Iterator[Edit]:
    """Give the edits that put a run under the lock: in the place of one that the call has made for itself, if any."""
    private = private_around(coverage.program, resolver, run.first)
    whole = private is not None and run == private.body
    first = taken.first.get(id(resolver.function))
    if first is not None:
        yield InsertStatements(private.path if private is not None and whole else run.first, "before", first)
    if private is not None and whole:
        yield from replaced(coverage.program, resolver, private, taken.expression(coverage, resolver, run))
    else:
        yield WrapStatements(run.first, run.count, taken.header(coverage, resolver, run))


def edits_of(coverage: Coverage, taken: Taken) -> Edits:
    """Give the edits that put everything under the lock.

    Parameters:
        coverage: settled.
        taken: the lock.

    Raises:
        Declined: if a method cannot be split as the coverage needs it.
    """
    found = Edits()
    for module, imports in taken.imports.items():
        found.in_module(coverage.program, module).extend(imports)
    held: HeldAt = lambda resolver, event, _target: coverage.held(resolver, event)  # noqa: E731 - a protocol in one line
    for key, resolver in coverage.functions.items():
        owner = coverage.owner(resolver.function)
        for run in coverage.runs.get(key, ()) if owner != OWN else ():
            check_presence(resolver, owner, run)
        if key in coverage.delegating:
            if owner != OWN:
                message = f"`{resolver.function.qualname}` would be split for a lock of `{owner}`"
                raise Declined("foreign-state", message)
            header = taken.header(coverage, resolver)
            made = delegate(coverage.program, resolver.function, header, taken.name, held)
            found.add(coverage.program, made.edits, [(resolver.function.module, made.renamed)])
            found.because.extend(made.doubts)
        else:
            edits = found.in_module(coverage.program, resolver.function.module)
            edits.extend(edit for region in merged_regions(coverage, resolver) for edit in region.edits)
            for run in coverage.runs.get(key, ()):
                edits.extend(_taking(coverage, taken, resolver, run))
    for function in coverage.existing.values():
        event = coverage.takes_already(function)
        if event is None or coverage.guardian is None:
            continue
        lock = coverage.guardian.lock
        if not lock.self_deadlocks:
            raise Declined("self-deadlock", f"`{function.qualname}` would take the lock again")
        resolved = takers.resolve(coverage.program, Taker(function, event, lock), held)
        found.add(coverage.program, resolved.edits, resolved.renames)
        found.because.extend(resolved.because)
    return found
