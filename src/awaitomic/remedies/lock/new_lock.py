"""A new lock, or a table of them: where it is made, what it is called, and which library it comes from."""

from __future__ import annotations

from collections.abc import Sequence

from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock import keyed, library, variables
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.home import Kind, lock_expression
from awaitomic.remedies.lock.lock_tables import LockTable
from awaitomic.remedies.lock.wrapping import Taken
from awaitomic.remedies.shared import attribute
from awaitomic.remedies.shared.attribute import Creation, Maker
from awaitomic.remedies.shared.declined import Declined


def new_lock(coverage: Coverage, resolver: Resolver, tables: Sequence[keyed.Table]) -> tuple[Taken, Creation]:
    """Plan a new lock for what is covered.

    Parameters:
        coverage: settled.
        resolver: the function with the bug.
        tables: of which each key gets its own lock, the one with the bug first; none for one lock.

    Raises:
        Declined: if it has no place, no name or no library, or cannot be one for each key.
    """
    maker, unsure = library.maker_of(coverage.program)
    if not tables:
        later = library.is_bound_when_made(coverage.program)
        if later:
            maker = _on_first_use(coverage, maker)
        name, creation = _made(coverage, resolver, maker, (coverage.home.state, "lock"))
        first = {key: _first_use(coverage, key, name, maker) for key in coverage.functions} if later else {}
        return Taken(name, first=first), Creation(creation.edits, (*creation.because, *unsure))
    keys, table = keyed.keys_of(coverage, tables), tables[0]
    locks = keyed.maker_of_table(coverage.program, table, maker)
    name, creation = _made(coverage, resolver, locks, (table.stem, "locks"))
    made = {
        place: f"{lock_expression(coverage.program, coverage.home, name, function)}.setdefault({key}, {maker.callee}())"
        for place, key in keys.items()
        for function in [coverage.functions[place[0]].function]
    }
    doubts = (*creation.because, *unsure, *(doubt for each in tables for doubt in keyed.doubts(resolver, each)))
    return Taken(name, made), Creation(creation.edits, doubts)


def _on_first_use(coverage: Coverage, maker: Maker) -> Maker:
    """Give what makes a lock in a coroutine, with no await between the test if there is one and the making.

    Raises:
        Declined: ``old-python`` where the state has another home than an object, or a method has to be split.
    """
    if coverage.home.kind is not Kind.INSTANCE or coverage.delegating:
        raise Declined("old-python", f"`{coverage.home.state}`: {attribute.BEFORE_3_10}")
    future = "annotations" in coverage.program.module.imports
    said = f"{maker.callee} | None" if future else f'"{maker.callee} | None"'
    spelled = attribute.is_annotated(coverage.program)
    return Maker(maker.callee, maker.imports, said, spelled=spelled, on_first_use=True)


def _first_use(coverage: Coverage, key: int, name: str, maker: Maker) -> str:
    said = lock_expression(coverage.program, coverage.home, name, coverage.functions[key].function)
    return f"if {said} is None:\n    {said} = {maker.callee}()"


def of_table(coverage: Coverage, tables: Sequence[keyed.Table], known: LockTable) -> Taken:
    """Take the locks of a table that is there already."""
    keys = keyed.keys_of(coverage, tables)
    said = {place: known.expression(coverage.program, coverage.functions[place[0]], key) for place, key in keys.items()}
    return Taken(known.guardian.name, said)


def _made(coverage: Coverage, resolver: Resolver, maker: Maker, named: tuple[str, str]) -> tuple[str, Creation]:
    program, home = coverage.program, coverage.home
    stem, noun = named
    if home.kind is Kind.MODULE:
        name = variables.module_lock_name(program, stem, noun)
        return name, variables.create_for_module(program, home.name, name, maker)
    if home.kind is Kind.CLOSURE:
        name = variables.closure_lock_name(program, stem, noun)
        owner = program.named(home.owner).function
        return name, variables.create_for_closure(owner, home.state, name, maker)
    users = [other.function.class_id or _method_class(coverage, other) for other in coverage.functions.values()]
    start = resolver.function.class_id or _method_class(coverage, resolver)
    facts = attribute.owner_class(program, start, home.state, users)
    name = attribute.attribute_name(program, facts, home.state, stem, noun)
    if home.kind is Kind.CLASS:
        return name, variables.create_for_class(program, facts, home.state, name, maker)
    return name, attribute.create(program, facts, home.state, name, maker)


def _method_class(coverage: Coverage, resolver: Resolver) -> str:
    """Give the class of the method that a nested function stands in."""
    functions = coverage.program.module.functions
    enclosing = resolver.function.enclosing
    while enclosing:
        outer = functions[enclosing]
        if outer.class_id is not None:
            return outer.class_id
        enclosing = outer.enclosing
    line = getattr(resolver.function.node, "lineno", 1)
    raise Declined("foreign-state", f"`{resolver.function.qualname}` (line {line}) is no method of the state's class")
