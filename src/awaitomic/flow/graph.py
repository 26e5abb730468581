"""The event graph of a function, and the graphs of all functions of a module.

Rules and summaries ask *what happens between this read and that write, on every way*; a graph of plain events answers
that once for all syntax. The graph is a value: it is made by `awaitomic.flow.lower` and never changed afterwards.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, cast

from awaitomic.flow.statements import block_of
from awaitomic.model.identity import identity
from awaitomic.source.syntax import Nodes, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from awaitomic.model.event import Block, Event
    from awaitomic.model.position import BlockStep, StatementPath

_T = TypeVar("_T")
GraphNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef | ast.Module

RENAMED = "#"
"""Separates the source name from a number in names that live in a scope of their own inside the function."""


def source_name(name: str) -> str:
    """Give a variable's name as it stands in the source.

    `name` is that of a `Name` place. Targets of comprehensions and PEP 695 type parameters are called ``x#3`` there,
    because they belong to a scope inside the function and must not be mixed up with the function's own variables.
    Returns the name without the number.
    """
    return name.partition(RENAMED)[0]


@dataclass(frozen=True, slots=True)
class FunctionGraph:
    """The events of one function, lambda, class body or module body.

    Blocks `exit` and `raises` are empty: reaching the first means that the function has returned, reaching the second
    that an exception has left it. `events`, `nodes`, `statements` and `owners` run parallel: the index is the id.
    """

    qualname: str
    """``Bank.credit``, ``outer.inner`` (no ``<locals>``), ``outer.<lambda>``, ``Bank.<body>``, ``<module>``."""
    node: GraphNode
    path: StatementPath
    """The statement that defines it; () for the module; for a lambda the statement that it stands in."""
    enclosing: int | None
    """The index in `ModuleGraph.functions` of the graph whose code defines this one."""
    class_name: str | None
    """The class that it stands in directly (``Outer.Inner``); for a class body the class itself."""
    parameters: tuple[str, ...]
    """In the order of the signature, ``*args`` and ``**kwargs`` included (without stars)."""
    is_async: bool
    is_generator: bool
    local_names: frozenset[str]
    """Names that it binds, parameters included; for the module the names bound at its top level."""
    global_names: frozenset[str]
    """Names that it declares ``global``."""
    nonlocal_names: frozenset[str]
    """Names that it declares ``nonlocal``."""
    blocks: list[Block]
    entry: int
    exit: int
    raises: int
    events: tuple[Event, ...]
    nodes: tuple[ast.AST, ...]
    """The syntax behind each event: the expression, the target, the context expression of a ``with`` item, the handler
    for a `Guard` ``except``, the pattern for a `Guard` ``match``, the statement for what belongs to it as a whole."""
    statements: tuple[StatementPath, ...]
    """The innermost statement that holds each event; the test of an ``if`` belongs to the ``if``."""
    owners: tuple[int, ...]
    """The index of the block of each event."""
    module: str = ""
    """The module that it stands in; see `awaitomic.model.identity`."""
    _syntax: list[ast.AST] = field(default_factory=list, init=False, repr=False, compare=False)
    _made: dict[object, object] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def syntax(self) -> list[ast.AST]:
        """The node and all below it, as `walk` gives them: kept, since many ask."""
        if not self._syntax:
            self._syntax.extend(walk(self.node))
        return self._syntax

    @property
    def kinds(self) -> Nodes:
        """The node and all below it, by their classes."""
        return self.once(_kinds_of)

    def once(self, make: Callable[[FunctionGraph], _T]) -> _T:
        """Give what `make` says of this function: it is asked only once."""
        if make not in self._made:
            self._made[make] = make(self)
        return cast("_T", self._made[make])

    def events_inside(self, path: StatementPath) -> list[int]:
        """Give the events of a statement and of all statements in it, in order of lowering."""
        return self.once(_events_by_statement).get(path, [])

    @property
    def id(self) -> str:
        """The name that no other function of the program has (but for several of one name in one module)."""
        return identity(self.module, self.qualname)

    @property
    def class_id(self) -> str | None:
        """The identity of the class that it stands in directly."""
        return None if self.class_name is None else identity(self.module, self.class_name)

    def block_of(self, event: int) -> Block:
        """Give the block that holds the event with this id."""
        return self.blocks[self.owners[event]]

    def around(self, event: int) -> Iterator[tuple[ast.AST, BlockStep]]:
        """Give each statement around that of an event, the function first, with the step that leads on from it."""
        node: ast.AST = self.node
        for step in self.statements[event][len(self.path) :]:
            yield node, step
            node = block_of(node, step.block)[step.index]

    def is_unwinding(self, event: int) -> bool:
        """Tell whether an event happens when something has failed: in a handler, or a ``finally``."""
        return any(step.block.partition(".")[0] in {"finalbody", "handlers"} for _, step in self.around(event))

    def position_of(self, event: int) -> tuple[int, int]:
        """Give the block's index and the position in it of the event with this id."""
        owner = self.owners[event]
        # Ids ascend inside a block, but a block may be continued after others were begun: so no subtraction.
        return owner, next(at for at, found in enumerate(self.blocks[owner].events) if found.id == event)

    def predecessors(self) -> list[list[int]]:
        """List for each block the blocks that lead to it, by ordinary ways and by exceptions, without repeats."""
        found: list[dict[int, None]] = [{} for _ in self.blocks]
        for block in self.blocks:
            for target in (*block.successors, *block.handlers):
                found[target][block.index] = None
        return [list(sources) for sources in found]


def _kinds_of(function: FunctionGraph) -> Nodes:
    return Nodes(function.node)


def _events_by_statement(function: FunctionGraph) -> dict[StatementPath, list[int]]:
    found: dict[StatementPath, list[int]] = {}
    for event, own in enumerate(function.statements):
        for depth in range(len(own) + 1):
            found.setdefault(own[:depth], []).append(event)
    return found


@dataclass(frozen=True, slots=True)
class ModuleGraph:
    """The graphs of a module in source order; the first is the module's own body, parents stand before children."""

    functions: tuple[FunctionGraph, ...]

    @property
    def module(self) -> FunctionGraph:
        """The graph of the module's top level."""
        return self.functions[0]
