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
    spawner = program.named(entry.spawner)
    repeated = _repeated(spawner)
    name = qualname_of(entry.function).rpartition(".")[2]
    target = program.named(entry.function).function
    direct = entry.function == resolver.function.id
    return any(
        any(isinstance(inner, ast.Name) and inner.id in repeated for inner in ast.walk(value))
        for call in ast.walk(spawner.function.nodes[entry.event])
        if isinstance(call, ast.Call) and last_name(call.func) == name
        for parameter, value in _bound(call, target.parameters)
        if not direct or parameter in keys
    )


def _repeated(resolver: Resolver) -> set[str]:
    """Give the names that are another thing in each round of a loop or comprehension."""
    loops = (node for node in resolver.function.syntax if isinstance(node, ast.comprehension | ast.For | ast.AsyncFor))
    return {name.id for loop in loops for name in ast.walk(loop.target) if isinstance(name, ast.Name)}


def _bound(call: ast.Call, parameters: tuple[str, ...]) -> Iterator[tuple[str, ast.expr]]:
    """Give the arguments of a call, by the parameter that each becomes; of a method, its object is not among them."""
    skip = 1 if isinstance(call.func, ast.Attribute) and parameters[:1] in {("self",), ("cls",)} else 0
    yield from zip(parameters[skip:], call.args, strict=False)
    for keyword in call.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value
