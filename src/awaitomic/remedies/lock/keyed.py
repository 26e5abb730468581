"""A lock for each key of a table, if the user asks for it: work for different keys does not wait for each other.

The locks stand in a ``WeakValueDictionary``. Whoever holds or awaits a key's lock keeps it alive (``async with`` keeps
what it has entered), and with the last of them it goes, so that the table does not grow with every key that was ever
seen. That protects only what belongs to one key: who writes the whole table, or decides on more than one entry of it,
would hold the wrong lock.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from awaitomic.knowledge.containers import MAPPINGS
from awaitomic.model.location import ANY_ITEM, ItemStep, Location
from awaitomic.model.plan import AddImport, Edit
from awaitomic.program import Program
from awaitomic.program.accesses import Access, Change
from awaitomic.program.facts import WriteFact
from awaitomic.program.module import is_construction
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.lock.coverage import Coverage
from awaitomic.remedies.lock.goes_back import tokens_of
from awaitomic.remedies.lock.home import Home, Kind
from awaitomic.remedies.lock.key_expression import check_key
from awaitomic.remedies.lock.reached import OWN, owner_of
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.attribute import is_annotated
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.from_import import plainly, taken_out
from awaitomic.remedies.shared.maker import Maker
from awaitomic.remedies.shared.names import singular
from awaitomic.remedies.shared.region import Run
from awaitomic.remedies.split.takers import line_of

_WHOLE = "that takes one lock for all (`--lock-granularity object`)"


@dataclass(frozen=True, slots=True)
class Table:
    """The container of which each entry gets its own lock."""

    container: Location
    """As the function with the bug names it."""
    home: Home

    @property
    def stem(self) -> str:
        """What its locks are named after: ``_rows`` has ``_row_locks``."""
        one = singular(self.home.state.strip("_"))
        return self.home.state if one.endswith("_item") else one

    def key_in(self, location: Location) -> ItemStep | None:
        """Give the key by which a location of the state goes into the table; None if it is the table as a whole."""
        at = len(self.container.steps)
        step = location.steps[at] if len(location.steps) > at else None
        return step if isinstance(step, ItemStep) and step != ANY_ITEM else None


def table_of(home: Home, location: Location) -> Table | None:
    """Give the table that a state is an entry of, or None if it is no entry of one that the home itself has."""
    at = next((index for index, step in enumerate(location.steps) if isinstance(step, ItemStep)), None)
    own = {Kind.INSTANCE: 1, Kind.CLASS: 1, Kind.CLOSURE: 0}.get(home.kind, at)
    if at is None or at != own:
        return None
    return Table(Location(location.root, location.owner, location.name, location.steps[:at]), home)


def check_writers(program: Program, resolver: Resolver, table: Table) -> None:
    """See that nobody writes more than one entry at once.

    Raises:
        Declined: ``whole-container``, with the line; ``container-unknown`` for what is no dict.
    """
    kind = resolver.type_of(table.container).name
    if kind is not None and kind not in MAPPINGS:
        message = f"`{table.container}` is a `{kind}`: what its keys are, and which are the same, is not known"
        raise Declined("container-unknown", message)
    for writer, access in _writers(program, resolver, table):
        owner = owner_of(program, table.home, writer, access.event, access.location)
        if owner != OWN:
            message = f"`{writer.function.qualname}` writes entries of `{owner}`: {_WHOLE}"
            raise Declined("foreign-state", message)
        if table.key_in(access.location) is None:
            where = program.place(writer.function, access.event)
            message = f"`{writer.function.qualname}` ({where}) writes all of `{table.container}`: {_WHOLE}"
            raise Declined("whole-container", message)


def _writers(program: Program, resolver: Resolver, table: Table) -> Iterator[tuple[Resolver, Access]]:
    yield from table.home.writers(program)
    for writer, access in program.writers_at(resolver.key_of(table.container)):
        if not is_construction(writer.function) and not _makes(program, table.home, writer, access):
            yield writer, access


def _makes(program: Program, home: Home, writer: Resolver, access: Access) -> bool:
    """Tell whether the function around a closure makes the table that its inner functions share."""
    made = home.kind is Kind.CLOSURE and writer.function.id == home.owner and access.change is Change.RESET
    before = program.facts(writer).solution.before_event(access.event)
    return made and (before is None or not before.suspended)


def keys_of(coverage: Coverage, tables: Sequence[Table]) -> dict[tuple[int, Run], str]:
    """Give the key of which each run takes the lock, by function and run.

    Parameters:
        coverage: settled.
        tables: those of which the entries with one key belong together.

    Raises:
        Declined: ``several-keys`` if a run has to do with more than one entry, ``key-changes`` if the key cannot be
            told before the run, ``self-deadlock`` where holders call each other: nobody knows if for the same key.
    """
    for function in [*coverage.existing.values(), *(coverage.functions[key].function for key in coverage.delegating)]:
        line = getattr(function.node, "lineno", 1)
        message = f"`{function.qualname}` (line {line}) is awaited by a holder, and would take the lock of a key again"
        raise Declined("self-deadlock", message)
    found: dict[tuple[int, Run], str] = {}
    for key, resolver in coverage.functions.items():
        for run in coverage.runs.get(key, ()):
            found[key, run] = _key_of(coverage, tables, resolver, run)
    _check_helpers(coverage, tables)
    return found


def _key_of(coverage: Coverage, tables: Sequence[Table], resolver: Resolver, run: Run) -> str:
    function = resolver.function
    steps: dict[str, int] = {}
    for fact, table in _facts_in(tables, coverage, resolver, run):
        line = line_of(coverage.program, function, fact.event)
        for location in (fact.access.location, *_decided_on(table, resolver, fact)):
            step = table.key_in(location)
            if step is None:
                message = f"`{function.qualname}` decides on all of `{table.container}` (line {line}): {_WHOLE}"
                raise Declined("several-keys", message)
            steps.setdefault(step.text, line)
    if len(steps) != 1:
        message = f"`{function.qualname}` has to do with the entries {_listed(steps)} at once: {_WHOLE}"
        raise Declined("several-keys", message)
    (text,) = steps
    _check_is_key(tables, coverage, resolver, run, text)
    check_key(coverage.seen_from(function), resolver, run, text)
    return text


def _check_is_key(tables: Sequence[Table], coverage: Coverage, resolver: Resolver, run: Run, text: str) -> None:
    """See that the function itself says the key: what it calls an entry may also be the entry, in a loop over them.

    Raises:
        Declined: ``key-changes``.
    """
    if all(fact.via is not None for fact, _ in _facts_in(tables, coverage, resolver, run)):
        return
    if not any(_uses_as_key(node, text) for node in ast.walk(resolver.function.node)):
        line = statement_at(coverage.tree_of(resolver.function), run.first).lineno
        message = f"an entry of `{tables[0].container}` is changed from line {line} on, and its key is not said there"
        raise Declined("key-changes", message)


def _uses_as_key(node: ast.AST, text: str) -> bool:
    key: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        key = node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        key = node.args[0] if node.func.attr in _BY_KEY else None
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.In | ast.NotIn):
        key = node.left
    return key is not None and ast.unparse(key) == text


_BY_KEY = frozenset({"get", "pop", "setdefault"})


def _listed(steps: dict[str, int]) -> str:
    return " and ".join(f"`{text}` (line {line})" for text, line in steps.items())


def _facts_in(
    tables: Sequence[Table], coverage: Coverage, resolver: Resolver, run: Run
) -> Iterator[tuple[WriteFact, Table]]:
    """Give the writes of entries in a run, each with its table."""
    for fact in coverage.program.facts(resolver).writes:
        table = _table_written(tables, resolver, fact)
        if table is not None and run.covers(resolver.function.statements[fact.event]):
            yield fact, table


def _table_written(tables: Sequence[Table], resolver: Resolver, fact: WriteFact) -> Table | None:
    key = resolver.key_of(fact.access.location)
    return next((table for table in tables if key in table.home.keys), None)


def _decided_on(table: Table, resolver: Resolver, fact: WriteFact) -> Iterator[Location]:
    """Give the state that a write goes back to: what its tests have asked for, and what it was made from before.

    To read an entry is to read the table first; that alone tells nothing of the others.
    """
    tests = {token for guard in fact.state.guards for token in guard.tokens}
    for token in tokens_of(fact):
        on_the_way = table.key_in(token.location) is None and _leads_to_entry(resolver, token.read)
        if (token.is_stale or token in tests) and not on_the_way:
            yield token.location


def _leads_to_entry(resolver: Resolver, event: int) -> bool:
    """Tell whether a read of the table is only there for one of its entries: ``self.rows`` in ``self.rows[key]``."""
    node = resolver.function.nodes[event]
    return any(
        isinstance(around, ast.Subscript) and around.value is node for around in ast.walk(resolver.function.node)
    )


def _check_helpers(coverage: Coverage, tables: Sequence[Table]) -> None:
    """See that a helper without the lock writes the entry of the key that its callers name.

    Raises:
        Declined: ``key-changes``.
    """
    for resolver in coverage.resolvers:
        function = resolver.function
        if id(function) not in coverage.by_callers:
            continue
        for fact in coverage.program.facts(resolver).writes:
            table = _table_written(tables, resolver, fact)
            step = table.key_in(fact.access.location) if table is not None else None
            told = step is not None and (step.text in function.parameters or step.is_literal)
            if table is not None and not told:
                line = line_of(coverage.program, function, fact.event)
                message = (
                    f"`{function.qualname}` works out on line {line} which entry it writes: no caller knows the key"
                )
                raise Declined("key-changes", message)
        for site in coverage.program.callers.only_awaited_here(function) or ():
            facts = [fact for fact in coverage.program.facts(site.resolver).writes if fact.event == site.event]
            if not any(_table_written(tables, site.resolver, fact) for fact in facts):
                line = line_of(coverage.program, site.resolver.function, site.event)
                message = f"which entry `{function.qualname}` writes for its caller on line {line} cannot be told"
                raise Declined("key-changes", message)


def doubts(resolver: Resolver, table: Table) -> Iterator[str]:
    """Give what speaks against trusting a lock for each key."""
    if resolver.type_of(table.container).name is None:
        yield f"what `{table.container}` is cannot be told: if it takes two keys for the same, these have two locks"


def maker_of_table(program: Program, table: Table, lock: Maker) -> Maker:
    """Give what makes the table of locks, where `lock` makes each of them."""
    callee, edits = weak_mapping(program)
    declared = f"{callee}[{_key_type(program, table)}, {lock.callee}]"
    note = "A key's lock lives as long as some task holds it or waits for it."
    return Maker(callee, (*lock.imports, *edits), declared, spelled=is_annotated(program), is_table=True, note=note)


def weak_mapping(program: Program) -> tuple[str, tuple[Edit, ...]]:
    """Give how a file says the type of such a table, and what it has to import for that."""
    plain = plainly(program, "weakref")
    taken = taken_out(program, "weakref", "WeakValueDictionary") if plain is None else None
    if taken is not None:
        return taken.name, taken.edits
    return f"{plain or 'weakref'}.WeakValueDictionary", () if plain is not None else (AddImport("weakref"),)


def _key_type(program: Program, table: Table) -> str:
    """Give the type of the keys as the table is declared, else any object."""
    for node in ast.walk(program.module.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute):
            name = node.target.id if isinstance(node.target, ast.Name) else node.target.attr
            said = node.annotation.slice if isinstance(node.annotation, ast.Subscript) else None
            if name == table.home.state and isinstance(said, ast.Tuple) and len(said.elts) == 2:
                return ast.unparse(said.elts[0])
    return "object"
