"""How a public half hands its work on to the other half: by an await, or, where it hands out values, step by step.

A generator that only goes through another one and hands out what that gives is left in the middle when its consumer
stops: it gives the lock back at once, and the other one would be cleaned up whenever it is collected. So where there
is anything to clean up around a ``yield``, the other one is closed first (`contextlib.aclosing`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awaitomic.flow.graph import FunctionGraph
from awaitomic.model.plan import AddImport, Edit
from awaitomic.program import Program
from awaitomic.program.names import last_name
from awaitomic.remedies.shared.declined import Declined
from awaitomic.remedies.shared.from_import import Imported, plainly, taken_out
from awaitomic.remedies.split.forms import Kind, kind_of, node_of, yields_of

_HAS_ACLOSING = (3, 10)
_CATCHES = ast.Try | ast.TryStar | ast.With | ast.AsyncWith


@dataclass(frozen=True, slots=True)
class Handing:
    """The statements in place of those that have gone to the other half, and what they need."""

    text: str
    imports: tuple[Edit, ...] = ()
    cleanup: int = 0
    """The line of what is cleaned up around a ``yield`` of the other half, if there is any."""
    doubts: tuple[str, ...] = ()


def hand_on(
    program: Program,
    function: FunctionGraph,
    call: str,
    moved: list[ast.stmt],
    receiver: str,
    dropped: Iterable[ast.AsyncWith] = (),
) -> Handing:
    """Give what a function does instead of some of its statements, which have become a function of their own.

    Parameters:
        program: the facts of the file.
        function: the function.
        call: the call of the other one.
        moved: the statements.
        receiver: what is done with the result of the call, as in ``return ``.
        dropped: with-statements among those, of which only the body is moved.

    Raises:
        Declined: ``generator`` if the other half could not be closed.
    """
    yields = yields_of(moved)
    if not yields:
        return Handing(f"{receiver}await {call}")
    value = _name_of_values(program, function, moved, yields)
    if kind_of(function) is Kind.MANAGER:
        given = f" as {value}:\n    yield {value}" if any(each.value for each in yields) else ":\n    yield"
        return Handing(f"async with {call}{given}")
    around = _around(moved, yields, frozenset(map(id, dropped)))
    if not around:
        return Handing(f"async for {value} in {call}:\n    yield {value}")
    oldest = program.project.tree.oldest_python
    line = around[0].lineno
    if oldest is not None and oldest < _HAS_ACLOSING:
        message = f"line {line} cleans up around a `yield`, which takes `contextlib.aclosing`, of Python 3.10"
        raise Declined("generator", f"`{function.qualname}`: {message}")
    aclosing = _aclosing(program)
    values = _free(program, function, f"{value}s", "values")
    text = f"async with {aclosing.name}({call}) as {values}:\n    async for {value} in {values}:\n        yield {value}"
    return Handing(text, aclosing.edits, line, tuple(_thrown(function, around)))


def _thrown(function: FunctionGraph, around: list[ast.stmt]) -> Iterator[str]:
    for node in around:
        if isinstance(node, ast.Try | ast.TryStar) and node.handlers:
            line = node.handlers[0].lineno
            yield f"what `athrow` throws into `{function.qualname}` would not come to its handler on line {line}"


def _around(moved: list[ast.stmt], yields: list[ast.Yield], dropped: frozenset[int]) -> list[ast.stmt]:
    """Give the statements around a ``yield`` that do something when a generator is closed there."""
    wanted = set(map(id, yields))
    compound = (node for statement in moved for node in ast.walk(statement) if isinstance(node, _CATCHES))
    return [
        node for node in compound if id(node) not in dropped and any(id(inner) in wanted for inner in ast.walk(node))
    ]


def _aclosing(program: Program) -> Imported:
    known = plainly(program, "contextlib")
    if known is not None:
        return Imported(f"{known}.aclosing")
    return taken_out(program, "contextlib", "aclosing") or Imported("contextlib.aclosing", (AddImport("contextlib"),))


def _name_of_values(program: Program, function: FunctionGraph, moved: list[ast.stmt], yields: list[ast.Yield]) -> str:
    """Name what a generator hands out: as the generator itself does, if nothing else has that name."""
    inside = {id(node) for statement in moved for node in ast.walk(statement)}
    others = [node for node in ast.walk(node_of(function)) if id(node) not in inside]
    names = {node.id for node in others if isinstance(node, ast.Name)} | set(function.parameters)
    own = {each.value.id if isinstance(each.value, ast.Name) else "" for each in yields}
    name = own.pop() if len(own) == 1 else ""
    if name in function.local_names and name not in names:
        return name
    if kind_of(function) is not Kind.MANAGER:
        return _free(program, function, "item", "value")
    said = {last_name(each.value).strip("_") if isinstance(each.value, ast.Attribute) else "" for each in yields}
    return _free(program, function, *(word for word in said if len(said) == 1 and word), "value", "entered")


def _free(program: Program, function: FunctionGraph, *wanted: str) -> str:
    """Give a name that means nothing in a function, in its module, or in Python."""
    module = program.module
    nodes = list(ast.walk(node_of(function)))
    taken = {node.id for node in nodes if isinstance(node, ast.Name)}
    taken |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    taken |= {*dir(builtins), *module.globals, *module.imports, *module.graph.module.local_names}
    numbered = (f"{wanted[-1]}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*wanted, *numbered) if name not in taken)
