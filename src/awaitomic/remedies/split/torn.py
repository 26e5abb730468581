"""What a part of a method is handed that was taken from shared state before the lock was there.

Such a value may be stale when the part makes a write of it. That is a race of its own, which is found where read and
write stand in one function; behind a parameter nobody would see it any more, and the split would look like its cure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from awaitomic.model.event import Read
from awaitomic.model.location import Location
from awaitomic.model.position import StatementPath
from awaitomic.program import Program
from awaitomic.program.resolve import Resolver
from awaitomic.remedies.remedy import statement_at
from awaitomic.remedies.shared.siblings import bound_names, loaded_names


def handed_in(
    program: Program, resolver: Resolver, region: StatementPath, parameters: tuple[str, ...]
) -> Iterator[str]:
    """Say which parameters of a part go back to shared state that others may have changed; the first one of each state.

    Parameters:
        program: the facts of the file.
        resolver: the function that is split.
        region: where the part stands in it.
        parameters: what the part is given.
    """
    function = resolver.function
    reads: dict[StatementPath, Location] = {}
    for event, path in zip(function.events, function.statements, strict=True):
        location = resolver.place(event.place) if isinstance(event, Read) else None
        inside = path[: len(region)] == region
        if location is not None and not inside and program.changes(resolver, location):
            reads.setdefault(path, location)
    taken: dict[str, Location] = {}
    for path in dict.fromkeys(path for path in function.statements if path[: len(region)] != region):
        if len(path) <= len(function.path):
            continue  # what the signature evaluates
        statement = statement_at(program.module.tree, path)
        known = [taken[name] for name in sorted(loaded_names(statement) & set(taken))]
        for location in [*([reads[path]] if path in reads else []), *known][:1]:
            taken.update(dict.fromkeys(bound_names(statement) - set(taken), location))
    used = _used_in(statement_at(program.module.tree, region))
    for name in parameters:
        if name in taken and name in used:
            said = f"`{name}` is taken from `{taken[name]}` before the lock is there"
            yield f"{said}, and would be handed to what holds it"


def _used_in(region: ast.stmt) -> set[str]:
    """Give the names that a region reads for more than to compare them: ``if self.version != version`` is a look."""
    compared = {id(node) for each in ast.walk(region) if isinstance(each, ast.Compare) for node in ast.walk(each)}
    loaded = (node for node in ast.walk(region) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return {node.id for node in loaded if id(node) not in compared}
