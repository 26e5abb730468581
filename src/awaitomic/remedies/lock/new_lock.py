"""A new lock, or a table of them: where it is made, what it is called, and which library it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.finding import Finding
from awaitomic.model.location import AttributeStep
from awaitomic.model.plan import Edit
from awaitomic.program import Program
from awaitomic.program.module import ClassFacts
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock import keyed, library, variables
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.growing import first_merged
from awaitomic.remedies.lock.home import Home, Kind
from awaitomic.remedies.lock.lock_tables import LockTable
from awaitomic.remedies.lock.naming import is_one_of_several
from awaitomic.remedies.lock.reached import OWN
from awaitomic.remedies.lock.wrapping import Taken, said_by
from awaitomic.remedies.shared import attribute
from awaitomic.remedies.shared.attribute import Creation
from awaitomic.remedies.shared.copied import copies_elsewhere
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.maker import BEFORE_3_10, Maker
from awaitomic.remedies.shared.region import Run


def new_lock(
    coverage: Coverage, resolver: Resolver, tables: Sequence[keyed.Table], found: Sequence[Finding]
) -> tuple[Taken, Creation]:
    """Plan a new lock for what is covered.

    Parameters:
        coverage: settled.
        resolver: the function with the bug.
        tables: of which each key gets its own lock, the one with the bug first; none for one lock.
        found: all that is found in the file, by which other locks may be needed.

    Raises:
        Declined: if it has no place, no name or no library, or cannot be one for each key.
    """
    owner = _owner(coverage, resolver)
    there = _seen_from(coverage, owner)
    chosen, unsure = library.agreed(there, coverage.files())
    maker = library.maker_in(there, chosen)
    makers = _Makers(coverage, there, maker, chosen)
    if not tables:
        later = library.is_bound_when_made(there, chosen)
        if later:
            maker = _on_first_use(coverage, there, maker)
        general = owner is None or not is_one_of_several(coverage, owner, found)
        name, creation = _made(coverage, owner, maker, (_stem(coverage.home), "lock"), general=general)
        first = {key: _first_use(coverage, key, name, makers) for key in coverage.functions} if later else {}
        taken = Taken(name, first=first, imports=makers.imports)
        return taken, replace(creation, because=(*creation.because, *unsure))
    keys, table = keyed.keys_of(coverage, tables), tables[0]
    locks = keyed.maker_of_table(there, table, maker)
    name, creation = _made(coverage, owner, locks, (table.stem, "locks"))
    made = {
        place: f"{said_by(coverage, user, name)}.setdefault({key}, {makers.callee(user.function)}())"
        for place, key in keys.items()
        for user in [coverage.functions[place[0]]]
    }
    doubts = (*creation.because, *unsure, *(doubt for each in tables for doubt in keyed.doubts(resolver, each)))
    return Taken(name, made, imports=makers.imports), replace(creation, because=doubts)


class _Makers:
    """What makes a lock in each of the files where one is made by who takes it."""

    def __init__(self, coverage: Coverage, there: Program, maker: Maker, chosen: str) -> None:
        self._coverage = coverage
        self._chosen = chosen
        self._known = {there.unit.name: maker}
        self.imports: dict[str, tuple[Edit, ...]] = {}
        """What the other files need for that, by their modules."""

    def callee(self, function: FunctionGraph) -> str:
        """Give what a function calls to make a lock."""
        if function.module not in self._known:
            maker = library.maker_in(self._coverage.seen_from(function), self._chosen)
            self._known[function.module] = maker
            self.imports[function.module] = maker.imports
        return self._known[function.module].callee


def _stem(home: Home) -> str:
    """Give what a lock is named after: of ``self.rows[key].balance`` the balance."""
    attributes = [step.name for step in home.key.steps if isinstance(step, AttributeStep)]
    return attributes[-1] if home.kind is Kind.INSTANCE and len(attributes) > 1 else home.state


def _owner(coverage: Coverage, resolver: Resolver) -> ClassFacts | None:
    """Give the class that gets the lock, or None if that is a variable."""
    home = coverage.home
    if home.kind in {Kind.MODULE, Kind.CLOSURE}:
        return None
    own = [other for other in coverage.functions.values() if coverage.owner(other.function) == OWN]
    users = [other.function.class_id or _method_class(coverage, other) for other in own]
    start = resolver.function.class_id or _method_class(coverage, resolver)
    return attribute.owner_class(coverage.program, start, home.state, users)


def _seen_from(coverage: Coverage, owner: ClassFacts | None) -> Program:
    """Give the program as seen from the file that the lock is made in."""
    unit = coverage.program.project.unit(owner.module) if owner is not None else coverage.program.unit
    assert unit is not None, "a class that is known stands in a file that was read"
    return coverage.program.at(unit)


def _on_first_use(coverage: Coverage, there: Program, maker: Maker) -> Maker:
    """Give what makes a lock in a coroutine, with no await between the test if there is one and the making.

    Raises:
        Declined: ``old-python`` where the state has another home than an object, or a method has to be split.
    """
    if coverage.home.kind is not Kind.INSTANCE or coverage.delegating:
        raise Declined("old-python", f"`{coverage.home.state}`: {BEFORE_3_10}")
    future = "annotations" in there.module.imports
    said = f"{maker.callee} | None" if future else f'"{maker.callee} | None"'
    spelled = attribute.is_annotated(there)
    return Maker(maker.callee, maker.imports, said, spelled=spelled, on_first_use=True)


def _first_use(coverage: Coverage, key: int, name: str, makers: _Makers) -> str:
    user = coverage.functions[key]
    said = said_by(coverage, user, name)
    return f"if {said} is None:\n    {said} = {makers.callee(user.function)}()"


def of_table(coverage: Coverage, tables: Sequence[keyed.Table], known: LockTable) -> Taken:
    """Take the locks of a table that is there already."""
    keys = keyed.keys_of(coverage, tables)
    said: dict[tuple[int, Run], str] = {}
    for place, key in keys.items():
        resolver = coverage.functions[place[0]]
        first = first_merged(coverage, resolver, place[1], key)
        said[place] = first or known.expression(coverage.program, resolver, key)
    return Taken(known.guardian.name, said)


def _made(
    coverage: Coverage, facts: ClassFacts | None, maker: Maker, named: tuple[str, str], *, general: bool = True
) -> tuple[str, Creation]:
    program, home = coverage.program, coverage.home
    stem, noun = named
    if home.kind is Kind.MODULE:
        name = variables.module_lock_name(program, stem, noun)
        return name, variables.create_for_module(program, home.name, name, maker)
    if facts is None:
        name = variables.closure_lock_name(program, stem, noun)
        around = program.named(home.owner).function
        return name, variables.create_for_closure(around, home.state, name, maker)
    there = _seen_from(coverage, facts)
    name = attribute.attribute_name(there, facts, home.state, (stem, noun), general=general)
    if home.kind is Kind.CLASS:
        return name, replace(variables.create_for_class(there, facts, home.state, name, maker), module=facts.module)
    creation = attribute.create(there, facts, home.state, name, maker)
    others = [file for file in coverage.files() if file.unit.name != facts.module]
    doubts = [reason for file in others for reason in copies_elsewhere(file, maker.fragile)]
    return name, replace(creation, because=(*creation.because, *doubts), module=facts.module)


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
