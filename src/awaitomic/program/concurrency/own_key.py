"""Whether tasks that are made at one place differ in the key of the entry that they write.

``gather(*(self.stop(each) for each in running))`` makes a task for each of several things, and nearly always has each
of them once: what such a task keeps under that key, none of its sisters touches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from awaitomic.model.identity import qualname_of
from awaitomic.model.location import Location
from awaitomic.program.concurrency.sharing import keys_of_callers
from awaitomic.program.concurrency.table import Entry
from awaitomic.program.names import last_name
from awaitomic.program.resolve import Resolver

if TYPE_CHECKING:
    from awaitomic.program import Program


def has_each_its_key(program: Program, resolver: Resolver, state: Location, entry: Entry) -> bool:
    """Tell whether each of several tasks is given another thing, and keeps the state under a key made of it.

    Parameters:
        program: the facts of the project.
        resolver: the function that writes the state.
        state: the state, in that function's terms.
        entry: the place where the tasks are made.
    """
    keys = keys_of_callers(resolver, state)
    if not keys or not entry.spawner:
        return False
    if entry.function != resolver.function.id:
        return False  # which of its arguments becomes the key further in is not followed
    spawner = program.named(entry.spawner)
    repeated = _repeated(spawner, spawner.function.nodes[entry.event])
    name = qualname_of(entry.function).rpartition(".")[2]
    return any(
        any(isinstance(inner, ast.Name) and inner.id in repeated for inner in ast.walk(value))
        for call in ast.walk(spawner.function.nodes[entry.event])
        if isinstance(call, ast.Call) and last_name(call.func) == name
        for parameter, value in _bound(call, resolver.function.parameters)
        if parameter in keys
    )


def _repeated(resolver: Resolver, spawn: ast.AST) -> set[str]:
    """Give the names that are another thing for each of the tasks: those of the innermost loop around, or inside."""
    inside = [node for node in ast.walk(spawn) if isinstance(node, ast.comprehension)]
    loops = (node for node in resolver.function.syntax if isinstance(node, ast.For | ast.AsyncFor | ast.While))
    around = [loop for loop in loops if any(node is spawn for node in ast.walk(loop))]
    innermost = min(around, key=lambda loop: len(list(ast.walk(loop))), default=None)
    targets = [each.target for each in inside[-1:]] if inside else []
    if not inside and isinstance(innermost, ast.For | ast.AsyncFor):
        targets = [innermost.target]
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _bound(call: ast.Call, parameters: tuple[str, ...]) -> Iterator[tuple[str, ast.expr]]:
    """Give the arguments of a call, by the parameter that each becomes; of a method, its object is not among them."""
    skip = 1 if isinstance(call.func, ast.Attribute) and parameters[:1] in {("self",), ("cls",)} else 0
    yield from zip(parameters[skip:], call.args, strict=False)
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
